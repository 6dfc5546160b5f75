// Liquidity Book bins: ids of a price range and the price range of ids (Liquidity Book whitepaper, price = (1 + step)^(id - 2^23)).
import type { PriceFrame } from "./sqrt-price";

/** Id of the bin at raw price 1. */
const CENTRE_BIN_ID = 2 ** 23;
const MAX_BIN_ID = 2 ** 24 - 1;

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
