// Re-range: a range of a given half-width whose mix is the mix already held, so that nothing needs to be swapped (strategy-carry section 3).
import { clamp } from "@/lib/math/stats";
import type { CarryMode } from "./width";

export interface ReRangeInput {
  /** Pool price, QUOTE per BASE. */
  readonly price: number;
  /** Whole tokens the position brings: principal, uncollected fees, leftovers. */
  readonly base: number;
  readonly quote: number;
  /** Half-width, log price, 0 < w <= 1. */
  readonly width: number;
  readonly mode: CarryMode;
  /** Furthest the base share may be from one side, 0..0.5; 0.2 by default. */
  readonly clampFrac?: number;
}

export interface ReRange {
  /** Share of the value that is BASE now, and that the requested range asks for. */
  readonly shareNow: number;
  readonly shareWanted: number;
  /** Log distances from the price to both bounds. */
  readonly down: number;
  readonly up: number;
  /** Requested bounds, QUOTE per BASE. */
  readonly min: number;
  readonly max: number;
}

/** Mixes beyond 20 % and 80 % are swapped back to there: a one-sided range is a directional bet. */
export const CLAMP_FRAC = 0.2;

/** Range for the tokens at hand; null for nothing to place or an invalid number. */
export function computeReRange(input: ReRangeInput): ReRange | null {
  const { price, base, quote, width } = input;
  if (!(price > 0) || !(base >= 0) || !(quote >= 0) || !(width > 0) || !(width <= 1)) return null;
  const value = base * price + quote;
  if (!(value > 0) || !Number.isFinite(value)) return null;
  const shareNow = (base * price) / value;
  const least = input.clampFrac ?? CLAMP_FRAC;
  const shareWanted = input.mode === "centre" ? 0.5 : clamp(shareNow, least, 1 - least);
  const sides = sidesOfShare(shareWanted, width);
  const min = price * Math.exp(-sides.down);
  const max = price * Math.exp(sides.up);
  if (!(min > 0) || !(max > min) || !Number.isFinite(max)) return null;
  return { shareNow, shareWanted, ...sides, min, max };
}

/** Log distances with down + up = 2 w whose range asks for this share of BASE; closed form. */
export function sidesOfShare(share: number, width: number): { readonly down: number; readonly up: number } {
  if (share === 0.5) return { down: width, up: width };
  const e = -Math.expm1(-width);
  const h = (2 * share * e) / (1 + Math.sqrt(1 - 4 * share * (1 - share) * e));
  const up = -2 * Math.log1p(-h);
  return { down: 2 * width - up, up };
}

export interface MintFit {
  /** Share of the value that is BASE in the effective range. */
  readonly shareEffective: number;
  /** Half-width of the effective range, log price. */
  readonly widthEffective: number;
  /** Share of the value that must be swapped; 0 = mint what fits. */
  readonly swapShare: number;
  /** Part of the value that is minted. */
  readonly mintedFrac: number;
}

/** How a re-range fits the range that can really be minted. */
export function fitReRange(
  range: ReRange,
  effective: { readonly min: number; readonly max: number },
  price: number,
): MintFit {
  const shareEffective = baseShareOf(price, effective);
  const swapShare = Math.abs(range.shareWanted - range.shareNow);
  const mintedFrac =
    swapShare > 0
      ? 1
      : Math.min(1, partOf(range.shareNow, shareEffective), partOf(1 - range.shareNow, 1 - shareEffective));
  return { shareEffective, widthEffective: halfWidthOf(effective), swapShare, mintedFrac };
}

/**
 * Share of the value that is BASE at a price inside a range, 0..1 (strategy.md section 6). From log distances, because square
 * roots of nearly equal prices lose half their digits in a range of a few ticks.
 */
export function baseShareOf(price: number, range: { readonly min: number; readonly max: number }): number {
  if (price <= range.min) return 1;
  if (price >= range.max) return 0;
  const base = -Math.expm1(-Math.log1p((range.max - price) / price) / 2);
  const quote = -Math.expm1(-Math.log1p((price - range.min) / range.min) / 2);
  const share = base / (base + quote);
  return Number.isFinite(share) ? share : 0;
}

/** Half-width of a range in log price. */
export function halfWidthOf(range: { readonly min: number; readonly max: number }): number {
  return Math.log1p((range.max - range.min) / range.min) / 2;
}

function partOf(have: number, need: number): number {
  return need > 0 ? have / need : Number.POSITIVE_INFINITY;
}
