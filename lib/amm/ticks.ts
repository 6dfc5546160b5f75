// Between price ranges (QUOTE per BASE) and position ticks.
import { priceToSqrt, sqrtToPrice, type PriceFrame } from "./sqrt-price";
import { sqrtAtTick, tickAtSqrt, usableTicks } from "./tick-math";

/**
 * Ticks of the narrowest mintable position that contains [min, max]: lower = tick of the lower price rounded down to the
 * spacing, upper = smallest tick at or above the upper price rounded up, both clamped to usable ticks, upper > lower.
 * Bounds swap when BASE is token1. Null for bounds that are not positive, finite and ordered, or an invalid spacing.
 */
export function rangeToTicks(
  range: { readonly min: number; readonly max: number },
  tickSpacing: number,
  frame: PriceFrame,
): { readonly tickLower: number; readonly tickUpper: number } | null {
  if (!(range.min <= range.max) || !Number.isInteger(tickSpacing) || tickSpacing < 1) return null;
  const sqrtLower = priceToSqrt(frame.baseIsToken0 ? range.min : range.max, frame);
  const sqrtUpper = priceToSqrt(frame.baseIsToken0 ? range.max : range.min, frame);
  if (sqrtLower === null || sqrtUpper === null) return null;

  const usable = usableTicks(tickSpacing);
  if (usable.max <= usable.min) return null;
  const upperFloor = tickAtSqrt(sqrtUpper);
  const upper = sqrtAtTick(upperFloor) >= sqrtUpper ? upperFloor : upperFloor + 1;
  let tickLower = Math.floor(tickAtSqrt(sqrtLower) / tickSpacing) * tickSpacing;
  let tickUpper = Math.ceil(upper / tickSpacing) * tickSpacing;
  tickLower = Math.max(usable.min, Math.min(usable.max, tickLower));
  tickUpper = Math.max(usable.min, Math.min(usable.max, tickUpper));
  if (tickUpper <= tickLower) {
    if (tickLower < usable.max) tickUpper = tickLower + tickSpacing;
    else tickLower = tickUpper - tickSpacing;
  }
  // "+ 0" turns the -0 of Math.ceil into 0.
  return { tickLower: tickLower + 0, tickUpper: tickUpper + 0 };
}

/** Effective price range of two ticks, QUOTE per BASE, min < max. */
export function ticksToRange(
  tickLower: number,
  tickUpper: number,
  frame: PriceFrame,
): { readonly min: number; readonly max: number } {
  const atLower = sqrtToPrice(sqrtAtTick(tickLower), frame);
  const atUpper = sqrtToPrice(sqrtAtTick(tickUpper), frame);
  return frame.baseIsToken0 ? { min: atLower, max: atUpper } : { min: atUpper, max: atLower };
}

/** Price at one tick, QUOTE per BASE. */
export function tickToPrice(tick: number, frame: PriceFrame): number {
  return sqrtToPrice(sqrtAtTick(tick), frame);
}

/** Tick of a human price; null for a price that is not positive and finite. */
export function priceToTick(price: number, frame: PriceFrame): number | null {
  const sqrtX96 = priceToSqrt(price, frame);
  return sqrtX96 === null ? null : tickAtSqrt(sqrtX96);
}
