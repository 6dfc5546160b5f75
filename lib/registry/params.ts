// Default numbers of the strategy, for pegged pairs and for all others (strategy.md sections 4, 7 and 11).
import type { StrategyParams } from "@/lib/strategy";

/** Source: strategy.md; `kept` values of sections 4, 7, 11, and the reasoned defaults named open in section 15. */
const SHARED = {
  policy: "forces",
  optimizerEnabled: true,
  // 4 h: the slowest timeframe closes a bar; one more quarter of an hour is 1/5 760 of the optimizer's window.
  optimizerEveryEpochs: 16,
  restoreMixFrac: 0.5,
  // Chosen on the first 60 % of the recorded files, reported on the rest: app/docs/walk-forward.md.
  carry: {
    kappaEntry: 1.2,
    kappaExit: 1,
    cautiousHours: 24,
    kappaTrust: 0.5,
    minEdgePerYear: 0.02,
    opensOnEstimate: false,
    restoresAlways: true,
    reallocatesInPlace: false,
  },
  praThreshold: 0.05,
  amortizeDays: 7,
  minHoldMs: 12 * 3_600_000,
  maxPools: 3,
  allowCash: true,
  cashReserveFrac: 0.05,
  poolCapFrac: 1,
  maxPoolShareFrac: 0.25,
  minTvlUsd: 50_000,
  maxCapitalUsd: null,
  chainCapsUsd: {},
  slippageBps: 50,
  // LI.FI with our own integrator id takes 0.25 % at most (services.md section 5); an operator sets the agreed fee.
  routerFeeFrac: 0.0025,
  expectedSlippageFrac: 0.0005,
  swapPoolFeeFrac: null,
  maxPoolAgeMs: 3 * 900_000,
} as const;

const PEGGED_RANGE = {
  baseMin: 0.0005,
  baseMax: 0.028,
  vforceExp: 1,
  vforceDivider: 50,
  rsThreshold: 0.5,
} as const;

const OTHER_RANGE = { ...PEGGED_RANGE, baseMax: 0.15 } as const;

/** Defaults of pairs whose two tokens follow the same peg currency. */
export const PEGGED_PAIR_PARAMS: StrategyParams = {
  ...SHARED,
  range: PEGGED_RANGE,
  defaultRange: PEGGED_RANGE,
};

/** Defaults of every other pair. */
export const OTHER_PAIR_PARAMS: StrategyParams = {
  ...SHARED,
  range: OTHER_RANGE,
  defaultRange: OTHER_RANGE,
};
