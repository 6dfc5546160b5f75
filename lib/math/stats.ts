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
 * Median of the first `count` values of a scratch array, which it reorders (Hoare's selection); the mean of the two middle values
 * when their count is even, null for none. The values must be numbers, not NaN.
 */
export function medianInPlace(scratch: Float64Array, count: number): number | null {
  if (count === 0) return null;
  const middle = count >> 1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = scratch[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (scratch[left]! < pivot) left += 1;
      while (scratch[right]! > pivot) right -= 1;
      if (left > right) break;
      const swapped = scratch[left]!;
      scratch[left] = scratch[right]!;
      scratch[right] = swapped;
      left += 1;
      right -= 1;
    }
    if (middle <= right) high = right;
    else if (middle >= left) low = left;
    else break;
  }
  const upper = scratch[middle]!;
  if (count % 2 === 1) return upper;
  let lower = scratch[0]!;
  for (let index = 1; index < middle; index += 1) if (scratch[index]! > lower) lower = scratch[index]!;
  return (lower + upper) / 2;
}

/**
 * Weighted lower median: sorted by (value, weight), the first value whose cumulative weight doubled reaches the total.
 * Null for an empty list.
 */
export function weightedLowerMedian(values: readonly number[], weights: readonly number[]): number | null {
  if (values.length === 0) return null;
  // Insertion sort of copies: the lists hold one entry per venue, and this runs four times per minute of history.
  const sorted = values.slice();
  const sortedWeights = weights.slice();
  let total = sortedWeights[0]!;
  for (let index = 1; index < sorted.length; index += 1) {
    const value = sorted[index]!;
    const weight = sortedWeights[index]!;
    total += weight;
    let slot = index;
    while (
      slot > 0 &&
      (sorted[slot - 1]! > value || (value === sorted[slot - 1]! && sortedWeights[slot - 1]! > weight))
    ) {
      sorted[slot] = sorted[slot - 1]!;
      sortedWeights[slot] = sortedWeights[slot - 1]!;
      slot -= 1;
    }
    sorted[slot] = value;
    sortedWeights[slot] = weight;
  }
  let cumulative = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    cumulative += sortedWeights[index]!;
    if (cumulative * 2 >= total) return sorted[index]!;
  }
  return sorted.at(-1)!;
}
