// Prices at the resolution of a tick (one basis point), the same number of decimals for everything on one page.
import { formatFixed, isKnown, UNKNOWN } from "./number";

/** Decimals that show about a tenth of a tick (price × 1e-5) around a reference price; at least 2 from one unit up, at most 18. */
export function priceDecimals(reference: number | null | undefined): number {
  if (!isKnown(reference) || reference <= 0) return 2;
  const fine = 5 - Math.round(Math.log10(reference));
  return Math.max(reference >= 1 ? 2 : 0, Math.min(18, fine));
}

/** `2,726.21`, `0.99974`; pass the page's reference price so that prices beside each other agree in decimals. */
export function formatPrice(price: number | null | undefined, reference: number | null | undefined = price): string {
  if (!isKnown(price)) return UNKNOWN;
  return formatFixed(price, priceDecimals(isKnown(reference) ? reference : price));
}

/** `2,601.93 – 2,708.11`, low first whatever order came in. */
export function formatRange(
  lower: number | null | undefined,
  upper: number | null | undefined,
  reference: number | null | undefined = lower,
): string {
  if (!isKnown(lower) || !isKnown(upper)) return UNKNOWN;
  const low = Math.min(lower, upper);
  const high = Math.max(lower, upper);
  return `${formatPrice(low, reference)}\u00a0– ${formatPrice(high, reference)}`;
}

/** Which way prices of a page read: QUOTE per BASE, or the other way round. */
export type PriceDirection = "quote_per_base" | "base_per_quote";

/** A QUOTE-per-BASE price in the chosen direction; null stays null, a price that cannot be inverted becomes null. */
export function inDirection(price: number | null | undefined, direction: PriceDirection): number | null {
  if (!isKnown(price)) return null;
  if (direction === "quote_per_base") return price;
  return price > 0 ? 1 / price : null;
}

/** Both edges in the chosen direction, low first; null when either is unknown. */
export function rangeInDirection(
  lower: number | null | undefined,
  upper: number | null | undefined,
  direction: PriceDirection,
): { readonly lower: number; readonly upper: number } | null {
  const a = inDirection(lower, direction);
  const b = inDirection(upper, direction);
  if (a === null || b === null) return null;
  return { lower: Math.min(a, b), upper: Math.max(a, b) };
}
