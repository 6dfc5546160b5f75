// Exact integer and rational arithmetic on bigint: roots, rounding divisions, and the decimal value of a double.

/** A non-negative rational number. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Quotient rounded up, for non-negative operands. */
export function ceilDiv(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

/** Largest integer whose square is at most `value` (0 for values below 1). */
export function floorSqrt(value: bigint): bigint {
  if (value < 1n) return 0n;
  const bits = BigInt(value.toString(2).length);
  let root = 1n << ((bits + 1n) / 2n);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * The double read as its shortest decimal (the digits JavaScript prints), as an exact fraction.
 * Null for anything that is not a positive finite number.
 */
export function decimalOf(value: number): Rational | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  const [mantissa = "", exponentText = "0"] = value.toString().toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = BigInt(whole + fraction);
  const exponent = Number(exponentText) - fraction.length;
  return exponent >= 0
    ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
}

/** The fraction times 10^exponent. */
export function scaleByPowerOfTen(value: Rational, exponent: number): Rational {
  return exponent >= 0
    ? { numerator: value.numerator * 10n ** BigInt(exponent), denominator: value.denominator }
    : { numerator: value.numerator, denominator: value.denominator * 10n ** BigInt(-exponent) };
}
