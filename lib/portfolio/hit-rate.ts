// How often the model was right: of the newest plans whose first day is over, how many earned more than they lost to divergence and cost.
import type { ScoreWindow } from "./score-card";

export interface HitRate {
  /** Plans that count, at most `HIT_RATE_CALLS`. */
  readonly calls: number;
  /** Of them, those whose fees were more than divergence and cost in the time measured. */
  readonly hits: number;
  /** Fees earned over fees expected, the middle of the calls; null where none expected fees. */
  readonly feesRatioMedian: number | null;
}

export const HIT_RATE_CALLS = 20;
/** A window that the next plan cut sooner says nothing. Market time. */
const LEAST_MEASURED_MS = 3_600_000;

/** `scores` newest first; the shortest window of each counts, once it is over. */
export function hitRate(scores: readonly { readonly windows: readonly ScoreWindow[] }[]): HitRate {
  const calls = scores
    .flatMap(({ windows }) => windows.slice(0, 1))
    .filter(
      ({ state, earned, measuredFrac, horizonMs }) =>
        (state === "measured" || state === "cut_short") &&
        earned !== null &&
        measuredFrac * horizonMs >= LEAST_MEASURED_MS,
    )
    .slice(0, HIT_RATE_CALLS);
  const ratios = calls
    .flatMap(({ feesRatio }) => (feesRatio === null ? [] : [feesRatio]))
    .toSorted((left, right) => left - right);
  return {
    calls: calls.length,
    hits: calls.filter(({ earned }) => (earned?.alphaUsd ?? 0) > 0).length,
    feesRatioMedian: median(ratios),
  };
}

function median(sorted: readonly number[]): number | null {
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
