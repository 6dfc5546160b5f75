// What the page and the lab's worker say to each other; the worker's words are checked like anything from outside.
import * as z from "zod";
import type { CandleColumns } from "@/lib/api/candle-columns";
import { backtestReportSchema } from "@/lib/backtest/report";
import type { LabRequest } from "./lab-form";

/** Candles and pool data as the page hands them over; files are opened and unpacked in the worker. */
export type LabData =
  | { readonly kind: "files"; readonly candles: Blob | null; readonly poolMinutes: Blob | null }
  /** What the running system recorded: minutes of all its venues, merged. */
  | { readonly kind: "recorded"; readonly candles: CandleColumns; readonly venues: readonly string[] }
  /** The pool's own candles from outside; `notes` say from where and what was done to them. */
  | { readonly kind: "pool"; readonly candles: CandleColumns; readonly notes: readonly string[] };

export interface RunCommand {
  readonly request: LabRequest;
  readonly data: LabData;
}

export const runMessageSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("progress"), stage: z.string(), doneFrac: z.number() }),
  z.object({ kind: z.literal("done"), report: backtestReportSchema }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);
export type RunMessage = z.infer<typeof runMessageSchema>;
