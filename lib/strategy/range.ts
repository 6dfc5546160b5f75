// Range: the price range that forces and parameters ask for, and how far two ranges diverge.
import { clamp } from "@/lib/math/stats";
import type { RangeParams } from "./params";

export type MarketType = "bullish" | "bearish" | "neutral";

export interface PriceRange {
  /** Human price, QUOTE per BASE. */
  readonly min: number;
  readonly max: number;
  /** Half-width in log price. */
  readonly width: number;
  /** -1..1, positive leans up. */
  readonly bias: number;
  /** 0..100. */
  readonly confidence: number;
  readonly type: MarketType;
  /** (max - min) / price. */
  readonly breadth: number;
}

export interface RangeInput {
  /** QUOTE per BASE. */
  readonly price: number;
  /** Blended forces, 0..100; values outside are clamped. */
  readonly forces: { readonly v: number; readonly m: number; readonly t: number };
  readonly params: RangeParams;
  readonly widenFactor: number;
  /** Least half-width, log price. */
  readonly minWidth: number;
}

/** What the forces say about direction: how far the range leans, how sure, and the market type. */
export interface Lean {
  readonly bias: number;
  readonly confidence: number;
  readonly type: MarketType;
}

/** Half-widths above this are not ranges any more. */
export const MAX_WIDTH = 1;
/** Floor of minWidth when fee and spacing ask for less (strategy.md section 4). */
export const MIN_WIDTH_FLOOR = 1e-5;
const LOG_TICK = Math.log(1.0001);

/** Lean of the range from clamped forces (strategy.md section 4); constants kept from the ancestor system. */
export function computeLean(v: number, m: number, t: number): Lean {
  const distance = Math.abs(m - 50);
  const agree = (t - 50) * (m - 50) >= 0;
  const type: MarketType = t >= 60 ? "bullish" : t <= 40 ? "bearish" : "neutral";
  const vol = Math.exp(-0.03 * Math.max(0, v - 15));
  const boost = agree ? Math.exp(0.015 * distance) : 1 / (1 + (2 * distance) / 50);
  const bias = clamp(((t - 50) / 100) * vol * boost, -1, 1);
  const x = !agree ? distance / 50 : type === "neutral" ? Math.max(0, distance - 10) / 40 : 0;
  return { bias, confidence: (100 * vol) / (1 + 4 * x), type };
}

/** Half-width before widening and limits: baseMin + (baseMax - baseMin)*(1 - exp(-(v/divider)^exp)). */
function computeBaseWidth(v: number, params: RangeParams): number {
  return (
    params.baseMin +
    (params.baseMax - params.baseMin) * (1 - Math.exp(-((v / params.vforceDivider) ** params.vforceExp)))
  );
}

/** Least half-width worth minting in a pool: max(2*fee, tickSpacing*ln(1.0001), 1e-5). */
export function minWidthOf(feeFrac: number, tickSpacing: number): number {
  return Math.max(2 * feeFrac, tickSpacing * LOG_TICK, MIN_WIDTH_FLOOR);
}

/** The one range function of decision, execution, simulation and display. Null for an invalid price, force or parameter. */
export function computeRange(input: RangeInput): PriceRange | null {
  const { price, forces, params, widenFactor, minWidth } = input;
  if (!Number.isFinite(price) || price <= 0) return null;
  if (!Number.isFinite(forces.v) || !Number.isFinite(forces.m) || !Number.isFinite(forces.t)) return null;
  const v = clamp(forces.v, 0, 100);
  const lean = computeLean(v, clamp(forces.m, 0, 100), clamp(forces.t, 0, 100));
  const width = clamp(computeBaseWidth(v, params) * widenFactor, minWidth, MAX_WIDTH);
  if (!Number.isFinite(width) || width <= 0) return null;
  const stretch = 1 + Math.abs(lean.bias);
  const up = lean.bias > 0 ? width * stretch : lean.bias < 0 ? width / stretch : width;
  const down = lean.bias > 0 ? width / stretch : lean.bias < 0 ? width * stretch : width;
  const min = price * Math.exp(-down);
  const max = price * Math.exp(up);
  if (!(min > 0) || !(max > min) || !Number.isFinite(max)) return null;
  return { min, max, width, ...lean, breadth: (max - min) / price };
}

/**
 * Divergence 0..1 of [aMin,aMax] and [bMin,bMax] in log price: |W1-W2|/max(W1,W2) + |C1-C2|/((W1+W2)/2), at most 1.
 * Both must be effective price ranges. Invalid, non-positive or inverted bounds give 1.
 */
export function computeDivergence(
  a: { readonly min: number; readonly max: number },
  b: { readonly min: number; readonly max: number },
): number {
  if (!isRange(a) || !isRange(b)) return 1;
  return logDivergence(Math.log(a.min), Math.log(a.max), Math.log(b.min), Math.log(b.max));
}

/** Divergence of two ranges given by valid log bounds. */
export function logDivergence(aMin: number, aMax: number, bMin: number, bMax: number): number {
  const aWidth = aMax - aMin;
  const bWidth = bMax - bMin;
  const shift = Math.abs((aMin + aMax) / 2 - (bMin + bMax) / 2);
  const widest = Math.max(aWidth, bWidth);
  if (widest === 0) return shift === 0 ? 0 : 1;
  return Math.min(1, Math.abs(aWidth - bWidth) / widest + shift / ((aWidth + bWidth) / 2));
}

function isRange(range: { readonly min: number; readonly max: number }): boolean {
  return range.min > 0 && range.max >= range.min && Number.isFinite(range.max);
}
