// Figures of gains as people read them: dollars with cents, other currencies with six significant digits and their name.
import { groupDigits, isKnown, MINUS, NARROW_SPACE, signOf, UNKNOWN } from "@/lib/format/number";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { US_DOLLARS } from "@/lib/ledger/unit-prices";

const SIGNIFICANT = 6;
const MOST_DECIMALS = 18;

export function moneyText(value: number | null, currency: string, form: "plain" | "signed" = "plain"): string {
  if (!isKnown(value)) return UNKNOWN;
  if (currency === US_DOLLARS) return form === "signed" ? formatSignedUsd(value) : formatUsd(value);
  const digits = significant(Math.abs(value));
  const sign = form === "signed" ? signOf(value, digits) : value < 0 && !isNought(digits) ? MINUS : "";
  return `${sign}${groupDigits(digits)}${NARROW_SPACE}${currency}`;
}

/** An exact decimal text with what is beyond six significant digits left away. */
export function amountText(exact: string): string {
  const [whole = "0", fraction = ""] = exact.split(".");
  const wholeDigits = whole.replace(/^-?0*/, "").length;
  const zeros = wholeDigits > 0 ? 0 : (/^0*/.exec(fraction)?.[0].length ?? 0);
  const kept = fraction.slice(0, zeros + Math.max(0, SIGNIFICANT - wholeDigits)).replace(/0+$/, "");
  return groupDigits(kept === "" ? whole : `${whole}.${kept}`).replace(/^-/, MINUS);
}

/** `0`, `0.00`, `$0.00`: nothing but zeros. */
export function isNought(text: string): boolean {
  return !/[1-9]/.test(text);
}

function significant(magnitude: number): string {
  if (magnitude === 0) return "0";
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, SIGNIFICANT - 1 - Math.floor(Math.log10(magnitude))));
  const text = magnitude.toFixed(decimals);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}
