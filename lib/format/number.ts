// Building blocks of every displayed number: grouping, the true minus, the narrow no-break space and the dash for unknown.

/** U+2212, the true minus. */
export const MINUS = "\u2212";
/** U+202F, narrow no-break space before a percent sign and units. */
export const NARROW_SPACE = "\u202f";
/** What stands where a value is unknown; its reason goes beside it or on hover. */
export const UNKNOWN = "\u2013";

/** A number that can be shown: not null, not undefined, finite. */
export function isKnown(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Thousands separators into a plain decimal string of digits with an optional fraction. */
export function groupDigits(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Fixed decimals without sign; `toFixed` turns to exponents at 1e21, BigInt does not. */
export function fixedDigits(magnitude: number, decimals: number): string {
  if (magnitude < 1e21) return magnitude.toFixed(decimals);
  return BigInt(Math.round(magnitude)).toString();
}

/** Magnitude grouped at fixed decimals, minus in front when the shown digits are not all zero. */
export function formatFixed(value: number | null | undefined, decimals: number): string {
  if (!isKnown(value)) return UNKNOWN;
  const digits = fixedDigits(Math.abs(value), decimals);
  return (value < 0 && /[1-9]/.test(digits) ? MINUS : "") + groupDigits(digits);
}

/** The sign of a signed figure: plus, true minus, or nothing when what is shown is zero. */
export function signOf(value: number, digits: string): string {
  if (!/[1-9]/.test(digits)) return "";
  return value < 0 ? MINUS : "+";
}

/** Digits of a positive magnitude below one at two significant places, e.g. 0.0042; never a false zero. */
export function tinyDigits(magnitude: number): string {
  if (magnitude === 0) return "0";
  const decimals = Math.min(18, 1 - Math.floor(Math.log10(magnitude)));
  return magnitude.toFixed(decimals);
}

/** A count or another integer, grouped, with a true minus: `−197,510`. */
export function formatInteger(value: number | null | undefined): string {
  return formatFixed(value, 0);
}

/** Sentences of the worker carry prices with every digit of a float; six say as much to a person. */
export function shortFigures(text: string): string {
  return text.replace(/\d+\.\d{7,}/g, (figure) => String(Number(Number(figure).toPrecision(6))));
}
