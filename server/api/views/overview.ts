// The overview: five lamps, the money, what waits for a person; the worst reason first, in plain words with a link.
import type { Attention, HealthWord, Overview, PairSummary, WorkerDto } from "@/lib/api/schemas";
import type { PlanRecord } from "@/lib/api/signer-contract";
import type { ApiDeps } from "@/server/api/deps";
import type { DeskState } from "@/server/api/reads";
import type { SourceDto } from "@/server/api/views/services";
import { worst } from "@/server/api/views/services";
import type { ServiceDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";

export interface LedgerView {
  readonly checkedAtMs: number;
  readonly balanced: boolean;
  readonly differences: number;
  readonly sentence: string;
}

export interface OverviewInput {
  readonly deps: ApiDeps;
  readonly desk: DeskState;
  readonly pairs: readonly PairSummary[];
  readonly services: readonly ServiceDto[];
  readonly sources: readonly SourceDto[];
  readonly openPlans: readonly PlanRecord[];
  /** Newest ended plan per pair. */
  readonly lastPlans: readonly PlanRecord[];
  readonly ledger: LedgerView | null;
  readonly marketNowMs: number;
  readonly marketSpeed: number;
}

/** A decision later than this after its quarter hour is late (operator.md capability 45). */
const LATE_DECISION_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a person reads for the states of a worker that need a word. */
const WORKER_WORDS: Readonly<Record<WorkerDto["state"], string>> = {
  starting: "starting again",
  running: "running",
  draining: "ending",
  backoff: "waiting to be started again",
  halted: "given up",
  stopped: "stopped",
  missing: "missing",
};

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

export function attentionList(input: OverviewInput): Attention[] {
  const list: Attention[] = [];
  const { desk, marketNowMs } = input;
  if (desk.authority?.stopped) {
    list.push({
      id: "stopped",
      kind: "halt",
      severity: "critical",
      pairId: null,
      planId: null,
      sinceAtMs: desk.authority.stopped.sinceAtMs,
      sentence: `Everything is stopped: ${desk.authority.stopped.reason}. The signer refuses until an owner resumes.`,
      href: "/system",
    });
  }
  for (const plan of input.openPlans) {
    if (plan.status !== "waiting_approval") continue;
    list.push({
      id: `approval:${plan.planId}`,
      kind: "approval",
      severity: "warn",
      pairId: plan.plan.pairId,
      planId: plan.planId,
      sinceAtMs: plan.createdAtMs,
      sentence: `${plan.plan.kind === "RS" ? "Shift the range of" : "Re-allocate"} ${plan.plan.pairId}: cost ${formatUsd(plan.plan.forecast.costUsd)}${plan.plan.forecast.paybackDays === null ? "" : `, pays back in ${formatAge(plan.plan.forecast.paybackDays * DAY_MS)}`}.`,
      href: `/approvals/${plan.planId}`,
    });
  }
  for (const plan of input.lastPlans) {
    if (plan.status !== "partial") continue;
    list.push({
      id: `plan:${plan.planId}`,
      kind: "plan",
      severity: "warn",
      pairId: plan.plan.pairId,
      planId: plan.planId,
      sinceAtMs: plan.endedAtMs,
      sentence: `The last plan of ${plan.plan.pairId} ended half way: ${plan.statusReason}. What it freed is in the wallet; the next decision may deploy it again.`,
      href: `/activity/${plan.planId}`,
    });
  }
  for (const pair of input.pairs) {
    const href = `/pairs/${pair.id}`;
    if (pair.halted !== null) {
      list.push({
        id: `halt:${pair.id}`,
        kind: "halt",
        severity: "critical",
        pairId: pair.id,
        planId: null,
        sinceAtMs: pair.halted.sinceAtMs,
        sentence: `${pair.id} is halted (${pair.halted.state}): ${pair.halted.cause}`,
        href,
      });
    }
    if (pair.state === "out_of_range") {
      const since = pair.stateSinceAtMs;
      list.push({
        id: `out:${pair.id}`,
        kind: "out_of_range",
        severity: "warn",
        pairId: pair.id,
        planId: null,
        sinceAtMs: since,
        sentence: `${pair.id} is out of range${since === null ? "" : ` for ${formatAge(marketNowMs - since)}`}: ${pair.stateSentence}`,
        href,
      });
    }
    const { worker } = pair;
    const isRevived = worker?.state === "starting" && worker.lastExit !== null;
    if (worker === null || ["missing", "backoff", "halted"].includes(worker.state) || isRevived) {
      list.push({
        id: `worker:${pair.id}`,
        kind: "worker",
        severity: worker?.state === "halted" ? "critical" : "warn",
        pairId: pair.id,
        planId: null,
        sinceAtMs: worker?.heartbeatAtMs ?? null,
        sentence: `The worker of ${pair.id} is ${WORKER_WORDS[worker?.state ?? "missing"]}${worker?.lastExit === null || worker === null ? "" : ` (${worker.lastExit})`}. Nobody decides for this pair until it is back.`,
        href: "/system",
      });
    }
    if (
      worker !== null &&
      worker.nextEpochMarketAtMs !== null &&
      marketNowMs - worker.nextEpochMarketAtMs > LATE_DECISION_MS * input.marketSpeed
    ) {
      list.push({
        id: `late:${pair.id}`,
        kind: "late_decision",
        severity: "warn",
        pairId: pair.id,
        planId: null,
        sinceAtMs: worker.nextEpochMarketAtMs,
        sentence: `The decision of ${pair.id} is ${formatAge(marketNowMs - worker.nextEpochMarketAtMs)} late.`,
        href,
      });
    }
    if (pair.lastDecision?.reason === "no_data") {
      list.push({
        id: `data:${pair.id}`,
        kind: "stale_source",
        severity: "warn",
        pairId: pair.id,
        planId: null,
        sinceAtMs: pair.lastDecision.marketAtMs,
        sentence: `${pair.id}: ${pair.lastDecision.sentence}`,
        href,
      });
    }
  }
  for (const service of input.services) {
    if (service.state === "ok") continue;
    const kind = service.id === "signer" ? "signer" : service.id === "telemetry" ? "telemetry" : "store";
    list.push({
      id: `service:${service.id}`,
      kind,
      severity: service.id === "signer" ? "critical" : "warn",
      pairId: null,
      planId: null,
      sinceAtMs: service.atMs,
      sentence: `${service.label}: ${service.sentence}. Effect: ${service.effect}.`,
      href: "/system",
    });
  }
  if (input.ledger !== null && !input.ledger.balanced) {
    list.push({
      id: "ledger",
      kind: "ledger",
      severity: "critical",
      pairId: null,
      planId: null,
      sinceAtMs: input.ledger.checkedAtMs,
      sentence: input.ledger.sentence,
      href: "/system",
    });
  }
  const rank = { critical: 0, warn: 1, info: 2 } as const;
  return list.toSorted(
    (left, right) => rank[left.severity] - rank[right.severity] || (left.sinceAtMs ?? 0) - (right.sinceAtMs ?? 0),
  );
}

export function overviewView(input: OverviewInput): Overview {
  const { pairs, desk, deps } = input;
  const positions = [...desk.workers.values()].flatMap((state) => state.positions);
  // What cannot be priced is not counted as nothing: one unknown makes the sum unknown, and the total says that it is without it.
  const inTransitUsd = pairs.reduce<number | null>(
    (total, pair) => (total === null || pair.inTransitUsd === null ? null : total + pair.inTransitUsd),
    0,
  );
  const heldUsd = sum(pairs.map((pair) => pair.valueUsd));
  const totalUsd = heldUsd === null ? null : heldUsd + (inTransitUsd ?? 0);
  const known = positions.length > 0 || pairs.some((pair) => pair.positionsUsd !== null);
  const inRangeUsd = known
    ? positions.filter((position) => position.inRange).reduce((total, position) => total + position.valueUsd, 0)
    : null;
  const outOfRangeUsd = known
    ? positions.filter((position) => !position.inRange).reduce((total, position) => total + position.valueUsd, 0)
    : null;
  const attention = attentionList(input);
  const badSources = input.sources.filter((source) => source.state === "degraded" || source.state === "stopped");
  const upWorkers = pairs.filter(
    (pair) => pair.worker?.heartbeatAtMs !== null && pair.worker?.state === "running",
  ).length;
  const approvals = attention.filter((item) => item.kind === "approval").length;
  const lateness = pairs.map((pair) => pair.worker?.latenessMs ?? null).filter((value) => value !== null);
  const isAnyLate = attention.some((item) => item.kind === "late_decision");
  const lastDecisionAtMs = Math.max(0, ...pairs.map((pair) => pair.lastDecision?.marketAtMs ?? 0));
  const nextAtMs = pairs.map((pair) => pair.worker?.nextEpochMarketAtMs ?? null).filter((value) => value !== null);
  const share = totalUsd !== null && totalUsd > 0 && inRangeUsd !== null ? inRangeUsd / totalUsd : null;

  const moneyState: HealthWord =
    totalUsd === null ? "unknown" : input.ledger?.balanced === false || (outOfRangeUsd ?? 0) > 0 ? "degraded" : "ok";
  const dataState: HealthWord =
    input.sources.length === 0
      ? "unknown"
      : badSources.length === input.sources.length
        ? "stopped"
        : badSources.length > 0
          ? "degraded"
          : "ok";
  const workerState: HealthWord =
    desk.orchestrator === null
      ? "unknown"
      : upWorkers === pairs.length
        ? "ok"
        : upWorkers === 0
          ? "stopped"
          : "degraded";
  const decisionState: HealthWord = lastDecisionAtMs === 0 ? "unknown" : isAnyLate ? "degraded" : "ok";
  const attentionState: HealthWord = attention.some((item) => item.severity === "critical")
    ? "stopped"
    : attention.length > 0
      ? "degraded"
      : "ok";
  const serviceState = worst(input.services.map((service) => service.state));

  const lamps: Overview["lamps"] = [
    {
      id: "money",
      state: moneyState,
      figure: share === null ? "–" : `${formatPercent(share)} in range`,
      sentence:
        totalUsd === null
          ? "no worker has reported a value yet"
          : `${formatUsd(totalUsd)} total, ${formatUsd(outOfRangeUsd ?? 0)} out of range${inTransitUsd === null ? ", without what is in transit" : inTransitUsd > 0 ? `, ${formatUsd(inTransitUsd)} in transit` : ""}`,
      href: "/overview#money",
    },
    {
      id: "decisions",
      state: decisionState,
      figure: lastDecisionAtMs === 0 ? "none yet" : new Date(lastDecisionAtMs).toISOString().slice(11, 19),
      sentence: `${nextWords(nextAtMs, input.marketNowMs)}${lateness.length === 0 ? "" : `, worst lateness ${(Math.max(...lateness) / 1000).toFixed(1)} s`}`,
      href: "/pairs",
    },
    {
      id: "workers",
      state: workerState,
      figure: `${upWorkers} of ${pairs.length} up`,
      sentence: workersSentence(desk.orchestrator, pairs),
      href: "/system",
    },
    {
      id: "data",
      state: dataState,
      figure:
        input.sources.length === 0
          ? "no sources"
          : badSources.length === 0
            ? `${input.sources.length} sources agree`
            : `${badSources.length} of ${input.sources.length} sources bad`,
      sentence:
        badSources[0] === undefined
          ? "every source is within its age"
          : `${badSources[0].label}: ${badSources[0].sentence}`,
      href: "/system",
    },
    {
      id: "attention",
      state: attentionState,
      figure: waitingWords(approvals, attention.length - approvals),
      sentence: attention[0]?.sentence ?? "no person is needed",
      href: approvals > 0 ? "/approvals" : "/system",
    },
  ];
  const isStopped = desk.authority?.stopped !== null && desk.authority?.stopped !== undefined;
  // A plan that waits for a signature is work for a person, not an illness of the system.
  const troubles = attention.filter((item) => item.kind !== "approval");
  const sick = worst([
    serviceState,
    workerState,
    decisionState,
    dataState,
    ...troubles.map((): HealthWord => "degraded"),
  ]);
  const overall: HealthWord = isStopped ? "stopped" : sick;
  const first = troubles[0] ?? null;
  return {
    overall,
    worstReason:
      first?.sentence ??
      (overall === "ok"
        ? (positions.length === 0 ? "No position is open" : "Every position is in range") +
          ", every source is fresh, nothing is halted."
        : (lamps.find((lamp) => lamp.state !== "ok")?.sentence ?? "A part has not reported yet.")),
    worstHref: first?.href ?? (overall === "ok" ? null : "/system"),
    lamps,
    money: {
      totalUsd,
      inRangeUsd,
      outOfRangeUsd,
      idleUsd: sum(pairs.map((pair) => pair.idleUsd)),
      inTransitUsd,
      unclaimedFeesUsd: sum(pairs.map((pair) => pair.unclaimedFeesUsd)),
      net24hUsd: sum(pairs.map((pair) => pair.net24hUsd)),
      ledger: input.ledger,
      markedAtMs: Math.max(0, ...[...desk.workers.values()].map((state) => state.updatedAtMs)) || null,
    },
    attention,
    pairs: [...pairs],
    marketNowMs: input.marketNowMs,
    marketSpeed: input.marketSpeed,
    wallNowMs: deps.nowMs(),
  };
}

/** Faults and plans; alerts are counted by their own process and shown on the bell. */
function waitingWords(approvals: number, faults: number): string {
  const parts = [
    ...(approvals === 0 ? [] : [`${approvals} ${approvals === 1 ? "approval" : "approvals"}`]),
    ...(faults === 0 ? [] : [`${faults} ${faults === 1 ? "fault" : "faults"}`]),
  ];
  return parts.length === 0 ? "nothing waits" : parts.join(", ");
}

function nextWords(nextAtMs: readonly number[], marketNowMs: number): string {
  if (nextAtMs.length === 0) return "next unknown";
  const leftMs = Math.min(...nextAtMs) - marketNowMs;
  return leftMs <= 0 ? "next is due now" : `next in ${formatAge(leftMs)}`;
}

/** Who is missing, by name; only when nobody is, what the orchestrator does. */
function workersSentence(orchestrator: DeskState["orchestrator"], pairs: readonly PairSummary[]): string {
  if (orchestrator === null) return "the orchestrator has not reported";
  const missing = pairs.filter((pair) => pair.worker?.heartbeatAtMs === null || pair.worker?.state !== "running");
  if (missing.length === 0) return `orchestrator ${orchestrator.state}`;
  return missing
    .map(
      ({ id, worker }) =>
        `the worker of ${id} is ${worker?.state === "running" ? "silent" : (worker?.state ?? "missing")}`,
    )
    .join(", ");
}
