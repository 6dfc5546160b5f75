// Which minutes of a stretch of time a source has candles for, and where it has none.

export interface Gap {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface Coverage {
  /** Minutes with a candle. */
  readonly minutes: number;
  /** Whole minutes without one, oldest first. */
  readonly gaps: readonly Gap[];
}

const MINUTE_MS = 60_000;

/** `minutesMs`: starts of minutes, ascending; those outside of [fromMs, toMs) do not count. Both ends are starts of minutes. */
export function coverageOf(minutesMs: Iterable<number>, fromMs: number, toMs: number): Coverage {
  const gaps: Gap[] = [];
  let nextMs = fromMs;
  let minutes = 0;
  for (const atMs of minutesMs) {
    if (atMs < nextMs || atMs >= toMs) continue;
    if (atMs > nextMs) gaps.push({ fromMs: nextMs, toMs: atMs });
    minutes += 1;
    nextMs = atMs + MINUTE_MS;
  }
  if (nextMs < toMs) gaps.push({ fromMs: nextMs, toMs });
  return { minutes, gaps };
}
