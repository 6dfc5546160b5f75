// Ancestor twin: a RECONSTRUCTION of the public ancestor's rules from its documented formulas, in our own code, to compare with.
import { clamp } from "@/lib/math/stats";
import { computeVolumeUsdPerDay } from "@/lib/strategy";
import { openPlan, ticksOf, WAIT, type Twin, type TwinMoment, type TwinVerdict } from "./twin";

/** Half-width at no and at full volatility: it narrows as volatility rises. */
const WIDTH_CALM = 0.028;
const WIDTH_WILD = 0.0246;
const HOLD_MS = 12 * 3_600_000;
const RS_THRESHOLD = 0.25;
const PRA_IMPROVEMENT = 0.05;
const CASH_RESERVE_FRAC = 0.05;

export function createAncestorTwin(): Twin {
  let entryApr = 0;
  let lastActionAtMs: number | null = null;
  return {
    name: "ancestor",
    title: "Ancestor (reconstruction)",
    rule: "A reconstruction of the public ancestor's rules: width 2.80 % at no volatility falling to 2.46 % at full, bias divided by 3|m-50| when trend and momentum disagree, 95 % of everything in the best-scored pool (here the only one), half and half instead of the range's mix, 12 h hold on every action, shifts at its own asymmetric divergence of 0.25, reallocation when today's APR is 5 % above that of the entry.",
    start: () => null,
    decide(moment, state): TwinVerdict {
      const { forces, regime } = moment.reading();
      if (!forces.valid) return { ...WAIT, reason: "no_data" };
      if (regime.suppressed) return { ...WAIT, reason: "regime", detail: regime.reason };
      if (lastActionAtMs !== null && moment.atMs - lastActionAtMs < HOLD_MS && state.positions.length > 0)
        return { ...WAIT, reason: "min_age", detail: "12 h hold" };

      const { pool } = moment.market;
      const target = ancestorRange(moment.price, forces);
      const ticks = ticksOf(pool, target);
      const apr = poolApr(moment);
      if (ticks === null) return { ...WAIT, reason: "no_data" };
      const reallocate = (reason: string, detail: string): TwinVerdict => {
        entryApr = apr;
        lastActionAtMs = moment.atMs;
        return {
          kind: reason === "range_shift" ? "RS" : "PRA",
          reason,
          detail,
          plan: {
            ...openPlan({
              pool,
              ticks,
              reason,
              amountUsd: (1 - CASH_RESERVE_FRAC) * state.valueUsd,
              fill: "half",
              closePositionIds: state.positions.map((position) => position.id),
            }),
            kind: reason === "range_shift" ? "RS" : "PRA",
          },
        };
      };
      const [position] = state.positions;
      if (position === undefined) return reallocate("deploy_idle", "everything but 5 % into the only pool");
      const divergence = ancestorDivergence(position, target);
      if (divergence > RS_THRESHOLD) return reallocate("range_shift", `divergence ${divergence.toFixed(2)}`);
      if (apr > entryApr * (1 + PRA_IMPROVEMENT))
        return reallocate(
          "better_allocation",
          `APR ${(100 * apr).toFixed(1)} % above ${(100 * entryApr).toFixed(1)} % at entry`,
        );
      return WAIT;
    },
  };
}

/** Its range: linear in price, width falling with volatility, bias undamped in trends and divided by 3|m-50| else. */
function ancestorRange(
  price: number,
  forces: { readonly v: number; readonly m: number; readonly t: number },
): { readonly min: number; readonly max: number } {
  const v = clamp(forces.v, 0, 100);
  const distance = Math.abs(forces.m - 50);
  const agree = (forces.t - 50) * (forces.m - 50) >= 0;
  const lean = (forces.t - 50) / 100;
  const bias = clamp(
    agree ? lean * Math.exp(0.015 * distance) : (lean * Math.exp(-0.03 * (v - 15))) / (3 * distance),
    -1,
    1,
  );
  const width = WIDTH_CALM + (WIDTH_WILD - WIDTH_CALM) * (v / 100);
  const stretch = 1 + Math.abs(bias);
  const up = bias >= 0 ? width * stretch : width / stretch;
  const down = bias >= 0 ? width / stretch : width * stretch;
  return { min: price * (1 - down), max: price * (1 + up) };
}

/** Its divergence: differences of width and centre over the width held, so that widening counts twice what narrowing does. */
function ancestorDivergence(
  held: { readonly lower: number; readonly upper: number },
  target: { readonly min: number; readonly max: number },
): number {
  const width = held.upper - held.lower;
  const shift = Math.abs((held.lower + held.upper) / 2 - (target.min + target.max) / 2);
  return Math.min(1, Math.abs(width - (target.max - target.min)) / width + shift / width);
}

/** Its yield: fees of the whole pool over what is locked in it, whatever the range. */
function poolApr(moment: TwinMoment): number {
  const [pool] = moment.snapshot().pools;
  if (pool === undefined || pool.tvlUsd === null || !(pool.tvlUsd > 0)) return 0;
  const volume = computeVolumeUsdPerDay({ h1: pool.volumeH1Usd, h6: pool.volumeH6Usd, h24: pool.volumeH24Usd });
  return (volume * 365 * (pool.feePips / 1e6) * (1 - pool.protocolShareFrac)) / pool.tvlUsd;
}
