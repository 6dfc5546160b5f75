// Fitness: what one set of range parameters would have earned, by walking forward over M15 bars (strategy.md section 9).
import type { CandleSeries } from "@/lib/market/candle";
import { clamp, mean, populationStd } from "@/lib/math/stats";
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { RangeParams } from "./params";
import { logDivergence, MAX_WIDTH } from "./range";

/** Bars with everything that does not depend on the parameters, prepared once per cycle. */
export interface FitnessBars {
  readonly length: number;
  readonly close: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly logClose: Float64Array;
  /** ln(h/l)^2 / (16 ln 2): variance of the bar over 4, the share of L*sqrt(P) that is lost. */
  readonly lossFactor: Float64Array;
  /** lossFactor * sqrt of the close before: what a unit of liquidity loses when the bar stays inside the range. */
  readonly lossInside: Float64Array;
  /** min(10, v / mean v); 1 when the mean is 0. */
  readonly volumeFactor: Float64Array;
  /** ln of the blended vforce (clamped to 0..100) known when the bar closed; -Infinity for 0. */
  readonly logVforce: Float64Array;
  /** Factors on the half-width that give the distances up and down, from the bias known when the bar closed. */
  readonly upFactor: Float64Array;
  readonly downFactor: Float64Array;
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
  const lossFactor = new Float64Array(length);
  const lossInside = new Float64Array(length);
  const volumeFactor = new Float64Array(length);
  const logVforce = new Float64Array(length);
  const upFactor = new Float64Array(length);
  const downFactor = new Float64Array(length);
  const meanVolume = mean(bars.volume);
  for (let index = 0; index < length; index += 1) {
    logClose[index] = Math.log(bars.close[index]!);
    logVforce[index] = Math.log(clamp(vforce[index]!, 0, 100));
    const range = Math.log(bars.high[index]! / bars.low[index]!);
    lossFactor[index] = (range * range) / (16 * Math.LN2);
    lossInside[index] = index === 0 ? 0 : lossFactor[index]! * Math.sqrt(bars.close[index - 1]!);
    volumeFactor[index] = meanVolume > 0 ? Math.min(MAX_VOLUME_FACTOR, bars.volume[index]! / meanVolume) : 1;
    const lean = bias[index]!;
    const stretch = 1 + Math.abs(lean);
    upFactor[index] = lean > 0 ? stretch : lean < 0 ? 1 / stretch : 1;
    downFactor[index] = lean > 0 ? 1 / stretch : lean < 0 ? stretch : 1;
  }
  return {
    length,
    close: bars.close,
    high: bars.high,
    low: bars.low,
    logClose,
    lossFactor,
    lossInside,
    volumeFactor,
    logVforce,
    upFactor,
    downFactor,
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
      const objective = mean(folds) - STD_WEIGHT * populationStd(folds);
      // Nets near the end of the number range have no spread: like those that are no numbers they earn nothing.
      return { objective: Number.isFinite(objective) ? objective : 0, folds };
    },
    holdout: (params) => simulate(params, train, bars.length).netPerYear,
  };
}

/**
 * Table of 1 - exp(-exp(t)), the shape of the base width over t = exp * (ln v - ln divider), which is the same for all parameters.
 * Linear between the knots it is off by at most STEP^2/8 * e^STEP = 2e-6 relative, and below the first knot by less than 4e-11.
 */
const TABLE_PER_UNIT = 256;
const TABLE_FIRST = -24;
const TABLE_LENGTH = 28 * TABLE_PER_UNIT;
const WIDTH_TABLE = Float64Array.from(
  { length: TABLE_LENGTH + 2 },
  (_, index) => -Math.expm1(-Math.exp(TABLE_FIRST + index / TABLE_PER_UNIT)),
);
/**
 * Divergences this far below the threshold need no exact width: a relative error e of the width moves the divergence by at most
 * 3e, and the table's e stays below 3e-6.
 */
const DIVERGENCE_GUARD = 2e-5;

function walk(
  bars: FitnessBars,
  context: FitnessContext,
  params: RangeParams,
  start: number,
  end: number,
): SimulationResult {
  if (end - start < 2) return NO_TRADE;
  const { close, high, low, logClose, lossFactor, lossInside, volumeFactor, logVforce } = bars;
  const { upFactor, downFactor } = bars;
  const { capitalUsd, othersLiquidity, minGapBars, minWidth } = context;
  const { baseMin, vforceExp, rsThreshold } = params;
  const span = params.baseMax - baseMin;
  const logDivider = Math.log(params.vforceDivider);
  const tableScale = vforceExp * TABLE_PER_UNIT;
  const tableShift = -tableScale * logDivider - TABLE_FIRST * TABLE_PER_UNIT;
  // A width that shrinks with v magnifies the table's error, so such parameters (outside the search's bounds) take the exact width.
  const limit = span >= 0 ? rsThreshold - DIVERGENCE_GUARD : Number.NEGATIVE_INFINITY;
  // A divergence is at most 1: from there on nothing ever moves.
  const lastMove = rsThreshold >= 1 ? start - 1 : end - 2;

  let width = widthAt(logVforce[start]!, params, span, logDivider, minWidth);
  let logMin = logClose[start]! - width * downFactor[start]!;
  let logMax = logClose[start]! + width * upFactor[start]!;
  let min = Math.exp(logMin);
  let max = Math.exp(logMax);
  let openWidth = logMax - logMin;
  let openCentre = (logMin + logMax) / 2;
  let rootMin = Math.sqrt(min);
  let rootMax = Math.sqrt(max);
  let liquidity = capitalUsd / unitHoldings(close[start]!, min, max).value;

  let feeUsd = 0;
  let lvrUsd = 0;
  let costUsd = 0;
  let rangeShifts = 0;
  /** Volume and loss since the range was opened, per share of the pool and per unit of liquidity. */
  let volumeIn = 0;
  let lossIn = 0;
  let nextMove = start + minGapBars;
  for (let index = start + 1; index < end; index += 1) {
    const top = high[index]!;
    const bottom = low[index]!;
    if (min <= bottom && top <= max && bottom < top) {
      volumeIn += volumeFactor[index]!;
      const before = close[index - 1]!;
      lossIn +=
        min <= before && before <= max ? lossInside[index]! : lossFactor[index]! * Math.sqrt(before < min ? min : max);
    } else if (top <= bottom) {
      const price = close[index]!;
      if (min <= price && price <= max) {
        volumeIn += volumeFactor[index]!;
        lossIn += lossFactor[index]! * Math.sqrt(clamp(close[index - 1]!, min, max));
      }
    } else if (top > min && bottom < max) {
      const overlap = ((top < max ? top : max) - (bottom > min ? bottom : min)) / (top - bottom);
      volumeIn += volumeFactor[index]! * overlap;
      lossIn += lossFactor[index]! * overlap * Math.sqrt(clamp(close[index - 1]!, min, max));
    }

    if (index < nextMove || index > lastMove) continue;
    const up = upFactor[index]!;
    const down = downFactor[index]!;
    const at = logVforce[index]! * tableScale + tableShift;
    if (at >= 0 && at < TABLE_LENGTH) {
      const knot = at | 0;
      const below = WIDTH_TABLE[knot]!;
      let near = baseMin + span * (below + (at - knot) * (WIDTH_TABLE[knot + 1]! - below));
      near = near < minWidth ? minWidth : near > MAX_WIDTH ? MAX_WIDTH : near;
      const targetWidth = near * (up + down);
      const shift = Math.abs(openCentre - logClose[index]! - 0.5 * near * (up - down));
      const widest = openWidth > targetWidth ? openWidth : targetWidth;
      const sum = openWidth + targetWidth;
      // |W1-W2|/max + shift/(sum/2) <= limit, without dividing.
      if (Math.abs(openWidth - targetWidth) * sum + 2 * shift * widest <= limit * widest * sum) continue;
    }
    width = widthAt(logVforce[index]!, params, span, logDivider, minWidth);
    const targetMin = logClose[index]! - width * down;
    const targetMax = logClose[index]! + width * up;
    if (!(logDivergence(logMin, logMax, targetMin, targetMax) > rsThreshold)) continue;
    const price = close[index]!;
    // `baseShareFrac` and `unitHoldings` of the range that is left and of the one that is opened, with their roots known.
    const rootOut = price < min ? rootMin : price > max ? rootMax : Math.sqrt(price);
    const baseOut = (1 / rootOut - 1 / rootMax) * price;
    const shareOut = baseOut / (baseOut + (rootOut - rootMin));
    feeUsd += volumeIn * (liquidity / (liquidity + othersLiquidity));
    lvrUsd += lossIn * liquidity;
    volumeIn = 0;
    lossIn = 0;
    logMin = targetMin;
    logMax = targetMax;
    min = Math.exp(logMin);
    max = Math.exp(logMax);
    openWidth = logMax - logMin;
    openCentre = (logMin + logMax) / 2;
    rootMin = Math.sqrt(min);
    rootMax = Math.sqrt(max);
    const rootIn = price < min ? rootMin : price > max ? rootMax : Math.sqrt(price);
    const baseIn = (1 / rootIn - 1 / rootMax) * price;
    const valueIn = baseIn + (rootIn - rootMin);
    costUsd += context.gasRsUsd + context.swapCostFrac * capitalUsd * Math.abs(baseIn / valueIn - shareOut);
    liquidity = capitalUsd / valueIn;
    nextMove = index + minGapBars;
    rangeShifts += 1;
  }
  feeUsd += volumeIn * (liquidity / (liquidity + othersLiquidity));
  feeUsd *= context.feeUsdPerDay / BARS_PER_DAY;
  lvrUsd += lossIn * liquidity;

  const perUnitYear = (BARS_PER_DAY * DAYS_PER_YEAR) / (capitalUsd * (end - 1 - start));
  const netPerYear = (feeUsd - lvrUsd - costUsd) * perUnitYear;
  // Prices, capital or parameters that are no numbers earn nothing: the search must not follow them.
  if (!Number.isFinite(netPerYear)) return NO_TRADE;
  return {
    netPerYear,
    feePerYear: feeUsd * perUnitYear,
    lvrPerYear: lvrUsd * perUnitYear,
    costPerYear: costUsd * perUnitYear,
    rangeShifts,
  };
}

/** The base width of range.ts within its limits, with (v/divider)^exp written as exp(exp * (ln v - ln divider)). */
function widthAt(logV: number, params: RangeParams, span: number, logDivider: number, minWidth: number): number {
  const width = params.baseMin + span * (1 - Math.exp(-Math.exp(params.vforceExp * (logV - logDivider))));
  return clamp(width, minWidth, MAX_WIDTH);
}
