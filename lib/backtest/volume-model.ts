// Volume model: fees of a pool whose swaps were not recorded, from candles and one stated number, kappa, and never from later data.
import type { CandleSeries } from "@/lib/market/candle";
import { mean } from "@/lib/math/stats";
import { MINUTE_MS } from "@/lib/units";
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { BacktestPool, MinuteTrack } from "./market";

export interface VolumeModel {
  /** Fees over loss-versus-rebalancing that the pool pays on a usual day (strategy-carry section 11). */
  readonly kappa: number;
  /**
   * How many days back "a usual day" is looked for: the mean of what `kappa` asks for on each of them, the wildest fifth left out.
   * Liquidity comes where more is paid and leaves where less is, so that no pool stays far from it for long; a wild day pays less
   * than it costs, and nobody plans for the next one. 0 = the level of the first part of the data is kept for good.
   */
  readonly memoryDays: number;
  /** US dollars that liquidity as thick as the pool's active one would be worth from 1 % below to 1 % above the price. */
  readonly depthUsd: number;
  /** Pool hours only: the same volume every minute, or half of it in proportion to the price's moves. */
  readonly shape: "uniform" | "moves";
}

/** The recorded pool windows of strategy-carry section 11 without the crash: 0.69 to 1.99, mean 1.35, median 1.34. */
export const DEFAULT_MODEL_KAPPA = 1.3;
export const DEFAULT_MODEL_MEMORY_DAYS = 14;
/** Order of a mid-sized pool; pegged pairs lie much denser. */
export const DEFAULT_DEPTH_USD = 10_000_000;
export const DEFAULT_PEGGED_DEPTH_USD = 200_000_000;

const DEPTH_HALF_WIDTH = 0.01;
const CALIBRATION_FRAC = 0.2;
const DAY_MS = 86_400_000;
/** Part of the days that count as wild. */
const WILD_FRAC = 0.2;
const FIRST_DAYS = 3;
const CALIBRATION_LEAST_MS = FIRST_DAYS * DAY_MS;
/** Loss is measured on the 15-minute grid that kappa is measured on. */
const GRID_MS = 15 * MINUTE_MS;

/** Human liquidity that `depthUsd` stands for at a price. */
export function liquidityOfDepth(depthUsd: number, price: number, pool: BacktestPool): number {
  const range = { min: price * Math.exp(-DEPTH_HALF_WIDTH), max: price * Math.exp(DEPTH_HALF_WIDTH) };
  return depthUsd / (unitHoldings(price, range.min, range.max).value * pool.quoteUsd);
}

/**
 * Last bar of the part that sets the first fee level: 3 days, or without a memory 20 % of the time and at least 3 days; at most
 * everything.
 */
function calibrationEnd(candles: CandleSeries, first: number, last: number, model: VolumeModel): number {
  const fromMs = candles.openAtMs[first]!;
  const spanMs = candles.openAtMs[last]! - fromMs;
  const shareMs = model.memoryDays > 0 ? 0 : CALIBRATION_FRAC * spanMs;
  const untilMs = fromMs + Math.max(shareMs, Math.min(CALIBRATION_LEAST_MS, spanMs));
  let end = first;
  while (end < last && candles.openAtMs[end + 1]! <= untilMs) end += 1;
  return end;
}

/** Running sums over bars [first, last], entry `index - first`: loss per unit of human liquidity (QUOTE) on the grid, and weight. */
function runningSums(input: ApplyModelInput): { readonly loss: Float64Array; readonly weight: Float64Array } {
  const { candles, track, weights, firstIndex, lastIndex } = input;
  const loss = new Float64Array(lastIndex - firstIndex + 1);
  const weight = new Float64Array(lastIndex - firstIndex + 1);
  let previous = Math.sqrt(track.price[firstIndex]!);
  for (let index = firstIndex + 1; index <= lastIndex; index += 1) {
    const at = index - firstIndex;
    weight[at] = weight[at - 1]! + weights[index]! / track.othersLiquidity[index]!;
    loss[at] = loss[at - 1]!;
    if (!isGridPoint(candles, index) && index !== lastIndex) continue;
    // (s_k - s_{k-1})^2 / s_{k-1}: exact for an interval, valued at its end (strategy-carry section 1).
    const root = Math.sqrt(track.price[index]!);
    loss[at]! += ((root - previous) * (root - previous)) / previous;
    previous = root;
  }
  return { loss, weight };
}

function isGridPoint(candles: CandleSeries, index: number): boolean {
  return (candles.openAtMs[index]! + MINUTE_MS) % GRID_MS === 0;
}

export interface ApplyModelInput {
  readonly pool: BacktestPool;
  readonly candles: CandleSeries;
  readonly track: MinuteTrack;
  readonly weights: Float64Array;
  readonly model: VolumeModel;
  readonly firstIndex: number;
  readonly lastIndex: number;
}

/**
 * Writes fees and volume of every minute: fees per unit of liquidity = weight * ratio, half of the value in each token. With a
 * memory the ratio of a day is the usual one of what kappa asked for on the whole days before it (until there are three, on the first
 * three); without one it is that of the first part for good. No loss gives no fees.
 */
export function applyVolumeModel(input: ApplyModelInput): { readonly calibrationEndIndex: number } {
  const { pool, candles, track, weights, model, firstIndex, lastIndex } = input;
  const sums = runningSums(input);
  const ratioOf = (from: number, to: number): number => {
    const weight = sums.weight[to - firstIndex]! - sums.weight[from - firstIndex]!;
    const loss = sums.loss[to - firstIndex]! - sums.loss[from - firstIndex]!;
    return weight > 0 ? (model.kappa * loss) / weight : 0;
  };
  const end = calibrationEnd(candles, firstIndex, lastIndex, model);
  const feeFrac = (pool.feePips / 1e6) * (1 - pool.protocolShareFrac);
  const days = dayStarts(candles, firstIndex, lastIndex);
  const daily = days.slice(1).map((start, day) => ratioOf(days[day]!, start));
  const known = Math.max(1, Math.min(FIRST_DAYS, daily.length));
  let ratio = ratioOf(firstIndex, end);
  let day = 0;
  for (let index = firstIndex; index <= lastIndex; index += 1) {
    if (model.memoryDays > 0 && daily.length > 0 && index === (days[day] ?? -1)) {
      const until = Math.max(known, day);
      ratio = usual(daily.slice(Math.max(0, until - model.memoryDays), until));
      day += 1;
    }
    const fee = ratio * weights[index]!;
    const perLiquidity = fee / track.othersLiquidity[index]!;
    track.feeQuote[index] = perLiquidity / 2;
    track.feeBase[index] = perLiquidity / 2 / track.price[index]!;
    track.volumeUsd[index] = feeFrac > 0 ? (fee * pool.quoteUsd) / feeFrac : 0;
  }
  return { calibrationEndIndex: end };
}

/** Mean without the largest fifth. */
function usual(values: readonly number[]): number {
  const kept = values.toSorted((left, right) => left - right).slice(0, Math.ceil((1 - WILD_FRAC) * values.length));
  return mean(kept);
}

/** First bar of each 24 hours counted from the first one; the last entry begins the day that is not over. */
function dayStarts(candles: CandleSeries, first: number, last: number): readonly number[] {
  const starts = [first];
  let nextAtMs = candles.openAtMs[first]! + DAY_MS;
  for (let index = first + 1; index <= last; index += 1) {
    if (candles.openAtMs[index]! < nextAtMs) continue;
    starts.push(index);
    while (nextAtMs <= candles.openAtMs[index]!) nextAtMs += DAY_MS;
  }
  return starts;
}
