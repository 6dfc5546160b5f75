// Trend: distance of a short from a long moving average, in standard deviations a random walk would show.
import type { CandleSeries } from "@/lib/market/candle";
import { clamp } from "@/lib/math/stats";

/** Longest window of the trend, bars (strategy.md section 3). */
const TREND_BARS = 36;
const MIN_TREND_BARS = 6;
const NEUTRAL = 50;
/** Score points per sigma. */
const POINTS_PER_SIGMA = 10;

/**
 * tforce 0..100: 50 + 10 z, z = ln(SMA_s/SMA_l) / (sigma * g(s,l)), L = min(36, bars), s = floor(L/3), l = floor(2L/3).
 * 50 for fewer than 6 bars, sigma 0 or an invalid close.
 */
export function computeTforce(bars: CandleSeries, sigmaPerBar: number): number {
  const window = Math.min(TREND_BARS, bars.length);
  if (window < MIN_TREND_BARS || !(sigmaPerBar > 0)) return NEUTRAL;
  const shortBars = Math.floor(window / 3);
  const longBars = Math.floor((2 * window) / 3);
  const ratio = averageOfLast(bars.close, bars.length, shortBars) / averageOfLast(bars.close, bars.length, longBars);
  const z = Math.log(ratio) / (sigmaPerBar * gapStd(shortBars, longBars));
  return Number.isFinite(z) ? clamp(NEUTRAL + POINTS_PER_SIGMA * z, 0, 100) : NEUTRAL;
}

/** g(s,l): standard deviation of SMA_s - SMA_l for a random walk with unit steps. */
export function gapStd(shortBars: number, longBars: number): number {
  let sum = 0;
  for (let k = 0; k <= longBars - 2; k += 1) {
    const long = (longBars - 1 - k) / longBars;
    const short = k < shortBars - 1 ? (shortBars - 1 - k) / shortBars : 0;
    sum += (long - short) ** 2;
  }
  return Math.sqrt(sum);
}

function averageOfLast(values: Float64Array, length: number, count: number): number {
  let sum = 0;
  for (let index = length - count; index < length; index += 1) sum += values[index]!;
  return sum / count;
}
