// Token amounts from raw decimal strings, exact: six significant digits to read, the full value on hover.
import { groupDigits, MINUS, UNKNOWN } from "./number";

interface Decimal {
  readonly negative: boolean;
  /** Digits of the raw amount without sign and without leading zeros; "0" for zero. */
  readonly digits: string;
}

function parseRaw(raw: string): Decimal | null {
  const match = /^(-?)(\d+)$/.exec(raw);
  if (match === null) return null;
  const digits = (match[2] ?? "0").replace(/^0+(?=\d)/, "");
  return { negative: match[1] === "-" && digits !== "0", digits };
}

/** Plain decimal text of `digits` with the point `decimals` places from the right. */
function place(digits: string, decimals: number): string {
  if (decimals <= 0) return digits + "0".repeat(-decimals);
  const padded = digits.padStart(decimals + 1, "0");
  return `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** Every digit: `17.605712345678901234`; a dash for what is not an integer string. */
export function formatTokenExact(raw: string | null | undefined, decimals: number): string {
  const parsed = raw === null || raw === undefined ? null : parseRaw(raw);
  if (parsed === null) return UNKNOWN;
  return (parsed.negative ? MINUS : "") + groupDigits(trim(place(parsed.digits, decimals)));
}

/** Six significant digits, rounded half up on the exact integer: `17.6057`, `102,093`, `0.00000123457`. */
export function formatToken(raw: string | null | undefined, decimals: number, significant = 6): string {
  const parsed = raw === null || raw === undefined ? null : parseRaw(raw);
  if (parsed === null) return UNKNOWN;
  if (parsed.digits === "0") return "0";
  // Whole digits are never rounded away: 1,234,567 tokens keep all seven.
  const wholeDigits = Math.max(0, parsed.digits.length - decimals);
  const drop = parsed.digits.length - Math.max(significant, wholeDigits);
  let digits = parsed.digits;
  let scale = decimals;
  if (drop > 0) {
    const unit = 10n ** BigInt(drop);
    digits = ((BigInt(digits) + unit / 2n) / unit).toString();
    scale = decimals - drop;
  }
  return (parsed.negative ? MINUS : "") + groupDigits(trim(place(digits, scale)));
}

/** As formatToken, with a plus for what comes in: `+0.0421`, `−12.5`. */
export function formatSignedToken(raw: string | null | undefined, decimals: number): string {
  const text = formatToken(raw, decimals);
  return text === UNKNOWN || text === "0" || text.startsWith(MINUS) ? text : `+${text}`;
}
