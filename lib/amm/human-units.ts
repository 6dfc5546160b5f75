// Between raw integers of the chain and whole tokens of the strategy; the place where a bigint becomes a number.
import { decimalOf, scaleByPowerOfTen } from "@/lib/math/fixed-point";

/** Whole tokens of a raw amount. */
export function humanAmount(raw: bigint, decimals: number): number {
  return Number(raw) / 10 ** decimals;
}

/** Raw amount of whole tokens, rounded down from the number's shortest decimal; 0n for anything not positive and finite. */
export function rawAmount(amount: number, decimals: number): bigint {
  const decimal = decimalOf(amount);
  if (decimal === null) return 0n;
  const scaled = scaleByPowerOfTen(decimal, decimals);
  return scaled.numerator / scaled.denominator;
}

/** Human liquidity: rawL / 10^((dec0 + dec1) / 2) (strategy.md section 6). */
export function humanLiquidity(rawLiquidity: bigint, dec0: number, dec1: number): number {
  return Number(rawLiquidity) / 10 ** ((dec0 + dec1) / 2);
}
