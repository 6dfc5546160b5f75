// The projection in the shapes of the wire contract: OpReport, PlanRecord, PairState.
import type { OpReport, PairState, PlanApproval, PlanRecord } from "@/lib/api/signer-contract";
import { walletAccount } from "@/lib/ledger/accounts";
import { opId as makeOpId } from "@/lib/plan/plan";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import type { EngineContext } from "./context";
import { feeCeilingWei } from "./gas";
import { positionOf, type OpRecord, type PlanEntry } from "./journal/projection";
import { dayStartMs, purposeKey } from "./policy";
import { SignerError, type ApprovalCount } from "./ports";
import { transitState } from "./transfers";

export function reportOp(op: OpRecord): OpReport {
  return {
    opId: op.opId,
    index: op.index,
    kind: op.step.kind,
    purpose: op.purposeKey,
    state: op.state,
    chainId: op.chainId,
    attempts: op.attempts.map((attempt) => ({
      hash: attempt.hash,
      nonce: attempt.nonce,
      sentAtMs: attempt.sentAtMs,
      maxFeePerGasWei: feeCeilingWei(attempt.fees).toString(),
    })),
    txHash: op.included?.hash ?? op.attempts[op.attempts.length - 1]?.hash ?? null,
    blockNumber: op.included?.blockNumber ?? null,
    gasUsed: op.outcome?.gasUsed ?? null,
    gasUsd: op.outcome?.gasUsd ?? null,
    deltas: op.deltas.map((delta) => ({ token: delta.token, amountRaw: delta.amountRaw.toString() })),
    position: op.opened,
    error: op.error,
    stateAtMs: op.stateAtMs,
    ...(op.prepared?.secondLook === undefined ? {} : { secondLook: op.prepared.secondLook }),
  };
}

export function reportPlan(context: EngineContext, entry: PlanEntry): PlanRecord {
  const { body, plan } = entry;
  const { ops } = context.journal.state;
  const reports = plan.steps.map((step, index): OpReport => {
    const op = ops.get(makeOpId(body.planId, index));
    if (op !== undefined) return reportOp(op);
    return {
      opId: makeOpId(body.planId, index),
      index,
      kind: step.kind,
      purpose: purposeKey(body.planId, index, step),
      state: "PLANNED",
      chainId: step.chainId,
      attempts: [],
      txHash: null,
      blockNumber: null,
      gasUsed: null,
      gasUsd: null,
      deltas: [],
      position: null,
      error: null,
      stateAtMs: body.createdAtMs,
    };
  });
  const own = entry.opIds.flatMap((opId) => {
    const op = ops.get(opId);
    return op?.isOwn === true ? [reportOp(op)] : [];
  });
  const hasStarted = entry.status !== "waiting_approval" && entry.status !== "approved";
  const count =
    body.approvalsNeeded === 0
      ? null
      : context.deps.authority.approval({
          planId: body.planId,
          plan,
          atLeast: body.approvalsNeeded,
          untilAtMs: body.expiresAtMs,
          asOfMs: hasStarted ? (entry.startedAtMs ?? entry.endedAtMs) : null,
        });
  return {
    planId: body.planId,
    planHash: body.planHash,
    plan,
    status: entry.status,
    statusReason: entry.status === "waiting_approval" && count !== null ? waitsFor(count) : entry.statusReason,
    mode: body.mode,
    createdAtMs: body.createdAtMs,
    createdAtMarketMs: body.createdAtMarketMs,
    expiresAtMs: body.expiresAtMs,
    endedAtMs: entry.endedAtMs,
    proposedBy: body.proposedBy,
    approvalsNeeded: count?.needed ?? 0,
    approvals: [...(count?.approvals ?? [])],
    ...(count === null ? {} : { approval: approvalWire(count) }),
    rejectedBy: context.deps.authority.rejection(body.planId),
    ops: [...reports, ...own],
    ...(entry.rehearsal === null ? {} : { rehearsal: entry.rehearsal }),
  };
}

/** For who follows the plans by the journal's sequence numbers (`plans.changed` of the wire contract). */
export function changedPlans(
  context: EngineContext,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): { plans: PlanRecord[]; seq: number; hasMore: boolean } {
  const { state, log } = context.journal;
  const all = [...state.plans.values()];
  const changed = all
    .filter((entry) => !isOpen(entry) && entry.changedSeq > afterSeq)
    .toSorted((left, right) => left.changedSeq - right.changedSeq);
  const shown = changed.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = last !== undefined && shown.length < changed.length;
  return {
    plans: [...shown, ...all.filter(isOpen)].map((entry) => reportPlan(context, entry)),
    seq: hasMore ? last.changedSeq : log.lastSeq(),
    hasMore,
  };
}

function isOpen(entry: PlanEntry): boolean {
  return OPEN_PLAN_STATUSES.includes(entry.status);
}

function approvalWire({
  valueUsd,
  limitUsd,
  isAboveLimit,
  isComplete,
  proposer,
  notCounted,
}: ApprovalCount): PlanApproval {
  return { valueUsd, limitUsd, isAboveLimit, isComplete, proposer, notCounted: [...notCounted] };
}

function waitsFor({ approvals, needed }: ApprovalCount): string {
  const left = needed - approvals.length;
  return `waits for ${left}${approvals.length === 0 ? "" : " more"} approval${left === 1 ? "" : "s"}`;
}

export function reportPair(context: EngineContext, pairId: string): PairState {
  const { authority, wall } = context.deps;
  const pair = authority.pair(pairId);
  if (pair === null) throw SignerError.refuse("not_found", `pair ${pairId} is not configured in this signer`);
  const { state } = context.journal;
  const used = state.spentSince(pairId, dayStartMs(wall.nowMs()));
  const rebalances = state.rebalances(pairId);
  const account = walletAccount(pairId);
  const walletHalt = authority.walletHalt();
  return {
    pairId,
    mode: pair.mode,
    paused: pair.paused,
    halted: pair.halted ?? walletHalt,
    stopped: authority.stopped(),
    settings: pair.settings,
    configVersion: pair.configVersion,
    account: state.balances
      .all()
      .filter((each) => each.account === account)
      .map((each) => ({ chainId: each.chainId, token: each.token, amountRaw: each.amountRaw })),
    positions: [...state.positions.values()].filter((each) => each.pairId === pairId).map(positionOf),
    openPlanId: state.openPlanOf(pairId)?.body.planId ?? null,
    commandSeq: pair.commandSeq,
    usedTodayUsd: used.usd,
    usedTodayTxCount: used.txCount,
    gasTodayUsd: used.gasUsd,
    lastPraAtMarketMs: rebalances.lastPraAtMarketMs,
    rsAtMarketMs: [...rebalances.rsAtMarketMs],
    transit: transitState(context, pairId),
    exit: pair.exit ?? null,
  };
}
