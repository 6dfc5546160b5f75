// Ages, durations and countdowns: one figure and one unit.
import { isKnown, NARROW_SPACE, UNKNOWN } from "./number";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `0.4 s`, `18 s`, `37 min`, `13.2 h`, `3 d`; negative ages (clocks that differ) read as 0 s. */
export function formatAge(ageMs: number | null | undefined): string {
  if (!isKnown(ageMs)) return UNKNOWN;
  const ms = Math.max(0, ageMs);
  if (ms < 10 * SECOND_MS) return with1(ms / SECOND_MS, "s");
  if (ms < 100 * SECOND_MS) return with0(ms / SECOND_MS, "s");
  if (ms < 100 * MINUTE_MS) return with0(ms / MINUTE_MS, "min");
  if (ms < 2 * DAY_MS) return with1(ms / HOUR_MS, "h");
  return with0(ms / DAY_MS, "d");
}

/** A measured time: `84 ms`, `3.41 s`, `2.5 min`. */
export function formatDuration(ms: number | null | undefined): string {
  if (!isKnown(ms)) return UNKNOWN;
  const value = Math.max(0, ms);
  if (value < SECOND_MS) return with0(value, "ms");
  if (value < MINUTE_MS) return `${(value / SECOND_MS).toFixed(2)}${NARROW_SPACE}s`;
  return formatAge(value);
}

/** `11:42`, `1:05:09`; `0:00` once it is over. */
export function formatCountdown(leftMs: number | null | undefined): string {
  if (!isKnown(leftMs)) return UNKNOWN;
  const total = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

function with0(value: number, unit: string): string {
  return `${Math.floor(value)}${NARROW_SPACE}${unit}`;
}

function with1(value: number, unit: string): string {
  return `${(Math.floor(value * 10) / 10).toFixed(1).replace(/\.0$/, "")}${NARROW_SPACE}${unit}`;
}
