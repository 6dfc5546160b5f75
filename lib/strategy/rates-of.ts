// Rates of a pool: the one place where either policy asks what a pool of the snapshot paid and cost.
import { binsToRange } from "@/lib/amm/bins";
import { humanAmount, humanLiquidity } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { MarketSnapshot, PoolState } from "@/lib/market/snapshot";
import type { PoolSample } from "@/lib/market/pool-sample";
import { priceFrameOf } from "@/lib/portfolio/position";
import type { AssessedPool } from "./assess-pools";
import { computePoolRates, type PoolReadingNow } from "./carry/rates";
import type { SampleFrame } from "./carry/sample-reading";
import type { PoolRates } from "./pool-rates";

export interface RatesOfInput {
  readonly pool: Pick<AssessedPool, "state" | "feeFrac" | "volumeUsdPerDay">;
  readonly snapshot: Pick<MarketSnapshot, "observedAtMs" | "quoteUsd" | "isStablePair" | "poolSamples">;
  /** Yearly volatility of the blended vforce, for an estimate when too little was measured. */
  readonly sigmaPerYear: number;
}

/** Half-width over which a TVL is assumed to lie, log price (strategy.md section 6). */
const TVL_SPREAD_PEGGED = 0.005;
const TVL_SPREAD_OTHER = 0.3;
const HOUR_MS = 3_600_000;

interface Remembered {
  readonly samples: readonly PoolSample[];
  readonly length: number;
  readonly newest: PoolSample | undefined;
  readonly nowMs: number;
  readonly quoteUsd: number;
  readonly sigmaPerYear: number;
  readonly rates: PoolRates;
}

/** Both policies look at the same snapshot: the second one finds what the first one computed. */
const remembered = new WeakMap<PoolState, Remembered>();
const NO_SAMPLES: readonly PoolSample[] = [];

export function ratesOf(input: RatesOfInput): PoolRates {
  const { pool, snapshot, sigmaPerYear } = input;
  const { state } = pool;
  const { observedAtMs: nowMs, quoteUsd } = snapshot;
  const samples = snapshot.poolSamples[state.poolKey] ?? NO_SAMPLES;
  const newest = samples.at(-1);
  const known = remembered.get(state);
  if (
    known !== undefined &&
    known.samples === samples &&
    known.length === samples.length &&
    known.newest === newest &&
    known.nowMs === nowMs &&
    known.quoteUsd === quoteUsd &&
    known.sigmaPerYear === sigmaPerYear
  ) {
    return known.rates;
  }
  const rates = computePoolRates({
    frame: sampleFrameOf(state),
    samples,
    nowMs,
    fallback: {
      volumeUsdPerDay: hasVolume(state) ? pool.volumeUsdPerDay : Number.NaN,
      feeFrac: pool.feeFrac,
      protocolShareFrac: state.protocolShareFrac,
      sigmaPerYear,
      quoteUsd,
    },
    now: readingNow(state, snapshot.isStablePair),
  });
  remembered.set(state, { samples, length: samples.length, newest, nowMs, quoteUsd, sigmaPerYear, rates });
  return rates;
}

/** The same measured over the last hours only; `none` until they are covered. */
export function recentRatesOf(
  state: PoolState,
  snapshot: Pick<MarketSnapshot, "observedAtMs" | "poolSamples">,
  hours: number,
): PoolRates {
  const samples = snapshot.poolSamples[state.poolKey] ?? NO_SAMPLES;
  // One hour more than the window: its first interval may begin at an older sample.
  const fromMs = snapshot.observedAtMs - (hours + 1) * HOUR_MS;
  return computePoolRates({
    frame: sampleFrameOf(state),
    samples: samples.filter((sample) => sample.observedAtMs >= fromMs),
    nowMs: snapshot.observedAtMs,
    fallback: null,
    windowMs: hours * HOUR_MS,
  });
}

function sampleFrameOf(state: PoolState): SampleFrame {
  return {
    kind: state.kind,
    decBase: state.base.decimals,
    decQuote: state.quote.decimals,
    baseIsToken0: state.baseIsToken0,
    binStepBps: state.kind === "bins" ? state.binStepBps : 0,
  };
}

/** Price of a pool itself, QUOTE per BASE; not the exchange's. NaN when it cannot be read. */
export function poolPriceOf(state: PoolState): number {
  const frame = priceFrameOf(state);
  if (state.kind === "ticks") return state.sqrtPriceX96 > 0n ? sqrtToPrice(state.sqrtPriceX96, frame) : Number.NaN;
  const bin = binsToRange(state.activeBinId, state.activeBinId, state.binStepBps, frame);
  return Math.sqrt(bin.min * bin.max);
}

function readingNow(state: PoolState, isStablePair: boolean): PoolReadingNow {
  return {
    sqrtPrice: Math.sqrt(poolPriceOf(state)),
    othersLiquidity: othersLiquidityOf(state),
    tvlUsd: state.tvlUsd,
    tvlSpread: isStablePair ? TVL_SPREAD_PEGGED : TVL_SPREAD_OTHER,
  };
}

/** Human liquidity of others in the active tick or bin; null when the pool did not say. */
function othersLiquidityOf(state: PoolState): number | null {
  const { base, quote } = state;
  if (state.kind === "ticks") {
    if (state.activeLiquidityRaw === null) return null;
    const others = state.activeLiquidityRaw - state.ownLiquidityInRangeRaw;
    return humanLiquidity(others > 0n ? others : 0n, base.decimals, quote.decimals);
  }
  const { activeBinOthersBaseRaw, activeBinOthersQuoteRaw } = state;
  if (activeBinOthersBaseRaw === null || activeBinOthersQuoteRaw === null) return null;
  const price = poolPriceOf(state);
  const value =
    humanAmount(activeBinOthersBaseRaw, base.decimals) * price + humanAmount(activeBinOthersQuoteRaw, quote.decimals);
  return value / (2 * Math.sqrt(price) * Math.sinh(Math.log1p(state.binStepBps / 1e4) / 4));
}

/** Whether any source named a volume; a pool nobody counts is not a pool without trades. */
function hasVolume(state: PoolState): boolean {
  return [state.volumeH1Usd, state.volumeH6Usd, state.volumeH24Usd].some(
    (volume) => volume !== null && Number.isFinite(volume) && volume >= 0,
  );
}
