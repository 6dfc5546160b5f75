// What makes a plan void before or between its steps: each bound it was made with, against what is true now.
import type { Plan } from "./plan";

const VOID_CODES = [
  "plan_too_old",
  "price_moved",
  "pool_tick_moved",
  "pool_drained",
  "pool_unknown",
  "balance_gone",
  "no_price",
] as const;
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
  /** Active liquidity of the pools as they are now; missing pools are not compared. */
  readonly poolLiquidity?: readonly { readonly pool: string; readonly liquidityRaw: bigint }[];
  /** Free balances of the pair's account; only before the plan's first step, which changes them. */
  readonly balances?: readonly { readonly chainId: number; readonly token: string; readonly amountRaw: bigint }[];
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
  for (const bound of bounds.poolLiquidity ?? []) {
    const now = live.poolLiquidity?.find((entry) => entry.pool.toLowerCase() === bound.pool.toLowerCase());
    const leastRaw = (bound.liquidityRaw * BigInt(Math.round(bound.minFrac * 1_000_000))) / 1_000_000n;
    if (now === undefined || now.liquidityRaw >= leastRaw) continue;
    return {
      code: "pool_drained",
      message: `Pool ${bound.pool} has an active liquidity of ${now.liquidityRaw}, the plan was made at ${bound.liquidityRaw} and needs at least ${leastRaw} (bound poolLiquidity).`,
      value: Number(now.liquidityRaw),
      limit: Number(leastRaw),
    };
  }
  for (const bound of live.balances === undefined ? [] : (bounds.balances ?? [])) {
    const haveRaw = (live.balances ?? [])
      .filter((entry) => entry.chainId === bound.chainId && entry.token.toLowerCase() === bound.token.toLowerCase())
      .reduce((sum, entry) => sum + entry.amountRaw, 0n);
    if (haveRaw >= bound.minRaw) continue;
    return {
      code: "balance_gone",
      message: `The pair's account has ${haveRaw} of token ${bound.token} on chain ${bound.chainId}, the plan counts on ${bound.minRaw} (bound balances).`,
      value: Number(haveRaw),
      limit: Number(bound.minRaw),
    };
  }
  return null;
}
