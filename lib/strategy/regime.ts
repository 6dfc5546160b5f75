// Regime: whether the market is quiet enough to act, from M1 candles.
import type { CandleSeries } from "@/lib/market/candle";
import { median } from "@/lib/math/stats";
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
    suppressUntilEpoch: epoch + SUPPRESS_EPOCHS,
    value,
    threshold,
  });
  if (n < MIN_BARS) return suppress("insufficient_data", n, MIN_BARS);
  const ageMs = nowMs - (candles.openAtMs[n - 1]! + MINUTE_MS);
  if (!(ageMs <= MAX_BAR_AGE_MS)) return suppress("stale_data", ageMs, MAX_BAR_AGE_MS);

  const { currentLog, baselineLogs } = hourlySigmaLogs(candles);
  const baselineMedian = baselineLogs.length >= MIN_BASELINE_BLOCKS ? median(baselineLogs) : null;
  if (baselineMedian !== null) {
    const deviations = baselineLogs.map((value) => Math.abs(value - baselineMedian));
    const spread = Math.max(MIN_DEVIATION, MAD_TO_SIGMA * (median(deviations) ?? 0));
    const limit = baselineMedian + SPIKE_DEVIATIONS * spread;
    if (currentLog > limit) return suppress("vol_spike", Math.exp(currentLog), Math.exp(limit));
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

/** Logs of hourly Parkinson sigmas (per minute bar), counted back from the end; the first is the current hour. */
function hourlySigmaLogs(candles: CandleSeries): { readonly currentLog: number; readonly baselineLogs: number[] } {
  const blocks = Math.min(MAX_BLOCKS, Math.floor(candles.length / BLOCK_BARS));
  let currentLog = Math.log(SIGMA_FLOOR);
  const baselineLogs: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const end = candles.length - BLOCK_BARS * block;
    let sum = 0;
    let count = 0;
    for (let index = end - BLOCK_BARS; index < end; index += 1) {
      const high = candles.high[index]!;
      const low = candles.low[index]!;
      if (!(low > 0) || !(high >= low)) continue;
      count += 1;
      if (high === low) continue;
      const range = Math.log(high / low);
      sum += range * range;
    }
    const sigma = count >= 2 ? Math.sqrt(sum / (4 * count * Math.LN2)) : 0;
    const log = Math.log(Math.max(sigma, SIGMA_FLOOR));
    if (block === 0) currentLog = log;
    else baselineLogs.push(log);
  }
  return { currentLog, baselineLogs };
}

/** Volume of the last 15 bars relative to 15 mean earlier bars; null when there is too little to compare with. */
function recentVolumeRatio(candles: CandleSeries): number | null {
  const n = candles.length;
  if (n < VOLUME_MIN_BARS) return null;
  let recent = 0;
  let earlier = 0;
  for (let index = 0; index < n - VOLUME_BARS; index += 1) earlier += candles.volume[index]!;
  for (let index = n - VOLUME_BARS; index < n; index += 1) recent += candles.volume[index]!;
  const mean = earlier / (n - VOLUME_BARS);
  return mean > 0 ? recent / (VOLUME_BARS * mean) : null;
}
