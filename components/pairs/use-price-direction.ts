// One price direction per page, kept in the URL: every number, chart and input of the pair follows it.
"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useMemo, useState } from "react";
import {
  formatPrice,
  formatRange,
  inDirection,
  priceDecimals,
  rangeInDirection,
  type PriceDirection,
} from "@/lib/format/price";

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

/** The same object until the direction or the decimals change: a block's price draws nothing again that does not show it. */
export function usePriceDirection({
  base,
  quote,
  price,
}: {
  readonly base: string;
  readonly quote: string;
  /** Decides how many decimals everything shows. */
  readonly price: number | null;
}): PriceView {
  const [direction, setDirection] = useQueryState(
    "price",
    parseAsStringLiteral(DIRECTIONS).withDefault("quote_per_base"),
  );
  const now = inDirection(price, direction);
  const [reference, setReference] = useState(now);
  if (now !== null && (reference === null || priceDecimals(now) !== priceDecimals(reference))) setReference(now);
  return useMemo(() => {
    const isDirect = direction === "quote_per_base";
    return {
      direction,
      toggle: () => void setDirection(isDirect ? "base_per_quote" : "quote_per_base"),
      unit: isDirect ? `${quote} per ${base}` : `${base} per ${quote}`,
      value: (each) => inDirection(each, direction),
      range: (lower, upper) => rangeInDirection(lower, upper, direction),
      text: (each) => formatPrice(inDirection(each, direction), reference),
      rangeText: (lower, upper) => {
        const range = rangeInDirection(lower, upper, direction);
        return formatRange(range?.lower, range?.upper, reference);
      },
      plain: (each) => formatPrice(each, reference),
    };
  }, [base, quote, direction, reference, setDirection]);
}
