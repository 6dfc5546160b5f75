// What the execution of one plan did: every op as the signer ended it, what it cost, how long it took, and why it stopped.
import * as z from "zod";

export const executedOpSchema = z.object({
  index: z.number().int(),
  kind: z.string(),
  /** The signer's last word; null when the op was never started. */
  state: z.string().nullable(),
  txHash: z.string().nullable(),
  gasUsd: z.number().nullable(),
  durationMs: z.number(),
  /** How often a quote was asked for; 0 for all but swaps. */
  quotesCount: z.number().int(),
  /** Why it was skipped, refused or failed; null when it went through. */
  note: z.string().nullable(),
});
export type ExecutedOp = z.infer<typeof executedOpSchema>;

export const executionReportSchema = z.object({
  version: z.literal(1),
  planId: z.string(),
  pairId: z.string(),
  kind: z.enum(["PRA", "RS"]),
  /** `interrupted`: asked to stop between two ops, the plan stays open and is resumed; the rest are ends of the plan. */
  outcome: z.enum(["done", "partial", "voided", "interrupted"]),
  reason: z.string(),
  ops: z.array(executedOpSchema),
  gasUsd: z.number(),
  gasUsedUnits: z.string().regex(/^\d+$/),
  /** Value sold less value bought at the CEX price of that moment, US dollars. */
  swapCostUsd: z.number(),
  swappedUsd: z.number(),
  startedAtMs: z.number(),
  durationMs: z.number(),
});
export type ExecutionReport = z.infer<typeof executionReportSchema>;
