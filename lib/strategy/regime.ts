// Regime: whether the market is quiet enough to act, from M1 candles.
import type { CandleSeries } from "@/lib/market/candle";
import { findCandleIndex } from "@/lib/market/candle-index";
import { medianInPlace } from "@/lib/math/stats";
import { MINUTE_MS } from "@/lib/units";

export type RegimeReason =
  | "insufficient_data"
  | "stale_data"
  | "vol_spike"
  | "price_displacement"
  | "peg_deviation"
  | "volume_anomaly"
  | "normal";

export interface Regime {
  readonly reason: RegimeReason;
  readonly suppressed: boolean;
  /** Factor on the executed range width. */
  readonly widenFactor: number;
  /** HOLD while epoch < suppressUntilEpoch; 0 when not suppressed. */
  readonly suppressUntilEpoch: number;
  /** The measured number behind the reason and the limit it was compared with; null when not computed. */
  readonly value: number | null;
  readonly threshold: number | null;
}

export interface RegimeInput {
  /** Normalised M1 candles up to now. */
  readonly candles: CandleSeries;
  readonly nowMs: number;
  readonly epoch: number;
  /** Both tokens follow the same peg currency. */
  readonly isStablePair: boolean;
  /** Known peg, QUOTE per BASE. */
  readonly pegPrice: number | null;
  /** Coarsest price step of the venues, QUOTE per BASE: a spike must exceed what two steps look like. None without it. */
  readonly priceStep?: number | null;
}

/** Limits of strategy.md section 10. */
const MIN_BARS = 60;
const MAX_BAR_AGE_MS = 5 * MINUTE_MS;
const BLOCK_BARS = 60;
const MAX_BLOCKS = 721;
const SIGMA_FLOOR = 1e-9;
const MIN_BASELINE_BLOCKS = 24;
const SPIKE_DEVIATIONS = 3;
const MIN_DEVIATION = 0.05;
const MAD_TO_SIGMA = 1.4826;
/** Below this (h-l)/(h+l) the first term left out of the logarithm's series is under 1e-17 of it. */
const SERIES_LIMIT = 0.01;
const STABLE_DISPLACEMENT = 0.02;
const MIN_DISPLACEMENT = 0.02;
const NO_BASELINE_DISPLACEMENT = 0.1;
const DISPLACEMENT_SIGMAS = 4;
const PEG_DEVIATION = 0.01;
const VOLUME_BARS = 15;
const VOLUME_MIN_BARS = 30;
const VOLUME_FACTOR = 5;
const VOLUME_WIDEN = 1.5;
const SUPPRESS_EPOCHS = 4;

/** First rule that matches, in the order of section 10. */
export function computeRegime(input: RegimeInput): Regime {
  const { candles, nowMs, epoch } = input;
  const n = candles.length;
  const suppress = (reason: RegimeReason, value: number | null, threshold: number | null): Regime => ({
    reason,
    suppressed: true,
    widenFactor: 1,
    suppressUntilEpoch: Number.isFinite(epoch) ? epoch + SUPPRESS_EPOCHS : 0,
    value: value !== null && Number.isFinite(value) ? value : null,
    threshold: threshold !== null && Number.isFinite(threshold) ? threshold : null,
  });
  if (n < MIN_BARS) return suppress("insufficient_data", n, MIN_BARS);
  const ageMs = nowMs - (candles.openAtMs[n - 1]! + MINUTE_MS);
  if (!(ageMs <= MAX_BAR_AGE_MS)) return suppress("stale_data", ageMs, MAX_BAR_AGE_MS);

  const { currentLog, baselineLogs } = hourlySigmaLogs(candles);
  const blocks = baselineLogs.length;
  const baselineMedian = blocks >= MIN_BASELINE_BLOCKS ? medianInPlace(baselineLogs, blocks) : null;
  if (baselineMedian !== null) {
    for (let block = 0; block < blocks; block += 1) {
      baselineLogs[block] = Math.abs(baselineLogs[block]! - baselineMedian);
    }
    const spread = Math.max(MIN_DEVIATION, MAD_TO_SIGMA * (medianInPlace(baselineLogs, blocks) ?? 0));
    const limit = baselineMedian + SPIKE_DEVIATIONS * spread;
    const stepSigma = sigmaOfSteps(input.priceStep ?? null, candles.close[n - 1]!);
    if (currentLog > limit && Math.exp(currentLog) > stepSigma)
      return suppress("vol_spike", Math.exp(currentLog), Math.exp(limit));
  }

  const lastClose = candles.close[n - 1]!;
  const displacement = Math.abs(lastClose / candles.open[n - BLOCK_BARS]! - 1);
  const displacementLimit = input.isStablePair
    ? STABLE_DISPLACEMENT
    : baselineMedian === null
      ? NO_BASELINE_DISPLACEMENT
      : Math.max(DISPLACEMENT_SIGMAS * Math.exp(baselineMedian) * Math.sqrt(BLOCK_BARS), MIN_DISPLACEMENT);
  if (!(displacement <= displacementLimit)) return suppress("price_displacement", displacement, displacementLimit);

  if (input.isStablePair && input.pegPrice !== null && input.pegPrice > 0) {
    const deviation = Math.abs(lastClose / input.pegPrice - 1);
    if (!(deviation <= PEG_DEVIATION)) return suppress("peg_deviation", deviation, PEG_DEVIATION);
  }

  const quiet = { suppressed: false, suppressUntilEpoch: 0 };
  const volumeRatio = recentVolumeRatio(candles);
  if (volumeRatio !== null && volumeRatio > VOLUME_FACTOR) {
    return {
      ...quiet,
      reason: "volume_anomaly",
      widenFactor: VOLUME_WIDEN,
      value: volumeRatio,
      threshold: VOLUME_FACTOR,
    };
  }
  return { ...quiet, reason: "normal", widenFactor: 1, value: displacement, threshold: displacementLimit };
}

/** Parkinson sigma per minute bar of a price that only jumps by two of its steps: 0 when the step is not known. */
function sigmaOfSteps(priceStep: number | null, lastClose: number): number {
  if (priceStep === null || !(priceStep > 0) || !(lastClose > 0)) return 0;
  return (2 * priceStep) / (lastClose * Math.sqrt(4 * Math.LN2));
}

/** Logs of hourly Parkinson sigmas (per minute bar), counted back from the end; the first is the current hour. */
function hourlySigmaLogs(candles: CandleSeries): { readonly currentLog: number; readonly baselineLogs: Float64Array } {
  const blocks = Math.min(MAX_BLOCKS, Math.floor(candles.length / BLOCK_BARS));
  const indexed = findCandleIndex(candles);
  const known = indexed?.index.hourSigmaLog ?? null;
  const offset = indexed?.offset ?? 0;
  const baselineLogs = new Float64Array(Math.max(0, blocks - 1));
  let currentLog = Math.log(SIGMA_FLOOR);
  for (let block = 0; block < blocks; block += 1) {
    const end = candles.length - BLOCK_BARS * block;
    let log = known === null ? Number.NaN : known[offset + end]!;
    if (Number.isNaN(log)) {
      log = sigmaLog(candles, end - BLOCK_BARS, end);
      if (known !== null) known[offset + end] = log;
    }
    if (block === 0) currentLog = log;
    else baselineLogs[block - 1] = log;
  }
  return { currentLog, baselineLogs };
}

/** Log of the Parkinson sigma of bars [start, end), not below the floor. */
function sigmaLog(candles: CandleSeries, start: number, end: number): number {
  const { high, low } = candles;
  let sum = 0;
  let count = 0;
  for (let index = start; index < end; index += 1) {
    const top = high[index]!;
    const bottom = low[index]!;
    if (!(bottom > 0) || !(top >= bottom) || top === Number.POSITIVE_INFINITY) continue;
    count += 1;
    // ln(h/l) = 2 atanh((h-l)/(h+l)); the series is exact to the last bit for the small ratios of minute bars.
    const z = (top - bottom) / (top + bottom);
    const square = z * z;
    const range =
      z < SERIES_LIMIT ? 2 * z * (1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7)))) : Math.log(top / bottom);
    sum += range * range;
  }
  const sigma = count >= 2 ? Math.sqrt(sum / (4 * count * Math.LN2)) : 0;
  return Math.log(Math.max(sigma, SIGMA_FLOOR));
}

/** Volume of the last 15 bars relative to 15 mean earlier bars; null when there is too little to compare with. */
function recentVolumeRatio(candles: CandleSeries): number | null {
  const n = candles.length;
  if (n < VOLUME_MIN_BARS) return null;
  const { volume } = candles;
  const earlierBars = n - VOLUME_BARS;
  // Added hour by hour, counted back from the end, so that an indexed history gives the same bits.
  const indexed = findCandleIndex(candles);
  const known = indexed?.index.hourVolume ?? null;
  const offset = indexed?.offset ?? 0;
  let earlier = 0;
  let end = earlierBars;
  for (; end >= BLOCK_BARS; end -= BLOCK_BARS) {
    let hour = known === null ? Number.NaN : known[offset + end]!;
    if (Number.isNaN(hour)) {
      hour = sumOf(volume, end - BLOCK_BARS, end);
      if (known !== null) known[offset + end] = hour;
    }
    earlier += hour;
  }
  earlier += sumOf(volume, 0, end);
  const mean = earlier / earlierBars;
  const ratio = sumOf(volume, earlierBars, n) / (VOLUME_BARS * mean);
  return mean > 0 && Number.isFinite(ratio) ? ratio : null;
}

function sumOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let index = start; index < end; index += 1) sum += values[index]!;
  return sum;
}
