// Fitness: what one set of range parameters would have earned, by walking forward over M15 bars (strategy.md section 9).
import type { CandleSeries } from "@/lib/market/candle";
import { clamp, mean, populationStd } from "@/lib/math/stats";
import { baseShareFrac, unitHoldings } from "@/lib/portfolio/valuation";
import type { RangeParams } from "./params";
import { logDivergence, MAX_WIDTH } from "./range";

/** Bars with everything that does not depend on the parameters, prepared once per cycle. */
export interface FitnessBars {
  readonly length: number;
  readonly close: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly logClose: Float64Array;
  /** ln(h/l)^2 / (4 ln 2). */
  readonly variance: Float64Array;
  /** min(10, v / mean v); 1 when the mean is 0. */
  readonly volumeFactor: Float64Array;
  /** ln of the blended vforce (clamped to 0..100) known when the bar closed; -Infinity for 0. */
  readonly logVforce: Float64Array;
  /** Bias known when the bar closed. */
  readonly bias: Float64Array;
}

/** Market and costs of the simulation; quote units (quoteUsd 1). */
export interface FitnessContext {
  readonly capitalUsd: number;
  /** Human liquidity of the others in the pool. */
  readonly othersLiquidity: number;
  /** Volume per day * fee * (1 - protocol share). */
  readonly feeUsdPerDay: number;
  readonly gasRsUsd: number;
  readonly swapCostFrac: number;
  /** Least bars between two shifts (4). */
  readonly minGapBars: number;
  readonly minWidth: number;
}

export interface SimulationResult {
  /** All per unit of capital and year; net = fee - lvr - cost. */
  readonly netPerYear: number;
  readonly feePerYear: number;
  readonly lvrPerYear: number;
  readonly costPerYear: number;
  readonly rangeShifts: number;
}

export interface FitnessScore {
  /** J = mean - 0.5 * population std of the four nets; higher is better. */
  readonly objective: number;
  readonly folds: readonly number[];
}

export interface Fitness {
  readonly length: number;
  /** One walk over bars [start, end). */
  readonly simulate: (params: RangeParams, start: number, end: number) => SimulationResult;
  /** J over the four training blocks. */
  readonly score: (params: RangeParams) => FitnessScore;
  /** Net per year on the last fifth, which no search may look at. */
  readonly holdout: (params: RangeParams) => number;
}

const BARS_PER_DAY = 96;
const DAYS_PER_YEAR = 365;
const MAX_VOLUME_FACTOR = 10;
const FOLDS = 4;
const TRAIN_FRAC = 0.8;
const STD_WEIGHT = 0.5;
const NO_TRADE: SimulationResult = { netPerYear: 0, feePerYear: 0, lvrPerYear: 0, costPerYear: 0, rangeShifts: 0 };

/** Prepares M15 bars; `vforce` and `bias` per bar must only use data closed at that bar. */
export function prepareFitnessBars(bars: CandleSeries, vforce: Float64Array, bias: Float64Array): FitnessBars {
  const { length } = bars;
  const logClose = new Float64Array(length);
  const variance = new Float64Array(length);
  const volumeFactor = new Float64Array(length);
  const logVforce = new Float64Array(length);
  const meanVolume = mean(bars.volume);
  for (let index = 0; index < length; index += 1) {
    logClose[index] = Math.log(bars.close[index]!);
    logVforce[index] = Math.log(clamp(vforce[index]!, 0, 100));
    const range = Math.log(bars.high[index]! / bars.low[index]!);
    variance[index] = (range * range) / (4 * Math.LN2);
    volumeFactor[index] = meanVolume > 0 ? Math.min(MAX_VOLUME_FACTOR, bars.volume[index]! / meanVolume) : 1;
  }
  return {
    length,
    close: bars.close,
    high: bars.high,
    low: bars.low,
    logClose,
    variance,
    volumeFactor,
    logVforce,
    bias,
  };
}

export function createFitness(bars: FitnessBars, context: FitnessContext): Fitness {
  const train = Math.floor(TRAIN_FRAC * bars.length);
  const simulate = (params: RangeParams, start: number, end: number): SimulationResult =>
    walk(bars, context, params, start, end);
  return {
    length: bars.length,
    simulate,
    score: (params) => {
      const folds: number[] = [];
      for (let fold = 0; fold < FOLDS; fold += 1) {
        const start = Math.floor((fold * train) / FOLDS);
        folds.push(simulate(params, start, Math.floor(((fold + 1) * train) / FOLDS)).netPerYear);
      }
      return { objective: mean(folds) - STD_WEIGHT * populationStd(folds), folds };
    },
    holdout: (params) => simulate(params, train, bars.length).netPerYear,
  };
}

function walk(
  bars: FitnessBars,
  context: FitnessContext,
  params: RangeParams,
  start: number,
  end: number,
): SimulationResult {
  if (end - start < 2) return NO_TRADE;
  const { close, high, low, logClose, variance, volumeFactor, logVforce, bias } = bars;
  const { capitalUsd, othersLiquidity, minGapBars, minWidth } = context;
  const feePerBar = context.feeUsdPerDay / BARS_PER_DAY;

  const { baseMin, vforceExp } = params;
  const span = params.baseMax - baseMin;
  const logDivider = Math.log(params.vforceDivider);
  // The base width of range.ts with (v/divider)^exp written as exp(exp * (ln v - ln divider)): half the time per bar.
  const widthAt = (logV: number): number =>
    clamp(baseMin + span * (1 - Math.exp(-Math.exp(vforceExp * (logV - logDivider)))), minWidth, MAX_WIDTH);

  let width = widthAt(logVforce[start]!);
  let stretch = 1 + Math.abs(bias[start]!);
  let logMin = logClose[start]! - (bias[start]! > 0 ? width / stretch : bias[start]! < 0 ? width * stretch : width);
  let logMax = logClose[start]! + (bias[start]! > 0 ? width * stretch : bias[start]! < 0 ? width / stretch : width);
  let min = Math.exp(logMin);
  let max = Math.exp(logMax);
  let liquidity = capitalUsd / unitHoldings(close[start]!, min, max).value;
  let feeShare = liquidity / (liquidity + othersLiquidity);

  let feeUsd = 0;
  let lvrUsd = 0;
  let costUsd = 0;
  let rangeShifts = 0;
  let last = start;
  for (let index = start + 1; index < end; index += 1) {
    const top = high[index]!;
    const bottom = low[index]!;
    const price = close[index]!;
    let overlap: number;
    if (top <= bottom) overlap = min <= price && price <= max ? 1 : 0;
    else if (min <= bottom && top <= max) overlap = 1;
    else overlap = Math.max(0, Math.min(top, max) - Math.max(bottom, min)) / (top - bottom);
    if (overlap > 0) {
      feeUsd += feePerBar * volumeFactor[index]! * overlap * feeShare;
      lvrUsd += ((liquidity * variance[index]!) / 4) * Math.sqrt(clamp(close[index - 1]!, min, max)) * overlap;
    }

    if (index - last < minGapBars || index >= end - 1) continue;
    const lean = bias[index]!;
    width = widthAt(logVforce[index]!);
    stretch = 1 + Math.abs(lean);
    const targetMin = logClose[index]! - (lean > 0 ? width / stretch : lean < 0 ? width * stretch : width);
    const targetMax = logClose[index]! + (lean > 0 ? width * stretch : lean < 0 ? width / stretch : width);
    if (!(logDivergence(logMin, logMax, targetMin, targetMax) > params.rsThreshold)) continue;
    const shareBefore = baseShareFrac(price, min, max);
    logMin = targetMin;
    logMax = targetMax;
    min = Math.exp(logMin);
    max = Math.exp(logMax);
    const moved = Math.abs(baseShareFrac(price, min, max) - shareBefore);
    costUsd += context.gasRsUsd + context.swapCostFrac * capitalUsd * moved;
    liquidity = capitalUsd / unitHoldings(price, min, max).value;
    feeShare = liquidity / (liquidity + othersLiquidity);
    last = index;
    rangeShifts += 1;
  }
  const perYear = (amountUsd: number): number =>
    ((amountUsd / capitalUsd) * BARS_PER_DAY * DAYS_PER_YEAR) / (end - 1 - start);
  return {
    netPerYear: perYear(feeUsd - lvrUsd - costUsd),
    feePerYear: perYear(feeUsd),
    lvrPerYear: perYear(lvrUsd),
    costPerYear: perYear(costUsd),
    rangeShifts,
  };
}
