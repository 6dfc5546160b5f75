// Between human prices (QUOTE per BASE) and pool square root prices (raw token1 per raw token0, Q64.96).
import { decimalOf, floorSqrt, scaleByPowerOfTen } from "@/lib/math/fixed-point";
import { MAX_SQRT_X96, MIN_SQRT_X96 } from "./tick-math";

/** What the direction of a pool's price depends on. */
export interface PriceFrame {
  readonly decBase: number;
  readonly decQuote: number;
  /** BASE sorts below QUOTE as an address. */
  readonly baseIsToken0: boolean;
}

const TWO_96 = 2 ** 96;

/** Whether BASE is token0: its address, read as an unsigned integer, is the smaller one. */
export function isBaseToken0(baseAddress: string, quoteAddress: string): boolean {
  return BigInt(baseAddress) < BigInt(quoteAddress);
}

/**
 * floor(sqrt(raw * 2^192)), raw = price * 10^(decQuote - decBase), inverted when BASE is token1, with the price read as its
 * shortest decimal and exact rational arithmetic, clamped to [MIN, MAX-1]. Null for a price that is not positive and finite.
 */
export function priceToSqrt(price: number, frame: PriceFrame): bigint | null {
  const decimal = decimalOf(price);
  if (decimal === null) return null;
  const raw = scaleByPowerOfTen(decimal, frame.decQuote - frame.decBase);
  const root = frame.baseIsToken0
    ? floorSqrt((raw.numerator << 192n) / raw.denominator)
    : floorSqrt((raw.denominator << 192n) / raw.numerator);
  return clampSqrt(root);
}

/** Human price of a pool square root price; relative error a few 1e-16. */
export function sqrtToPrice(sqrtX96: bigint, frame: PriceFrame): number {
  const root = Number(sqrtX96) / TWO_96;
  const rawPrice1Per0 = root * root;
  const scale = 10 ** (frame.decBase - frame.decQuote);
  return frame.baseIsToken0 ? rawPrice1Per0 * scale : scale / rawPrice1Per0;
}

/** The nearest square root price a pool can have. */
export function clampSqrt(sqrtX96: bigint): bigint {
  if (sqrtX96 < MIN_SQRT_X96) return MIN_SQRT_X96;
  return sqrtX96 > MAX_SQRT_X96 - 1n ? MAX_SQRT_X96 - 1n : sqrtX96;
}
