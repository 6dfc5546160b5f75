// Parameters of the strategy: their type, the bounds of the five tunable ones, and the check of a whole set.

/** The five parameters the optimizer may tune (strategy.md sections 4 and 8). */
export interface RangeParams {
  /** Half-width in log price at zero volatility. */
  readonly baseMin: number;
  /** Half-width in log price at full volatility. */
  readonly baseMax: number;
  readonly vforceExp: number;
  readonly vforceDivider: number;
  /** A position is shifted when its divergence from the target exceeds this, 0..1. */
  readonly rsThreshold: number;
}

/** How width, shifts and cash are decided: by the forces (strategy.md) or by what the pool pays (strategy-carry). */
export type PolicyName = "forces" | "carry";

/** Thresholds of the carry policy; `SPEC_CARRY` is the study's, `CAUTIOUS_CARRY` what recorded windows asked for. */
export interface CarryParams {
  /** Measured kappa from which a pool is entered, and below which a position in range is closed. */
  readonly kappaEntry: number;
  readonly kappaExit: number;
  /** Hours of a second, shorter window: rules use whichever of the two measured a lower kappa. 0 = none. */
  readonly cautiousHours: number;
  /** Part of kappa's distance from 1 that is believed when widths and nets are weighed, 0..1: high kappa attracts liquidity. */
  readonly kappaTrust: number;
  /** Least expected net a pool must promise, per unit of capital and year. */
  readonly minEdgePerYear: number;
  /** Whether an estimate alone may open a position. */
  readonly opensOnEstimate: boolean;
  /** Whether closing in range at low kappa swaps back to `restoreMixFrac` too. */
  readonly restoresAlways: boolean;
  /** Whether a reallocation may re-range a position whose pool and size stay; otherwise only the shift rules do, without swapping. */
  readonly reallocatesInPlace: boolean;
}

/** strategy-carry sections 4 to 8 to the letter; the reference vectors are for these. */
export const SPEC_CARRY: CarryParams = {
  kappaEntry: 1.1,
  kappaExit: 0.9,
  cautiousHours: 0,
  kappaTrust: 1,
  minEdgePerYear: 0,
  opensOnEstimate: true,
  restoresAlways: false,
  reallocatesInPlace: true,
};

export interface StrategyParams {
  /** The policy in charge. */
  readonly policy: PolicyName;
  /** Whether the range parameters are tuned to the pair's own history. */
  readonly optimizerEnabled: boolean;
  /** Epochs between two searches; one runs when `epoch % optimizerEveryEpochs === 0` (or the next epoch that may) or none has run yet. */
  readonly optimizerEveryEpochs: number;
  /** Carry: share of BASE by value to swap back to when an out-of-range position is closed; null = no swap. */
  readonly restoreMixFrac: number | null;
  readonly carry: CarryParams;
  /** What decision, execution and display use. */
  readonly range: RangeParams;
  /** What a kill switch falls back to. */
  readonly defaultRange: RangeParams;
  /** A better allocation must improve the yearly net by more than this fraction. */
  readonly praThreshold: number;
  /** Days over which a gain must pay its cost. */
  readonly amortizeDays: number;
  /** Least market time between two reallocations, ms. */
  readonly minHoldMs: number;
  /** Most pools in one allocation, 1..8. */
  readonly maxPools: number;
  /** Whether capital may stay in cash when no pool earns. */
  readonly allowCash: boolean;
  /** Fraction of capital never deployed. */
  readonly cashReserveFrac: number;
  /** Most of the deployable capital one pool may hold, fraction. */
  readonly poolCapFrac: number;
  /** Most of a pool's liquidity in our range that we may become, fraction (q of section 7). */
  readonly maxPoolShareFrac: number;
  /** Pools below this total value locked are left out, US dollars. */
  readonly minTvlUsd: number;
  /** Most capital the pair may use, US dollars; null for no limit. */
  readonly maxCapitalUsd: number | null;
  /** Most capital per chain id, US dollars; chains not named are limited by `capital` alone. */
  readonly chainCapsUsd: Readonly<Record<string, number>>;
  /** Slippage limit of swaps, mints and burns, 1/10 000. */
  readonly slippageBps: number;
  /** Router fee as a fraction of the swapped amount. */
  readonly routerFeeFrac: number;
  /** Slippage expected (not the limit) when costs are weighed, fraction. */
  readonly expectedSlippageFrac: number;
  /** Fee of the venue that swaps are expected to take, fraction; null uses the pool's own fee. */
  readonly swapPoolFeeFrac: number | null;
  /** A pool snapshot older than this is left out, ms of market time (3 cycles). */
  readonly maxPoolAgeMs: number;
}

export interface ParamBound {
  readonly key: keyof RangeParams;
  readonly min: number;
  readonly max: number;
  readonly scale: "log" | "linear";
}

/** Order and bounds of the unit cube (strategy.md section 8). */
export const RANGE_PARAM_BOUNDS: readonly ParamBound[] = [
  { key: "baseMin", min: 1e-4, max: 5e-3, scale: "log" },
  { key: "baseMax", min: 5e-3, max: 0.5, scale: "log" },
  { key: "vforceExp", min: 0.5, max: 2, scale: "linear" },
  { key: "vforceDivider", min: 10, max: 200, scale: "log" },
  { key: "rsThreshold", min: 0.1, max: 1, scale: "linear" },
];

/** Parameters at a point of the unit cube; coordinates outside [0,1] are clamped. */
export function rangeParamsOfCube(point: readonly number[]): RangeParams {
  const value = (index: number): number => {
    const bound = RANGE_PARAM_BOUNDS[index]!;
    const given = point[index] ?? 0.5;
    const unit = Number.isNaN(given) ? 0.5 : Math.min(1, Math.max(0, given));
    return bound.scale === "log"
      ? bound.min * (bound.max / bound.min) ** unit
      : bound.min + unit * (bound.max - bound.min);
  };
  return {
    baseMin: value(0),
    baseMax: value(1),
    vforceExp: value(2),
    vforceDivider: value(3),
    rsThreshold: value(4),
  };
}

/** Point of the unit cube of a set of parameters; values outside the bounds are clamped. */
export function cubeOfRangeParams(params: RangeParams): readonly number[] {
  return RANGE_PARAM_BOUNDS.map((bound) => {
    const value = Math.min(bound.max, Math.max(bound.min, params[bound.key]));
    return bound.scale === "log"
      ? Math.log(value / bound.min) / Math.log(bound.max / bound.min)
      : (value - bound.min) / (bound.max - bound.min);
  });
}

/** Whether a stored point has one finite coordinate in [0,1] per parameter. */
export function isCubePoint(point: readonly number[]): boolean {
  return point.length === RANGE_PARAM_BOUNDS.length && point.every((value) => value >= 0 && value <= 1);
}
