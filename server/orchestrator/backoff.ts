// When a process may start again: exponential delay with full jitter, a limited number of tries in a row, reset by a healthy while.

/** safety.md section 7: 1 s doubling to 5 min, full jitter, at most 20 in a row, reset after 10 healthy minutes. */
export const FIRST_DELAY_MS = 1_000;
export const MAX_DELAY_MS = 300_000;
export const MAX_TRIES = 20;
export const HEALTHY_MS = 600_000;

export type NextStart = { readonly kind: "wait"; readonly delayMs: number } | { readonly kind: "halted" };

export interface Backoff {
  /** Called when the process ended after `ranForMs`; says when to start it again. */
  next(ranForMs: number): NextStart;
  triesCount(): number;
  reset(): void;
}

/** `random` gives numbers in [0, 1). */
export function createBackoff(random: () => number): Backoff {
  let tries = 0;
  return {
    next(ranForMs) {
      if (ranForMs >= HEALTHY_MS) tries = 0;
      if (tries >= MAX_TRIES) return { kind: "halted" };
      const ceilingMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tries);
      tries += 1;
      return { kind: "wait", delayMs: Math.round(random() * ceilingMs) };
    },
    triesCount: () => tries,
    reset: () => {
      tries = 0;
    },
  };
}
