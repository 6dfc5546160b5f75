// Volume model: fees of a pool whose swaps were not recorded, from candles and one stated number, kappa, and never from later data.
import type { CandleSeries } from "@/lib/market/candle";
import { MINUTE_MS } from "@/lib/units";
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { BacktestPool, MinuteTrack } from "./market";

export interface VolumeModel {
  /** Fees over loss-versus-rebalancing that the pool pays over its memory (strategy-carry section 11: plan for 0.8 to 1.4). */
  readonly kappa: number;
  /**
   * Days of the past over which the pool pays `kappa`, moving with time: liquidity comes where more is paid and leaves where
   * less is, so that no pool stays far from it. 0 = the level of the first part of the data is kept for good.
   */
  readonly memoryDays: number;
  /** US dollars that liquidity as thick as the pool's active one would be worth from 1 % below to 1 % above the price. */
  readonly depthUsd: number;
  /** Pool hours only: the same volume every minute, or half of it in proportion to the price's moves. */
  readonly shape: "uniform" | "moves";
}

/** Mean of the nine recorded pool windows of strategy-carry section 11 (0.24 to 1.99). */
export const DEFAULT_MODEL_KAPPA = 1.2;
export const DEFAULT_MODEL_MEMORY_DAYS = 7;
/** Order of a mid-sized pool; pegged pairs lie much denser. */
export const DEFAULT_DEPTH_USD = 10_000_000;
export const DEFAULT_PEGGED_DEPTH_USD = 200_000_000;

const DEPTH_HALF_WIDTH = 0.01;
const CALIBRATION_FRAC = 0.2;
const DAY_MS = 86_400_000;
const CALIBRATION_LEAST_MS = 3 * DAY_MS;
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
 * Writes fees and volume of every minute: fees per unit of liquidity = weight * ratio, half of the value in each token. The ratio
 * of a quarter of an hour is such that the memory before it would have paid kappa times its loss; until there is as much past as
 * the first part of the data, and for good without a memory, it is that of the first part. No loss gives no fees.
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
  const memoryMs = model.memoryDays * DAY_MS;
  let ratio = ratioOf(firstIndex, end);
  let oldest = firstIndex;
  for (let index = firstIndex; index <= lastIndex; index += 1) {
    if (memoryMs > 0 && index > end && isGridPoint(candles, index - 1)) {
      const fromMs = candles.openAtMs[index - 1]! - memoryMs;
      while (candles.openAtMs[oldest]! < fromMs) oldest += 1;
      ratio = ratioOf(oldest, index - 1);
    }
    const fee = ratio * weights[index]!;
    const perLiquidity = fee / track.othersLiquidity[index]!;
    track.feeQuote[index] = perLiquidity / 2;
    track.feeBase[index] = perLiquidity / 2 / track.price[index]!;
    track.volumeUsd[index] = feeFrac > 0 ? (fee * pool.quoteUsd) / feeFrac : 0;
  }
  return { calibrationEndIndex: end };
}
