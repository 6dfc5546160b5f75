// Token buckets per caller and lane (safety.md section 6): reads 20/s, sign-in 5/min, commands 10/min; the stop command has its own lane.

/** `any`: everything of one caller together, before it costs a store read or a body. */
export type Lane = "any" | "read" | "sign_in" | "command" | "stop";

interface LaneRule {
  readonly burst: number;
  readonly perSec: number;
}

const RULES: Readonly<Record<Lane, LaneRule>> = {
  any: { burst: 600, perSec: 60 },
  /** 20 a second sustained; a page opens with about a dozen reads at once. */
  read: { burst: 200, perSec: 20 },
  sign_in: { burst: 10, perSec: 5 / 60 },
  command: { burst: 20, perSec: 10 / 60 },
  stop: { burst: 20, perSec: 1 },
};
const MAX_CALLERS = 10_000;

export interface RateLimiter {
  /** Null when allowed, otherwise seconds to wait. */
  take(lane: Lane, caller: string): number | null;
}

export function createRateLimiter(nowMs: () => number): RateLimiter {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(lane, caller) {
      const rule = RULES[lane];
      const key = `${lane}:${caller}`;
      const now = nowMs();
      const known = buckets.get(key);
      const tokens =
        known === undefined
          ? rule.burst
          : Math.min(rule.burst, known.tokens + (Math.max(0, now - known.atMs) / 1000) * rule.perSec);
      // Re-inserting keeps the map in order of last use, so the oldest caller is the first key.
      buckets.delete(key);
      if (buckets.size >= MAX_CALLERS) {
        const oldest = buckets.keys().next().value;
        if (oldest !== undefined) buckets.delete(oldest);
      }
      if (tokens < 1) {
        buckets.set(key, { tokens, atMs: now });
        return (1 - tokens) / rule.perSec;
      }
      buckets.set(key, { tokens: tokens - 1, atMs: now });
      return null;
    },
  };
}
