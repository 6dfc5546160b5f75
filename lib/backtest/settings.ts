// Settings of a backtest: money, costs, clock and parameters, the same for every twin.
import type { StrategyParams } from "@/lib/strategy";
import type { BacktestPool } from "./market";
import type { TwinName } from "./report";

export interface BacktestSettings {
  readonly capitalUsd: number;
  /** Gas of one transaction, US dollars; a close, a swap and a mint are one each. */
  readonly gasUsdPerTx: number;
  /** Router fee and slippage of a swap, 1/10 000; the pool's own fee and the price impact come on top. */
  readonly swapCostBps: number;
  /** Time between two decisions. */
  readonly intervalSec: number;
  /** Time from a decision to its transactions. */
  readonly reactionSec: number;
  /** Chance that a plan's first transaction fails, 0..1. */
  readonly failureFrac: number;
  readonly seed: number;
  readonly params: StrategyParams;
  readonly twins: readonly TwinName[];
  /** Part of the run, unix ms; null for all the data there is. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly windows: number;
}

export const BACKTEST_DEFAULTS = {
  capitalUsd: 10_000,
  gasUsdPerTx: 0.1,
  swapCostBps: 10,
  intervalSec: 900,
  reactionSec: 900,
  failureFrac: 0.01,
  seed: 1,
  windows: 1,
} as const;

/**
 * Parameters whose costs are those of the run: the strategy then weighs a swap at what the account pays for it. Limits that ask
 * for facts a recording does not have are lifted.
 */
export function paramsOfRun(params: StrategyParams, swapCostBps: number): StrategyParams {
  return { ...params, routerFeeFrac: swapCostBps / 1e4, expectedSlippageFrac: 0, swapPoolFeeFrac: null };
}

/** Settings as the report shows them. */
export function describeSettings(
  settings: BacktestSettings,
  pool: BacktestPool,
): Record<string, string | number | boolean | null> {
  const { params } = settings;
  return {
    pair: pool.pairId,
    pool: pool.poolKey,
    dex: pool.dexName,
    feePips: pool.feePips,
    tickSpacing: pool.tickSpacing,
    protocolShareFrac: pool.protocolShareFrac,
    baseDecimals: pool.baseDecimals,
    quoteDecimals: pool.quoteDecimals,
    baseIsToken0: pool.baseIsToken0,
    isStablePair: pool.isStablePair,
    pegPrice: pool.pegPrice,
    quoteUsd: pool.quoteUsd,
    capitalUsd: settings.capitalUsd,
    gasUsdPerTx: settings.gasUsdPerTx,
    swapCostBps: settings.swapCostBps,
    intervalSec: settings.intervalSec,
    reactionSec: settings.reactionSec,
    failureFrac: settings.failureFrac,
    seed: settings.seed,
    windows: settings.windows,
    fromMs: settings.fromMs,
    toMs: settings.toMs,
    allowCash: params.allowCash,
    optimizerEnabled: params.optimizerEnabled,
    optimizerEveryEpochs: params.optimizerEveryEpochs,
    restoreMixFrac: params.restoreMixFrac,
    baseMin: params.range.baseMin,
    baseMax: params.range.baseMax,
    vforceExp: params.range.vforceExp,
    vforceDivider: params.range.vforceDivider,
    rsThreshold: params.range.rsThreshold,
    praThreshold: params.praThreshold,
    amortizeDays: params.amortizeDays,
    minHoldMs: params.minHoldMs,
    maxPools: params.maxPools,
    cashReserveFrac: params.cashReserveFrac,
    minTvlUsd: params.minTvlUsd,
  };
}
