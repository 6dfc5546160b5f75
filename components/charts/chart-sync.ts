// One crosshair through charts with different rows: each shows what was true at the instant the pointer is at in another.

const HOUR_MS = 3_600_000;
/** A row says something about the time until the next one; beyond a step and a half nothing is known. */
const REACH_STEPS = 1.5;

interface Tick {
  readonly value?: unknown;
}

/** The newest row at or before the instant; -1 when there is none, or none near enough. */
export function rowAt(
  ticks: readonly Tick[],
  { activeLabel }: { readonly activeLabel?: string | number | undefined },
): number {
  const atMs = Number(activeLabel);
  const times = ticks.map(({ value }) => Number(value));
  const index = times.findLastIndex((time) => time <= atMs);
  const [oldest = 0, newest = 0] = [times[0], times.at(-1)];
  const stepMs = times.length < 2 ? HOUR_MS : (newest - oldest) / (times.length - 1);
  return atMs - (times[index] ?? Number.NEGATIVE_INFINITY) < REACH_STEPS * stepMs ? index : -1;
}

/** Props of a chart; none when it stands alone. */
export function syncProps(syncId: string | undefined): {
  readonly syncId?: string;
  readonly syncMethod?: typeof rowAt;
} {
  return syncId === undefined ? {} : { syncId, syncMethod: rowAt };
}
