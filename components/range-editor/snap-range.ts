// Snaps prices to the ticks a pool can have, in both token orders.
import { isBaseToken0, type PriceFrame } from "@/lib/amm/sqrt-price";
import { usableTicks } from "@/lib/amm/tick-math";
import { priceToTick, ticksToRange, tickToPrice } from "@/lib/amm/ticks";
import type { PositionDto } from "@/lib/api/schemas";

interface TickRange {
  readonly tickLower: number;
  readonly tickUpper: number;
}

export function frameOf(position: Pick<PositionDto, "base" | "quote">): PriceFrame {
  return {
    decBase: position.base.token.decimals,
    decQuote: position.quote.token.decimals,
    baseIsToken0: isBaseToken0(position.base.token.address, position.quote.token.address),
  };
}

/** Spacing of the pool; where the API does not say, the fee tiers a Uniswap V3 factory enables at its creation. */
export function spacingOf(position: Pick<PositionDto, "tickSpacing" | "feePips">): number {
  return position.tickSpacing ?? { 100: 1, 500: 10, 3000: 60, 10000: 200 }[position.feePips] ?? 1;
}

/** Nearest usable tick of a QUOTE-per-BASE price. */
export function snapPrice(price: number, spacing: number, frame: PriceFrame): number | null {
  const tick = priceToTick(price, frame);
  if (tick === null) return null;
  // A price between two ticks belongs to the nearer one.
  const nearer =
    Math.abs(tickToPrice(tick + 1, frame) - price) < Math.abs(tickToPrice(tick, frame) - price) ? tick + 1 : tick;
  return clampTick(Math.round(nearer / spacing) * spacing, spacing);
}

function clampTick(tick: number, spacing: number): number {
  const usable = usableTicks(spacing);
  return Math.min(usable.max, Math.max(usable.min, tick)) + 0;
}

/** Effective prices of two ticks, QUOTE per BASE, low first. */
export function pricesOf(ticks: TickRange, frame: PriceFrame): { readonly lower: number; readonly upper: number } {
  const range = ticksToRange(ticks.tickLower, ticks.tickUpper, frame);
  return { lower: range.min, upper: range.max };
}
