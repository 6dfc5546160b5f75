// The desk's words for plans and their operations: title, status with its tone, and what follows from a state.
import type { StatusTone } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import type { OpState } from "@/lib/plan/plan-status";
import { OPEN_PLAN_STATUSES, type PlanStatus } from "@/lib/plan/status-names";

export type PlanStep = PlanDto["steps"][number];
export type PlanOp = NonNullable<PlanStep["op"]>;

export const PLAN_STATUS: Readonly<Record<PlanStatus, { readonly word: string; readonly tone: StatusTone }>> = {
  waiting_approval: { word: "Waits for approval", tone: "prop" },
  approved: { word: "Approved", tone: "prop" },
  executing: { word: "Executing", tone: "prop" },
  done: { word: "Done", tone: "ok" },
  partial: { word: "Partly done", tone: "warn" },
  expired: { word: "Expired", tone: "paused" },
  rejected: { word: "Rejected", tone: "paused" },
  voided: { word: "Void", tone: "warn" },
  refused: { word: "Refused", tone: "warn" },
};

export const OP_STATE: Readonly<Record<OpState, { readonly word: string; readonly tone: StatusTone }>> = {
  PLANNED: { word: "Not started", tone: "unknown" },
  INTENT: { word: "Recorded", tone: "prop" },
  PREPARED: { word: "Prepared", tone: "prop" },
  SIGNED: { word: "Signed", tone: "prop" },
  SENT: { word: "Sent", tone: "prop" },
  INCLUDED: { word: "In a block", tone: "prop" },
  CONFIRMED: { word: "Confirmed", tone: "ok" },
  VERIFIED: { word: "Verified", tone: "ok" },
  SETTLED: { word: "Settled", tone: "ok" },
  SKIPPED: { word: "Skipped", tone: "paused" },
  REVERTED: { word: "Reverted", tone: "warn" },
  CANCELLED: { word: "Cancelled", tone: "paused" },
  EXPIRED: { word: "Expired", tone: "paused" },
  FOREIGN: { word: "Foreign transaction", tone: "crit" },
  VERIFY_FAILED: { word: "Not as planned", tone: "crit" },
};

export function isOpen(plan: Pick<PlanDto, "status">): boolean {
  return OPEN_PLAN_STATUSES.includes(plan.status);
}

/** "Shift the WETH-USDC range": what the plan does, as a heading. */
export function planTitle(plan: Pick<PlanDto, "kind" | "pairId" | "before" | "after">): string {
  if (plan.kind === "RS") return `Shift the ${plan.pairId} range`;
  const had = plan.before.some((holding) => holding.priceLower !== null);
  const has = plan.after.some((holding) => holding.priceLower !== null);
  if (!had && has) return `Open a ${plan.pairId} position`;
  if (had && !has) return `Close the ${plan.pairId} positions`;
  return `Move ${plan.pairId} between pools`;
}

/** True once the signer took the step up; a planned one is only written down. */
export function hasStarted(step: PlanStep): step is PlanStep & { readonly op: PlanOp } {
  return step.op !== null && step.op.state !== "PLANNED";
}

/** True once a transaction of the plan may have reached a chain. */
export function hasSent(plan: Pick<PlanDto, "steps">): boolean {
  return plan.steps.some((step) => step.op !== null && step.op.attempts.length > 0);
}

/** Ranges of a side of the plan, largest value first. */
export function rangesOf(
  holdings: PlanDto["before"],
): readonly { readonly label: string; readonly lower: number; readonly upper: number }[] {
  return holdings
    .toSorted((a, b) => b.valueUsd - a.valueUsd)
    .flatMap(({ label, priceLower, priceUpper }) =>
      priceLower === null || priceUpper === null ? [] : [{ label, lower: priceLower, upper: priceUpper }],
    );
}

type Ranges = ReturnType<typeof rangesOf>;

function isAmong(ranges: Ranges, { label, lower, upper }: Ranges[number]): boolean {
  return ranges.some((range) => range.label === label && range.lower === lower && range.upper === upper);
}

/** Ranges that the plan opens: those of "after" that were not there before. */
export function newRangesOf(plan: Pick<PlanDto, "before" | "after">): Ranges {
  const had = rangesOf(plan.before);
  return rangesOf(plan.after).filter((range) => !isAmong(had, range));
}

/** Ranges there before the plan: those it closes first, then those it leaves. */
export function oldRangesOf(
  plan: Pick<PlanDto, "before" | "after">,
): readonly (Ranges[number] & { readonly stays: boolean })[] {
  const after = rangesOf(plan.after);
  return rangesOf(plan.before)
    .map((range) => ({ ...range, stays: isAmong(after, range) }))
    .toSorted((left, right) => Number(left.stays) - Number(right.stays));
}

export interface CheckCount {
  readonly all: number;
  readonly hold: number;
  readonly failed: number;
  readonly unknown: number;
}

/** Unknown is not OK: it is counted on its own. */
export function countChecks(plan: Pick<PlanDto, "boundChecks">): CheckCount {
  const hold = plan.boundChecks.filter((check) => check.ok === true).length;
  const failed = plan.boundChecks.filter((check) => check.ok === false).length;
  return { all: plan.boundChecks.length, hold, failed, unknown: plan.boundChecks.length - hold - failed };
}

export function areLimitsKept(plan: Pick<PlanDto, "limits">): boolean | null {
  if (plan.limits.length === 0) return null;
  return plan.limits.every((limit) => limit.usedUsd + limit.thisUsd <= limit.limitUsd);
}

/** What the system does next with a plan in this status, one sentence. */
export function nextSentence(plan: Pick<PlanDto, "status" | "approvals" | "approvalsNeeded">): string {
  switch (plan.status) {
    case "waiting_approval":
      return `Waits for ${plan.approvalsNeeded - plan.approvals.length} more signed approval; without it the plan expires and nothing changes (HOLD).`;
    case "approved":
      return "The worker starts the first step as soon as the bounds are checked again.";
    case "executing":
      return "The worker carries on step by step; the signer checks each one before it signs.";
    case "done":
      return "Nothing is left to do. The next epoch decides from what is there now.";
    case "partial":
      return "No step of this plan is repeated. The next epoch starts from what is there now.";
    case "expired":
    case "rejected":
    case "voided":
    case "refused":
      return "This plan is over and cannot be signed again. The next epoch decides anew.";
  }
}
