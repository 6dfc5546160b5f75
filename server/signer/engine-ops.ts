// Operations of a plan: what must be true before one starts, its start or rejoin, and waiting for its end.
import type { OpArguments } from "@/lib/api/signer-contract";
import { planValueUsd } from "@/lib/plan/approval-rule";
import { opId as makeOpId, type Step } from "@/lib/plan/plan";
import { takenWay } from "@/lib/plan/swap-ways";
import type { EngineContext } from "./context";
import type { EnginePlans } from "./engine-plans";
import type { EngineRuns } from "./engine-runs";
import {
  IN_FLIGHT_STATES,
  OPEN_OP_STATES,
  SUCCESS_OP_STATES,
  type OpRecord,
  type PlanEntry,
} from "./journal/projection";
import { checkAuthority, checkCaps, checkPrice, dayStartMs, isOrderedExit, purposeKey, valueUsd } from "./policy";
import { SignerError, type Engine } from "./ports";
import { checkEvidence } from "./prepare-swap";
import { reportOp, reportPlan } from "./report";
import { checkTransit } from "./transfers";

/** A purpose may be tried again once after a revert or a cancel, then a person looks (safety.md T8, T9). */
const MAX_NONCES_PER_OP = 2;

/** Prices move between a plan and its steps, and what closes may have earned a little more. */
const VALUE_TOLERANCE_FRAC = 0.25;
const VALUE_TOLERANCE_USD = 1;

const refuse = SignerError.refuse;

export function createOps(
  context: EngineContext,
  plans: EnginePlans,
  runs: EngineRuns,
): Pick<Engine, "executeOp" | "waitOp"> {
  const { deps, journal } = context;
  const { running, start, leaveRun } = runs;
  const { checkFence, planEntry, setPlanStatus, syncPlan, isTooOld, checkRecovered } = plans;

  const executeOp: Engine["executeOp"] = async (input) => {
    const { pairId, planId, index, args } = input;
    checkFence(pairId, input.token);
    const entry = planEntry(planId);
    const { plan } = entry;
    if (plan.pairId !== pairId)
      throw refuse("bad_request", `plan ${planId} belongs to ${plan.pairId}, not to ${pairId}`);
    const planned = plan.steps[index];
    // A swap with two ways is made, checked and verified as the one that was taken.
    const step = planned?.kind === "swap" ? takenWay(planned, { hasQuote: args.quote !== undefined }) : planned;
    if (step === undefined)
      throw refuse("bad_request", `plan ${planId} has ${plan.steps.length} steps, there is no step ${index}`);
    const opId = makeOpId(planId, index);
    await leaveRun(opId);
    const existing = journal.state.ops.get(opId);
    if (existing !== undefined && isRejoin(existing)) return reportOp(existing);
    if (existing !== undefined) checkRetry(existing);
    // A halt says more than "not reconciled", which is often its consequence.
    const pair = checkAuthority(deps.authority, pairId, step, isOrderedExit(deps.authority, plan));
    checkRecovered([step.chainId]);
    if (context.isDraining())
      throw SignerError.later("stopped", "the signer is shutting down; execute again after its restart");
    if (entry.status === "waiting_approval" || entry.status === "approved") syncPlan(planId);
    checkExecutable(entry, index);
    checkTransit(context, { pairId, planId, step });
    if (step.kind !== "revoke") checkPrice(plan, args, deps.market.nowMs());
    checkEvidence(context, step, { plan, args });
    const today = journal.state.spentSince(pairId, dayStartMs(deps.wall.nowMs()));
    const stepUsd = estimateUsd(entry, step, args);
    checkApprovedValue(entry, { index, kind: step.kind, usd: stepUsd });
    checkCaps({ pair, step, notionalUsd: stepUsd, planUsd: 0, today, gasUsd: 0 });
    checkPurposeFree(purposeKey(planId, index, step), opId);
    if (existing !== undefined && (existing.state === "INTENT" || existing.state === "PREPARED")) {
      start(existing);
      return reportOp(existing);
    }
    context.kill("before-intent");
    if (entry.status === "approved") setPlanStatus(planId, "executing", `step ${index} (${step.kind}) started`);
    context.record({
      type: "INTENT",
      body: {
        opId,
        planId,
        pairId,
        index,
        chainId: step.chainId,
        purposeKey: purposeKey(planId, index, step),
        step,
        args,
        isOwn: false,
        atMs: deps.wall.nowMs(),
      },
    });
    context.kill("after-intent");
    start(context.op(opId));
    return reportOp(context.op(opId));
  };

  /** Being worked on, or done: the caller gets its state and nothing starts. */
  function isRejoin(op: OpRecord): boolean {
    return running.has(op.opId) || IN_FLIGHT_STATES.includes(op.state) || SUCCESS_OP_STATES.includes(op.state);
  }

  function checkExecutable(entry: PlanEntry, index: number): void {
    const { planId } = entry.body;
    if (entry.status === "waiting_approval") {
      throw refuse("not_approved", `plan ${planId} is not approved: ${reportPlan(context, entry).statusReason}`);
    }
    if (entry.status === "expired") throw refuse("plan_expired", `plan ${planId} expired: ${entry.statusReason}`);
    if (entry.status !== "approved" && entry.status !== "executing") {
      throw refuse("plan_expired", `plan ${planId} ended as ${entry.status}: ${entry.statusReason}`);
    }
    if (isTooOld(entry) && !isExit(entry, index)) {
      throw refuse(
        "plan_expired",
        `bound maxPlanAgeMs: plan ${planId} is older than ${entry.plan.bounds.maxPlanAgeMs / 1000} s; finish it as partial and plan again`,
      );
    }
    const chainId = entry.plan.steps[index]?.chainId;
    for (const opId of entry.opIds) {
      const op = journal.state.ops.get(opId);
      if (op === undefined || op.chainId !== chainId || op.index === index) continue;
      if (OPEN_OP_STATES.includes(op.state)) {
        throw SignerError.later(
          "policy",
          `step ${op.index} of plan ${planId} is still ${op.state}; wait for it before step ${index}`,
        );
      }
      if (op.state === "VERIFY_FAILED" || op.state === "FOREIGN") {
        throw refuse("halted", `step ${op.index} of plan ${planId} ended as ${op.state}: ${op.error ?? ""}`);
      }
    }
  }

  function estimateUsd(entry: PlanEntry, step: Step, args: OpArguments): number {
    const { chainId } = step;
    if (step.kind === "swap" || step.kind === "bridge") {
      return valueUsd(deps.registry, entry.plan, args, [
        { chainId, token: step.tokenIn, amountRaw: args.amountRaw ?? step.amountInRaw },
      ]);
    }
    if (step.kind === "mint") {
      return valueUsd(deps.registry, entry.plan, args, [
        { chainId, token: step.token0, amountRaw: args.amount0DesiredRaw ?? 0n },
        { chainId, token: step.token1, amountRaw: args.amount1DesiredRaw ?? 0n },
      ]);
    }
    return 0;
  }

  /** Several people approved a value: steps of one kind together move no more than that, whatever the plan said of itself. */
  function checkApprovedValue(
    entry: PlanEntry,
    next: { readonly index: number; readonly kind: Step["kind"]; readonly usd: number },
  ): void {
    if (entry.body.approvalsNeeded === 0) return;
    const sent = entry.opIds
      .flatMap((opId) => journal.state.ops.get(opId) ?? [])
      .filter((op) => op.step.kind === next.kind && op.index !== next.index && op.attempts.length > 0);
    const movedUsd = sent.reduce((sum, op) => sum + (op.prepared?.notionalUsd ?? 0), next.usd);
    const approvedUsd = planValueUsd(entry.plan);
    if (movedUsd <= approvedUsd * (1 + VALUE_TOLERANCE_FRAC) + VALUE_TOLERANCE_USD) return;
    throw refuse(
      "over_limit",
      `with this ${next.kind} plan ${entry.body.planId} moves ${movedUsd.toFixed(2)} USD, it was approved as moving ${approvedUsd.toFixed(2)}; finish it as partial and plan again`,
    );
  }

  function checkPurposeFree(key: string, opId: string): void {
    for (const op of journal.state.ops.values()) {
      if (op.purposeKey === key && op.opId !== opId && OPEN_OP_STATES.includes(op.state)) {
        throw SignerError.later("policy", `${key} is being done by ${op.opId} (${op.state}); wait for it`);
      }
    }
  }

  const waitOp: Engine["waitOp"] = async ({ opId, waitMs }) => {
    const untilMono = deps.wall.monotonicMs() + waitMs;
    for (;;) {
      const op = context.op(opId);
      const leftMs = untilMono - deps.wall.monotonicMs();
      const isIdle = (op.state === "INTENT" || op.state === "PREPARED") && !running.has(opId);
      if (!OPEN_OP_STATES.includes(op.state) || isIdle || leftMs <= 0 || context.isClosing()) return reportOp(op);
      await context.nextChange(leftMs);
    }
  };

  return { executeOp, waitOp };
}

/** A new nonce for a purpose only after its old one is finally spent: a block that goes away would bring the old attempt back. */
function checkRetry(op: OpRecord): void {
  if (op.state === "INTENT" || op.state === "PREPARED" || op.state === "EXPIRED") return;
  const open = op.attempts.find((attempt) => attempt.raw !== null);
  if (open !== undefined && (op.state === "REVERTED" || op.state === "CANCELLED")) {
    throw SignerError.later(
      "chain",
      `${op.opId} ended as ${op.state}, but its nonce ${open.nonce} on chain ${op.chainId} is not finally spent yet; it may be tried again when its block is final`,
    );
  }
  const nonces = new Set(op.attempts.map((attempt) => attempt.nonce)).size;
  if ((op.state === "REVERTED" || op.state === "CANCELLED") && nonces < MAX_NONCES_PER_OP) return;
  const code = op.state === "REVERTED" ? "reverted" : "halted";
  throw refuse(code, `${op.opId} ended as ${op.state}: ${op.error ?? "no reason recorded"}; it is not tried again`);
}

function isExit(entry: PlanEntry, index: number): boolean {
  return entry.plan.steps[index]?.kind === "revoke";
}
