// Position: one of our liquidity positions, the same shape for every DEX family, and what its range means as prices.
import { binsToRange } from "@/lib/amm/bins";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { ticksToRange } from "@/lib/amm/ticks";
import type { BinRange, ObservedPosition, PoolState, PositionRange, TickRange } from "@/lib/market/snapshot";
import { MAX_TICK, MIN_TICK } from "@/lib/units";

/** A position is what the chain showed: identity, range (ticks or bins), liquidity, amounts and fees in raw units. */
export type Position = ObservedPosition;
export type { BinRange, PositionRange, TickRange };

/** Effective range of a position in human price, QUOTE per BASE; `min < max` for every position a pool accepts. */
export interface EffectiveRange {
  readonly min: number;
  readonly max: number;
}

/** Decimals and token order of a pool, as the price functions ask for them. */
export function priceFrameOf(pool: Pick<PoolState, "base" | "quote" | "baseIsToken0">): PriceFrame {
  return { decBase: pool.base.decimals, decQuote: pool.quote.decimals, baseIsToken0: pool.baseIsToken0 };
}

/** Prices a range really covers in its pool; null when range and pool are not of the same kind, or no pool could hold the range. */
export function effectiveRangeOf(range: PositionRange, pool: PoolState): EffectiveRange | null {
  const effective = pricesOf(range, pool);
  return effective !== null && effective.min > 0 && effective.min < effective.max && effective.max < Infinity
    ? effective
    : null;
}

function pricesOf(range: PositionRange, pool: PoolState): EffectiveRange | null {
  if (range.kind === "ticks") {
    return pool.kind === "ticks" && isTick(range.tickLower) && isTick(range.tickUpper)
      ? ticksToRange(range.tickLower, range.tickUpper, priceFrameOf(pool))
      : null;
  }
  return pool.kind === "bins"
    ? binsToRange(range.lowerBinId, range.upperBinId, pool.binStepBps, priceFrameOf(pool))
    : null;
}

function isTick(tick: number): boolean {
  return Number.isInteger(tick) && tick >= MIN_TICK && tick <= MAX_TICK;
}
