// Record types of the journal and what each holds (safety.md section 3.3).
import * as z from "zod";
import { ENTRY_KINDS } from "@/lib/ledger/entries";
import { addressSchema, bytes32Schema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import { modeSchema } from "@/lib/registry/pair-settings";
import {
  TRANSFER_STATES,
  knownPositionSchema,
  opArgumentsSchema,
  orphanSchema,
  rehearsalSchema,
} from "@/lib/api/signer-contract";
import { planSchema, rawAmountSchema, stepSchema } from "@/lib/plan/plan";
import { planStatusSchema } from "@/lib/plan/plan-status";

const signedRaw = z.codec(z.string().regex(/^-?\d+$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
});
const op = { opId: z.string() };
const chainId = z.number().int().positive();
const at = { marketAtMs: z.number() };

export const entrySchema = z.object({
  account: z.templateLiteral([z.string()]),
  token: addressSchema,
  amountRaw: signedRaw,
  kind: z.enum(ENTRY_KINDS),
});

/** What a verified bridge operation starts; its id, source block and pair are the operation's. */
export const openedTransferSchema = z.object({
  bridge: z.string(),
  toChainId: chainId,
  tokenOut: addressSchema,
  minAmountOutRaw: rawAmountSchema,
  amountInRaw: rawAmountSchema,
  sourceTxHash: hexSchema,
});

/** Ledger entries of one chain. */
const legSchema = z.object({ chainId, entries: z.array(entrySchema) });

const feesSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("eip1559"),
    maxFeePerGasWei: rawAmountSchema,
    maxPriorityFeePerGasWei: rawAmountSchema,
  }),
  z.object({ kind: z.literal("legacy"), gasPriceWei: rawAmountSchema }),
]);

const spentSchema = z.object({
  gasUsed: rawAmountSchema,
  gasCostWei: rawAmountSchema,
  gasUsd: z.number().nullable(),
});

export const journalEntrySchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("PLAN"),
    body: z.object({
      planId: z.string(),
      planHash: bytes32Schema,
      plan: planSchema,
      mode: modeSchema,
      status: planStatusSchema,
      statusReason: z.string(),
      createdAtMs: z.number(),
      createdAtMarketMs: z.number(),
      expiresAtMs: z.number().nullable(),
      proposedBy: z.string(),
      approvalsNeeded: z.number().int(),
    }),
  }),
  z.object({
    type: z.literal("PLAN_STATUS"),
    body: z.object({ planId: z.string(), status: planStatusSchema, reason: z.string(), atMs: z.number(), ...at }),
  }),
  z.object({
    type: z.literal("INTENT"),
    body: z.object({
      ...op,
      planId: z.string(),
      pairId: pairIdSchema,
      index: z.number().int(),
      chainId,
      purposeKey: z.string(),
      step: stepSchema,
      args: opArgumentsSchema,
      /** True for revokes that the signer adds by itself. */
      isOwn: z.boolean(),
      atMs: z.number(),
    }),
  }),
  z.object({
    type: z.literal("PREPARED"),
    body: z.object({
      ...op,
      blockNumber: rawAmountSchema,
      blockHash: hexSchema,
      to: addressSchema,
      data: hexSchema,
      /** Native coin sent along: a bridge's quoted fee; missing means none. */
      valueRaw: rawAmountSchema.optional(),
      gas: rawAmountSchema,
      /** What was simulated: signed wallet deltas per token. */
      expected: z.array(z.object({ token: addressSchema, amountRaw: signedRaw })),
      minimums: z.array(z.object({ token: addressSchema, amountRaw: rawAmountSchema })),
      deadlineSec: z.number().nullable(),
      notionalUsd: z.number(),
      /** Swaps and bridges: where the same bytes were tried again before they were signed. */
      secondLook: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal("SIGNED"),
    body: z.object({
      ...op,
      attempt: z.number().int().positive(),
      kind: z.enum(["action", "cancel"]),
      nonce: z.number().int(),
      gas: rawAmountSchema,
      fees: feesSchema,
      hash: hexSchema,
      raw: hexSchema,
      atMs: z.number(),
    }),
  }),
  z.object({
    type: z.literal("SENT"),
    body: z.object({
      ...op,
      hash: hexSchema,
      atMs: z.number(),
      reason: z.enum(["first", "resent", "block_gone"]),
      answers: z.array(z.object({ endpoint: z.string(), accepted: z.boolean(), text: z.string() })),
    }),
  }),
  z.object({
    type: z.literal("INCLUDED"),
    body: z.object({
      ...op,
      hash: hexSchema,
      blockNumber: rawAmountSchema,
      blockHash: hexSchema,
      status: z.enum(["success", "reverted"]),
      atMs: z.number(),
    }),
  }),
  z.object({
    type: z.literal("CONFIRMED"),
    body: z.object({ ...op, blockNumber: rawAmountSchema, blockHash: hexSchema, atMs: z.number() }),
  }),
  z.object({
    type: z.literal("VERIFIED"),
    body: z.object({
      ...op,
      ...spentSchema.shape,
      deltas: z.array(z.object({ token: addressSchema, amountRaw: signedRaw })),
      opened: knownPositionSchema.nullable(),
      closedPositionId: z.string().nullable(),
      /** A position of which a part was taken out, as it is since then. */
      changed: knownPositionSchema.nullish(),
      /** The transfer that a bridge operation started. */
      transfer: openedTransferSchema.nullish(),
      entries: z.array(entrySchema),
      atMs: z.number(),
      ...at,
    }),
  }),
  z.object({ type: z.literal("SETTLED"), body: z.object({ ...op, blockNumber: rawAmountSchema, atMs: z.number() }) }),
  z.object({ type: z.literal("SKIPPED"), body: z.object({ ...op, reason: z.string(), atMs: z.number() }) }),
  z.object({
    type: z.literal("REVERTED"),
    body: z.object({
      ...op,
      ...spentSchema.shape,
      reason: z.string(),
      entries: z.array(entrySchema),
      atMs: z.number(),
      ...at,
    }),
  }),
  z.object({
    type: z.literal("CANCELLED"),
    body: z.object({
      ...op,
      ...spentSchema.shape,
      reason: z.string(),
      entries: z.array(entrySchema),
      atMs: z.number(),
      ...at,
    }),
  }),
  z.object({ type: z.literal("EXPIRED"), body: z.object({ ...op, reason: z.string(), atMs: z.number() }) }),
  z.object({ type: z.literal("VERIFY_FAILED"), body: z.object({ ...op, reason: z.string(), atMs: z.number() }) }),
  z.object({
    type: z.literal("FOREIGN"),
    body: z.object({
      opId: z.string().nullable(),
      chainId,
      nonce: z.number().int(),
      reason: z.string(),
      atMs: z.number(),
    }),
  }),
  z.object({
    type: z.literal("FENCE"),
    body: z.object({ pairId: pairIdSchema, token: z.number().int().positive(), workerId: z.string() }),
  }),
  z.object({
    type: z.literal("LEDGER"),
    body: z.object({
      chainId,
      pairId: z.string().nullable(),
      /** Command that asked for it (once per reference), or null. */
      reference: z.string().nullable(),
      note: z.string(),
      entries: z.array(entrySchema),
      ...at,
    }),
  }),
  z.object({
    type: z.literal("OPENING"),
    body: z.object({
      chainId,
      blockNumber: rawAmountSchema,
      /** First nonce this journal answers for. */
      nonce: z.number().int(),
      entries: z.array(entrySchema),
      /** Positions that a signed adopt wrote off, because they are not in the wallet any more. */
      lostPositionIds: z.array(z.string()).default([]),
      ...at,
    }),
  }),
  /** The whole plan tried out before it is signed; evidence, the newest counts. */
  z.object({
    type: z.literal("REHEARSED"),
    body: z.object({ planId: z.string(), rehearsal: rehearsalSchema }),
  }),
  /** Part of a transfer ended: what arrived, what came back, or what a person wrote off. */
  z.object({
    type: z.literal("TRANSFER_END"),
    body: z.object({
      transferId: z.string(),
      kind: z.enum(["arrival", "refund", "fail"]),
      /** Null for what was written off. */
      receipt: z
        .object({
          chainId,
          txHash: hexSchema,
          blockNumber: rawAmountSchema,
          blockHash: hexSchema,
          logIndexes: z.array(z.number().int().min(0)),
          token: addressSchema,
          amountRaw: rawAmountSchema,
        })
        .nullable(),
      state: z.enum(TRANSFER_STATES),
      detail: z.string(),
      legs: z.array(legSchema),
      atMs: z.number(),
      ...at,
    }),
  }),
  /** The receipt is final. */
  z.object({
    type: z.literal("TRANSFER_FINAL"),
    body: z.object({ transferId: z.string(), txHash: hexSchema, atMs: z.number() }),
  }),
  /** The block of the receipt is gone: its part of the transfer is taken back. */
  z.object({
    type: z.literal("TRANSFER_UNDONE"),
    body: z.object({ transferId: z.string(), txHash: hexSchema, reason: z.string(), atMs: z.number(), ...at }),
  }),
  /** Something on the chain that the journal did not know, or what a person decided about it; the newest record counts. */
  z.object({
    type: z.literal("ORPHAN"),
    body: z.object({
      orphan: orphanSchema,
      /** The position as the pair's own from now on; only when it was adopted. */
      position: knownPositionSchema.nullable(),
      /** A position that a person wrote off, because it is not in the wallet any more. */
      lostPositionId: z.string().nullish(),
      legs: z.array(legSchema),
      ...at,
    }),
  }),
  /** Positions, rights and balances of the chain were compared up to this final block: logs before it are not read again. */
  z.object({ type: z.literal("INVENTORY"), body: z.object({ chainId, blockNumber: rawAmountSchema }) }),
  z.object({ type: z.literal("NOTE"), body: z.object({ text: z.string() }) }),
]);
export type JournalEntry = z.output<typeof journalEntrySchema>;
export type EntryOf<T extends JournalEntry["type"]> = Extract<JournalEntry, { type: T }>["body"];
