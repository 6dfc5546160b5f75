// One price direction per page, kept in the URL: every number, chart and input of the pair follows it.
"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { formatPrice, formatRange, inDirection, rangeInDirection, type PriceDirection } from "@/lib/format/price";

const DIRECTIONS = ["quote_per_base", "base_per_quote"] as const satisfies readonly PriceDirection[];

export interface PriceView {
  readonly direction: PriceDirection;
  readonly toggle: () => void;
  /** `USDC per WETH`. */
  readonly unit: string;
  /** A QUOTE-per-BASE price in the chosen direction. */
  readonly value: (price: number | null | undefined) => number | null;
  readonly range: (
    lower: number | null | undefined,
    upper: number | null | undefined,
  ) => { readonly lower: number; readonly upper: number } | null;
  /** Text of a QUOTE-per-BASE price. */
  readonly text: (price: number | null | undefined) => string;
  readonly rangeText: (lower: number | null | undefined, upper: number | null | undefined) => string;
  /** Text of a price that is in the chosen direction already. */
  readonly plain: (price: number) => string;
}

export function usePriceDirection(pair: {
  readonly base: string;
  readonly quote: string;
  /** Decides how many decimals everything shows. */
  readonly price: number | null;
}): PriceView {
  const [direction, setDirection] = useQueryState(
    "price",
    parseAsStringLiteral(DIRECTIONS).withDefault("quote_per_base"),
  );
  const reference = inDirection(pair.price, direction);
  const isDirect = direction === "quote_per_base";
  return {
    direction,
    toggle: () => void setDirection(isDirect ? "base_per_quote" : "quote_per_base"),
    unit: isDirect ? `${pair.quote} per ${pair.base}` : `${pair.base} per ${pair.quote}`,
    value: (price) => inDirection(price, direction),
    range: (lower, upper) => rangeInDirection(lower, upper, direction),
    text: (price) => formatPrice(inDirection(price, direction), reference),
    rangeText: (lower, upper) => {
      const range = rangeInDirection(lower, upper, direction);
      return formatRange(range?.lower, range?.upper, reference);
    },
    plain: (price) => formatPrice(price, reference),
  };
}
