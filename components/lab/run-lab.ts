// From a checked request and texts of data to a finished report: the same library functions as the command line, run in the lab's worker.
import { buildCandleMarket, buildMinutesMarket, type BuiltMarket, type CandleInput } from "@/lib/backtest/build-market";
import type { BacktestPool } from "@/lib/backtest/market";
import { readCandles } from "@/lib/backtest/read-candles";
import { readPoolMinutes } from "@/lib/backtest/read-pool";
import type { BacktestReport } from "@/lib/backtest/report";
import { TWIN_NAMES } from "@/lib/backtest/twin-names";
import { checkPeriod, runBacktest, type BacktestHooks } from "@/lib/backtest/run-backtest";
import { BACKTEST_DEFAULTS, type BacktestSettings } from "@/lib/backtest/settings";
import {
  DEFAULT_DEPTH_USD,
  DEFAULT_MODEL_MEMORY_DAYS,
  DEFAULT_PEGGED_DEPTH_USD,
  type VolumeModel,
} from "@/lib/backtest/volume-model";
import { resolveParams } from "@/lib/registry/resolve-params";
import { pairId, poolKey } from "@/lib/units";
import type { LabRequest } from "./lab-form";

export type LabOutcome =
  | { readonly ok: true; readonly report: BacktestReport }
  /** One sentence: what was expected, what came. */
  | { readonly ok: false; readonly message: string };

/** Candles as CSV or read already, and the pool's minutes as CSV; at least one of the two. */
export interface LabInput {
  readonly candles: string | CandleInput | null;
  readonly poolMinutes: string | null;
}

/** Stands where a pool's address would: the lab's pool is described, not deployed. */
const LAB_CHAIN = 1;
const LAB_FAMILY = "uniswap-v3";
const LAB_ADDRESS = "0x0000000000000000000000000000000000000000";

export function runLab(request: LabRequest, input: LabInput, hooks: BacktestHooks): LabOutcome {
  const pool = poolOf(request);
  const built = buildMarket(request, pool, input);
  if (!built.ok) return built;
  const settings = settingsOf(request);
  const problem = checkPeriod(built.market, settings);
  if (problem !== null) return { ok: false, message: problem };
  const report = runBacktest({ market: built.market, settings }, hooks);
  return report === null ? { ok: false, message: "The run was stopped." } : { ok: true, report };
}

function buildMarket(request: LabRequest, pool: BacktestPool, input: LabInput): BuiltMarket {
  let candles: CandleInput | null = null;
  if (typeof input.candles === "string") {
    const read = readCandles(input.candles);
    if (!read.ok) return { ok: false, message: `The candle file: ${read.message}.` };
    candles = read;
  } else {
    candles = input.candles;
  }
  if (input.poolMinutes !== null) {
    const read = readPoolMinutes(input.poolMinutes);
    if (!read.ok) return { ok: false, message: `The pool-minutes file: ${read.message}.` };
    return buildMinutesMarket(pool, read.value, candles);
  }
  return candles === null
    ? { ok: false, message: "Expected candles or pool minutes; neither came." }
    : buildCandleMarket(pool, candles, modelOf(request));
}

function poolOf(request: LabRequest): BacktestPool {
  return {
    pairId: pairId(`${request.base}-${request.quote}`),
    poolKey: poolKey(LAB_CHAIN, LAB_FAMILY, LAB_ADDRESS),
    chainId: LAB_CHAIN,
    family: LAB_FAMILY,
    dexName: "described pool",
    baseSymbol: request.base,
    quoteSymbol: request.quote,
    baseDecimals: request.baseDecimals,
    quoteDecimals: request.quoteDecimals,
    baseIsToken0: request.baseIsToken0,
    feePips: request.feePips,
    tickSpacing: request.tickSpacing,
    protocolShareFrac: request.protocolShareFrac,
    isStablePair: request.isStablePair,
    pegPrice: request.isStablePair ? 1 : null,
    quoteUsd: 1,
  };
}

function modelOf(request: LabRequest): VolumeModel {
  return {
    kappa: request.modelKappa,
    memoryDays: DEFAULT_MODEL_MEMORY_DAYS,
    depthUsd: request.depthUsd ?? (request.isStablePair ? DEFAULT_PEGGED_DEPTH_USD : DEFAULT_DEPTH_USD),
    shape: "moves",
  };
}

function settingsOf(request: LabRequest): BacktestSettings {
  const { baseMin, baseMax, vforceExp, vforceDivider, rsThreshold } = request;
  return {
    ...BACKTEST_DEFAULTS,
    capitalUsd: request.capitalUsd,
    gasUsdPerTx: request.gasUsdPerTx,
    swapCostBps: request.swapCostBps,
    seed: request.seed,
    windows: request.windows,
    fromMs: request.fromMs,
    toMs: request.toMs,
    twins: request.twins ?? TWIN_NAMES,
    params: resolveParams(request.isStablePair, {
      policy: request.policy,
      allowCash: request.allowCash,
      optimizerEnabled: request.optimizer,
      ...(baseMin === null ? {} : { baseMin }),
      ...(baseMax === null ? {} : { baseMax }),
      ...(vforceExp === null ? {} : { vforceExp }),
      ...(vforceDivider === null ? {} : { vforceDivider }),
      ...(rsThreshold === null ? {} : { rsThreshold }),
    }).params,
  };
}
