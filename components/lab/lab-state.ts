// What the lab keeps in the address: run, the run it is compared with, twin, tab, and the order of the table.
"use client";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { TWIN_NAMES } from "@/lib/backtest/twin-names";
import { TWIN_COLUMN_KEYS } from "./lab-numbers";
import { SAMPLE_ID } from "./sample-id";

export const LAB_TABS = ["result", "range", "decisions", "windows", "compare"] as const;
export type LabTab = (typeof LAB_TABS)[number];
export const DECISION_KINDS = ["all", "RS", "PRA", "HOLD"] as const;

const PARSERS = {
  run: parseAsString.withDefault(SAMPLE_ID),
  with: parseAsString,
  twin: parseAsStringLiteral(TWIN_NAMES),
  tab: parseAsStringLiteral(LAB_TABS).withDefault("result"),
  kind: parseAsStringLiteral(DECISION_KINDS).withDefault("all"),
  sort: parseAsStringLiteral(TWIN_COLUMN_KEYS).withDefault("netUsd"),
  order: parseAsStringLiteral(["desc", "asc"]).withDefault("desc"),
};

export function useLabState() {
  return useQueryStates(PARSERS);
}
export type LabState = ReturnType<typeof useLabState>[0];
export type SetLabState = ReturnType<typeof useLabState>[1];
