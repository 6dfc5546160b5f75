// Volatility: Parkinson's range estimator per bar, its 0..100 score, and the way back to a yearly volatility.
import type { CandleSeries } from "@/lib/market/candle";

/** Bars sigma is measured on (strategy.md section 3). */
const SIGMA_BARS = 24;
/** Score per unit of M15 sigma, kept from the ancestor system. */
const VFORCE_SCALE = 60;
const M15_MINUTES = 15;
/** M15 bars in a year of 365 days. */
const M15_BARS_PER_YEAR = 35_040;

/**
 * Standard deviation of one bar's log return over the last 24 bars: sqrt(sum ln(h/l)^2 / (4 n ln 2)) (Parkinson 1980) over bars
 * with valid h >= l > 0, at least 2; when that is 0 the root mean square of log close changes; else 0.
 */
export function computeSigmaPerBar(bars: CandleSeries): number {
  const start = Math.max(0, bars.length - SIGMA_BARS);
  let sum = 0;
  let count = 0;
  for (let index = start; index < bars.length; index += 1) {
    const high = bars.high[index]!;
    const low = bars.low[index]!;
    if (!(low > 0) || !(high >= low) || !Number.isFinite(high)) continue;
    const range = Math.log(high / low);
    sum += range * range;
    count += 1;
  }
  const parkinson = count >= 2 ? Math.sqrt(sum / (4 * count * Math.LN2)) : 0;
  if (parkinson > 0) return parkinson;

  let changeSum = 0;
  let changes = 0;
  for (let index = start + 1; index < bars.length; index += 1) {
    const change = Math.log(bars.close[index]! / bars.close[index - 1]!);
    if (!Number.isFinite(change)) continue;
    changeSum += change * change;
    changes += 1;
  }
  return changes > 0 ? Math.sqrt(changeSum / changes) : 0;
}

/** vforce 0..100 = 100*(1 - exp(-60 * sigma * sqrt(15/tfMinutes))). */
export function computeVforce(sigmaPerBar: number, timeframeMinutes: number): number {
  return 100 * (1 - Math.exp(-VFORCE_SCALE * sigmaPerBar * Math.sqrt(M15_MINUTES / timeframeMinutes)));
}

/** Yearly volatility behind a vforce: -ln(1 - v/100)/60*sqrt(35040); Infinity at 100, 0 for an invalid score. */
export function sigmaPerYearOf(vforce: number): number {
  if (!Number.isFinite(vforce) || vforce <= 0) return 0;
  if (vforce >= 100) return Number.POSITIVE_INFINITY;
  return (-Math.log(1 - vforce / 100) / VFORCE_SCALE) * Math.sqrt(M15_BARS_PER_YEAR);
}
