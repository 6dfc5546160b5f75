// Volume model: fees of a pool whose swaps were not recorded, from candles and one stated number, kappa, and never from later data.
import type { CandleSeries } from "@/lib/market/candle";
import { MINUTE_MS } from "@/lib/units";
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { BacktestPool, MinuteTrack } from "./market";

export interface VolumeModel {
  /** Fees over loss-versus-rebalancing that the calibration part pays (strategy-carry section 11: plan for 0.8 to 1.4). */
  readonly kappa: number;
  /** US dollars that liquidity as thick as the pool's active one would be worth from 1 % below to 1 % above the price. */
  readonly depthUsd: number;
  /** Pool hours only: the same volume every minute, or half of it in proportion to the price's moves. */
  readonly shape: "uniform" | "moves";
}

export const DEFAULT_MODEL_KAPPA = 1.1;
/** Order of a mid-sized pool; pegged pairs lie much denser. */
export const DEFAULT_DEPTH_USD = 10_000_000;
export const DEFAULT_PEGGED_DEPTH_USD = 200_000_000;

const DEPTH_HALF_WIDTH = 0.01;
const CALIBRATION_FRAC = 0.2;
const CALIBRATION_LEAST_MS = 3 * 86_400_000;
/** Loss is measured on the 15-minute grid that kappa is measured on. */
const GRID_MS = 15 * MINUTE_MS;

/** Human liquidity that `depthUsd` stands for at a price. */
export function liquidityOfDepth(depthUsd: number, price: number, pool: BacktestPool): number {
  const range = { min: price * Math.exp(-DEPTH_HALF_WIDTH), max: price * Math.exp(DEPTH_HALF_WIDTH) };
  return depthUsd / (unitHoldings(price, range.min, range.max).value * pool.quoteUsd);
}

/** Last bar of the part that sets the fee level: the first 20 % of the time, at least 3 days, at most everything. */
function calibrationEnd(candles: CandleSeries, first: number, last: number): number {
  const fromMs = candles.openAtMs[first]!;
  const spanMs = candles.openAtMs[last]! - fromMs;
  const untilMs = fromMs + Math.max(CALIBRATION_FRAC * spanMs, Math.min(CALIBRATION_LEAST_MS, spanMs));
  let end = first;
  while (end < last && candles.openAtMs[end + 1]! <= untilMs) end += 1;
  return end;
}

/** Loss-versus-rebalancing per unit of human liquidity over bars (first, last], QUOTE: (s_k - s_{k-1})^2 / s_{k-1} on the grid. */
function lossPerLiquidity(candles: CandleSeries, track: MinuteTrack, first: number, last: number): number {
  let loss = 0;
  let previous = Math.sqrt(track.price[first]!);
  for (let index = first + 1; index <= last; index += 1) {
    const isGridPoint = (candles.openAtMs[index]! + MINUTE_MS) % GRID_MS === 0;
    if (!isGridPoint && index !== last) continue;
    const root = Math.sqrt(track.price[index]!);
    loss += ((root - previous) * (root - previous)) / previous;
    previous = root;
  }
  return loss;
}

export interface ModelledFees {
  /** Fees per unit of weight; weight is the minute's volume for candles. */
  readonly feePerWeight: number;
  readonly calibrationEndIndex: number;
}

/**
 * Writes fees and volume of every minute: fees per unit of liquidity = weight * ratio, half of the value in each token, with the
 * ratio such that the calibration part pays kappa times its loss. A calibration part without any loss gives no fees.
 */
export function applyVolumeModel(input: {
  readonly pool: BacktestPool;
  readonly candles: CandleSeries;
  readonly track: MinuteTrack;
  readonly weights: Float64Array;
  readonly model: VolumeModel;
  readonly firstIndex: number;
  readonly lastIndex: number;
}): ModelledFees {
  const { pool, candles, track, weights, model, firstIndex, lastIndex } = input;
  const end = calibrationEnd(candles, firstIndex, lastIndex);
  const loss = lossPerLiquidity(candles, track, firstIndex, end);
  let weight = 0;
  for (let index = firstIndex + 1; index <= end; index += 1) weight += weights[index]! / track.othersLiquidity[index]!;
  const ratio = weight > 0 ? (model.kappa * loss) / weight : 0;
  const feeFrac = (pool.feePips / 1e6) * (1 - pool.protocolShareFrac);
  for (let index = firstIndex; index <= lastIndex; index += 1) {
    const fee = ratio * weights[index]!;
    const perLiquidity = fee / track.othersLiquidity[index]!;
    track.feeQuote[index] = perLiquidity / 2;
    track.feeBase[index] = perLiquidity / 2 / track.price[index]!;
    track.volumeUsd[index] = feeFrac > 0 ? (fee * pool.quoteUsd) / feeFrac : 0;
  }
  return { feePerWeight: ratio, calibrationEndIndex: end };
}
