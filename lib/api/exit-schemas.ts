// The way out as the desk shows it: what was ordered, what its worker did last, when it was rehearsed, and whether each chain has the gas.
import * as z from "zod";
import { exitOrderSchema } from "./signer-contract";

const decimal = z.string().regex(/^\d+$/);

/** The worker's last try at an ordered exit. */
export const exitRunSchema = z.object({
  commandId: z.string(),
  atMs: z.number(),
  planId: z.string().nullable(),
  outcome: z.enum(["done", "partial", "voided", "interrupted", "nothing", "failed"]),
  reason: z.string(),
  /** What could not be read or closed, in words. */
  left: z.array(z.string()),
  /** Wall ms of the next try; null when nothing is left to try. */
  retryAtMs: z.number().nullable(),
});
export type ExitRun = z.infer<typeof exitRunSchema>;

/** The exit of a pair tried on copies of its chains; nothing was signed. */
export const exitRehearsalSchema = z.object({
  atMs: z.number(),
  isOk: z.boolean(),
  steps: z.number().int(),
  method: z.enum(["eth_simulateV1", "fork", "none"]),
  detail: z.string(),
  /** Gas of all steps at the gas price of that moment, in the chain's own coin. */
  gas: z.array(z.object({ chainId: z.number().int(), gasUsed: decimal, costRaw: decimal })),
});
export type ExitRehearsal = z.infer<typeof exitRehearsalSchema>;

export const exitSchema = z.object({
  pairs: z.array(
    z.object({
      pairId: z.string(),
      positions: z.array(
        z.object({
          positionId: z.string(),
          label: z.string(),
          chainId: z.number().int(),
          valueUsd: z.number().nullable(),
        }),
      ),
      valueUsd: z.number().nullable(),
      openPlanId: z.string().nullable(),
      order: exitOrderSchema.nullable(),
      run: exitRunSchema.nullable(),
      rehearsal: exitRehearsalSchema.nullable(),
    }),
  ),
  chains: z.array(
    z.object({
      chainId: z.number().int(),
      name: z.string(),
      symbol: z.string(),
      decimals: z.number().int(),
      /** Null: the chain or the signer did not answer. */
      heldRaw: decimal.nullable(),
      /** Of the newest rehearsals; null: none yet. */
      neededRaw: decimal.nullable(),
    }),
  ),
  /** Tokens an exit can end in. */
  tokens: z.array(z.string()),
  openTransfers: z.number().int().nullable(),
  ledger: z.object({ checkedAtMs: z.number(), balanced: z.boolean(), sentence: z.string() }).nullable(),
  nowMs: z.number(),
});
export type ExitView = z.infer<typeof exitSchema>;
