// Economics: what a position of a given size in a given range earns and costs in a pool (strategy.md section 6).
import { normalCdf, normalPdf } from "@/lib/math/normal";
import { clamp } from "@/lib/math/stats";
import { unitHoldings } from "@/lib/portfolio/valuation";

/** Yearly terms of one pool and range (strategy.md section 6). income(x) = R*x/(x+D) - c*x - F. */
export interface PoolTerms {
  /** R: income per year if we owned the whole pool, US dollars. */
  readonly revenueUsdPerYear: number;
  /** D: capital in our shape that equals the liquidity of the others, US dollars. */
  readonly depthUsd: number;
  /** c: cost per unit of capital and year. */
  readonly costPerYear: number;
  /** F: fixed cost per year, US dollars. */
  readonly fixedUsdPerYear: number;
  /** rho: expected share of the horizon spent in range. */
  readonly inRangeFrac: number;
  /** Mean exit time in years: 0 outside, Infinity without volatility. */
  readonly exitYears: number;
  /** max(exit, 12 h) in years. */
  readonly lifeYears: number;
  /** Loss versus rebalancing, fraction of position value per year while in range. */
  readonly lvrPerYear: number;
  readonly baseShareFrac: number;
}

/** One income split the way users see it, US dollars per year. */
export interface IncomeSplit {
  readonly feesUsdPerYear: number;
  readonly lvrUsdPerYear: number;
  /** Swap costs of shifts plus fixed gas. */
  readonly costsUsdPerYear: number;
  readonly netUsdPerYear: number;
  /** net / x; null when x is 0. */
  readonly netAprFrac: number | null;
}

const DAYS_PER_YEAR = 365;
const HOUR_YEARS = 1 / 8_760;
const MIN_LIFE_YEARS = 12 * HOUR_YEARS;
/** Beyond this many sigmas the distribution is 0 or 1 in a double. */
const FAR_SIGMAS = 38;

/** Loss versus rebalancing as a yearly fraction of position value: sigma^2/4 * sqrt(P)/unitValue inside, else 0. */
export function lvrRatePerYear(price: number, pa: number, pb: number, sigmaPerYear: number): number {
  if (!(pa < price && price < pb)) return 0;
  return ((sigmaPerYear * sigmaPerYear) / 4) * (Math.sqrt(price) / unitHoldings(price, pa, pb).value);
}

/** Expected share of the next `years` that a driftless log price spends in [pa, pb], closed form. */
export function timeInRangeFrac(price: number, pa: number, pb: number, sigmaPerYear: number, years: number): number {
  const spread = sigmaPerYear * Math.sqrt(years);
  if (spread === 0) return pa <= price && price <= pb ? 1 : 0;
  const share = occupation(Math.log(pb / price) / spread) - occupation(Math.log(pa / price) / spread);
  return clamp(share, 0, 1);
}

/** Mean time until a driftless log price leaves (pa, pb), years; 0 outside, Infinity without volatility. */
export function meanExitYears(price: number, pa: number, pb: number, sigmaPerYear: number): number {
  if (!(pa < price && price < pb)) return 0;
  if (sigmaPerYear === 0) return Number.POSITIVE_INFINITY;
  return (Math.log(price / pa) * Math.log(pb / price)) / (sigmaPerYear * sigmaPerYear);
}

/** Average over time of the chance to be below a level h sigmas above the start. */
function occupation(h: number): number {
  if (h < 0) return 1 - occupation(-h);
  if (h > FAR_SIGMAS) return 1;
  return normalCdf(h) + h * normalPdf(h) - h * h * normalCdf(-h);
}

/** A day's volume in US dollars from rolling 1 h, 6 h and 24 h volumes; missing or negative ones are left out. */
export function computeVolumeUsdPerDay(rolling: {
  readonly h1: number | null;
  readonly h6: number | null;
  readonly h24: number | null;
}): number {
  let sum = 0;
  let weights = 0;
  for (const [volume, perDay, weight] of [
    [rolling.h1, 24, 0.2],
    [rolling.h6, 4, 0.3],
    [rolling.h24, 1, 0.5],
  ] as const) {
    if (volume === null || !Number.isFinite(volume) || volume < 0) continue;
    sum += weight * perDay * volume;
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

export interface PoolTermsInput {
  /** QUOTE per BASE. */
  readonly price: number;
  /** Effective range of the position. */
  readonly range: { readonly min: number; readonly max: number };
  readonly sigmaPerYear: number;
  /** Depth D, US dollars (`depthOfLiquidityUsd`, `depthOfTvlUsd`, `depthOfBinsUsd`). */
  readonly depthUsd: number;
  readonly volumeUsdPerDay: number;
  readonly feeFrac: number;
  readonly protocolShareFrac: number;
  /** Router fee + pool fee + slippage, fraction of the swapped amount. */
  readonly swapCostFrac: number;
  readonly gasRsUsd: number;
  readonly gasOpenUsd: number;
  readonly isOpen: boolean;
  readonly amortizeDays: number;
}

/** Terms of a pool for one range. Invalid input shows as a term that is not finite; `areUsableTerms` tests it. */
export function computePoolTerms(input: PoolTermsInput): PoolTerms {
  const { price, range, sigmaPerYear } = input;
  const exitYears = meanExitYears(price, range.min, range.max, sigmaPerYear);
  const horizonYears = input.amortizeDays / DAYS_PER_YEAR;
  const years = Math.max(Math.min(horizonYears, exitYears), HOUR_YEARS);
  const inRangeFrac = timeInRangeFrac(price, range.min, range.max, sigmaPerYear, years);
  const lifeYears = Math.max(exitYears, MIN_LIFE_YEARS);
  const lvrPerYear = lvrRatePerYear(price, range.min, range.max, sigmaPerYear);
  const unit = unitHoldings(price, range.min, range.max);
  return {
    revenueUsdPerYear:
      input.volumeUsdPerDay * DAYS_PER_YEAR * input.feeFrac * (1 - input.protocolShareFrac) * inRangeFrac,
    depthUsd: input.depthUsd,
    costPerYear: lvrPerYear * inRangeFrac + (0.5 * input.swapCostFrac) / lifeYears,
    fixedUsdPerYear: input.gasRsUsd / lifeYears + (input.isOpen ? 0 : input.gasOpenUsd / horizonYears),
    inRangeFrac,
    exitYears,
    lifeYears,
    lvrPerYear,
    baseShareFrac: (unit.base * price) / unit.value,
  };
}

/** D from the active liquidity of others (human units): poolL * unitValue * quoteUsd. */
export function depthOfLiquidityUsd(
  othersLiquidity: number,
  price: number,
  range: { readonly min: number; readonly max: number },
  quoteUsd: number,
): number {
  return othersLiquidity * unitHoldings(price, range.min, range.max).value * quoteUsd;
}

/** Half-width over which a pool's TVL is assumed to lie when its active liquidity is unknown, log price. */
const TVL_SPREAD_PEGGED = 0.005;
const TVL_SPREAD_OTHER = 0.3;

/** D when the active liquidity is unknown: TVL * unitValue(ours) / unitValue(P*exp(-+r)), r = 0.005 pegged, 0.3 others. */
export function depthOfTvlUsd(
  tvlUsd: number,
  price: number,
  range: { readonly min: number; readonly max: number },
  pair: "pegged" | "other",
): number {
  const spread = pair === "pegged" ? TVL_SPREAD_PEGGED : TVL_SPREAD_OTHER;
  const ours = unitHoldings(price, range.min, range.max).value;
  return (tvlUsd * ours) / unitHoldings(price, price * Math.exp(-spread), price * Math.exp(spread)).value;
}

/** D of a bin range: number of bins times the value of the active bin of others, US dollars. */
export function depthOfBinsUsd(binCount: number, othersActiveBinUsd: number): number {
  return binCount * othersActiveBinUsd;
}

/** Whether every number an income needs is valid. */
export function areUsableTerms(terms: PoolTerms): boolean {
  return (
    Number.isFinite(terms.revenueUsdPerYear) &&
    Number.isFinite(terms.depthUsd) &&
    Number.isFinite(terms.costPerYear) &&
    Number.isFinite(terms.fixedUsdPerYear)
  );
}

/** income(x) = R*x/(x+D) - c*x - F for x > 0, 0 for x = 0, US dollars per year. */
export function incomeUsdPerYear(terms: PoolTerms, amountUsd: number): number {
  if (!(amountUsd > 0)) return 0;
  return (
    (terms.revenueUsdPerYear * amountUsd) / (amountUsd + terms.depthUsd) -
    terms.costPerYear * amountUsd -
    terms.fixedUsdPerYear
  );
}

/** Income split into fees, loss versus rebalancing and costs. */
export function splitIncome(terms: PoolTerms, amountUsd: number): IncomeSplit {
  if (!(amountUsd > 0)) {
    return { feesUsdPerYear: 0, lvrUsdPerYear: 0, costsUsdPerYear: 0, netUsdPerYear: 0, netAprFrac: null };
  }
  const feesUsdPerYear = (terms.revenueUsdPerYear * amountUsd) / (amountUsd + terms.depthUsd);
  const lvrUsdPerYear = terms.lvrPerYear * terms.inRangeFrac * amountUsd;
  const netUsdPerYear = incomeUsdPerYear(terms, amountUsd);
  return {
    feesUsdPerYear,
    lvrUsdPerYear,
    costsUsdPerYear: feesUsdPerYear - lvrUsdPerYear - netUsdPerYear,
    netUsdPerYear,
    netAprFrac: netUsdPerYear / amountUsd,
  };
}
