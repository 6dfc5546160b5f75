// The one place where 0..1 becomes a percentage; basis points for fees and slippage.
import { fixedDigits, groupDigits, isKnown, MINUS, NARROW_SPACE, signOf, UNKNOWN } from "./number";

function digitsOf(frac: number, decimals: number): string {
  const magnitude = Math.abs(frac) * 100;
  const digits = fixedDigits(magnitude, decimals);
  if (magnitude > 0 && !/[1-9]/.test(digits)) return `<${(10 ** -decimals).toFixed(decimals)}`;
  return groupDigits(digits);
}

/** `2.71 %` from 0.0271; something that is not zero never shows as zero (`<0.01 %`). */
export function formatPercent(frac: number | null | undefined, decimals = 2): string {
  if (!isKnown(frac) || !isKnown(frac * 100)) return UNKNOWN;
  const digits = digitsOf(frac, decimals);
  return `${frac < 0 ? MINUS : ""}${digits}${NARROW_SPACE}%`;
}

/** `+4.21 %`, `−0.67 %`. */
export function formatSignedPercent(frac: number | null | undefined, decimals = 2): string {
  if (!isKnown(frac) || !isKnown(frac * 100)) return UNKNOWN;
  const digits = digitsOf(frac, decimals);
  return `${signOf(frac, digits)}${digits}${NARROW_SPACE}%`;
}

/** `30 bp` from 0.0030. */
export function formatBps(frac: number | null | undefined): string {
  if (!isKnown(frac)) return UNKNOWN;
  if (!isKnown(frac * 10_000)) return UNKNOWN;
  const digits = fixedDigits(Math.abs(frac) * 10_000, 1).replace(/\.0$/, "");
  return `${frac < 0 && digits !== "0" ? MINUS : ""}${groupDigits(digits)}${NARROW_SPACE}bp`;
}

/** Pool fee of 1/1 000 000: `0.05 %`, `0.3 %`. */
export function formatFeePips(feePips: number | null | undefined): string {
  if (!isKnown(feePips)) return UNKNOWN;
  return `${(feePips / 10_000).toFixed(4).replace(/\.?0+$/, "")}${NARROW_SPACE}%`;
}
