// The normal distribution: density, and a cumulative function with an absolute error below 1e-10.

const INV_SQRT_2PI = 0.398_942_280_401_432_7;
/** Below this argument the series converges quickly, above it the continued fraction does. */
const SERIES_LIMIT = 3;

/** Density of the standard normal distribution. */
export function normalPdf(x: number): number {
  return INV_SQRT_2PI * Math.exp(-0.5 * x * x);
}

/**
 * Cumulative standard normal distribution. Below 3 in absolute value the series
 * Phi(x) = 1/2 + phi(x) * (x + x^3/3 + x^5/(3*5) + ...), above it the continued fraction of the upper tail
 * phi(x) / (x + 1/(x + 2/(x + 3/(x + ...)))). NaN gives NaN.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const size = Math.abs(x);
  if (size > 38) return x > 0 ? 1 : 0;
  if (size <= SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let odd = 3; odd < 400; odd += 2) {
      term *= (x * x) / odd;
      sum += term;
      if (Math.abs(term) <= 1e-17 * Math.abs(sum)) break;
    }
    return 0.5 + sum * normalPdf(x);
  }
  const tail = upperTail(size);
  return x > 0 ? 1 - tail : tail;
}

/** Probability above x for x > 3, by the continued fraction evaluated from the far end. */
function upperTail(x: number): number {
  let fraction = x;
  for (let level = 120; level >= 1; level -= 1) fraction = x + level / fraction;
  return normalPdf(x) / fraction;
}
