// Tells listeners each step of market time and waits, for a bounded time, until the participants have worked it off.

export interface ClockTick {
  readonly seq: number;
  readonly nowMs: number;
  /** Real market seconds per wall second, measured. */
  readonly speed: number;
}

export interface ClockHub {
  readonly last: () => ClockTick;
  publish(tick: ClockTick): void;
  /** Calls back with the current tick at once and then with each new one; returns the unsubscribe function. */
  subscribe(listener: (tick: ClockTick) => void): () => void;
  ack(participant: string, seq: number): void;
  /** Resolves when every active participant has acknowledged the current step, or after the limit. */
  waitForAcks(limitMs: number): Promise<void>;
  /** Ends a running wait and every later one at once: the market stops. */
  release(): void;
  participants(): readonly { readonly name: string; readonly ackedSeq: number; readonly isLate: boolean }[];
}

interface Participant {
  ackedSeq: number;
  /** Missed a whole wait: not waited for again until it answers. */
  isLate: boolean;
}

export function createClockHub(first: ClockTick): ClockHub {
  let current = first;
  const listeners = new Set<(tick: ClockTick) => void>();
  const participants = new Map<string, Participant>();
  let wake: (() => void) | undefined;
  let isReleased = false;

  const isWaiting = () => [...participants.values()].some((one) => !one.isLate && one.ackedSeq < current.seq);

  return {
    last: () => current,
    publish(tick) {
      current = tick;
      for (const listener of listeners) listener(tick);
    },
    subscribe(listener) {
      listeners.add(listener);
      listener(current);
      return () => {
        listeners.delete(listener);
      };
    },
    ack(name, seq) {
      const known = participants.get(name);
      participants.set(name, { ackedSeq: Math.max(seq, known?.ackedSeq ?? 0), isLate: false });
      if (!isWaiting()) wake?.();
    },
    async waitForAcks(limitMs) {
      if (isReleased || !isWaiting()) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          for (const one of participants.values()) if (one.ackedSeq < current.seq) one.isLate = true;
          resolve();
        }, limitMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    },
    release() {
      isReleased = true;
      wake?.();
    },
    participants: () => [...participants].map(([name, one]) => ({ name, ackedSeq: one.ackedSeq, isLate: one.isLate })),
  };
}
