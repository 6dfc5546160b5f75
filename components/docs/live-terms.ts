// Terms of the manual as formulas: in words, and with this desk's numbers put in. Pure; the numbers come from the API's answers.
import type { MoneyReportDto } from "@/lib/api/money-schemas";
import type { PairStatus, PlanDto, PoolDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatPrice } from "@/lib/format/price";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";

export const TERM_IDS = [
  "net",
  "alpha",
  "divergence",
  "capital",
  "volatility",
  "width",
  "range",
  "shift",
  "kappa",
  "payback",
] as const;
export type TermId = (typeof TERM_IDS)[number];

/** What the formulas are filled from; null: not read, or there is none. */
export interface LiveNumbers {
  readonly money: MoneyReportDto | null;
  readonly status: PairStatus | null;
  readonly pool: PoolDto | null;
  readonly plan: PlanDto | null;
}

export interface Filled {
  /** The formula's right side with figures. */
  readonly text: string;
  readonly result: string;
  /** Of what, and when. */
  readonly of: string;
}

interface Term {
  readonly title: string;
  readonly says: string;
  readonly formula: string;
  readonly needs: keyof LiveNumbers;
  /** Why there are no figures. */
  readonly without: string;
  readonly from: (numbers: LiveNumbers) => Filled | null;
}

type Figures = (numbers: LiveNumbers) => Omit<Filled, "of"> | null;

/** Sums of all pairs over the span. */
function ofMoney(
  fill: (total: MoneyReportDto["total"]) => Omit<Filled, "of">,
): Pick<Term, "needs" | "without" | "from"> {
  return {
    needs: "money",
    without: "No epoch has figures yet: they come with the second epoch after the first position.",
    from: ({ money }) =>
      money === null || money.fromMs === null || money.toMs === null
        ? null
        : {
            ...fill(money.total),
            of: `all pairs, ${formatDayMinutes(money.fromMs)} to ${formatDayMinutes(money.toMs)}`,
          },
  };
}

/** The newest epoch of a pair. */
function ofEpoch(fill: Figures): Pick<Term, "needs" | "without" | "from"> {
  return {
    needs: "status",
    without: "The newest epoch has no such figures: the market was not readable, or another policy is in charge.",
    from: (numbers) => {
      const epoch = numbers.status?.epoch ?? null;
      const figures = fill(numbers);
      if (epoch === null || figures === null) return null;
      return { ...figures, of: `${epoch.pairId}, epoch of ${formatDayMinutes(epoch.marketAtMs)}` };
    },
  };
}

export const TERMS: Readonly<Record<TermId, Term>> = {
  net: {
    title: "Net",
    says: "Money that the liquidity made: fees, and what the positions are worth more or less, after every cost.",
    formula: "net = fees + change of value − gas − swaps − bridges",
    ...ofMoney((sums) => ({
      text: `${formatUsd(sums.feesUsd)} + (${formatSignedUsd(sums.markUsd)}) − ${formatUsd(sums.gasUsd)} − ${formatUsd(sums.swapCostUsd)} − ${formatUsd(sums.bridgeCostUsd)}`,
      result: formatSignedUsd(sums.netUsd),
    })),
  },
  alpha: {
    title: "Alpha",
    says: "What providing liquidity earned against holding what each epoch began with, whatever the price did.",
    formula: "alpha = fees − divergence − gas − swaps − bridges",
    ...ofMoney((sums) => ({
      text: `${formatUsd(sums.feesUsd)} − ${formatUsd(sums.lvrUsd)} − ${formatUsd(sums.gasUsd)} − ${formatUsd(sums.swapCostUsd)} − ${formatUsd(sums.bridgeCostUsd)}`,
      result: formatSignedUsd(sums.alphaUsd),
    })),
  },
  divergence: {
    title: "Divergence",
    says: "What the positions are worth less than the tokens they began each epoch with would be.",
    formula: "divergence = holding − change of value",
    ...ofMoney((sums) => ({
      text: `(${formatSignedUsd(sums.hodlUsd)}) − (${formatSignedUsd(sums.markUsd)})`,
      result: formatUsd(sums.lvrUsd),
    })),
  },
  capital: {
    title: "Change of capital",
    says: "What all money of the pairs became more or less, with the tokens that lie outside of pools.",
    formula: "change of capital = net + price of idle tokens + not kept",
    ...ofMoney((sums) => ({
      text: `(${formatSignedUsd(sums.netUsd)}) + (${formatSignedUsd(sums.outsideUsd)}) + (${formatSignedUsd(sums.otherUsd)})`,
      result: formatSignedUsd(sums.changeUsd),
    })),
  },
  volatility: {
    title: "Volatility force V",
    says: "0 to 100, blended from three lengths of bars.",
    formula: "V = 0.3 × V(M15) + 0.4 × V(H1) + 0.3 × V(H4)",
    ...ofEpoch(({ status }) => {
      const forces = status?.epoch?.forces ?? null;
      const { m15, h1, h4 } = forces?.frames ?? {};
      if (forces === null || m15 === undefined || h1 === undefined || h4 === undefined) return null;
      return {
        text: `0.3 × ${formatFixed(m15.v, 2)} + 0.4 × ${formatFixed(h1.v, 2)} + 0.3 × ${formatFixed(h4.v, 2)}`,
        result: formatFixed(forces.v, 2),
      };
    }),
  },
  width: {
    title: "Half-width of the target",
    says: "In log price; it grows with volatility and is widened after a jump. A pool's own least width may be more.",
    formula: "w = (base min + (base max − base min) × (1 − exp(−(V / divider)^exponent))) × widening",
    ...ofEpoch(({ status }) => {
      const epoch = status?.epoch ?? null;
      const { forces, params, target, regime } = epoch ?? {};
      if (!forces || !params || !target || !regime) return null;
      const { baseMin, baseMax, vforceDivider, vforceExp } = params;
      return {
        text: `(${formatPercent(baseMin, 3)} + (${formatPercent(baseMax, 2)} − ${formatPercent(baseMin, 3)}) × (1 − exp(−(${formatFixed(forces.v, 2)} / ${formatFixed(vforceDivider, 2)})^${formatFixed(vforceExp, 3)}))) × ${formatFixed(regime.widenFactor, 2)}`,
        result: formatPercent(target.width, 3),
      };
    }),
  },
  range: {
    title: "Target range",
    says: "Around the price by the half-width; the lean b stretches the side of the trend and narrows the other.",
    formula: "upper = price × exp(w × (1 + |b|)), lower = price × exp(−w / (1 + |b|)) with the trend up; mirrored down",
    ...ofEpoch(({ status }) => {
      const { price, target } = status?.epoch ?? {};
      if (!price || !target) return null;
      const stretch = formatFixed(1 + Math.abs(target.bias), 3);
      const width = formatPercent(target.width, 3);
      const up = target.bias > 0 ? `× ${stretch}` : target.bias < 0 ? `/ ${stretch}` : "";
      const down = target.bias > 0 ? `/ ${stretch}` : target.bias < 0 ? `× ${stretch}` : "";
      return {
        text: `upper = ${formatPrice(price)} × exp(${width} ${up}), lower = ${formatPrice(price)} × exp(−${width} ${down})`.replaceAll(
          " )",
          ")",
        ),
        result: `${formatPrice(target.min, price)} to ${formatPrice(target.max, price)}`,
      };
    }),
  },
  shift: {
    title: "When a range is shifted",
    says: "0: the position lies on the target; 1: nothing in common. Above the threshold, or out of range, a shift is tried.",
    formula: "|W1 − W2| / max(W1, W2) + |centre 1 − centre 2| / mean width, in log price, at most 1",
    ...ofEpoch(({ status }) => {
      const target = status?.epoch?.target ?? null;
      const threshold = status?.epoch?.params?.rsThreshold ?? null;
      const range = status?.range ?? null;
      if (target === null || threshold === null || range === null) return null;
      const own = { width: Math.log(range.upper / range.lower), centre: Math.log(range.upper * range.lower) / 2 };
      const aim = { width: Math.log(target.max / target.min), centre: Math.log(target.max * target.min) / 2 };
      const shape = Math.abs(own.width - aim.width) / Math.max(own.width, aim.width);
      const moved = Math.abs(own.centre - aim.centre) / ((own.width + aim.width) / 2);
      return {
        text: `${formatFixed(shape, 3)} + ${formatFixed(moved, 3)}`,
        result: `${formatFixed(Math.min(1, shape + moved), 3)} against a threshold of ${formatFixed(threshold, 3)}`,
      };
    }),
  },
  kappa: {
    title: "Kappa",
    says: "What a pool paid over 72 hours for one unit of liquidity, over what that liquidity lost to trading.",
    formula: "kappa = fees per unit of liquidity / loss per unit of liquidity",
    needs: "pool",
    without: "No pool has been measured yet.",
    from: ({ pool }) => {
      const { feePerLiquidityYear: fee, lossPerLiquidityYear: loss, kappa } = pool?.rates ?? {};
      if (pool === null || fee == null || loss == null || kappa == null) return null;
      return {
        text: `${fee.toExponential(3)} / ${loss.toExponential(3)}`,
        result: formatFixed(kappa, 2),
        of: `${pool.dexName} ${formatFeePips(pool.feePips)} of ${pool.pairId}, ${pool.rates?.source ?? ""}, ${formatDayMinutes(pool.observedAtMs)}`,
      };
    },
  },
  payback: {
    title: "Payback",
    says: "How long the expected gain needs to bring back what a plan costs. A model, not a promise.",
    formula: "payback = cost / (gain per year / 365)",
    needs: "plan",
    without: "No plan with an expected gain has been made yet.",
    from: ({ plan }) => {
      if (plan === null || plan.forecast.paybackDays === null) return null;
      const { costUsd, gainUsdPerYear, paybackDays } = plan.forecast;
      return {
        text: `${formatUsd(costUsd)} / (${formatUsd(gainUsdPerYear)} / 365)`,
        result: formatAge(paybackDays * 86_400_000),
        of: `${plan.kind} of ${plan.pairId}, ${formatDayMinutes(plan.createdAtMarketMs)}`,
      };
    },
  },
};

export function isTermId(text: string): text is TermId {
  return TERM_IDS.some((id) => id === text);
}
