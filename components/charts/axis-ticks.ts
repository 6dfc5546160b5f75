// Round tick positions for time (UTC) and for values.

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const TIME_STEPS = [
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  5 * DAY_MS,
  10 * DAY_MS,
  30 * DAY_MS,
] as const;

export interface TimeTicks {
  readonly atMs: readonly number[];
  /** Labels are days rather than times of day. */
  readonly isDays: boolean;
}

/** At most `most` instants on round UTC steps within [from, to]. */
export function timeTicks(fromMs: number, toMs: number, most: number): TimeTicks {
  const span = toMs - fromMs;
  if (!(span > 0) || most < 1) return { atMs: [], isDays: false };
  const step = TIME_STEPS.find((each) => span / each <= most) ?? 90 * DAY_MS;
  const atMs: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) atMs.push(at);
  return { atMs, isDays: step >= DAY_MS };
}

/** Round values (1, 2, 5 × 10ⁿ) within [from, to], about `count` of them; two at least where `count` asks for them. */
export function valueTicks(from: number, to: number, count: number): readonly number[] {
  const span = to - from;
  if (!(span > 0) || !Number.isFinite(span) || count < 1) return [];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [10, 5, 2, 1].map((each) => each * power);
  const widest = steps.findLastIndex((step) => step >= rough);
  const ticksOf = (step: number): readonly number[] => {
    const ticks: number[] = [];
    // Adding 0 makes minus zero a plain one: an axis has no −0.
    for (let index = Math.ceil(from / step); index * step <= to && ticks.length < 50; index += 1) {
      ticks.push(index * step + 0);
    }
    return ticks;
  };
  const ticks = ticksOf(steps[widest] ?? 10 * power);
  const finer = steps[widest + 1];
  // Around zero a wide step may leave zero alone, and one value is no scale.
  return ticks.length < Math.min(2, count) && finer !== undefined ? ticksOf(finer) : ticks;
}
