// Plan pool: a pool, position or range as a plan needs it, checked against registry and snapshot, and sums of its two tokens.
import { humanAmount } from "@/lib/amm/human-units";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { usableTicks } from "@/lib/amm/tick-math";
import { ok, type Result } from "@/lib/errors/result";
import type { MarketSnapshot, ObservedPosition, TickPoolState, TickRange } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey, type Address, type PoolKey, type PositionId } from "@/lib/units";
import { refuse, type AccountBalance, type BuildPlanInput, type PlanRefusal } from "./plan-request";

/** A pool as a plan needs it: its facts, its state, and the frame of its prices. */
export interface PlanPool {
  readonly facts: ResolvedPool;
  readonly state: TickPoolState;
  readonly frame: PriceFrame;
}

export interface Closing {
  readonly pool: PlanPool;
  readonly position: ObservedPosition;
  readonly range: TickRange;
}

export interface Opening {
  readonly pool: PlanPool;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly valueUsd: number;
  readonly label: string;
  /** Mint from these alone and swap nothing; null = the plan's money, swapped to what the range needs. */
  readonly ownFunds: Amounts | null;
}

export interface Amounts {
  readonly base: bigint;
  readonly quote: bigint;
}

export function findPool(input: BuildPlanInput, key: PoolKey): Result<PlanPool, PlanRefusal> {
  const facts = input.pools.find(
    ({ chain, dex, pool }) => poolKey(chain.id, dex.family, pool.id).toLowerCase() === key.toLowerCase(),
  );
  const state = input.snapshot.pools.find((pool) => pool.poolKey.toLowerCase() === key.toLowerCase());
  if (facts === undefined || state === undefined) {
    return refuse(
      "unknown_pool",
      `Pool ${key} is not in the ${facts === undefined ? "registry" : "snapshot"} of ${input.snapshot.pairId}.`,
    );
  }
  if (state.kind !== "ticks") {
    return refuse("unsupported_range", `Pool ${key} uses bins; this version acts on tick ranges only.`);
  }
  const frame = {
    decBase: facts.base.decimals,
    decQuote: facts.quote.decimals,
    baseIsToken0: facts.baseIsToken0,
  };
  return ok({ facts, state, frame });
}

export function findClosing(input: BuildPlanInput, positionId: PositionId): Result<Closing, PlanRefusal> {
  const position = input.snapshot.positions.find((entry) => entry.positionId === positionId);
  if (position === undefined) {
    return refuse("unknown_position", `Position ${positionId} is not among the positions of ${input.snapshot.pairId}.`);
  }
  const pool = findPool(input, position.poolKey);
  if (!pool.ok) return pool;
  if (position.range.kind !== "ticks") {
    return refuse("unsupported_range", `Position ${positionId} uses bins; this version acts on tick ranges only.`);
  }
  return ok({ pool: pool.value, position, range: position.range });
}

export function checkTicks(
  pool: PlanPool,
  range: ObservedPosition["range"],
): Result<{ readonly tickLower: number; readonly tickUpper: number }, PlanRefusal> {
  if (range.kind !== "ticks") {
    return refuse(
      "unsupported_range",
      `The target in pool ${pool.facts.pool.id} uses bins; this version acts on tick ranges only.`,
    );
  }
  const { tickLower, tickUpper } = range;
  const { tickSpacing } = pool.state;
  const usable = usableTicks(tickSpacing);
  const isAligned = [tickLower, tickUpper].every(
    (tick) => Number.isInteger(tick) && tick % tickSpacing === 0 && tick >= usable.min && tick <= usable.max,
  );
  if (!isAligned || tickLower >= tickUpper) {
    return refuse(
      "bad_ticks",
      `Ticks ${tickLower} and ${tickUpper} must be multiples of ${tickSpacing} within ${usable.min}..${usable.max}, the lower one first.`,
    );
  }
  return ok({ tickLower, tickUpper });
}

/** The pool of the chain with the lowest fee: where an aggregator is expected to swap. */
export function cheapestPool(input: BuildPlanInput, chainId: number): PlanPool | null {
  const found = input.snapshot.pools
    .filter((pool) => pool.chainId === chainId && pool.kind === "ticks")
    .toSorted((left, right) => left.feePips - right.feePips || (left.poolKey < right.poolKey ? -1 : 1));
  for (const state of found) {
    const pool = findPool(input, state.poolKey);
    if (pool.ok) return pool.value;
  }
  return null;
}

/** What closing pays: principal and uncollected fees. */
export function paidOut(position: ObservedPosition): Amounts {
  return {
    base: position.baseRaw + position.uncollectedBaseRaw,
    quote: position.quoteRaw + position.uncollectedQuoteRaw,
  };
}

export function valueUsd(snapshot: MarketSnapshot, pool: PlanPool, amounts: Amounts): number {
  const { decBase, decQuote } = pool.frame;
  return (
    (humanAmount(amounts.base, decBase) * snapshot.price + humanAmount(amounts.quote, decQuote)) * snapshot.quoteUsd
  );
}

/** (base, quote) in the pool's token order. */
export function sides<T>(pool: PlanPool, base: T, quote: T): readonly [T, T] {
  return pool.facts.baseIsToken0 ? [base, quote] : [quote, base];
}

export function balanceOf(account: readonly AccountBalance[], chainId: number, token: Address): bigint {
  return account
    .filter((entry) => entry.chainId === chainId && entry.token.toLowerCase() === token.toLowerCase())
    .reduce((sum, entry) => sum + entry.amountRaw, 0n);
}

export function sumAmounts(amounts: readonly Amounts[]): Amounts {
  return amounts.reduce<Amounts>((sum, each) => ({ base: sum.base + each.base, quote: sum.quote + each.quote }), {
    base: 0n,
    quote: 0n,
  });
}

/** Never below zero: rounding may leave one unit too little. */
export function subtractAmounts(left: Amounts, right: Amounts): Amounts {
  return { base: left.base - min(left.base, right.base), quote: left.quote - min(left.quote, right.quote) };
}

export function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
