// Approval limits as they are being edited: text per scope, what is wrong with it, what has changed, and which change waits a day.
import { formatUsd } from "@/lib/format/usd";
import { approvalRuleSchema, isLooser, ruleOf, type ApprovalLimits, type ApprovalRule } from "@/lib/plan/approval-rule";
import type { Change } from "./people-form";

export interface RuleText {
  /** A pair without a rule of its own follows the deployment's. */
  readonly isOwn: boolean;
  /** US dollars; empty: no limit. */
  readonly singleUpToUsd: string;
  readonly approversAbove: string;
}

interface LimitsText {
  readonly deployment: RuleText;
  readonly pairs: Readonly<Record<string, RuleText>>;
}

type RuleProblem = Partial<Record<"singleUpToUsd" | "approversAbove", string>>;
type LimitsRead =
  | { readonly ok: true; readonly limits: ApprovalLimits }
  | { readonly ok: false; readonly problems: Readonly<Record<string, RuleProblem>> };

/** Key of the deployment's rule among the problems; pair ids have a dash. */
export const DEPLOYMENT = "deployment";

export function textOfLimits(limits: ApprovalLimits, pairIds: readonly string[]): LimitsText {
  const known = new Set([...pairIds, ...Object.keys(limits.pairs)]);
  return {
    deployment: textOfRule(limits.deployment, true),
    pairs: Object.fromEntries(
      [...known].map((pairId) => [pairId, textOfRule(ruleOf(limits, pairId), pairId in limits.pairs)]),
    ),
  };
}

function textOfRule({ singleUpToUsd, approversAbove }: ApprovalRule, isOwn: boolean): RuleText {
  return {
    isOwn,
    singleUpToUsd: singleUpToUsd === null ? "" : String(singleUpToUsd),
    approversAbove: String(approversAbove),
  };
}

/** `approvers`: people who may approve now; more than that could only ever expire. */
export function readLimits(text: LimitsText, approvers: number): LimitsRead {
  const problems: Record<string, RuleProblem> = {};
  const read = (scope: string, rule: RuleText): ApprovalRule | null => {
    const found = readRule(rule, approvers);
    if ("rule" in found) return found.rule;
    problems[scope] = found.problem;
    return null;
  };
  const deployment = read(DEPLOYMENT, text.deployment);
  const pairs: Record<string, ApprovalRule> = {};
  for (const [pairId, rule] of Object.entries(text.pairs)) {
    const own = rule.isOwn ? read(pairId, rule) : null;
    if (own !== null) pairs[pairId] = own;
  }
  if (deployment === null || Object.keys(problems).length > 0) return { ok: false, problems };
  return { ok: true, limits: { deployment, pairs } };
}

function readRule(
  text: RuleText,
  approvers: number,
): { readonly rule: ApprovalRule } | { readonly problem: RuleProblem } {
  const usd = text.singleUpToUsd.trim().replaceAll(",", "").replace(/^\$/, "");
  const single = usd === "" ? null : Number(usd);
  const above = Number(text.approversAbove.trim());
  const problem: RuleProblem = {};
  if (single !== null && !approvalRuleSchema.shape.singleUpToUsd.safeParse(single).success) {
    problem.singleUpToUsd = "Expected dollars, 0 or more; empty for no limit.";
  }
  if (text.approversAbove.trim() === "" || !approvalRuleSchema.shape.approversAbove.safeParse(above).success) {
    problem.approversAbove = "Expected a whole number from 1 to 9.";
  } else if (single !== null && above > approvers) {
    problem.approversAbove = `Only ${approvers} ${approvers === 1 ? "person" : "people"} may approve; add people first.`;
  }
  if (Object.keys(problem).length > 0) return { problem };
  return { rule: { singleUpToUsd: single, approversAbove: above } };
}

export function ruleWords({ singleUpToUsd, approversAbove }: ApprovalRule): string {
  if (singleUpToUsd === null) return "one approver, whatever a plan moves";
  const above = approversAbove === 1 ? "one who did not propose it" : `${approversAbove} different approvers`;
  return `one approver up to ${formatUsd(singleUpToUsd)}, above it ${above}`;
}

interface LimitChange extends Change {
  /** Asks for less than now, so it holds a day after it was signed. */
  readonly isLater: boolean;
}

export function changesOfLimits(before: ApprovalLimits, after: ApprovalLimits): readonly LimitChange[] {
  const scopes = new Set([...Object.keys(before.pairs), ...Object.keys(after.pairs)]);
  const change = (id: string, label: string, old: ApprovalRule | null, next: ApprovalRule | null): LimitChange[] => {
    const [from, to] = [
      old === null ? "as the deployment" : ruleWords(old),
      next === null ? "as the deployment" : ruleWords(next),
    ];
    if (from === to) return [];
    const isLater = isLooser(old ?? before.deployment, next ?? after.deployment);
    return [{ id, label, before: from, after: to, isLater }];
  };
  return [
    ...change(DEPLOYMENT, "Every pair without its own", before.deployment, after.deployment),
    ...[...scopes]
      .toSorted()
      .flatMap((pairId) => change(pairId, pairId, before.pairs[pairId] ?? null, after.pairs[pairId] ?? null)),
  ];
}
