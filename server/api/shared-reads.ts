// One reading for all who ask the same at the same time: under many readers the desk does the work of a few.

export interface SharedReads<T> {
  /** Joins a reading that has not begun yet, or begins one: nobody is given what was read before they asked. */
  read(key: string, run: () => Promise<T>): Promise<T>;
}

interface Line<T> {
  readonly running: Promise<T>;
  /** For everybody who came while `running` was under way; begins when it ends. */
  next: Promise<T> | null;
}

/** At most one reading of a key is under way and one waits, so what is kept is bounded by the requests that are open. */
export function createSharedReads<T>(): SharedReads<T> {
  const lines = new Map<string, Line<T>>();

  function begin(key: string, run: () => Promise<T>): Promise<T> {
    const line: Line<T> = { running: run(), next: null };
    lines.set(key, line);
    const leave = (): void => {
      if (line.next === null) lines.delete(key);
    };
    line.running.then(leave, leave);
    return line.running;
  }

  return {
    read(key, run) {
      const line = lines.get(key);
      if (line === undefined) return begin(key, run);
      const following = (): Promise<T> => begin(key, run);
      line.next ??= line.running.then(following, following);
      return line.next;
    },
  };
}
