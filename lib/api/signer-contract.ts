// Wire contract of the signer's two sockets: typed intents from workers (intent.sock), signed commands and reads (control.sock).
import * as z from "zod";
import { ENTRY_KINDS } from "@/lib/ledger/entries";
import { addressSchema, bytes32Schema, familySchema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import { modeSchema, pairSettingsSchema, pauseKindSchema } from "@/lib/registry/pair-settings";
import { planSchema, rawAmountSchema } from "@/lib/plan/plan";
import { namedStateSchema, opStateSchema, planStatusSchema } from "@/lib/plan/plan-status";
import { limitsVersionSchema, peopleVersionSchema } from "./authority-settings";
import { chatPauseSchema } from "@/lib/alerts/chat-pause";
import { commandRecordSchema, EXIT_SLIPPAGES, roleSchema, signedCommandSchema } from "./commands";
import { poolCheckRequestSchema, poolCheckSchema } from "./system-settings";

/** First frame in both directions. */
export const helloSchema = z.object({
  protocol: z.literal(1),
  deploymentId: bytes32Schema,
  peer: z.string().max(80),
});

export const requestFrameSchema = z.object({ id: z.number().int(), method: z.string(), params: z.unknown() });
export const SIGNER_ERROR_CODES = [
  "bad_request",
  "unknown_method",
  "wrong_deployment",
  "stale_token",
  "not_found",
  "mode_observe",
  "not_approved",
  "paused",
  "stopped",
  "halted",
  "over_limit",
  "policy",
  "plan_open",
  "plan_expired",
  "drift",
  "quote_refused",
  "insufficient",
  "gas",
  "bad_signature",
  "unauthorized",
  "expired",
  "replayed",
  "config_version",
  "chain",
  "reverted",
  "disk",
  "internal",
] as const;
export const signerErrorSchema = z.object({
  code: z.enum(SIGNER_ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
});
export type SignerErrorWire = z.infer<typeof signerErrorSchema>;
export const responseFrameSchema = z.discriminatedUnion("ok", [
  z.object({ id: z.number().int(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.number().int(), ok: z.literal(false), error: signerErrorSchema }),
]);

const tokenBalance = z.object({ chainId: z.number().int(), token: addressSchema, amountRaw: rawAmountSchema });

/** A position the signer's journal knows to be owned by a pair. */
export const knownPositionSchema = z.object({
  positionId: z.string(),
  chainId: z.number().int(),
  pool: z.string(),
  positionManager: addressSchema,
  tokenId: rawAmountSchema,
  tickLower: z.number().int(),
  tickUpper: z.number().int(),
  liquidityRaw: rawAmountSchema,
  /** Amounts that went in at the mint, from its receipt. */
  amount0Raw: rawAmountSchema,
  amount1Raw: rawAmountSchema,
  openedAtMarketMs: z.number(),
  openedAtMs: z.number(),
  mintTxHash: hexSchema,
  planId: z.string(),
});
export type KnownPosition = z.output<typeof knownPositionSchema>;

/** The way out that somebody ordered for a pair. */
export const exitOrderSchema = z.object({
  commandId: bytes32Schema,
  /** Symbol to end in, null: as it is. */
  into: z.string().nullable(),
  slippage: z.enum(EXIT_SLIPPAGES),
  by: z.string(),
  sinceAtMs: z.number(),
});
export type ExitOrder = z.output<typeof exitOrderSchema>;

export const pairStateSchema = z.object({
  pairId: pairIdSchema,
  mode: modeSchema,
  paused: z
    .object({
      kind: pauseKindSchema,
      sinceAtMs: z.number(),
      untilAtMs: z.number().nullable(),
      reason: z.string(),
      by: z.string(),
    })
    .nullable(),
  halted: z.object({ state: namedStateSchema, cause: z.string(), sinceAtMs: z.number() }).nullable(),
  stopped: z.object({ reason: z.string(), sinceAtMs: z.number(), by: z.string() }).nullable(),
  settings: pairSettingsSchema,
  configVersion: z.number().int(),
  /** Free (wallet) balances of the pair's ledger account. */
  account: z.array(tokenBalance),
  positions: z.array(knownPositionSchema),
  openPlanId: z.string().nullable(),
  /** Highest command sequence number that concerns this pair. */
  commandSeq: z.number().int(),
  usedTodayUsd: z.number(),
  usedTodayTxCount: z.number().int(),
  gasTodayUsd: z.number(),
  lastPraAtMarketMs: z.number().nullable(),
  rsAtMarketMs: z.array(z.number()),
  /** IN_TRANSIT while a bridge has capital of the pair under way, with what it waits for; missing or null otherwise. */
  transit: z.object({ state: namedStateSchema, cause: z.string(), sinceAtMs: z.number() }).nullish(),
  /** The signed system.exit that is being carried out; missing or null otherwise. */
  exit: exitOrderSchema.nullish(),
});
export type PairState = z.output<typeof pairStateSchema>;

export const opReportSchema = z.object({
  opId: z.string(),
  index: z.number().int(),
  kind: z.string(),
  purpose: z.string(),
  state: opStateSchema,
  chainId: z.number().int(),
  attempts: z.array(
    z.object({
      hash: hexSchema,
      nonce: z.number().int(),
      sentAtMs: z.number().nullable(),
      maxFeePerGasWei: z.string(),
    }),
  ),
  txHash: hexSchema.nullable(),
  blockNumber: rawAmountSchema.nullable(),
  gasUsed: rawAmountSchema.nullable(),
  gasUsd: z.number().nullable(),
  /** Wallet balance changes from the receipt's logs: signed decimal strings per token. */
  deltas: z.array(z.object({ token: addressSchema, amountRaw: z.string().regex(/^-?\d+$/) })),
  position: knownPositionSchema.nullable(),
  error: z.string().nullable(),
  stateAtMs: z.number(),
  /** Swaps and bridges: the endpoint at which the same bytes were tried again before they were signed, and what came of it. */
  secondLook: z.string().optional(),
});
export type OpReport = z.output<typeof opReportSchema>;

export const approvalSchema = z.object({
  address: addressSchema,
  role: roleSchema,
  atMs: z.number(),
  note: z.string(),
  signature: hexSchema,
  commandId: bytes32Schema,
});

/** What the approvals of a plan amount to, counted with the roles and limits of this moment (of its start, once it has started). */
export const planApprovalSchema = z.object({
  /** US dollars the plan moves: what the limits are compared with. */
  valueUsd: z.number(),
  /** Up to this one approver is enough; null: whatever the value. */
  limitUsd: z.number().nullable(),
  isAboveLimit: z.boolean(),
  isComplete: z.boolean(),
  /** Who signed the command the plan was made from; null: the strategy. */
  proposer: addressSchema.nullable(),
  /** Signed, but the role was taken away since. */
  notCounted: z.array(z.object({ address: addressSchema, atMs: z.number() })),
});
export type PlanApproval = z.output<typeof planApprovalSchema>;

export const planRecordSchema = z.object({
  planId: z.string(),
  planHash: bytes32Schema,
  plan: planSchema,
  status: planStatusSchema,
  /** Why the plan ended or what it waits for, in one sentence. */
  statusReason: z.string(),
  mode: modeSchema,
  createdAtMs: z.number(),
  createdAtMarketMs: z.number(),
  expiresAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  proposedBy: z.string(),
  approvalsNeeded: z.number().int(),
  approvals: z.array(approvalSchema),
  /** Missing: no approval is needed. */
  approval: planApprovalSchema.optional(),
  rejectedBy: z.object({ address: addressSchema, reason: z.string(), atMs: z.number() }).nullable(),
  ops: z.array(opReportSchema),
  /** Missing: not rehearsed. */
  rehearsal: z.lazy(() => rehearsalSchema).optional(),
});
export type PlanRecord = z.output<typeof planRecordSchema>;

/** A quote as evidence for a swap op; verified by the signer on the decoded bytes. */
export const quoteEvidenceSchema = z.object({
  fetchedAtMs: z.number(),
  tool: z.string(),
  to: addressSchema,
  approvalAddress: addressSchema,
  data: hexSchema,
  valueRaw: rawAmountSchema,
  toAmountMinRaw: rawAmountSchema,
  /** Bridges only: where it goes and by which bridge tool. */
  toChainId: z.number().int().positive().optional(),
  bridge: z.string().optional(),
  /** Two prices of ours, QUOTE per BASE, from which the minimum was made. */
  cexPrice: z.number().positive(),
  poolPrice: z.number().positive(),
});
export type QuoteEvidence = z.output<typeof quoteEvidenceSchema>;

/** What execution may set per op within the plan's caps. */
export const opArgumentsSchema = z.object({
  /** approve: exact allowance; swap: exact amount in. 0 = nothing to do: the op is recorded SKIPPED, a swap then needs no quote. */
  amountRaw: rawAmountSchema.optional(),
  /** mint: desired amounts. */
  amount0DesiredRaw: rawAmountSchema.optional(),
  amount1DesiredRaw: rawAmountSchema.optional(),
  quote: quoteEvidenceSchema.optional(),
  /** Price now, QUOTE per BASE, and its source time: drift beyond the plan's bounds is refused. */
  price: z.number().positive(),
  priceAtMarketMs: z.number(),
  nativeUsd: z.number().positive(),
  /** USD per unit of quote. */
  quoteUsd: z.number().positive(),
});
export type OpArguments = z.output<typeof opArgumentsSchema>;

export const authoritySchema = z.object({
  deploymentId: bytes32Schema,
  wallet: addressSchema,
  state: namedStateSchema,
  stateCause: z.string(),
  stateSinceMs: z.number(),
  stopped: z.object({ reason: z.string(), sinceAtMs: z.number(), by: z.string() }).nullable(),
  roles: z.array(z.object({ address: addressSchema, role: roleSchema })),
  configVersion: z.number().int(),
  pairs: z.array(pairStateSchema),
  commandSeq: z.number().int(),
  journalSeq: z.number().int(),
  updatedAtMs: z.number(),
});
export type Authority = z.output<typeof authoritySchema>;

export const ledgerEntrySchema = z.object({
  seq: z.number().int(),
  atMs: z.number(),
  marketAtMs: z.number(),
  pairId: z.string().nullable(),
  chainId: z.number().int(),
  account: z.string(),
  token: addressSchema,
  /** Signed decimal string; every transaction's entries per token sum to zero over the accounts. */
  amountRaw: z.string().regex(/^-?\d+$/),
  kind: z.enum(ENTRY_KINDS),
  planId: z.string().nullable(),
  opId: z.string().nullable(),
  txHash: hexSchema.nullable(),
  /** Prices the operation was carried out at: QUOTE per BASE, US dollars per QUOTE and per native coin; missing for what has none. */
  rate: z
    .object({
      price: z.number(),
      quoteUsd: z.number(),
      nativeUsd: z.number(),
      atMs: z.number(),
      /** An exit goes by the pool's own price and takes the quote for one dollar; missing: the exchanges' median. */
      source: z.literal("pool").optional(),
    })
    .nullish(),
});
export type LedgerEntry = z.output<typeof ledgerEntrySchema>;

const ledgerListSchema = z.object({
  entries: z.array(ledgerEntrySchema),
  /** Of the pair after `sinceSeq`. */
  total: z.number().int(),
  /** False when the signer does not keep the oldest any more: the journal on disk has them. */
  isWhole: z.boolean(),
});
export type LedgerList = z.output<typeof ledgerListSchema>;

/** A bridge transfer from its source transaction to its end; its capital is in transit in between (safety.md sections 1 and 3.4). */
export const TRANSFER_STATES = ["pending", "done", "partial", "refunded", "failed"] as const;
export const transferSchema = z.object({
  /** The bridge operation's id. */
  transferId: z.string(),
  pairId: pairIdSchema,
  planId: z.string(),
  bridge: z.string(),
  fromChainId: z.number().int(),
  toChainId: z.number().int(),
  tokenIn: addressSchema,
  tokenOut: addressSchema,
  amountInRaw: rawAmountSchema,
  minAmountOutRaw: rawAmountSchema,
  sourceTxHash: hexSchema,
  /** `done`: all of it arrived; `partial`: less than the minimum, or another token, arrived; `failed`: given up by a signed command. */
  state: z.enum(TRANSFER_STATES),
  /** What of `amountInRaw` has neither arrived nor come back nor been written off; missing means all of a pending transfer. */
  inTransitRaw: rawAmountSchema.optional(),
  /** Receipts that ended it: arrivals on the destination chain, refunds on the source chain. */
  receipts: z.array(
    z.object({
      kind: z.enum(["arrival", "refund"]),
      chainId: z.number().int(),
      txHash: hexSchema,
      token: addressSchema,
      amountRaw: rawAmountSchema,
    }),
  ),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  /** One sentence for people. */
  detail: z.string(),
});
export type Transfer = z.output<typeof transferSchema>;

/** Something of ours on the chain that the journal does not know: adopt, close or ignore it by a signed command. */
export const orphanSchema = z.object({
  orphanId: z.string(),
  kind: z.enum(["position", "missing_position", "debit", "credit", "allowance"]),
  chainId: z.number().int(),
  /** Position: family, pool and id; the others: the token. */
  family: familySchema.nullable(),
  pool: z.string().nullable(),
  positionManager: addressSchema.nullable(),
  tokenId: rawAmountSchema.nullable(),
  token: addressSchema.nullable(),
  spender: addressSchema.nullable(),
  amountRaw: rawAmountSchema.nullable(),
  /** Pair whose tokens these are, null when none fits. */
  pairId: pairIdSchema.nullable(),
  valueText: z.string(),
  foundAtMs: z.number(),
  status: z.enum(["open", "adopted", "closing", "closed", "ignored"]),
  detail: z.string(),
});
export type Orphan = z.output<typeof orphanSchema>;

const rehearsedAmountSchema = z.object({
  chainId: z.number().int(),
  token: addressSchema,
  amountRaw: z.string().regex(/^-?\d+$/),
});

/** A whole plan tried before it is signed: where, when, and what it would have changed. */
export const rehearsalSchema = z.object({
  /** `fork`: at least one chain was tried on a local fork, because its node cannot simulate. `none`: nothing could be tried, `detail` says why. */
  method: z.enum(["eth_simulateV1", "fork", "none"]),
  atMs: z.number(),
  blocks: z.array(
    z.object({
      chainId: z.number().int(),
      number: rawAmountSchema,
      /** How this chain was tried; missing: as `method` says. */
      method: z.enum(["eth_simulateV1", "fork"]).optional(),
    }),
  ),
  isOk: z.boolean(),
  /** Why it failed, or what could not be tried, in one sentence. */
  detail: z.string(),
  steps: z.array(
    z.object({
      index: z.number().int(),
      isOk: z.boolean(),
      gasUsed: rawAmountSchema,
      /** Every ERC-20 token that entered or left the wallet. */
      deltas: z.array(rehearsedAmountSchema),
      detail: z.string(),
      /** Tried as if this much had come over bridges already; missing: with what the wallet really had. */
      arrivals: z.array(rehearsedAmountSchema).optional(),
    }),
  ),
  /** Steps that were not tried, each with the reason. */
  untried: z.array(z.object({ index: z.number().int(), reason: z.string() })).optional(),
});
export type Rehearsal = z.output<typeof rehearsalSchema>;

const empty = z.object({});
const fenced = { pairId: pairIdSchema, token: z.number().int().positive() };

/** Methods of intent.sock: workers only. */
export const intentMethods = {
  /** Hands out the next fencing token of a pair; every lower one is refused from then on. */
  "fence.lease": {
    params: z.object({ pairId: pairIdSchema, workerId: z.string().max(80) }),
    result: z.object({ token: z.number().int() }),
  },
  "pair.state": { params: z.object({ pairId: pairIdSchema }), result: pairStateSchema },
  "plan.propose": {
    params: z.object({ ...fenced, plan: planSchema, proposedBy: z.string(), marketAtMs: z.number() }),
    result: planRecordSchema,
  },
  "plan.get": { params: z.object({ planId: z.string() }), result: planRecordSchema },
  /** Evidence beside the plan, not part of its hash; the newest counts. */
  "plan.rehearsed": {
    params: z.object({ ...fenced, planId: z.string(), rehearsal: rehearsalSchema }),
    result: planRecordSchema,
  },
  "transfers.list": {
    params: z.object({ pairId: pairIdSchema }),
    result: z.object({ transfers: z.array(transferSchema) }),
  },
  /** A receipt that may end a transfer: a hint of the bridge's status service. The signer reads and checks the receipt itself. */
  "transfer.settle": {
    params: z.object({
      ...fenced,
      transferId: z.string(),
      kind: z.enum(["arrival", "refund"]),
      txHash: hexSchema,
    }),
    result: transferSchema,
  },
  /** Starts (or, for the same step, rejoins) the op and returns at once with its state. */
  "op.execute": {
    params: z.object({ ...fenced, planId: z.string(), index: z.number().int().min(0), args: opArgumentsSchema }),
    result: opReportSchema,
  },
  /** Returns when the op reached VERIFIED, SETTLED, SKIPPED or an end, or after waitMs with what is true then. */
  "op.wait": {
    params: z.object({ opId: z.string(), waitMs: z.number().int().min(0).max(60_000) }),
    result: opReportSchema,
  },
  "plan.finish": {
    params: z.object({
      ...fenced,
      planId: z.string(),
      outcome: z.enum(["done", "partial", "voided"]),
      reason: z.string().max(400),
    }),
    result: planRecordSchema,
  },
  /** Commands for this pair after a sequence number: the durable source behind tg:{pair}:commands. */
  "commands.since": {
    params: z.object({ pairId: pairIdSchema, seq: z.number().int().min(0) }),
    result: z.object({ commands: z.array(commandRecordSchema) }),
  },
  /** The worker's answer to a command it carried out or had to refuse. */
  "command.result": {
    params: z.object({
      ...fenced,
      commandId: bytes32Schema,
      status: z.enum(["done", "refused"]),
      result: z.string().max(400),
      planId: z.string().nullable(),
    }),
    result: empty,
  },
} as const;

/** Methods of control.sock: API, CLI, supervisor. */
export const controlMethods = {
  "command.submit": { params: signedCommandSchema, result: commandRecordSchema },
  "authority.get": { params: empty, result: authoritySchema },
  /** People and approval limits with their versions, oldest first; the last one is in force. */
  "settings.get": {
    params: empty,
    result: z.object({
      people: z.array(peopleVersionSchema),
      limits: z.array(limitsVersionSchema),
    }),
  },
  "plans.list": {
    params: z.object({
      pairId: pairIdSchema.optional(),
      open: z.boolean().optional(),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    result: z.object({ plans: z.array(planRecordSchema) }),
  },
  /**
   * Plans that changed after a sequence number of the journal, oldest change first, and `seq`, from where to go on. Open plans are in
   * every answer: what they wait for changes without a record of their own.
   */
  "plans.changed": {
    params: z.object({ afterSeq: z.number().int().min(0), limit: z.number().int().min(1).max(100) }),
    result: z.object({ plans: z.array(planRecordSchema), seq: z.number().int(), hasMore: z.boolean() }),
  },
  "plan.get": { params: z.object({ planId: z.string() }), result: planRecordSchema },
  "audit.since": {
    params: z.object({ seq: z.number().int().min(0), limit: z.number().int().min(1).max(1000).default(200) }),
    result: z.object({ commands: z.array(commandRecordSchema) }),
  },
  "command.get": { params: z.object({ commandId: bytes32Schema }), result: commandRecordSchema },
  "ledger.list": {
    params: z.object({
      pairId: pairIdSchema.optional(),
      sinceSeq: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(5000).default(500),
      /** The last ones instead of the first, still oldest first. */
      newest: z.boolean().optional(),
    }),
    result: ledgerListSchema,
  },
  "transfers.list": {
    params: z.object({ pairId: pairIdSchema.optional() }),
    result: z.object({ transfers: z.array(transferSchema) }),
  },
  "orphans.list": { params: empty, result: z.object({ orphans: z.array(orphanSchema) }) },
  /** Sum of accounts against the chain at one block, per token. */
  "ledger.check": {
    params: empty,
    result: z.object({
      checkedAtMs: z.number(),
      blocks: z.array(z.object({ chainId: z.number().int(), number: rawAmountSchema })),
      rows: z.array(
        z.object({
          chainId: z.number().int(),
          token: addressSchema,
          ledgerRaw: rawAmountSchema,
          chainRaw: rawAmountSchema,
          differenceRaw: z.string(),
        }),
      ),
      openAllowances: z.array(
        z.object({
          chainId: z.number().int(),
          token: addressSchema,
          spender: addressSchema,
          amountRaw: rawAmountSchema,
        }),
      ),
    }),
  },
  /** Identity of a pool on the signer's own endpoints, before somebody signs for it; nothing is changed. */
  "registry.check": { params: poolCheckRequestSchema, result: poolCheckSchema },
  /** The supervisor reports worker starts; five in ten minutes take the pair to HALT_PAIR (safety.md section 7). */
  "worker.started": { params: z.object({ pairId: pairIdSchema }), result: empty },
  /** The one act without a wallet's signature that a person asks for: it only forbids, and only for who is on the owners' signed list. */
  "chat.pause": {
    params: chatPauseSchema,
    result: z.object({ seq: z.number().int(), paused: pairStateSchema.shape.paused.unwrap() }),
  },
  health: {
    params: empty,
    result: z.object({
      state: namedStateSchema,
      cause: z.string(),
      uptimeMs: z.number(),
      rssBytes: z.number(),
      journalSeq: z.number().int(),
      recovered: z.boolean(),
    }),
  },
} as const;

export type IntentMethod = keyof typeof intentMethods;
export type ControlMethod = keyof typeof controlMethods;
