// Plan pool: a pool, position or range as a plan needs it, checked against registry and snapshot, and sums of its two tokens.
import { binsToRange } from "@/lib/amm/bins";
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtToPrice, type PriceFrame } from "@/lib/amm/sqrt-price";
import { usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import { ok, type Result } from "@/lib/errors/result";
import type { MarketSnapshot, ObservedPosition, PoolState } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey, type Address, type PoolKey, type PositionId } from "@/lib/units";
import { refuse, type AccountBalance, type BuildPlanInput, type PlanRefusal } from "./plan-request";

/** A pool as a plan needs it: its facts, its state, and the frame of its prices. */
export interface PlanPool {
  readonly facts: ResolvedPool;
  readonly state: PoolState;
  readonly frame: PriceFrame;
}

/** Where liquidity lies: ticks, or Liquidity Book bin ids (both included) in the same two fields. */
export interface PlanRange {
  readonly tickLower: number;
  readonly tickUpper: number;
}

export interface Closing {
  readonly pool: PlanPool;
  readonly position: ObservedPosition;
  readonly range: PlanRange;
}

/** A position that stays and gives up part of its liquidity. */
export interface Reduction extends Closing {
  readonly liquidityRaw: bigint;
}

const MAX_BIN_ID = 2 ** 24 - 1;
const CENTRE_BIN_ID = 2 ** 23;

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
  const range = rangeIn(pool.value, position.range);
  if (range === null) {
    return refuse(
      "unsupported_range",
      `Position ${positionId} lies over ${position.range.kind}, its pool ${pool.value.facts.pool.id} uses ${pool.value.state.kind}; read the chain again.`,
    );
  }
  return ok({ pool: pool.value, position, range });
}

/** The two indexes of a range of the pool's own kind; null when the kinds differ. */
export function rangeIn(pool: PlanPool, range: ObservedPosition["range"]): PlanRange | null {
  if (range.kind !== pool.state.kind) return null;
  return range.kind === "ticks"
    ? { tickLower: range.tickLower, tickUpper: range.tickUpper }
    : { tickLower: range.lowerBinId, tickUpper: range.upperBinId };
}

/** Current tick, or active bin id. */
export function currentIndex({ state }: PlanPool): number {
  return state.kind === "ticks" ? state.tick : state.activeBinId;
}

/** The pool's own price, QUOTE per BASE. */
export function poolPrice({ state, frame }: PlanPool): number {
  if (state.kind === "ticks") return sqrtToPrice(state.sqrtPriceX96, frame);
  const logRaw = (state.activeBinId - CENTRE_BIN_ID) * Math.log1p(state.binStepBps / 10_000);
  const logScale = (frame.decBase - frame.decQuote) * Math.LN10;
  return Math.exp(logScale + (frame.baseIsToken0 ? logRaw : -logRaw));
}

/** Effective price range, QUOTE per BASE. */
export function pricesOf({ state, frame }: PlanPool, range: PlanRange): { readonly min: number; readonly max: number } {
  return state.kind === "ticks"
    ? ticksToRange(range.tickLower, range.tickUpper, frame)
    : binsToRange(range.tickLower, range.tickUpper, state.binStepBps, frame);
}

export function checkTicks(
  pool: PlanPool,
  range: ObservedPosition["range"],
): Result<{ readonly tickLower: number; readonly tickUpper: number }, PlanRefusal> {
  const indexes = rangeIn(pool, range);
  if (indexes === null) {
    return refuse(
      "unsupported_range",
      `The target in pool ${pool.facts.pool.id} is over ${range.kind}, the pool uses ${pool.state.kind}.`,
    );
  }
  const { tickLower, tickUpper } = indexes;
  if (pool.state.kind === "bins") {
    const isInSpace = [tickLower, tickUpper].every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_BIN_ID);
    if (isInSpace && tickLower <= tickUpper) return ok(indexes);
    return refuse(
      "bad_ticks",
      `Bins ${tickLower} and ${tickUpper} must be whole numbers within 0..${MAX_BIN_ID}, the lower one first.`,
    );
  }
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

/** The pool of the chain and of these tokens with the lowest fee: where an aggregator is expected to swap. */
export function cheapestPool(
  input: BuildPlanInput,
  chainId: number,
  isWanted: (facts: ResolvedPool) => boolean,
): PlanPool | null {
  const found = input.snapshot.pools
    .filter((pool) => pool.chainId === chainId)
    .toSorted((left, right) => left.feePips - right.feePips || (left.poolKey < right.poolKey ? -1 : 1));
  for (const state of found) {
    const pool = findPool(input, state.poolKey);
    if (pool.ok && isWanted(pool.value.facts)) return pool.value;
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
