// Drain: runs a computation that is written in steps to its end at once, for callers that need no pauses.

/** The value of a stepped computation, without a pause. */
export function drain<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
