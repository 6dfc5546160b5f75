// Run slices: carries out a stepped computation in short slices, with a turn of the event loop between two of them.
export interface SliceDeps {
  readonly monotonicMs: () => number;
  /** Resolves after the event loop has served what waits: timers, sockets, the lock's refresh. */
  readonly nextTurn: () => Promise<unknown>;
}

/** Longest stretch without a turn, plus one step. */
const SLICE_MS = 8;

export async function runSlices<T>(deps: SliceDeps, steps: Generator<void, T>): Promise<T> {
  let startedAtMonoMs = deps.monotonicMs();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (deps.monotonicMs() - startedAtMonoMs < SLICE_MS) continue;
    await deps.nextTurn();
    startedAtMonoMs = deps.monotonicMs();
  }
}
