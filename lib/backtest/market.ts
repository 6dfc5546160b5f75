// Backtest market: what is known about one pair and one pool, minute by minute, as columns that a run walks over.
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { PairId, PoolKey } from "@/lib/units";

/** The pair and the pool a backtest runs on. */
export interface BacktestPool {
  readonly pairId: PairId;
  readonly poolKey: PoolKey;
  readonly chainId: number;
  readonly family: string;
  readonly dexName: string;
  readonly baseSymbol: string;
  readonly quoteSymbol: string;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly baseIsToken0: boolean;
  /** LP fee, 1/1 000 000. */
  readonly feePips: number;
  readonly tickSpacing: number;
  /** Part of the fee that goes to the protocol, 0..1. */
  readonly protocolShareFrac: number;
  /** Both tokens follow the same peg currency. */
  readonly isStablePair: boolean;
  readonly pegPrice: number | null;
  /** US dollars per whole QUOTE token; constant over the run. */
  readonly quoteUsd: number;
}

/** Every swap of a recording in the order of the chain, one entry each, with the swaps of each bar. */
export interface SwapTrack {
  /** Swaps of bar i: from `from[i]` to before `to[i]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Natural logarithm of the pool's price (QUOTE per BASE) before and after the swap. */
  readonly logBefore: Float64Array;
  readonly logAfter: Float64Array;
  /** Others' human liquidity that the swap met on its way. */
  readonly liquidity: Float64Array;
  /** Fees per unit of that liquidity, whole tokens, after the protocol's part. */
  readonly feeBase: Float64Array;
  readonly feeQuote: Float64Array;
}

/** One entry per bar of `candles`. Prices are QUOTE per BASE; NaN before the first observation of the pool. */
export interface MinuteTrack {
  /** Pool price at the end of the minute. */
  readonly price: Float64Array;
  /** Extremes of the pool's path in the minute, the price at its start included. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Human liquidity of others, active at the end of the minute. */
  readonly othersLiquidity: Float64Array;
  /** Human liquidity of others that served the minute's swaps; more than that of its end when some was gone by then. */
  readonly servingLiquidity: Float64Array;
  /** Fees of the minute per unit of `servingLiquidity`, whole tokens, after the protocol's part. */
  readonly feeBase: Float64Array;
  readonly feeQuote: Float64Array;
  readonly volumeUsd: Float64Array;
  /** The single swaps, where they were recorded. */
  readonly swaps: SwapTrack | null;
}

export type FeeSource = "pool_events" | "pool_minutes" | "pool_hours" | "volume_model";

export interface FeeOrigin {
  readonly source: FeeSource;
  readonly isEstimate: boolean;
  /** Where fees come from and what was assumed, for people. */
  readonly sentence: string;
}

/** Rows read and what was left out of them; nothing is dropped without a line. */
export interface DataQuality {
  readonly rows: number;
  readonly dropped: readonly { readonly line: number; readonly reason: string }[];
  readonly droppedCount: number;
  readonly filledMinutes: number;
  readonly holes: number;
}

export interface BacktestMarket {
  readonly pool: BacktestPool;
  /** Normalised and filled M1 candles of the exchange price (of the pool's own price when no candles were given). */
  readonly candles: CandleSeries;
  readonly track: MinuteTrack;
  /** Smallest step the exchange prices move by, QUOTE per BASE; null when they come from the pool. */
  readonly priceStep: number | null;
  /** Bars [firstIndex, lastIndex] have a pool state. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly fees: FeeOrigin;
  readonly data: DataQuality;
  /** What a reader should know about this market before believing a number. */
  readonly notes: readonly string[];
}

/** By log1p: the double nearest to 1.0001 is off by enough to shift prices of far ticks by 2e-12. */
const LOG_TICK = Math.log1p(1e-4);
/** Half-widths over which the pool's value is counted when a source gives liquidity but no TVL (strategy.md section 6). */
const TVL_SPREAD_PEGGED = 0.005;
const TVL_SPREAD_OTHER = 0.3;

export function createTrack(length: number): MinuteTrack {
  return {
    price: new Float64Array(length).fill(Number.NaN),
    low: new Float64Array(length).fill(Number.NaN),
    high: new Float64Array(length).fill(Number.NaN),
    othersLiquidity: new Float64Array(length),
    servingLiquidity: new Float64Array(length),
    feeBase: new Float64Array(length),
    feeQuote: new Float64Array(length),
    volumeUsd: new Float64Array(length),
    swaps: null,
  };
}

export function frameOf(pool: BacktestPool): PriceFrame {
  return { decBase: pool.baseDecimals, decQuote: pool.quoteDecimals, baseIsToken0: pool.baseIsToken0 };
}

/**
 * Human price in the middle of a tick, QUOTE per BASE: a recorded tick is the floor of the true one, half a tick up is the
 * estimate without a lean.
 */
export function priceOfRecordedTick(tick: number, pool: BacktestPool): number {
  const raw = Math.exp((tick + 0.5) * LOG_TICK);
  const scale = 10 ** (pool.baseDecimals - pool.quoteDecimals);
  return pool.baseIsToken0 ? raw * scale : scale / raw;
}

/** Human liquidity of a raw one given as a double. */
export function humanLiquidityOf(raw: number, pool: BacktestPool): number {
  return raw / 10 ** ((pool.baseDecimals + pool.quoteDecimals) / 2);
}

/** Value locked that the active liquidity implies over the spread of strategy.md section 6, US dollars. */
export function impliedTvlUsd(othersLiquidity: number, price: number, pool: BacktestPool): number {
  const spread = pool.isStablePair ? TVL_SPREAD_PEGGED : TVL_SPREAD_OTHER;
  return (
    othersLiquidity * unitHoldings(price, price * Math.exp(-spread), price * Math.exp(spread)).value * pool.quoteUsd
  );
}

/** The market without what lies farther back than `fromMs` and after bar `lastIndex`: views on the same columns. */
export function cropMarket(market: BacktestMarket, fromMs: number, lastIndex: number): BacktestMarket {
  const { candles, track } = market;
  let start = 0;
  let end = candles.length;
  while (start < end) {
    const middle = (start + end) >> 1;
    if (candles.openAtMs[middle]! < fromMs) start = middle + 1;
    else end = middle;
  }
  const stop = lastIndex + 1;
  if (start === 0 && stop === candles.length) return market;
  return {
    ...market,
    candles: sliceCandles(candles, start, stop),
    track: {
      price: track.price.subarray(start, stop),
      low: track.low.subarray(start, stop),
      high: track.high.subarray(start, stop),
      othersLiquidity: track.othersLiquidity.subarray(start, stop),
      servingLiquidity: track.servingLiquidity.subarray(start, stop),
      feeBase: track.feeBase.subarray(start, stop),
      feeQuote: track.feeQuote.subarray(start, stop),
      volumeUsd: track.volumeUsd.subarray(start, stop),
      swaps:
        track.swaps === null
          ? null
          : {
              ...track.swaps,
              from: track.swaps.from.subarray(start, stop),
              to: track.swaps.to.subarray(start, stop),
            },
    },
    firstIndex: Math.max(0, market.firstIndex - start),
    lastIndex: Math.min(market.lastIndex, lastIndex) - start,
  };
}

/** Market time at which bar `index` is closed and known, unix ms. */
export function closedAtMs(candles: CandleSeries, index: number): number {
  return candles.openAtMs[index]! + candles.timeframeMs;
}
