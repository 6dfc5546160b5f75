// Small statistics on plain numbers: mean, population deviation, medians.

/** `lo` when value is below it, `hi` above it; NaN stays NaN so that a validity test can see it. */
export function clamp(value: number, lo: number, hi: number): number {
  return value < lo ? lo : value > hi ? hi : value;
}

/** Arithmetic mean; 0 for an empty list. */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]!;
  return sum / values.length;
}

/** Population standard deviation (divides by n); 0 for an empty list. */
export function populationStd(values: ArrayLike<number>): number {
  if (values.length === 0) return 0;
  const centre = mean(values);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index]! - centre) ** 2;
  return Math.sqrt(sum / values.length);
}

/** Median; the mean of the two middle values when their count is even, null for an empty list. */
export function median(values: ArrayLike<number>): number | null {
  const count = values.length;
  if (count === 0) return null;
  const sorted = Float64Array.from(values).toSorted();
  const middle = count >> 1;
  return count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Weighted lower median: sorted by (value, weight), the first value whose cumulative weight doubled reaches the total.
 * Null for an empty list.
 */
export function weightedLowerMedian(values: readonly number[], weights: readonly number[]): number | null {
  if (values.length === 0) return null;
  const order = values
    .map((_, index) => index)
    .toSorted((left, right) => values[left]! - values[right]! || weights[left]! - weights[right]!);
  let total = 0;
  for (const index of order) total += weights[index]!;
  let cumulative = 0;
  for (const index of order) {
    cumulative += weights[index]!;
    if (cumulative * 2 >= total) return values[index]!;
  }
  return values[order.at(-1)!]!;
}
