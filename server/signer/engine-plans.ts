// Plans from proposal to end: who may propose, what they wait for, when they are too old, and what must be true before they end.
import type { PlanRecord } from "@/lib/api/signer-contract";
import { opId as makeOpId, planHash, planId as makePlanId } from "@/lib/plan/plan";
import { OPEN_PLAN_STATUSES, type PlanStatus } from "@/lib/plan/plan-status";
import type { EngineContext } from "./context";
import type { EngineGrants } from "./engine-grants";
import type { EngineRuns } from "./engine-runs";
import { IN_FLIGHT_STATES, SUCCESS_OP_STATES, type PlanEntry } from "./journal/projection";
import { checkAuthority, dayStartMs, isOrderedExit } from "./policy";
import { checkPlan } from "./policy-plan";
import { SignerError, type Engine } from "./ports";
import { reportPlan } from "./report";

const refuse = SignerError.refuse;

export interface PlanParts {
  readonly readyChains: ReadonlySet<number>;
  readonly runs: EngineRuns;
  readonly grants: EngineGrants;
}

export type EnginePlans = ReturnType<typeof createPlans>;

export function createPlans(context: EngineContext, { readyChains, runs, grants }: PlanParts) {
  const { deps, journal } = context;
  const { running, leaveRun, endParked } = runs;
  const { revokeOfPlan } = grants;

  function checkFence(pairId: string, token: number): void {
    const newest = journal.state.fenceOf(pairId);
    if (token === newest && newest > 0) return;
    throw refuse(
      "stale_token",
      `the fencing token ${token} of ${pairId} is not the newest (${newest}); another worker has taken over, or lease one first`,
      {
        newest,
      },
    );
  }

  function planEntry(planId: string): PlanEntry {
    const entry = journal.state.plans.get(planId);
    if (entry === undefined) throw refuse("not_found", `plan ${planId} is not in the journal`);
    return entry;
  }

  function setPlanStatus(planId: string, status: PlanStatus, reason: string): void {
    context.record({
      type: "PLAN_STATUS",
      body: { planId, status, reason, atMs: deps.wall.nowMs(), marketAtMs: deps.market.nowMs() },
    });
  }

  /** What its approvals amount to now; null when it needs none. */
  function approvalOf(entry: PlanEntry) {
    const { planId, approvalsNeeded, expiresAtMs } = entry.body;
    if (approvalsNeeded === 0) return null;
    return deps.authority.approval({
      planId,
      plan: entry.plan,
      atLeast: approvalsNeeded,
      untilAtMs: expiresAtMs,
      asOfMs: null,
    });
  }

  /** Waiting plans: rejected, expired or approved, from the authority's records. */
  function syncPlan(planId: string): PlanRecord {
    const entry = planEntry(planId);
    if (entry.status === "waiting_approval") {
      const rejection = deps.authority.rejection(planId);
      const { expiresAtMs } = entry.body;
      const count = approvalOf(entry);
      const given = count === null ? "" : `${count.approvals.length} of ${count.needed}`;
      if (rejection !== null)
        setPlanStatus(planId, "rejected", `rejected by ${rejection.address}: ${rejection.reason}`);
      else if (count?.isComplete === true) setPlanStatus(planId, "approved", `approved by ${given}`);
      else if (expiresAtMs !== null && deps.wall.nowMs() > expiresAtMs) {
        setPlanStatus(planId, "expired", `no sufficient approval (${given}) before it expired`);
      }
    } else if (entry.status === "approved" && isTooOld(entry)) {
      setPlanStatus(
        planId,
        "expired",
        `not started within ${entry.plan.bounds.maxPlanAgeMs / 1000} s after it was allowed`,
      );
    } else if (entry.status === "approved") {
      const rejection = deps.authority.rejection(planId);
      const count = approvalOf(entry);
      if (rejection !== null)
        setPlanStatus(planId, "rejected", `rejected by ${rejection.address}: ${rejection.reason}`);
      else if (count?.isComplete === false) {
        setPlanStatus(
          planId,
          "voided",
          `voided before its first step: ${count.approvals.length} of ${count.needed} approvals count now, a role was taken away or a limit lowered`,
        );
      }
    }
    return reportPlan(context, planEntry(planId));
  }

  /** Bound maxPlanAgeMs, wall time since the last approval, or since the proposal where none was needed. */
  function isTooOld(entry: PlanEntry): boolean {
    const lastApprovalMs = Math.max(0, ...deps.authority.approvals(entry.body.planId).map((each) => each.atMs));
    const sinceMs = Math.max(entry.body.createdAtMs, lastApprovalMs, entry.startedAtMs ?? 0);
    return deps.wall.nowMs() - sinceMs > entry.plan.bounds.maxPlanAgeMs;
  }

  function expirePlans(): void {
    for (const pairId of deps.authority.pairIds()) {
      const open = journal.state.openPlanOf(pairId);
      if (open !== null && (open.status === "waiting_approval" || open.status === "approved"))
        syncPlan(open.body.planId);
    }
  }

  const proposePlan: Engine["proposePlan"] = async (input) => {
    const { plan, pairId } = input;
    checkFence(pairId, input.token);
    if (plan.pairId !== pairId)
      throw refuse("bad_request", `the plan is for ${plan.pairId}, the request for ${pairId}`);
    const planId = makePlanId(deps.deploymentId, plan);
    const same = journal.state.plans.get(planId);
    if (same !== undefined) {
      if (OPEN_PLAN_STATUSES.includes(same.status)) return syncPlan(planId);
      throw refuse(
        "policy",
        `this plan ended as ${same.status} (${same.statusReason}); a plan is executed once, make a new one in the next epoch`,
      );
    }
    if (context.isDraining())
      throw SignerError.later("stopped", "the signer is shutting down; propose again after its restart");
    const isExit = isOrderedExit(deps.authority, plan);
    const pair = checkAuthority(deps.authority, pairId, "plan", isExit);
    checkRecovered(plan.steps.map((step) => step.chainId));
    expirePlans();
    const open = journal.state.openPlanOf(pairId);
    if (open !== null) {
      throw refuse(
        "plan_open",
        `${pairId} has the open plan ${open.body.planId} (${open.status}); finish or reject it first`,
        {
          planId: open.body.planId,
        },
      );
    }
    const nowMs = deps.wall.nowMs();
    checkPlan({
      plan,
      pair,
      registry: deps.registry,
      positions: [...journal.state.positions.values()],
      usedTodayUsd: journal.state.spentSince(pairId, dayStartMs(nowMs)).usd,
      isExit,
      actionsOf: (family) => context.family(family).actions,
    });
    // The signed system.exit is the approval.
    const needed = isExit || pair.mode === "auto" ? 0 : deps.authority.approvalsNeeded(pairId, plan);
    context.record({
      type: "PLAN",
      body: {
        planId,
        planHash: planHash(plan),
        plan,
        mode: pair.mode,
        status: needed === 0 ? "approved" : "waiting_approval",
        statusReason:
          needed === 0
            ? isExit
              ? "ordered by a signed system.exit"
              : `mode ${pair.mode} needs no approval`
            : `waits for ${needed} approval${needed === 1 ? "" : "s"}`,
        createdAtMs: nowMs,
        createdAtMarketMs: input.marketAtMs,
        expiresAtMs: nowMs + (needed === 0 ? plan.bounds.maxPlanAgeMs : pair.settings.planExpiryMs),
        proposedBy: input.proposedBy,
        approvalsNeeded: needed,
      },
    });
    return reportPlan(context, planEntry(planId));
  };

  /** What has not started gives way to an exit; what has is ended by whoever drives the exit. */
  function voidWaitingPlans(pairId: string, reason: string): number {
    const open = journal.state.openPlanOf(pairId);
    if (open === null || (open.status !== "waiting_approval" && open.status !== "approved")) return 0;
    setPlanStatus(open.body.planId, "voided", reason);
    return 1;
  }

  function checkRecovered(chainIds: readonly number[]): void {
    const missing = chainIds.find((chainId) => !readyChains.has(chainId));
    if (missing === undefined) return;
    throw SignerError.later("chain", `chain ${missing} is not reconciled yet; nothing is signed there before it is`, {
      chainId: missing,
    });
  }

  const finishPlan: Engine["finishPlan"] = async (input) => {
    checkFence(input.pairId, input.token);
    const entry = planEntry(input.planId);
    if (entry.plan.pairId !== input.pairId)
      throw refuse("bad_request", `plan ${input.planId} belongs to ${entry.plan.pairId}`);
    if (!OPEN_PLAN_STATUSES.includes(entry.status)) return reportPlan(context, entry);
    for (const opId of entry.opIds) {
      if (input.outcome !== "done") endParked(opId, `the plan ended as ${input.outcome}`);
      await leaveRun(opId);
    }
    const ops = entry.opIds.flatMap((opId) => journal.state.ops.get(opId) ?? []);
    const inFlight = ops.find((op) => IN_FLIGHT_STATES.includes(op.state) || running.has(op.opId));
    if (inFlight !== undefined) {
      throw SignerError.later("plan_open", `${inFlight.opId} is ${inFlight.state}; wait for it, then finish the plan`);
    }
    if (input.outcome === "done") checkAllDone(entry);
    const left = await revokeOfPlan(entry);
    if (left !== null && input.outcome === "done") {
      throw SignerError.later("plan_open", `the plan is not done while an allowance stands: ${left}`);
    }
    for (const op of ops) {
      if (op.state !== "INTENT" && op.state !== "PREPARED") continue;
      context.record({
        type: "EXPIRED",
        body: { opId: op.opId, reason: `the plan ended as ${input.outcome}`, atMs: deps.wall.nowMs() },
      });
    }
    setPlanStatus(
      input.planId,
      input.outcome,
      left === null ? input.reason : `${input.reason} (allowance left: ${left})`,
    );
    return reportPlan(context, planEntry(input.planId));
  };

  function checkAllDone(entry: PlanEntry): void {
    entry.plan.steps.forEach((step, index) => {
      const state = journal.state.ops.get(makeOpId(entry.body.planId, index))?.state ?? "PLANNED";
      // Revokes that were not asked for are done below when they are needed.
      if (SUCCESS_OP_STATES.includes(state) || (step.kind === "revoke" && state === "PLANNED")) return;
      throw refuse("policy", `step ${index} (${step.kind}) is ${state}; the plan can end as partial, not as done`);
    });
  }

  return {
    checkFence,
    planEntry,
    setPlanStatus,
    syncPlan,
    isTooOld,
    expirePlans,
    checkRecovered,
    proposePlan,
    finishPlan,
    voidWaitingPlans,
  };
}
