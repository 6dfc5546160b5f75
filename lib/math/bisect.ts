// Bisection with a fixed number of halvings, so that every machine ends on the same number.

/**
 * Smallest point of [lo, hi] where `isEnough` holds, for a predicate that turns from false to true once.
 * Returns the upper end after `steps` halvings: the predicate held there (or was never true below hi).
 */
export function bisectUpper(lo: number, hi: number, steps: number, isEnough: (x: number) => boolean): number {
  let low = lo;
  let high = hi;
  for (let step = 0; step < steps; step += 1) {
    const middle = (low + high) / 2;
    const isLast = middle === low || middle === high;
    if (isEnough(middle)) high = middle;
    else low = middle;
    // No double lies between the ends any more: further halvings would change nothing.
    if (isLast) break;
  }
  return high;
}
