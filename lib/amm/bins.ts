// Liquidity Book bins: ids of a price range and the price range of ids (Liquidity Book whitepaper, price = (1 + step)^(id - 2^23)).
import type { PriceFrame } from "./sqrt-price";

/** Id of the bin at raw price 1. */
export const CENTRE_BIN_ID = 2 ** 23;
export const MAX_BIN_ID = 2 ** 24 - 1;
const SCALE = 1n << 128n;
const MAX_UINT256 = (1n << 256n) - 1n;
/** Powers beyond this are refused by the contracts too. */
const MAX_EXPONENT = 0x100000;

/**
 * Bins that contain [min, max] in QUOTE per BASE: z = 2^23 + ln(raw price)/ln(1 + binStep/1e4), lower floor(z), upper ceil(z).
 * Raw price is raw tokenY per raw tokenX. Null for bounds that are not positive, finite and ordered, or outside the id space.
 */
export function rangeToBins(
  range: { readonly min: number; readonly max: number },
  binStepBps: number,
  frame: PriceFrame,
): { readonly lowerBinId: number; readonly upperBinId: number } | null {
  if (!(range.min > 0) || !(range.min <= range.max) || !Number.isFinite(range.max) || !(binStepBps > 0)) return null;
  const q = Math.log1p(binStepBps / 1e4);
  const zOfMin = CENTRE_BIN_ID + logRawPrice(range.min, frame) / q;
  const zOfMax = CENTRE_BIN_ID + logRawPrice(range.max, frame) / q;
  const lowerBinId = Math.floor(Math.min(zOfMin, zOfMax));
  const upperBinId = Math.ceil(Math.max(zOfMin, zOfMax));
  if (!(lowerBinId >= 0) || !(upperBinId <= MAX_BIN_ID)) return null;
  return { lowerBinId, upperBinId };
}

/** Effective price range of bins lower..upper: prices of the outer bins times exp(-+q/2), QUOTE per BASE. */
export function binsToRange(
  lowerBinId: number,
  upperBinId: number,
  binStepBps: number,
  frame: PriceFrame,
): { readonly min: number; readonly max: number } {
  const q = Math.log1p(binStepBps / 1e4);
  const logScale = (frame.decBase - frame.decQuote) * Math.LN10;
  const lowerLog = (lowerBinId - CENTRE_BIN_ID - 0.5) * q;
  const upperLog = (upperBinId - CENTRE_BIN_ID + 0.5) * q;
  return frame.baseIsToken0
    ? { min: Math.exp(lowerLog + logScale), max: Math.exp(upperLog + logScale) }
    : { min: Math.exp(logScale - upperLog), max: Math.exp(logScale - lowerLog) };
}

/** ln of raw tokenY per raw tokenX at a human price. */
function logRawPrice(price: number, frame: PriceFrame): number {
  const logRaw = Math.log(price) + (frame.decQuote - frame.decBase) * Math.LN10;
  return frame.baseIsToken0 ? logRaw : -logRaw;
}

/**
 * Price of a bin as its contracts compute it, raw tokenY per raw tokenX in 128.128: powers of 1 + step by squaring, each product rounded
 * down, a base above 1 by the inverse of its inverse (Liquidity Book's published fixed-point power). Null where the contracts refuse.
 */
export function binPriceX128(binId: number, binStepBps: number): bigint | null {
  const exponent = binId - CENTRE_BIN_ID;
  const size = Math.abs(exponent);
  if (!Number.isInteger(binId) || !(binStepBps > 0) || size >= MAX_EXPONENT) return null;
  const base = SCALE + (BigInt(binStepBps) << 128n) / 10_000n;
  if (exponent === 0) return SCALE;
  // The base is always above 1: the power is taken of its inverse, and turned over for positive exponents.
  let square = MAX_UINT256 / base;
  let result = SCALE;
  for (let rest = size; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) result = (result * square) >> 128n;
    square = (square * square) >> 128n;
  }
  if (result === 0n) return null;
  return exponent > 0 ? MAX_UINT256 / result : result;
}

/** Liquidity of a bin, 128.128: value of its reserves in raw tokenY. */
export function binLiquidity(priceX128: bigint, reserveX: bigint, reserveY: bigint): bigint {
  return priceX128 * reserveX + (reserveY << 128n);
}

/** Whole bins that a price move of `bandBps` crosses, at least 1: the smallest move there is may already change the active bin. */
export function binsWithinBand(bandBps: number, binStepBps: number): number {
  const bins = Math.floor(Math.log1p(Math.max(0, bandBps) / 1e4) / Math.log1p(binStepBps / 1e4));
  return Math.max(1, bins);
}
