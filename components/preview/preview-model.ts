// The preview's computation: a snapshot moved to another price and other parameters, through the same evaluate and decide as the worker.
import { unpackCandles } from "@/lib/api/candle-columns";
import { unpackSamples } from "@/lib/api/sample-columns";
import type { PreviewInput } from "@/lib/api/schemas";
import { readSnapshot } from "@/lib/api/snapshot-wire";
import { rangeToBins } from "@/lib/amm/bins";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import type { MarketSnapshot, ObservedPosition, PoolState, TickPoolState } from "@/lib/market/snapshot";
import { priceFrameOf } from "@/lib/portfolio/position";
import { computeCapital } from "@/lib/portfolio/valuation";
import type { PairSettings } from "@/lib/registry/pair-settings";
import { resolveParams } from "@/lib/registry/resolve-params";
import {
  decide,
  evaluate,
  NO_MEMORY,
  paramsInForce,
  readMarket,
  type Decision,
  type Evaluation,
  type MarketReading,
  type PolicyName,
  type RangeParams,
  type StrategyMemory,
  type StrategyParams,
} from "@/lib/strategy";

/** What the operator may move. */
export interface PreviewKnobs extends RangeParams {
  /** QUOTE per BASE. */
  readonly price: number;
  readonly policy: PolicyName;
  readonly allowCash: boolean;
}

export interface PreviewBase {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly memory: StrategyMemory;
  /** Forces and regime of the candles: the knobs do not change them. */
  readonly market: MarketReading;
  /** Where every knob stands in the epoch itself. */
  readonly knobs: PreviewKnobs;
}

export interface PreviewResult {
  readonly evaluation: Evaluation;
  readonly decision: Decision;
}

/** Reads what the API handed over; throws with a sentence when it does not fit together. */
export function readPreviewInput(input: PreviewInput): PreviewBase {
  const candles = unpackCandles(input.candles);
  if (candles === null)
    throw new Error("The candles of this epoch came in columns of different lengths. Reload the page.");
  const poolSamples: Record<string, NonNullable<ReturnType<typeof unpackSamples>>> = {};
  for (const { poolKey, samples } of input.poolSamples) {
    const unpacked = unpackSamples(samples);
    if (unpacked === null)
      throw new Error(`The samples of ${poolKey} came in columns of different lengths. Reload the page.`);
    poolSamples[poolKey] = unpacked;
  }
  return createPreviewBase(
    readSnapshot(input.snapshot, { candles, poolSamples }),
    input.isPegged,
    input.overrides,
    input.memory ?? NO_MEMORY,
  );
}

export function createPreviewBase(
  snapshot: MarketSnapshot,
  isPegged: boolean,
  overrides: PairSettings["params"],
  memory: StrategyMemory,
): PreviewBase {
  const { params } = resolveParams(isPegged, overrides);
  return {
    snapshot,
    params,
    memory,
    market: readMarket(snapshot),
    knobs: {
      ...paramsInForce(params, memory),
      price: snapshot.price,
      policy: params.policy,
      allowCash: params.allowCash,
    },
  };
}

/** One evaluation and decision with the knobs as they stand. The search for parameters is off: the knobs are the parameters. */
export function computePreview(base: PreviewBase, knobs: PreviewKnobs): PreviewResult {
  const { baseMin, baseMax, vforceExp, vforceDivider, rsThreshold, policy, allowCash, price } = knobs;
  const params: StrategyParams = {
    ...base.params,
    policy,
    allowCash,
    optimizerEnabled: false,
    range: { baseMin, baseMax, vforceExp, vforceDivider, rsThreshold },
  };
  const snapshot = atPrice(base.snapshot, price);
  const evaluation = evaluate({ snapshot, params, memory: base.memory, market: base.market });
  return { evaluation, decision: decide({ snapshot, evaluation, params }) };
}

export interface TimedPreview extends PreviewResult {
  readonly tookMs: number;
}

export function timePreview(base: PreviewBase, knobs: PreviewKnobs): TimedPreview {
  const fromMs = performance.now();
  const result = computePreview(base, knobs);
  return { ...result, tookMs: performance.now() - fromMs };
}

/**
 * The snapshot as it would be had the price jumped: pools at that price, positions holding what they would then hold, capital counted
 * again. Candles, volumes and the liquidity of others stay; bins keep their amounts.
 */
export function atPrice(snapshot: MarketSnapshot, price: number): MarketSnapshot {
  if (price === snapshot.price || !(price > 0) || !Number.isFinite(price)) return snapshot;
  const moved = snapshot.pools.map((pool) => movePool(pool, price));
  const poolByKey = new Map<string, PoolState>(moved.map((pool) => [pool.poolKey, pool]));
  const positions = snapshot.positions.map((position) => movePosition(position, poolByKey.get(position.poolKey)));
  const pools = moved.map((pool) => (pool.kind === "ticks" ? withOwnLiquidity(pool, snapshot.positions) : pool));
  const { quoteUsd } = snapshot;
  const { wallets } = snapshot.capital;
  return {
    ...snapshot,
    price,
    pools,
    positions,
    capital: computeCapital({ wallets, positions, pools, price, quoteUsd }),
  };
}

function movePool(pool: PoolState, price: number): PoolState {
  const frame = priceFrameOf(pool);
  if (pool.kind === "bins") {
    const bins = rangeToBins({ min: price, max: price }, pool.binStepBps, frame);
    return bins === null ? pool : { ...pool, activeBinId: bins.lowerBinId };
  }
  const sqrtPriceX96 = priceToSqrt(price, frame);
  return sqrtPriceX96 === null ? pool : { ...pool, sqrtPriceX96, tick: tickAtSqrt(sqrtPriceX96) };
}

/** Ours in range at the new tick; the others' active liquidity is taken to be the same there. */
function withOwnLiquidity(pool: TickPoolState, positions: readonly ObservedPosition[]): TickPoolState {
  let own = 0n;
  for (const { poolKey, range, liquidityRaw } of positions) {
    if (poolKey !== pool.poolKey || range.kind !== "ticks") continue;
    if (range.tickLower <= pool.tick && pool.tick < range.tickUpper) own += liquidityRaw;
  }
  const others = pool.activeLiquidityRaw === null ? null : pool.activeLiquidityRaw - pool.ownLiquidityInRangeRaw;
  return {
    ...pool,
    activeLiquidityRaw: others === null ? null : others + own,
    ownLiquidityInRangeRaw: own,
  };
}

function movePosition(position: ObservedPosition, pool: PoolState | undefined): ObservedPosition {
  const { range } = position;
  if (pool === undefined || pool.kind !== "ticks" || range.kind !== "ticks") return position;
  const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(pool.sqrtPriceX96, bounds, position.liquidityRaw, "down");
  return pool.baseIsToken0
    ? { ...position, baseRaw: amount0, quoteRaw: amount1 }
    : { ...position, baseRaw: amount1, quoteRaw: amount0 };
}
