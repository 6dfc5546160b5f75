// Which pair and which span a report is of, in the address of the page; several pairs are first shown together.
"use client";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { MONEY_PERIODS, type MoneyPeriod } from "@/lib/api/money-periods";

export const ALL_PAIRS = "all";

const PARSERS = {
  pair: parseAsString,
  span: parseAsStringLiteral(MONEY_PERIODS).withDefault("30d"),
};

export interface ReportChoice {
  /** What the address says; null: nothing. */
  readonly pair: string | null;
  readonly span: MoneyPeriod;
  readonly choose: (change: { readonly pair?: string; readonly span?: MoneyPeriod }) => void;
}

export function useReportChoice(): ReportChoice {
  const [choice, setChoice] = useQueryStates(PARSERS);
  return { ...choice, choose: (change) => void setChoice(change) };
}
