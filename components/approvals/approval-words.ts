// What a plan's approvals amount to, in words: how many are needed and why, who can still give one.
import type { Person } from "@/lib/api/authority-settings";
import { roleAtLeast } from "@/lib/api/roles";
import type { PlanDto } from "@/lib/api/schemas";
import { formatUsd } from "@/lib/format/usd";

type Counted = Pick<PlanDto, "approval" | "approvals" | "approvalsNeeded">;

/** "1 of 2"; null when nobody has to sign. */
export function countWords({ approval, approvals, approvalsNeeded }: Counted): string | null {
  return approval === null ? null : `${approvals.length} of ${approvalsNeeded}`;
}

/** Why this many: the value against the limit. */
export function needWords({ approval, approvalsNeeded }: Counted): string | null {
  if (approval === null) return null;
  const moves = `Moves ${formatUsd(approval.valueUsd)}`;
  const people = `${approvalsNeeded} ${approvalsNeeded === 1 ? "approver" : "different approvers"}`;
  if (approval.limitUsd === null) return `${moves}. No limit is set: one approver is enough whatever a plan moves.`;
  if (!approval.isAboveLimit) return `${moves}, within the limit of ${formatUsd(approval.limitUsd)} for ${people}.`;
  const alone = approval.proposer === null ? "" : " Who proposed it may approve, but not alone.";
  return `${moves}, above the limit of ${formatUsd(approval.limitUsd)}: it takes ${people}.${alone}`;
}

/** People who may approve and have not yet. */
export function missingPeople(plan: Pick<PlanDto, "approvals">, people: readonly Person[]): readonly Person[] {
  const signed = new Set(plan.approvals.map(({ address }) => address.toLowerCase()));
  return people.filter(({ address, role }) => roleAtLeast(role, "approver") && !signed.has(address.toLowerCase()));
}

/** The bound that speaks against signing now, in words; null when none does. Trust in inputs has its own words. */
export function leftBound(plan: Pick<PlanDto, "boundChecks">): string | null {
  const left = plan.boundChecks.find(({ id, ok }) => ok === false && !id.startsWith("trust:"));
  return left === undefined ? null : `${left.label}: ${left.value}, limit ${left.limit}`;
}
