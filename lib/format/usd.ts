// US dollars as people read them: two decimals, two significant digits under a cent, a sign where the sign is the point.
import { fixedDigits, groupDigits, isKnown, MINUS, signOf, tinyDigits, UNKNOWN } from "./number";

function digitsOf(magnitude: number): string {
  if (magnitude > 0 && magnitude < 0.01) return tinyDigits(magnitude);
  return groupDigits(fixedDigits(magnitude, 2));
}

/** `$1,058.78`, `$0.0042`, `−$3.20`; a dash when unknown. */
export function formatUsd(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return `${value < 0 ? MINUS : ""}$${digitsOf(Math.abs(value))}`;
}

/** `+$1,488.40`, `−$214.77`, `$0.00`; a dash when unknown. */
export function formatSignedUsd(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  const digits = digitsOf(Math.abs(value));
  return `${signOf(value, digits)}$${digits}`;
}

/** Whole dollars, for phone rows where cents do not fit: `$172,347`. Under 100 dollars the cents stay. */
export function formatUsdWhole(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  if (Math.abs(value) < 100) return formatUsd(value);
  return `${value < 0 ? MINUS : ""}$${groupDigits(fixedDigits(Math.abs(value), 0))}`;
}

const STEPS = [
  { from: 1e9, unit: "B" },
  { from: 1e6, unit: "M" },
  { from: 1e3, unit: "k" },
] as const;

function shorten(magnitude: number): string {
  // 999,950 would round to 1000k: move to the next unit from where rounding at two decimals carries.
  const step = STEPS.find(({ from }) => magnitude >= from * 0.999995);
  if (step === undefined)
    return magnitude > 0 && magnitude < 0.01 ? tinyDigits(magnitude) : trimZeros(magnitude.toFixed(2));
  return `${trimZeros(fixedDigits(magnitude / step.from, 2))}${step.unit}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** Axis labels only: `$1.24M`, `−$2k`. Tables never shorten. */
export function formatUsdAxis(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  return `${value < 0 ? MINUS : ""}$${shorten(Math.abs(value))}`;
}

/** Signed axis labels: `+2k`, `−450`, `0`. */
export function formatSignedAxis(value: number | null | undefined): string {
  if (!isKnown(value)) return UNKNOWN;
  const digits = shorten(Math.abs(value));
  return `${signOf(value, digits)}${digits}`;
}
