// Snapshot source: at any bar, the market snapshot that could have been taken then, from data closed by then and nothing later.
import { humanLiquidity } from "@/lib/amm/human-units";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import { CANDLE_BUFFER_DAYS, sliceCandles } from "@/lib/market/candle";
import { POOL_SAMPLE_KEEP_MS, POOL_SAMPLE_MS, type TickPoolSample } from "@/lib/market/pool-sample";
import type { MarketSnapshot, PairToken, TickPoolState } from "@/lib/market/snapshot";
import { invariant } from "@/lib/errors/invariant";
import { epochOf, type Address } from "@/lib/units";
import { closedAtMs, frameOf, impliedTvlUsd, type BacktestMarket } from "./market";
import type { BacktestSettings } from "./settings";

export interface SnapshotSource {
  /** Snapshot at the close of bar `index`, without any money of ours: `viewPaper` puts an account into it. */
  readonly at: (index: number) => MarketSnapshot;
}

const HOUR_MS = 3_600_000;
const BUFFER_MS = CANDLE_BUFFER_DAYS * 24 * HOUR_MS;
const TWO_128 = 2 ** 128;
const WRAP = 1n << 256n;
/** Transactions of a plan: close, swap and mint. Approvals are made once and not counted. */
const OPEN_TX = 2;
const CLOSE_TX = 1;
const SHIFT_TX = 3;
const ROLLING_MS = { h1: HOUR_MS, h6: 6 * HOUR_MS, h24: 24 * HOUR_MS } as const;

/** No chain has these addresses: tokens of a recording are known by symbol and decimals only. */
const BASE_ADDRESS = {
  low: "0x00000000000000000000000000000000000000b1",
  high: "0x00000000000000000000000000000000000000b3",
} as const;
const QUOTE_ADDRESS: Address = "0x00000000000000000000000000000000000000b2";
const POOL_ADDRESS: Address = "0x00000000000000000000000000000000000000b0";

export function createSnapshotSource(market: BacktestMarket, settings: BacktestSettings): SnapshotSource {
  const { pool, candles, track } = market;
  const frame = frameOf(pool);
  const base: PairToken = {
    symbol: pool.baseSymbol,
    address: pool.baseIsToken0 ? BASE_ADDRESS.low : BASE_ADDRESS.high,
    decimals: pool.baseDecimals,
  };
  const quote: PairToken = { symbol: pool.quoteSymbol, address: QUOTE_ADDRESS, decimals: pool.quoteDecimals };
  const rawPerHuman = 10 ** ((pool.baseDecimals + pool.quoteDecimals) / 2);
  const samples = buildSamples(market);
  const volumeUpTo = runningSum(track.volumeUsd);

  const sqrtAt = (index: number): bigint => {
    const sqrtPriceX96 = priceToSqrt(track.price[index]!, frame);
    invariant(sqrtPriceX96 !== null, "a pool price", { index, price: track.price[index] });
    return sqrtPriceX96;
  };
  /** Volume of the pool in (now - spanMs, now]; null while the recording is shorter than that. */
  const rolling = (index: number, spanMs: number): number | null => {
    const fromMs = closedAtMs(candles, index) - spanMs;
    if (candles.openAtMs[market.firstIndex]! > fromMs) return null;
    const first = lowerBound(candles.openAtMs, fromMs, index + 1);
    return volumeUpTo[index]! - (first > 0 ? volumeUpTo[first - 1]! : 0);
  };

  return {
    at(index) {
      const observedAtMs = closedAtMs(candles, index);
      const price = candles.close[index]!;
      const sqrtPriceX96 = sqrtAt(index);
      const others = track.othersLiquidity[index]!;
      const activeLiquidityRaw = BigInt(Math.floor(others * rawPerHuman));
      const state: TickPoolState = {
        kind: "ticks",
        poolKey: pool.poolKey,
        chainId: pool.chainId,
        family: pool.family,
        dexName: pool.dexName,
        address: POOL_ADDRESS,
        base,
        quote,
        baseIsToken0: pool.baseIsToken0,
        feePips: pool.feePips,
        protocolShareFrac: pool.protocolShareFrac,
        tvlUsd: impliedTvlUsd(
          humanLiquidity(activeLiquidityRaw, pool.baseDecimals, pool.quoteDecimals),
          track.price[index]!,
          pool,
        ),
        volumeH1Usd: rolling(index, ROLLING_MS.h1),
        volumeH6Usd: rolling(index, ROLLING_MS.h6),
        volumeH24Usd: rolling(index, ROLLING_MS.h24),
        gasOpenUsd: OPEN_TX * settings.gasUsdPerTx,
        gasCloseUsd: CLOSE_TX * settings.gasUsdPerTx,
        gasRsUsd: SHIFT_TX * settings.gasUsdPerTx,
        observedAtMs,
        blockNumber: BigInt(index + 1),
        tickSpacing: pool.tickSpacing,
        sqrtPriceX96,
        tick: tickAtSqrt(sqrtPriceX96),
        activeLiquidityRaw,
        ownLiquidityInRangeRaw: 0n,
      };
      const first = lowerBound(candles.openAtMs, observedAtMs - BUFFER_MS, index + 1);
      return {
        pairId: pool.pairId,
        epoch: epochOf(observedAtMs),
        observedAtMs,
        price,
        quoteUsd: pool.quoteUsd,
        isStablePair: pool.isStablePair,
        pegPrice: pool.pegPrice,
        priceStep: market.priceStep,
        cycleSec: settings.intervalSec,
        candles: sliceCandles(candles, first, index + 1),
        pools: [state],
        poolSamples: { [pool.poolKey]: samples.until(observedAtMs) },
        positions: [],
        capital: { wallets: [], idleBase: 0, idleQuote: 0, idleUsd: 0, positionsUsd: 0, totalUsd: 0 },
        history: {
          lastPraAtMs: null,
          lastCloseEpochs: {},
          rangeShiftAtMs: [],
          epochNetUsd: [],
          gas24hUsd: 0,
          suppressUntilEpoch: 0,
        },
        freshness: [
          {
            input: "candles",
            source: "recording",
            observedAtMs,
            ageMs: 0,
            maxAgeMs: 300_000,
            ok: true,
            rule: "max_age",
            detail: "the bar of this minute",
          },
        ],
      };
    },
  };
}

interface SampleBook {
  /** Samples of the 73 hours up to an instant, ascending. */
  readonly until: (nowMs: number) => readonly TickPoolSample[];
}

/**
 * The pool every five minutes, as the live sampler would have seen it if our liquidity were not there: fee growth is that of the
 * others, own liquidity 0. That is what the rates of strategy-carry section 1 ask for after they have taken our own part out.
 */
function buildSamples(market: BacktestMarket): SampleBook {
  const { pool, candles, track, firstIndex, lastIndex } = market;
  const frame = frameOf(pool);
  const rawPerHuman = 10 ** ((pool.baseDecimals + pool.quoteDecimals) / 2);
  // Raw units per unit of raw liquidity, from whole tokens per unit of human liquidity.
  const baseScale = 10 ** ((pool.baseDecimals - pool.quoteDecimals) / 2) * TWO_128;
  const quoteScale = 10 ** ((pool.quoteDecimals - pool.baseDecimals) / 2) * TWO_128;
  const samples: TickPoolSample[] = [];
  const times: number[] = [];
  let growthBase = 0n;
  let growthQuote = 0n;
  let pendingBase = 0;
  let pendingQuote = 0;
  for (let index = firstIndex; index <= lastIndex; index += 1) {
    pendingBase += track.feeBase[index]!;
    pendingQuote += track.feeQuote[index]!;
    const atMs = closedAtMs(candles, index);
    if (atMs % POOL_SAMPLE_MS !== 0) continue;
    growthBase = (growthBase + BigInt(Math.floor(pendingBase * baseScale))) % WRAP;
    growthQuote = (growthQuote + BigInt(Math.floor(pendingQuote * quoteScale))) % WRAP;
    pendingBase = 0;
    pendingQuote = 0;
    const sqrtPriceX96 = priceToSqrt(track.price[index]!, frame);
    if (sqrtPriceX96 === null) continue;
    times.push(atMs);
    samples.push({
      kind: "ticks",
      observedAtMs: atMs,
      sqrtPriceX96,
      feeGrowthGlobal0X128: pool.baseIsToken0 ? growthBase : growthQuote,
      feeGrowthGlobal1X128: pool.baseIsToken0 ? growthQuote : growthBase,
      liquidityRaw: BigInt(Math.floor(track.othersLiquidity[index]! * rawPerHuman)),
      ownLiquidityRaw: 0n,
    });
  }
  return {
    until: (nowMs) =>
      samples.slice(
        lowerBound(times, nowMs - POOL_SAMPLE_KEEP_MS, times.length),
        lowerBound(times, nowMs + 1, times.length),
      ),
  };
}

function runningSum(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) {
    sum += values[index]!;
    sums[index] = sum;
  }
  return sums;
}

/** First position in [0, end) whose time is at or after `atMs`. */
function lowerBound(times: { readonly [index: number]: number }, atMs: number, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
