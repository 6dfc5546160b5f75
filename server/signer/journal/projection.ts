// What the journal's records add up to: plans, operations, positions, fences, nonces, budgets and ledger accounts.
import type * as z from "zod";
import { invariant } from "@/lib/errors/invariant";
import type { KnownPosition, LedgerEntry, Orphan, Rehearsal, TRANSFER_STATES } from "@/lib/api/signer-contract";
import { createBalances, type Balances } from "@/lib/ledger/balance";
import { accountName, pairOfAccount } from "@/lib/ledger/accounts";
import { reverseEntries, type Entry } from "@/lib/ledger/entries";
import { OPEN_PLAN_STATUSES, type OpState, type PlanStatus } from "@/lib/plan/plan-status";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import type { FeePair } from "@/server/signer/ports";
import type { EntryOf, JournalEntry, entrySchema } from "./records";

export interface Attempt {
  readonly attempt: number;
  readonly kind: "action" | "cancel";
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: FeePair;
  readonly hash: Hex;
  /** Dropped (null) once the operation is final. */
  raw: Hex | null;
  readonly signedAtMs: number;
  sentAtMs: number | null;
}

export interface OpRecord {
  readonly opId: string;
  readonly planId: string;
  readonly pairId: string;
  readonly index: number;
  readonly chainId: number;
  readonly purposeKey: string;
  readonly isOwn: boolean;
  step: Step;
  intent: EntryOf<"INTENT">;
  state: OpState;
  stateAtMs: number;
  prepared: EntryOf<"PREPARED"> | null;
  attempts: Attempt[];
  included: EntryOf<"INCLUDED"> | null;
  /** VERIFIED, or REVERTED / CANCELLED: gas and entries. */
  outcome: {
    gasUsed: bigint;
    gasCostWei: bigint;
    gasUsd: number | null;
    entries: readonly Entry[];
    marketAtMs: number;
  } | null;
  deltas: readonly { token: Address; amountRaw: bigint }[];
  opened: KnownPosition | null;
  closed: KnownPosition | null;
  /** A position of which this operation took a part, as it was before. */
  changedFrom: KnownPosition | null;
  error: string | null;
}

/** A right that was given and not taken back: what a revoke has to name. */
export interface GivenGrant {
  readonly chainId: number;
  readonly token: Address;
  readonly spender: Address;
  readonly grant?: "permit2" | "operator";
  readonly permit2?: Address;
  readonly pairId: string;
  readonly planId: string;
}

/** One receipt that ended (part of) a transfer. */
export interface TransferReceipt {
  readonly kind: "arrival" | "refund";
  readonly chainId: number;
  readonly txHash: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly logIndexes: readonly number[];
  readonly token: Address;
  readonly amountRaw: bigint;
  readonly legs: readonly Leg[];
  isFinal: boolean;
}

interface Leg {
  readonly chainId: number;
  readonly entries: readonly Entry[];
}

/** A bridge transfer: opened by its verified operation, ended by receipts or by a person. */
export interface TransferRecord {
  readonly transferId: string;
  readonly pairId: string;
  readonly planId: string;
  readonly fromChainId: number;
  readonly tokenIn: Address;
  started: NonNullable<EntryOf<"VERIFIED">["transfer"]>;
  sourceBlockNumber: bigint;
  /** False while the block of the bridge operation is gone and it is being sent again. */
  isOpened: boolean;
  state: (typeof TRANSFER_STATES)[number];
  receipts: TransferReceipt[];
  /** Written off by a signed command. */
  isGivenUp: boolean;
  readonly startedAtMs: number;
  updatedAtMs: number;
  detail: string;
}

export interface PlanEntry {
  readonly body: EntryOf<"PLAN">;
  readonly plan: Plan;
  status: PlanStatus;
  statusReason: string;
  endedAtMs: number | null;
  startedAtMs: number | null;
  rehearsal: Rehearsal | null;
  /** Operation ids in the order of their first INTENT. */
  readonly opIds: string[];
  /** Sequence number of the last record that says something of it. */
  changedSeq: number;
}

interface Spending {
  readonly pairId: string;
  readonly atMs: number;
  readonly usd: number;
  readonly gasUsd: number;
  readonly txCount: number;
}

export interface Projection {
  apply(entry: JournalEntry, meta: { readonly seq: number; readonly atMs: number }): void;
  readonly plans: ReadonlyMap<string, PlanEntry>;
  readonly ops: ReadonlyMap<string, OpRecord>;
  readonly positions: ReadonlyMap<string, KnownPosition & { readonly pairId: string }>;
  readonly balances: Balances;
  /** Oldest first. */
  readonly transfers: ReadonlyMap<string, TransferRecord>;
  readonly orphans: ReadonlyMap<string, Orphan>;
  /** Final block up to which positions of the chain were looked for; null before the first look. */
  inventoryBlock(chainId: number): bigint | null;
  /** The log of that receipt has been booked for some transfer. */
  isLogUsed(chainId: number, txHash: Hex, logIndex: number): boolean;
  openPlanOf(pairId: string): PlanEntry | null;
  fenceOf(pairId: string): number;
  /** Next nonce this journal would use; null before the chain's opening record. */
  nextNonce(chainId: number): number | null;
  hasReference(reference: string): boolean;
  /** Ledger lines of the last records (a bounded number), oldest first. */
  ledgerLines(): readonly LedgerEntry[];
  /** False when the oldest lines are not kept any more. */
  isLedgerWhole(): boolean;
  spentSince(pairId: string, sinceMs: number): { usd: number; gasUsd: number; txCount: number };
  rebalances(pairId: string): { lastPraAtMarketMs: number | null; rsAtMarketMs: readonly number[] };
  /** (chain, token, spender) that approve ops touched and that no later VERIFIED revoke took back. */
  grants(): readonly GivenGrant[];
}

/** Operations in these states hold or may hold a nonce that is not final. */
export const IN_FLIGHT_STATES: readonly OpState[] = ["SIGNED", "SENT", "INCLUDED", "CONFIRMED"];
export const OPEN_OP_STATES: readonly OpState[] = ["PLANNED", "INTENT", "PREPARED", ...IN_FLIGHT_STATES];
export const SUCCESS_OP_STATES: readonly OpState[] = ["VERIFIED", "SETTLED", "SKIPPED"];

export type OwnedPosition = KnownPosition & { readonly pairId: string };

/** The position without the pair's name, as the wire has it. */
export function positionOf(owned: OwnedPosition): KnownPosition {
  const { pairId: _pairId, ...position } = owned;
  return position;
}

const KEPT_CLOSED_PLANS = 400;
/** Two years of 5 000 transactions each, about nine lines to one; longer ledgers are whole in the export of the command line. */
const KEPT_LEDGER_LINES = 100_000;
const KEPT_REBALANCES = 200;
const KEPT_TRANSFERS = 500;
/** The carry policy's closes and openings bind nothing: only a reallocation starts the minimum hold. */
const NO_HOLD_REASONS: ReadonlySet<string> = new Set(["open", "close_to_cash", "close_and_restore"]);
const BUDGET_WINDOW_MS = 24 * 3_600_000;

export function createProjection(): Projection {
  const plans = new Map<string, PlanEntry>();
  const ops = new Map<string, OpRecord>();
  const positions = new Map<string, KnownPosition & { readonly pairId: string }>();
  const balances = createBalances();
  const fences = new Map<string, number>();
  const nonces = new Map<number, number>();
  const references = new Set<string>();
  const rebalances = new Map<
    string,
    { kind: Plan["kind"]; startsHold: boolean; marketAtMs: number; isWhole: boolean }[]
  >();
  const openPlans = new Map<string, string>();
  const grants = new Map<string, GivenGrant>();
  const transfers = new Map<string, TransferRecord>();
  const orphans = new Map<string, Orphan>();
  const usedLogs = new Set<string>();
  const inventories = new Map<number, bigint>();
  let lines: LedgerEntry[] = [];
  let isWhole = true;
  let spending: Spending[] = [];

  function opOf(opId: string): OpRecord {
    const op = ops.get(opId);
    invariant(op !== undefined, "a journal record names an operation without INTENT", { opId });
    return op;
  }

  function isExitOf(op: OpRecord | null): boolean {
    return op !== null && plans.get(op.planId)?.plan.reason === "exit";
  }

  function post(input: {
    chainId: number;
    entries: readonly Entry[];
    seq: number;
    atMs: number;
    marketAtMs: number;
    op: OpRecord | null;
    txHash: Hex | null;
    /** Entries of the same record that were posted before these. */
    after?: number;
  }): void {
    balances.post(input.chainId, input.entries);
    input.entries.forEach((entry, position) => {
      lines.push({
        seq: input.seq * 100 + (input.after ?? 0) + position,
        atMs: input.atMs,
        marketAtMs: input.marketAtMs,
        pairId: pairOfAccount(entry.account) ?? input.op?.pairId ?? null,
        chainId: input.chainId,
        account: entry.account,
        token: entry.token,
        amountRaw: entry.amountRaw.toString(),
        kind: entry.kind,
        planId: input.op?.planId ?? null,
        opId: input.op?.opId ?? null,
        txHash: input.txHash,
        rate: rateOf(input.op, isExitOf(input.op)),
      });
    });
    if (lines.length > KEPT_LEDGER_LINES * 1.2) {
      lines = lines.slice(-KEPT_LEDGER_LINES);
      isWhole = false;
    }
  }

  function postLegs(
    legs: readonly Leg[],
    input: { seq: number; atMs: number; marketAtMs: number; op: OpRecord | null; txHash: Hex | null },
  ): void {
    let after = 0;
    for (const leg of legs) {
      post({ ...input, chainId: leg.chainId, entries: leg.entries, after });
      after += leg.entries.length;
    }
  }

  function setState(op: OpRecord, state: OpState, atMs: number): void {
    op.state = state;
    op.stateAtMs = atMs;
  }

  function spend(entry: Spending, nowMs: number): void {
    spending.push(entry);
    if (spending.length > 256 && (spending[0]?.atMs ?? nowMs) < nowMs - BUDGET_WINDOW_MS) {
      spending = spending.filter((each) => each.atMs >= nowMs - BUDGET_WINDOW_MS);
    }
  }

  function finish(op: OpRecord, outcome: OpRecord["outcome"]): void {
    op.outcome = outcome;
  }

  /** A block with a result of ours is gone: take the result's effects back. */
  function undo(op: OpRecord, meta: { seq: number; atMs: number }): void {
    if (op.outcome !== null) {
      post({
        chainId: op.chainId,
        entries: reverseEntries(op.outcome.entries),
        seq: meta.seq,
        atMs: meta.atMs,
        marketAtMs: op.outcome.marketAtMs,
        op,
        txHash: op.included?.hash ?? null,
      });
    }
    if (op.opened !== null) positions.delete(op.opened.positionId);
    if (op.closed !== null) positions.set(op.closed.positionId, { ...op.closed, pairId: op.pairId });
    if (op.changedFrom !== null) {
      positions.set(op.changedFrom.positionId, { ...op.changedFrom, pairId: op.pairId });
    }
    const transfer = transfers.get(op.opId);
    if (transfer !== undefined) {
      // What has arrived stays; the operation is sent again and opens the transfer again.
      transfer.isOpened = false;
      transfer.updatedAtMs = meta.atMs;
    }
    op.outcome = null;
    op.opened = null;
    op.closed = null;
    op.changedFrom = null;
    op.deltas = [];
    op.included = null;
  }

  function dropOldPlans(): void {
    const closed = [...plans.entries()].filter(([, plan]) => plan.endedAtMs !== null);
    for (const [planId, plan] of closed.slice(0, Math.max(0, closed.length - KEPT_CLOSED_PLANS))) {
      const isFinal = plan.opIds.every((opId) => {
        const state = ops.get(opId)?.state;
        return state === undefined || (state !== "VERIFIED" && !OPEN_OP_STATES.includes(state));
      });
      if (!isFinal) continue;
      for (const opId of plan.opIds) ops.delete(opId);
      plans.delete(planId);
    }
  }

  function applyPlanStatus(body: EntryOf<"PLAN_STATUS">): void {
    const plan = plans.get(body.planId);
    if (plan === undefined) return;
    plan.status = body.status;
    plan.statusReason = body.reason;
    if (body.status === "executing") plan.startedAtMs = body.atMs;
    if (OPEN_PLAN_STATUSES.includes(body.status)) return;
    plan.endedAtMs = body.atMs;
    if (openPlans.get(plan.plan.pairId) === body.planId) openPlans.delete(plan.plan.pairId);
    if (body.status === "done" || body.status === "partial") {
      const list = rebalances.get(plan.plan.pairId) ?? [];
      const { kind, reason } = plan.plan;
      const startsHold = kind === "PRA" && !NO_HOLD_REASONS.has(reason);
      list.push({ kind, startsHold, marketAtMs: body.marketAtMs, isWhole: body.status === "done" });
      rebalances.set(plan.plan.pairId, list.slice(-KEPT_REBALANCES));
    }
    dropOldPlans();
  }

  function applyIntent(body: EntryOf<"INTENT">): void {
    const before = ops.get(body.opId);
    const op: OpRecord = {
      opId: body.opId,
      planId: body.planId,
      pairId: body.pairId,
      index: body.index,
      chainId: body.chainId,
      purposeKey: body.purposeKey,
      isOwn: body.isOwn,
      step: body.step,
      intent: body,
      state: "INTENT",
      stateAtMs: body.atMs,
      prepared: null,
      attempts: before?.attempts ?? [],
      included: null,
      outcome: null,
      deltas: [],
      opened: null,
      closed: null,
      changedFrom: null,
      error: null,
    };
    ops.set(body.opId, op);
    const plan = plans.get(body.planId);
    if (plan !== undefined && !plan.opIds.includes(body.opId)) plan.opIds.push(body.opId);
  }

  function applySigned(body: EntryOf<"SIGNED">): void {
    const op = opOf(body.opId);
    op.attempts.push({
      attempt: body.attempt,
      kind: body.kind,
      nonce: body.nonce,
      gas: body.gas,
      fees: body.fees,
      hash: body.hash,
      raw: body.raw,
      signedAtMs: body.atMs,
      sentAtMs: null,
    });
    nonces.set(op.chainId, Math.max(nonces.get(op.chainId) ?? 0, body.nonce + 1));
    if (op.attempts.filter((each) => each.nonce === body.nonce).length === 1) {
      spend(
        { pairId: op.pairId, atMs: body.atMs, usd: op.prepared?.notionalUsd ?? 0, gasUsd: 0, txCount: 1 },
        body.atMs,
      );
    }
    if (op.step.kind === "approve") {
      const { token, spender, grant, permit2 } = op.step;
      grants.set(grantKey(op.chainId, op.step), {
        chainId: op.chainId,
        token,
        spender,
        ...(grant === undefined ? {} : { grant }),
        ...(permit2 === undefined ? {} : { permit2 }),
        pairId: op.pairId,
        planId: op.planId,
      });
    }
    if (op.state !== "SENT") setState(op, "SIGNED", body.atMs);
  }

  function applyVerified(body: EntryOf<"VERIFIED">, meta: { seq: number; atMs: number }): void {
    const op = opOf(body.opId);
    const entries = body.entries.map(toEntry);
    finish(op, {
      gasUsed: body.gasUsed,
      gasCostWei: body.gasCostWei,
      gasUsd: body.gasUsd,
      entries,
      marketAtMs: body.marketAtMs,
    });
    op.deltas = body.deltas;
    if (body.opened !== null) {
      op.opened = body.opened;
      positions.set(body.opened.positionId, { ...body.opened, pairId: op.pairId });
    }
    if (body.closedPositionId !== null) {
      op.closed = positions.get(body.closedPositionId) ?? null;
      positions.delete(body.closedPositionId);
    }
    if (body.changed) {
      op.changedFrom = positions.get(body.changed.positionId) ?? null;
      positions.set(body.changed.positionId, { ...body.changed, pairId: op.pairId });
    }
    if (body.transfer) openTransfer(op, body.transfer, body.atMs);
    post({ chainId: op.chainId, entries, ...meta, marketAtMs: body.marketAtMs, op, txHash: op.included?.hash ?? null });
    if (body.gasUsd !== null)
      spend({ pairId: op.pairId, atMs: body.atMs, usd: 0, gasUsd: body.gasUsd, txCount: 0 }, body.atMs);
    if (op.step.kind === "revoke") grants.delete(grantKey(op.chainId, op.step));
    setState(op, "VERIFIED", body.atMs);
    op.error = null;
  }

  function openTransfer(op: OpRecord, started: TransferRecord["started"], atMs: number): void {
    const before = transfers.get(op.opId);
    const sourceBlockNumber = op.included?.blockNumber ?? 0n;
    if (before !== undefined) {
      Object.assign(before, { started, sourceBlockNumber, isOpened: true, updatedAtMs: atMs });
      return;
    }
    transfers.set(op.opId, {
      transferId: op.opId,
      pairId: op.pairId,
      planId: op.planId,
      fromChainId: op.chainId,
      tokenIn: op.step.kind === "bridge" ? op.step.tokenIn : started.tokenOut,
      started,
      sourceBlockNumber,
      isOpened: true,
      state: "pending",
      receipts: [],
      isGivenUp: false,
      startedAtMs: atMs,
      updatedAtMs: atMs,
      detail: `sent by ${started.bridge}; waits for its receipt on chain ${started.toChainId}`,
    });
    dropOldTransfers();
  }

  function transferOf(transferId: string): TransferRecord {
    const transfer = transfers.get(transferId);
    invariant(transfer !== undefined, "a journal record names a transfer that no bridge operation opened", {
      transferId,
    });
    return transfer;
  }

  function applyTransferEnd(body: EntryOf<"TRANSFER_END">, meta: { seq: number; atMs: number }): void {
    const transfer = transferOf(body.transferId);
    const legs = body.legs.map(toLeg);
    const { receipt } = body;
    if (receipt === null || body.kind === "fail") transfer.isGivenUp = true;
    else {
      transfer.receipts.push({ ...receipt, kind: body.kind, legs, isFinal: false });
      for (const index of receipt.logIndexes) usedLogs.add(logKey(receipt.chainId, receipt.txHash, index));
    }
    transfer.state = body.state;
    transfer.detail = body.detail;
    transfer.updatedAtMs = body.atMs;
    postLegs(legs, {
      seq: meta.seq,
      atMs: body.atMs,
      marketAtMs: body.marketAtMs,
      op: ops.get(body.transferId) ?? null,
      txHash: receipt?.txHash ?? null,
    });
  }

  function applyTransferUndone(body: EntryOf<"TRANSFER_UNDONE">, meta: { seq: number; atMs: number }): void {
    const transfer = transferOf(body.transferId);
    const gone = transfer.receipts.filter((each) => isSameTx(each, body.txHash));
    transfer.receipts = transfer.receipts.filter((each) => !isSameTx(each, body.txHash));
    for (const receipt of gone) {
      for (const index of receipt.logIndexes) usedLogs.delete(logKey(receipt.chainId, receipt.txHash, index));
      const legs = receipt.legs.map((leg) => ({ chainId: leg.chainId, entries: reverseEntries(leg.entries) }));
      const op = ops.get(body.transferId) ?? null;
      postLegs(legs, { seq: meta.seq, atMs: body.atMs, marketAtMs: body.marketAtMs, op, txHash: receipt.txHash });
    }
    transfer.state = transfer.receipts.length === 0 ? "pending" : "partial";
    transfer.detail = body.reason;
    transfer.updatedAtMs = body.atMs;
  }

  function dropOldTransfers(): void {
    const ended = [...transfers.values()].filter(
      (each) => each.state !== "pending" && each.isOpened && each.receipts.every((receipt) => receipt.isFinal),
    );
    for (const each of ended.slice(0, Math.max(0, ended.length - KEPT_TRANSFERS))) transfers.delete(each.transferId);
  }

  function applyOrphan(body: EntryOf<"ORPHAN">, meta: { seq: number; atMs: number }): void {
    const { orphan } = body;
    orphans.set(orphan.orphanId, orphan);
    if (body.position !== null && orphan.pairId !== null) {
      positions.set(body.position.positionId, { ...body.position, pairId: orphan.pairId });
    }
    if (body.lostPositionId) positions.delete(body.lostPositionId);
    postLegs(body.legs.map(toLeg), { ...meta, marketAtMs: body.marketAtMs, op: null, txHash: null });
  }

  function applyFailedSpend(
    state: "REVERTED" | "CANCELLED",
    body: EntryOf<"REVERTED">,
    meta: { seq: number; atMs: number },
  ): void {
    const op = opOf(body.opId);
    const entries = body.entries.map(toEntry);
    finish(op, {
      gasUsed: body.gasUsed,
      gasCostWei: body.gasCostWei,
      gasUsd: body.gasUsd,
      entries,
      marketAtMs: body.marketAtMs,
    });
    post({ chainId: op.chainId, entries, ...meta, marketAtMs: body.marketAtMs, op, txHash: op.included?.hash ?? null });
    if (body.gasUsd !== null)
      spend({ pairId: op.pairId, atMs: body.atMs, usd: 0, gasUsd: body.gasUsd, txCount: 0 }, body.atMs);
    op.error = body.reason;
    setState(op, state, body.atMs);
  }

  function apply(entry: JournalEntry, meta: { readonly seq: number; readonly atMs: number }): void {
    applyBody(entry, meta);
    const plan = planOf(entry.body);
    if (plan !== null) plan.changedSeq = meta.seq;
  }

  /** The plan a record speaks of, by itself or by one of its operations; a transfer has the name of its operation. */
  function planOf(body: JournalEntry["body"]): PlanEntry | null {
    const opId = "opId" in body ? body.opId : "transferId" in body ? body.transferId : null;
    const planId = "planId" in body ? body.planId : opId === null ? undefined : ops.get(opId)?.planId;
    return planId === undefined ? null : (plans.get(planId) ?? null);
  }

  function applyBody(entry: JournalEntry, meta: { readonly seq: number; readonly atMs: number }): void {
    switch (entry.type) {
      case "PLAN": {
        const { body } = entry;
        plans.set(body.planId, {
          body,
          plan: body.plan,
          status: body.status,
          statusReason: body.statusReason,
          endedAtMs: null,
          startedAtMs: null,
          rehearsal: null,
          opIds: [],
          changedSeq: meta.seq,
        });
        openPlans.set(body.plan.pairId, body.planId);
        return;
      }
      case "PLAN_STATUS":
        return applyPlanStatus(entry.body);
      case "INTENT":
        return applyIntent(entry.body);
      case "PREPARED": {
        const op = opOf(entry.body.opId);
        op.prepared = entry.body;
        return setState(op, "PREPARED", meta.atMs);
      }
      case "SIGNED":
        return applySigned(entry.body);
      case "SENT": {
        const op = opOf(entry.body.opId);
        if (entry.body.reason === "block_gone") undo(op, meta);
        for (const attempt of op.attempts) if (attempt.hash === entry.body.hash) attempt.sentAtMs ??= entry.body.atMs;
        return setState(op, "SENT", entry.body.atMs);
      }
      case "INCLUDED": {
        const op = opOf(entry.body.opId);
        op.included = entry.body;
        return setState(op, "INCLUDED", entry.body.atMs);
      }
      case "CONFIRMED":
        return setState(opOf(entry.body.opId), "CONFIRMED", entry.body.atMs);
      case "VERIFIED":
        return applyVerified(entry.body, meta);
      case "SETTLED": {
        const op = opOf(entry.body.opId);
        for (const attempt of op.attempts) attempt.raw = null;
        // A reverted or cancelled operation stays what it is; final only means that its nonce is.
        if (op.state === "VERIFIED") setState(op, "SETTLED", entry.body.atMs);
        return;
      }
      case "SKIPPED": {
        const op = opOf(entry.body.opId);
        op.error = entry.body.reason;
        if (op.step.kind === "revoke") grants.delete(grantKey(op.chainId, op.step));
        return setState(op, "SKIPPED", entry.body.atMs);
      }
      case "REVERTED":
        return applyFailedSpend("REVERTED", entry.body, meta);
      case "CANCELLED":
        return applyFailedSpend("CANCELLED", entry.body, meta);
      case "EXPIRED": {
        const op = opOf(entry.body.opId);
        op.error = entry.body.reason;
        return setState(op, "EXPIRED", entry.body.atMs);
      }
      case "VERIFY_FAILED": {
        const op = opOf(entry.body.opId);
        op.error = entry.body.reason;
        return setState(op, "VERIFY_FAILED", entry.body.atMs);
      }
      case "FOREIGN": {
        if (entry.body.opId === null) return;
        const op = opOf(entry.body.opId);
        op.error = entry.body.reason;
        return setState(op, "FOREIGN", entry.body.atMs);
      }
      case "FENCE":
        fences.set(entry.body.pairId, entry.body.token);
        return;
      case "LEDGER":
        if (entry.body.reference !== null) references.add(entry.body.reference);
        return post({
          chainId: entry.body.chainId,
          entries: entry.body.entries.map(toEntry),
          ...meta,
          marketAtMs: entry.body.marketAtMs,
          op: null,
          txHash: null,
        });
      case "OPENING":
        nonces.set(entry.body.chainId, Math.max(nonces.get(entry.body.chainId) ?? 0, entry.body.nonce));
        for (const positionId of entry.body.lostPositionIds) positions.delete(positionId);
        return post({
          chainId: entry.body.chainId,
          entries: entry.body.entries.map(toEntry),
          ...meta,
          marketAtMs: entry.body.marketAtMs,
          op: null,
          txHash: null,
        });
      case "REHEARSED": {
        const plan = plans.get(entry.body.planId);
        if (plan !== undefined) plan.rehearsal = entry.body.rehearsal;
        return;
      }
      case "TRANSFER_END":
        return applyTransferEnd(entry.body, meta);
      case "TRANSFER_FINAL":
        for (const receipt of transferOf(entry.body.transferId).receipts) {
          if (isSameTx(receipt, entry.body.txHash)) receipt.isFinal = true;
        }
        return;
      case "TRANSFER_UNDONE":
        return applyTransferUndone(entry.body, meta);
      case "ORPHAN":
        return applyOrphan(entry.body, meta);
      case "INVENTORY":
        inventories.set(entry.body.chainId, entry.body.blockNumber);
        return;
      case "NOTE":
        return;
    }
  }

  return {
    apply,
    plans,
    ops,
    positions,
    balances,
    transfers,
    orphans,
    inventoryBlock: (chainId) => inventories.get(chainId) ?? null,
    isLogUsed: (chainId, txHash, logIndex) => usedLogs.has(logKey(chainId, txHash, logIndex)),
    openPlanOf: (pairId) => {
      const planId = openPlans.get(pairId);
      return planId === undefined ? null : (plans.get(planId) ?? null);
    },
    fenceOf: (pairId) => fences.get(pairId) ?? 0,
    nextNonce: (chainId) => nonces.get(chainId) ?? null,
    hasReference: (reference) => references.has(reference),
    ledgerLines: () => lines,
    isLedgerWhole: () => isWhole,
    spentSince: (pairId, sinceMs) => {
      const total = { usd: 0, gasUsd: 0, txCount: 0 };
      for (const each of spending) {
        if (each.pairId !== pairId || each.atMs < sinceMs) continue;
        total.usd += each.usd;
        total.gasUsd += each.gasUsd;
        total.txCount += each.txCount;
      }
      return total;
    },
    rebalances: (pairId) => {
      const list = rebalances.get(pairId) ?? [];
      return {
        // A move that ended half way is no position to hold: the minimum hold must not keep its capital idle.
        lastPraAtMarketMs:
          list.at(-1)?.isWhole === false ? null : (list.findLast((each) => each.startsHold)?.marketAtMs ?? null),
        rsAtMarketMs: list.filter((each) => each.kind === "RS").map((each) => each.marketAtMs),
      };
    },
    grants: () => [...grants.values()],
  };
}

function grantKey(
  chainId: number,
  right: { readonly token: string; readonly spender: string; readonly grant?: string | undefined },
): string {
  return `${chainId}:${right.grant ?? "erc20"}:${right.token}:${right.spender}`.toLowerCase();
}

function logKey(chainId: number, txHash: string, logIndex: number): string {
  return `${chainId}:${txHash.toLowerCase()}:${logIndex}`;
}

/** Prices of a worker's operation; the signer's own ones move nothing that has to be priced but gas. */
function rateOf(op: OpRecord | null, isExit: boolean): LedgerEntry["rate"] {
  if (op === null || op.isOwn) return null;
  const { price, quoteUsd, nativeUsd, priceAtMarketMs } = op.intent.args;
  const rate = { price, quoteUsd, nativeUsd, atMs: priceAtMarketMs };
  return isExit ? { ...rate, source: "pool" } : rate;
}

function isSameTx(receipt: TransferReceipt, txHash: string): boolean {
  return receipt.txHash.toLowerCase() === txHash.toLowerCase();
}

function toLeg(wire: { chainId: number; entries: z.output<typeof entrySchema>[] }): Leg {
  return { chainId: wire.chainId, entries: wire.entries.map(toEntry) };
}

function toEntry(wire: z.output<typeof entrySchema>): Entry {
  return { ...wire, account: accountName(wire.account) };
}
