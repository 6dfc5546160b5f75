// What makes a plan void before or between its steps: each bound it was made with, against what is true now.
import type { Plan } from "./plan";

const VOID_CODES = ["plan_too_old", "price_moved", "pool_tick_moved", "pool_unknown", "no_price"] as const;
export type VoidCode = (typeof VOID_CODES)[number];

export interface VoidReason {
  readonly code: VoidCode;
  /** The bound that was left, with both values, for people. */
  readonly message: string;
  readonly value: number | null;
  readonly limit: number;
}

export interface LiveBounds {
  /** QUOTE per BASE now; null when it cannot be trusted. */
  readonly price: number | null;
  readonly poolTicks: readonly { readonly pool: string; readonly tick: number }[];
  /** Wall time since the plan was approved (or made, when it needed no approval), ms. */
  readonly ageMs: number;
}

/** The first bound of the plan that no longer holds, or null. Age first: an old plan is void whatever the market did. */
export function findVoidReason(plan: Pick<Plan, "bounds">, live: LiveBounds): VoidReason | null {
  const { bounds } = plan;
  if (live.ageMs > bounds.maxPlanAgeMs) {
    return {
      code: "plan_too_old",
      message: `The plan is ${Math.round(live.ageMs / 1000)} s old; its limit is ${Math.round(bounds.maxPlanAgeMs / 1000)} s. A new plan is made from the next cycle.`,
      value: live.ageMs,
      limit: bounds.maxPlanAgeMs,
    };
  }
  if (live.price === null || !Number.isFinite(live.price) || live.price <= 0) {
    return {
      code: "no_price",
      message: "There is no trusted price now, so the plan's bounds cannot be checked. It is void.",
      value: null,
      limit: bounds.maxPriceMoveFrac,
    };
  }
  const moveFrac = Math.abs(live.price / bounds.referencePrice - 1);
  if (moveFrac > bounds.maxPriceMoveFrac) {
    return {
      code: "price_moved",
      message: `The price is ${live.price}, the plan was made at ${bounds.referencePrice}: a move of ${moveFrac.toFixed(5)}, more than the allowed ${bounds.maxPriceMoveFrac.toFixed(5)} (fractions).`,
      value: moveFrac,
      limit: bounds.maxPriceMoveFrac,
    };
  }
  for (const bound of bounds.poolTicks) {
    const now = live.poolTicks.find((entry) => entry.pool.toLowerCase() === bound.pool.toLowerCase());
    if (now === undefined) {
      return {
        code: "pool_unknown",
        message: `The state of pool ${bound.pool} could not be read, so its tick cannot be compared with ${bound.tick}.`,
        value: null,
        limit: bound.maxTickMove,
      };
    }
    const moved = Math.abs(now.tick - bound.tick);
    if (moved > bound.maxTickMove) {
      return {
        code: "pool_tick_moved",
        message: `Pool ${bound.pool} is at tick ${now.tick}, the plan was made at ${bound.tick}: ${moved} ticks away, at most ${bound.maxTickMove} are allowed.`,
        value: moved,
        limit: bound.maxTickMove,
      };
    }
  }
  return null;
}
