// One thing at a time: cycles, approved plans and manual commands of a pair never overlap.
export interface TaskQueue {
  /** Runs after everything queued before; a task that throws does not stop the next one. */
  add<T>(run: () => Promise<T>): Promise<T>;
  isBusy(): boolean;
  /** Resolves when the queue is empty. */
  idle(): Promise<void>;
}

export function createTaskQueue(): TaskQueue {
  let tail: Promise<unknown> = Promise.resolve();
  const state = { count: 0 };
  return {
    add(run) {
      state.count += 1;
      const next = tail.then(run, run).finally(() => {
        state.count -= 1;
      });
      tail = next;
      return next;
    },
    isBusy: () => state.count > 0,
    async idle() {
      while (state.count > 0) await tail.then(noop, noop);
    },
  };
}

function noop(): void {
  // Failures belong to the caller of add.
}
