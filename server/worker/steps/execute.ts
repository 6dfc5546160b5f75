// Execute: hands a plan to the signer and, when nothing stands in its way, drives it to its end.
import type { PlanRecord } from "@/lib/api/signer-contract";
import type { ExecutionReport } from "@/lib/epoch/execution-report";
import type { Plan } from "@/lib/plan/plan";
import { checkGate } from "@/server/worker/approval-gate";
import type { CycleDeps } from "@/server/worker/ports";
import type { Decided } from "./decide";
import type { Fetched } from "./fetch";

export interface Executed {
  readonly planId: string | null;
  readonly planStatus: string | null;
  readonly planReason: string | null;
  readonly report: ExecutionReport | null;
}

/** As the signer takes them. */
const MAX_REASON_CHARS = 400;
const NOTHING: Executed = { planId: null, planStatus: null, planReason: null, report: null };

/** What it takes to hand a plan over and drive it. */
export type ExecuteDeps = Pick<CycleDeps, "pairId" | "log" | "rehearse" | "execute"> & {
  readonly signer: Pick<CycleDeps["signer"], "propose" | "plan" | "finish" | "rehearsed">;
};

export interface ExecuteOptions {
  /** First round after a start: decisions are shown, nothing new is begun (safety.md section 3.7 R9). */
  readonly observeOnly: boolean;
  readonly shouldStop: () => boolean;
}

export async function executeDecision(
  deps: CycleDeps,
  fetched: Fetched,
  decided: Decided,
  options: ExecuteOptions,
): Promise<Executed> {
  if (decided.plan === null) return { ...NOTHING, planReason: decided.planRefusal };
  const held = holdBack(fetched, options);
  if (held !== null) return { ...NOTHING, planReason: held };
  return proposeAndRun(deps, decided.plan, options.shouldStop);
}

/** Reasons of ours for not even asking; the signer checks its own whatever is said here. */
function holdBack({ pairState }: Fetched, options: ExecuteOptions): string | null {
  if (options.observeOnly) return "the first round after a start only observes";
  if (pairState.stopped !== null) return `the system is stopped: ${pairState.stopped.reason}`;
  if (pairState.halted !== null) return `${pairState.halted.state}: ${pairState.halted.cause}`;
  if (pairState.paused !== null) return `paused (${pairState.paused.kind}): ${pairState.paused.reason}`;
  if (pairState.mode === "observe") return "the pair is in observe mode";
  if (pairState.openPlanId !== null) return `plan ${pairState.openPlanId} is still open`;
  return null;
}

export async function proposeAndRun(deps: ExecuteDeps, plan: Plan, shouldStop: () => boolean): Promise<Executed> {
  const proposed = await deps.signer.propose(plan, `worker ${deps.pairId}`);
  if (!proposed.ok) return { ...NOTHING, planStatus: "refused", planReason: proposed.error.message };
  deps.log.info("plan.built", {
    pairId: deps.pairId,
    planId: proposed.value.planId,
    kind: plan.kind,
    reason: plan.reason,
    steps: plan.steps.length,
    status: proposed.value.status,
  });
  const failed = await rehearse(deps, proposed.value);
  return failed ?? runPlan(deps, proposed.value, shouldStop);
}

/**
 * Tried before anything is signed. A plan that needs nobody's approval ends here when the rehearsal fails; one that waits for people shows
 * it on its card. A rehearsal that could not be made (method `none`) is kept as such, never as gone through, and stops nothing: every step
 * is still tried by itself before it is signed.
 */
async function rehearse(deps: ExecuteDeps, record: PlanRecord): Promise<Executed | null> {
  const { planId, plan } = record;
  const tried = await deps.rehearse(plan);
  const { isOk, method, detail } = tried;
  if (method === "none") deps.log.warn("plan.unrehearsed", { pairId: deps.pairId, planId, detail });
  else deps.log.info("plan.rehearsed", { pairId: deps.pairId, planId, isOk, method, detail });
  const kept = await deps.signer.rehearsed(planId, tried);
  if (!kept.ok) deps.log.warn("plan.unrehearsed", { pairId: deps.pairId, planId, detail: kept.error.message });
  if (isOk || method === "none" || checkGate(record).kind !== "go") return null;
  const reason = `the rehearsal failed, nothing was signed: ${detail}`.slice(0, MAX_REASON_CHARS);
  const ended = await deps.signer.finish(planId, "voided", reason);
  return { planId, planStatus: ended.ok ? ended.value.status : "voided", planReason: reason, report: null };
}

/** Runs a plan as far as its state allows; waiting for people is done elsewhere. */
export async function runPlan(deps: ExecuteDeps, record: PlanRecord, shouldStop: () => boolean): Promise<Executed> {
  const gate = checkGate(record);
  const { planId } = record;
  if (gate.kind !== "go") return { planId, planStatus: record.status, planReason: gate.reason, report: null };
  deps.log.info("plan.started", { pairId: deps.pairId, planId });
  const report = await deps.execute(record, shouldStop);
  const after = await deps.signer.plan(planId);
  const planStatus = after.ok ? after.value.status : report.outcome;
  const event = report.outcome === "done" ? "plan.completed" : "plan.failed";
  deps.log.info(event, {
    pairId: deps.pairId,
    planId,
    outcome: report.outcome,
    reason: report.reason,
    gasUsd: report.gasUsd,
  });
  return { planId, planStatus, planReason: report.reason, report };
}
