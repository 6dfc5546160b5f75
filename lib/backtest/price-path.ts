// Price path: how much of a minute's netted way through prices lies inside a range, without allocating.
import { pathInRangeFrac } from "./replay/minute-fees";

/** A pool's way through an interval, QUOTE per BASE: where it began, its extremes, where it ended. */
export interface PricePath {
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly price: number;
}

/** Filled anew by every call: the loop over minutes creates nothing. */
const logPath = { start: 0, low: 0, high: 0, close: 0 };

/**
 * Part (0..1) of the way start -> one extreme -> the other -> end, measured in log price, that lies in [lower, upper]. A path
 * without length is in or out.
 */
export function pricePathInside(path: PricePath, lower: number, upper: number): number {
  const { start, low, high, price } = path;
  // Most minutes lie wholly on one side: no logarithm is needed for them.
  if (low >= lower && start >= lower && price >= lower && high <= upper && start <= upper && price <= upper) return 1;
  if (high <= lower && start <= lower && price <= lower) return 0;
  if (low >= upper && start >= upper && price >= upper) return 0;
  logPath.start = Math.log(start);
  logPath.low = Math.log(low);
  logPath.high = Math.log(high);
  logPath.close = Math.log(price);
  return pathInRangeFrac(logPath, Math.log(lower), Math.log(upper));
}
