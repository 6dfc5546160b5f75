// Who must approve a plan: limits by value, how many distinct people above them, and which signatures count; the signer decides by this, the desk shows it.
import * as z from "zod";
import { pairIdSchema } from "@/lib/registry/schema";
import type { Plan } from "./plan";

/** Most approvers that can be asked for; choice. */
const MAX_APPROVERS = 9;
const MAX_USD = 1e12;

export const approvalRuleSchema = z.object({
  /** A plan that moves at most this needs one approver; null: one is enough whatever it moves. */
  singleUpToUsd: z.number().min(0).max(MAX_USD).nullable(),
  /** Distinct approvers of a plan above it. */
  approversAbove: z.number().int().min(1).max(MAX_APPROVERS),
});
export type ApprovalRule = z.infer<typeof approvalRuleSchema>;

/** The rule of the deployment and those of pairs that have their own. */
export const approvalLimitsSchema = z.object({
  deployment: approvalRuleSchema,
  pairs: z.record(pairIdSchema, approvalRuleSchema),
});
export type ApprovalLimits = z.infer<typeof approvalLimitsSchema>;

export const DEFAULT_APPROVAL_LIMITS: ApprovalLimits = {
  deployment: { singleUpToUsd: null, approversAbove: 2 },
  pairs: {},
};

/** What asks for more holds at once; what asks for less only after this, as every raised limit (safety.md section 3.8). */
export const LOOSER_AFTER_MS = 24 * 3_600_000;

/** US dollars a plan moves: the largest of what it takes out of positions, puts into them and sends over bridges. */
export function planValueUsd(plan: Pick<Plan, "notionalUsd">): number {
  return plan.notionalUsd;
}

export function ruleOf(limits: ApprovalLimits, pairId: string): ApprovalRule {
  return limits.pairs[pairId] ?? limits.deployment;
}

interface LimitsVersion {
  readonly atMs: number;
  readonly limits: ApprovalLimits;
}

/** The newest rule of the pair and those it replaced less than a day ago: the strictest of them decides. */
export function rulesInForce(
  versions: readonly LimitsVersion[],
  pairId: string,
  nowMs: number,
): readonly ApprovalRule[] {
  const known = versions.filter((version, index) => index === 0 || version.atMs <= nowMs);
  return known.flatMap((version, index) => {
    const replacedAtMs = known[index + 1]?.atMs;
    const holds = replacedAtMs === undefined || nowMs - replacedAtMs < LOOSER_AFTER_MS;
    return holds ? [ruleOf(version.limits, pairId)] : [];
  });
}

/** When the last of the replaced stricter rules ends; null when the newest rule holds alone. */
export function loosenedAtMs(versions: readonly LimitsVersion[], pairId: string, nowMs: number): number | null {
  const newest = versions.at(-1);
  if (newest === undefined) return null;
  const now = ruleOf(newest.limits, pairId);
  let untilMs: number | null = null;
  versions.forEach((version, index) => {
    const replacedAtMs = versions[index + 1]?.atMs;
    if (replacedAtMs === undefined || nowMs - replacedAtMs >= LOOSER_AFTER_MS) return;
    if (isLooser(ruleOf(version.limits, pairId), now)) untilMs = Math.max(untilMs ?? 0, replacedAtMs + LOOSER_AFTER_MS);
  });
  return untilMs;
}

/** True when some plan would need less under the second rule than under the first. */
export function isLooser(before: ApprovalRule, after: ApprovalRule): boolean {
  if (before.singleUpToUsd === null) return false;
  const isHigher = after.singleUpToUsd === null || after.singleUpToUsd > before.singleUpToUsd;
  return isHigher || after.approversAbove < before.approversAbove;
}

interface ApprovalNeed {
  readonly needed: number;
  /** Above it the one who proposed a plan may not be its only approver. */
  readonly isAboveLimit: boolean;
  /** Lowest limit among the rules, null when none has one. */
  readonly limitUsd: number | null;
}

export function approvalNeed(rules: readonly ApprovalRule[], valueUsd: number): ApprovalNeed {
  let need: ApprovalNeed = { needed: 1, isAboveLimit: false, limitUsd: null };
  for (const { singleUpToUsd, approversAbove } of rules) {
    if (singleUpToUsd === null) continue;
    // What is no number is above every limit.
    const isAbove = !(valueUsd <= singleUpToUsd);
    need = {
      needed: isAbove ? Math.max(need.needed, approversAbove) : need.needed,
      isAboveLimit: need.isAboveLimit || isAbove,
      limitUsd: Math.min(need.limitUsd ?? singleUpToUsd, singleUpToUsd),
    };
  }
  return need;
}

/** Enough distinct approvers, and above the limit not the proposer alone. */
export function isApproved(
  need: Pick<ApprovalNeed, "needed" | "isAboveLimit">,
  approvers: readonly string[],
  proposer: string | null,
): boolean {
  const distinct = new Set(approvers.map((address) => address.toLowerCase()));
  if (distinct.size < need.needed) return false;
  const others = distinct.size - (proposer !== null && distinct.has(proposer.toLowerCase()) ? 1 : 0);
  return !need.isAboveLimit || others > 0;
}
