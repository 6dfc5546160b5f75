// What to save, in the address of the page: whose entries, which period and zone, and how gains are counted.
"use client";
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { GAIN_METHODS, type GainMethod } from "@/lib/ledger/lots";
import { isZone, PERIODS, type Period } from "./ledger-period";

const SCOPES = ["pair", "all"] as const;

interface Choice {
  readonly of: (typeof SCOPES)[number];
  readonly period: Period;
  readonly zone: string;
  readonly gains: boolean;
  readonly method: GainMethod;
  readonly currency: string;
}

export interface ExportChoice extends Choice {
  readonly choose: (change: Partial<Choice>) => void;
}

const PARSERS = {
  of: parseAsStringLiteral(SCOPES).withDefault("pair"),
  period: parseAsStringLiteral(PERIODS).withDefault("all"),
  zone: parseAsString.withDefault("UTC"),
  /** Counted only when asked: it reads the whole ledger. */
  gains: parseAsBoolean.withDefault(false),
  method: parseAsStringLiteral(GAIN_METHODS).withDefault("fifo"),
  currency: parseAsString.withDefault("USD"),
};

export function useExportChoice(): ExportChoice {
  const [choice, setChoice] = useQueryStates(PARSERS);
  return {
    ...choice,
    zone: isZone(choice.zone) ? choice.zone : "UTC",
    choose: (change) => void setChoice(change),
  };
}
