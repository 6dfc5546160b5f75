// Facts in, conditions out: everything that is over its threshold now, or between the threshold and the point where an open alert ends.
import { formatAge } from "@/lib/format/age";
import { formatClockMinutes } from "@/lib/format/time";
import { formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";
import type { RuleId, Severity } from "./alert";
import type { AlertFacts, PairFacts, PlanFacts } from "./facts";
import { RULES, SERVICES_THAT_ONLY_WARN } from "./rules";
import { resolveRule, type AlertSettings, type ResolvedRule } from "./settings";

export interface Condition {
  readonly key: string;
  readonly ruleId: RuleId;
  readonly pairId: string | null;
  readonly severity: Severity;
  readonly holdMs: number;
  /** `over`: fires once it has held; `between`: keeps an open alert open, starts nothing. */
  readonly level: "over" | "between";
  /** Since when, in the rule's clock, where the facts know it. */
  readonly sinceMs: number | null;
  readonly sentence: string;
  readonly figure: string;
  readonly did: string;
  readonly href: string;
}

/** Best net result per pair so far, USD. */
export type Peaks = Readonly<Record<string, number>>;

type Texts = Pick<Condition, "sentence" | "figure" | "did" | "href">;

interface Found extends Texts {
  readonly ruleId: RuleId;
  readonly subject: string;
  readonly pairId: string | null;
  readonly severity?: Severity;
  readonly level?: "over" | "between";
  readonly sinceMs?: number | null;
}

export interface ConditionsInput {
  readonly facts: AlertFacts;
  readonly settings: AlertSettings;
  readonly peaks: Peaks;
}

export function computeConditions(input: ConditionsInput): readonly Condition[] {
  const { facts, settings } = input;
  const rule = (ruleId: RuleId, pairId: string | null): ResolvedRule => resolveRule(settings, ruleId, pairId);
  const found: Found[] = [
    ...(facts.pairs ?? []).flatMap((pair) => ofPair(facts, pair, (id) => rule(id, pair.pairId))),
    ...ofPlans(facts),
    ...(facts.services ?? []).flatMap((service) =>
      service.isOk ? [] : [serviceDown(service, SERVICES_THAT_ONLY_WARN.has(service.id) ? "warn" : "critical")],
    ),
    ...(facts.sources ?? []).flatMap((source): Found[] =>
      source.isOk
        ? []
        : [
            {
              ruleId: "stale_source",
              subject: source.id,
              pairId: source.pairId,
              sentence: `${source.label}${source.pairId === null ? "" : ` for ${source.pairId}`}: ${source.sentence}`,
              figure: source.label,
              did: "the other sources go on; without enough of them the pair holds",
              href: "/system",
            },
          ],
    ),
    ...ofChains(facts, rule("rpc_lag", null)),
    ...ofResults(input, (pairId) => rule("drawdown", pairId)),
    ...ofTransfers(facts, (pairId) => rule("bridge_late", pairId)),
    ...ofWhole(facts),
  ];
  return found.flatMap((each): Condition[] => {
    const resolved = rule(each.ruleId, each.pairId);
    if (!resolved.enabled) return [];
    const { subject, level = "over", sinceMs = null, ...texts } = each;
    return [
      {
        ...texts,
        key: `${each.ruleId}:${subject}`,
        // A rule that grades by itself (twice the threshold, given up) may only make it worse than what was set.
        severity: each.severity === "critical" ? "critical" : (gradedDown(each, resolved) ?? resolved.severity),
        holdMs: resolved.holdMs,
        level,
        sinceMs,
      },
    ];
  });
}

/** A service that only warns stays a warning unless the operator set the rule otherwise. */
function gradedDown(found: Found, rule: ResolvedRule): Severity | null {
  return found.severity !== undefined && rule.severity === RULES[found.ruleId].severity ? found.severity : null;
}

/** Over the threshold, within the band that keeps an alert open, or nothing. */
function levelOf(value: number, threshold: number, ruleId: RuleId): "over" | "between" | null {
  if (!Number.isFinite(value)) return null;
  if (value >= threshold) return "over";
  return value >= threshold * RULES[ruleId].keepFrac ? "between" : null;
}

function ofPair(facts: AlertFacts, pair: PairFacts, rule: (id: RuleId) => ResolvedRule): Found[] {
  const { pairId, worker } = pair;
  const href = `/pairs/${pairId}`;
  const found: Found[] = [];
  if (pair.state === "out_of_range") {
    const outMs = pair.outSinceMarketMs === null ? null : Math.max(0, facts.marketNowMs - pair.outSinceMarketMs);
    found.push({
      ruleId: "out_of_range",
      subject: pairId,
      pairId,
      sinceMs: pair.outSinceMarketMs,
      sentence: `${pairId} is out of range${outMs === null ? "" : ` for ${formatAge(outMs)}`}: ${pair.stateSentence}.${
        pair.fees24hUsd !== null && pair.fees24hUsd > 0
          ? ` Fees of about ${formatUsd(pair.fees24hUsd)} per day are not earned meanwhile.`
          : ""
      }`,
      figure: outMs === null ? "out of range" : formatAge(outMs),
      did: whatNext(facts, pair),
      href,
    });
  } else if (!KNOWN_STATES.has(pair.state)) {
    // Nobody can say where the positions are: that is no return into the range.
    found.push({
      ruleId: "out_of_range",
      subject: pairId,
      pairId,
      level: "between",
      sentence: `${pairId} was out of range; where it is now is not known: ${pair.stateSentence}.`,
      figure: "not known now",
      did: whatNext(facts, pair),
      href,
    });
  }
  const isSilent = worker.state === "running" && !worker.hasHeartbeat;
  const isAgain = worker.state === "starting" && worker.lastExit !== null;
  if (isSilent || isAgain || ["missing", "backoff", "halted"].includes(worker.state)) {
    found.push({
      ruleId: "worker_down",
      subject: pairId,
      pairId,
      ...(worker.state === "halted" ? { severity: "critical" as const } : {}),
      sentence: `The worker of ${pairId} is ${isSilent ? "silent" : WORKER_WORDS[worker.state]}${
        worker.lastExit === null ? "" : ` (${worker.lastExit})`
      }. Nobody decides for this pair until it is back.`,
      figure: isSilent ? "silent" : WORKER_WORDS[worker.state],
      did: worker.state === "halted" ? "it was given up after 20 tries" : "it is started again by itself",
      href: "/system",
    });
  }
  const lateSec =
    worker.nextEpochMarketAtMs === null || worker.state === "stopped" || facts.marketSpeed <= 0
      ? 0
      : (facts.marketNowMs - worker.nextEpochMarketAtMs) / facts.marketSpeed / 1_000;
  const lateLevel = levelOf(lateSec, rule("late_decision").threshold, "late_decision");
  if (lateLevel !== null && lateSec > 0) {
    found.push({
      ruleId: "late_decision",
      subject: pairId,
      pairId,
      level: lateLevel,
      sentence: `The decision of ${pairId} is ${formatAge(lateSec * 1_000)} late.`,
      figure: formatAge(lateSec * 1_000),
      did: "positions stay as they are until it comes",
      href,
    });
  }
  if (pair.lastDecision?.reason === "no_data") {
    found.push({
      ruleId: "no_data",
      subject: pairId,
      pairId,
      sentence: `${pairId}: ${pair.lastDecision.sentence}`,
      figure: "HOLD",
      did: "nothing moves until the inputs are fresh and agree",
      href,
    });
  }
  if (pair.halted !== null) {
    found.push({
      ruleId: "halted",
      subject: pairId,
      pairId,
      sentence: `${pairId} is halted (${pair.halted.state}): ${pair.halted.cause}`,
      figure: pair.halted.state,
      did: "nothing is signed for this pair until an owner ends it",
      href,
    });
  }
  if (pair.pegCurrency !== null && pair.price !== null) {
    const offPercent = Math.abs(pair.price - 1) * 100;
    const { threshold } = rule("depeg");
    const level = levelOf(offPercent, threshold, "depeg");
    if (level !== null) {
      found.push({
        ruleId: "depeg",
        subject: pairId,
        pairId,
        level,
        ...(offPercent >= 4 * threshold ? { severity: "critical" as const } : {}),
        sentence: `${pair.base} trades at ${pair.price.toFixed(4)} ${pair.quote}: one of the two is ${formatPercent(offPercent / 100)} off its peg to ${pair.pegCurrency}.`,
        figure: formatPercent(offPercent / 100),
        did: whatNext(facts, pair),
        href,
      });
    }
  }
  return [...found, ...ofUse(pair, rule)];
}

/** Those that say where the positions are. */
const KNOWN_STATES: ReadonlySet<PairFacts["state"]> = new Set(["in_range", "out_of_range", "no_position"]);

const WORKER_WORDS: Readonly<Record<PairFacts["worker"]["state"], string>> = {
  starting: "starting again",
  running: "running",
  draining: "ending",
  backoff: "waiting to be started again",
  halted: "given up",
  stopped: "stopped",
  missing: "missing",
};

/** Gas, volume and count of today against what the signer allows. */
function ofUse(pair: PairFacts, rule: (id: RuleId) => ResolvedRule): Found[] {
  const { used, pairId } = pair;
  if (used === null) return [];
  const rows: readonly {
    readonly ruleId: "gas_over_budget" | "limit_near";
    readonly subject: string;
    readonly used: number;
    readonly most: number;
    readonly what: string;
  }[] = [
    {
      ruleId: "gas_over_budget",
      subject: pairId,
      used: used.gasUsd,
      most: used.maxGasUsd,
      what: `gas ${formatUsd(used.gasUsd)} of ${formatUsd(used.maxGasUsd)}`,
    },
    {
      ruleId: "limit_near",
      subject: `${pairId}:volume`,
      used: used.volumeUsd,
      most: used.maxVolumeUsd,
      what: `volume ${formatUsd(used.volumeUsd)} of ${formatUsd(used.maxVolumeUsd)}`,
    },
    {
      ruleId: "limit_near",
      subject: `${pairId}:count`,
      used: used.txCount,
      most: used.maxTxCount,
      what: `${used.txCount} of ${used.maxTxCount} transactions`,
    },
  ];
  return rows.flatMap((row): Found[] => {
    if (!(row.most > 0)) return [];
    const percent = (row.used / row.most) * 100;
    const level = levelOf(percent, rule(row.ruleId).threshold, row.ruleId);
    if (level === null) return [];
    return [
      {
        ruleId: row.ruleId,
        subject: row.subject,
        pairId,
        level,
        sentence: `${pairId} used ${row.what} today (${formatPercent(percent / 100, 0)}).`,
        figure: formatPercent(percent / 100, 0),
        did:
          percent >= 100
            ? "the signer refuses new plans of this pair until the next day (UTC); an exit stays possible"
            : "the signer refuses once the limit is reached",
        href: `/pairs/${pairId}`,
      },
    ];
  });
}

/** What the system did about a pair, or will do, in one clause. */
function whatNext(facts: AlertFacts, pair: PairFacts): string {
  const plan = (facts.plans ?? []).find(
    ({ pairId, status }) => pairId === pair.pairId && ["waiting_approval", "approved", "executing"].includes(status),
  );
  if (plan !== undefined) {
    if (plan.status !== "waiting_approval") return `plan ${shortPlan(plan)} is being carried out`;
    return `plan ${shortPlan(plan)} waits for approval${expiry(plan)}`;
  }
  if (pair.halted !== null) return `the pair is halted (${pair.halted.state})`;
  if (pair.isPaused) return "the pair is paused";
  const { lastDecision } = pair;
  return lastDecision === null
    ? "no decision yet"
    : `last decision ${lastDecision.kind} (${lastDecision.reason.replaceAll("_", " ")}) at ${formatClockMinutes(lastDecision.marketAtMs)} UTC`;
}

function shortPlan(plan: PlanFacts): string {
  return plan.planId.slice(0, 8);
}

function expiry(plan: PlanFacts): string {
  return plan.expiresAtMs === null ? "" : `, expires ${formatClockMinutes(plan.expiresAtMs)} UTC, then HOLD`;
}

const PLAN_WORDS: Readonly<Record<PlanFacts["kind"], string>> = {
  RS: "Shift the range of",
  PRA: "Re-allocate",
};

function ofPlans(facts: AlertFacts): Found[] {
  if (facts.plans === null) return [];
  const waiting = facts.plans
    .filter(({ status }) => status === "waiting_approval")
    .map((plan): Found => ({
      ruleId: "plan_waits",
      subject: plan.planId,
      pairId: plan.pairId,
      sinceMs: plan.createdAtMs,
      sentence: `${PLAN_WORDS[plan.kind]} ${plan.pairId}: plan ${shortPlan(plan)} waits for approval, cost ${formatUsd(plan.costUsd)}.`,
      figure: formatUsd(plan.costUsd),
      did: plan.expiresAtMs === null ? "it waits" : `nothing is signed${expiry(plan)}`,
      href: `/approvals/${plan.planId}`,
    }));
  const newest = new Map<string, PlanFacts>();
  for (const plan of facts.plans) {
    if (plan.endedAtMs === null) continue;
    const known = newest.get(plan.pairId);
    if (known === undefined || (known.endedAtMs ?? 0) < plan.endedAtMs) newest.set(plan.pairId, plan);
  }
  const failed = [...newest.values()]
    .filter(({ status }) => status === "partial")
    .map((plan): Found => ({
      ruleId: "plan_failed",
      subject: plan.planId,
      pairId: plan.pairId,
      sentence: `The last plan of ${plan.pairId} ended half way: ${plan.statusReason}`,
      figure: shortPlan(plan),
      did: "what it freed is in the wallet; the next decision may deploy it again",
      href: `/activity/${plan.planId}`,
    }));
  return [...waiting, ...failed];
}

function serviceDown(
  service: { readonly id: string; readonly label: string; readonly sentence: string; readonly effect: string },
  severity: Severity,
): Found {
  return {
    ruleId: "service_down",
    subject: service.id,
    pairId: null,
    severity,
    sentence: `${service.label}: ${service.sentence}`,
    figure: service.label,
    did: service.effect,
    href: "/system",
  };
}

function ofChains(facts: AlertFacts, rule: ResolvedRule): Found[] {
  return (facts.chains ?? []).flatMap((chain): Found[] => {
    const level = levelOf(chain.lagMs / 1_000, rule.threshold, "rpc_lag");
    if (level === null) return [];
    return [
      {
        ruleId: "rpc_lag",
        subject: String(chain.chainId),
        pairId: null,
        level,
        sentence: `The newest block of ${chain.name} is ${formatAge(chain.lagMs)} old.`,
        figure: formatAge(chain.lagMs),
        did: "pairs of this chain hold once its data is too old; nothing is signed on old state",
        href: "/system",
      },
    ];
  });
}

function ofResults(input: ConditionsInput, rule: (pairId: string) => ResolvedRule): Found[] {
  return (input.facts.results ?? []).flatMap((result): Found[] => {
    const peakUsd = Math.max(input.peaks[result.pairId] ?? result.netUsd, result.netUsd);
    if (!(result.valueUsd > 0)) return [];
    const percent = ((peakUsd - result.netUsd) / result.valueUsd) * 100;
    const { threshold } = rule(result.pairId);
    const level = levelOf(percent, threshold, "drawdown");
    if (level === null || percent <= 0) return [];
    return [
      {
        ruleId: "drawdown",
        subject: result.pairId,
        pairId: result.pairId,
        level,
        ...(percent >= 2 * threshold ? { severity: "critical" as const } : {}),
        sentence: `${result.pairId} is ${formatUsd(peakUsd - result.netUsd)} below its best result, ${formatPercent(percent / 100)} of ${formatUsd(result.valueUsd)}.`,
        figure: formatPercent(percent / 100),
        did: "the strategy goes on; only a person pauses or takes out",
        href: `/pairs/${result.pairId}`,
      },
    ];
  });
}

function ofTransfers(facts: AlertFacts, rule: (pairId: string) => ResolvedRule): Found[] {
  return (facts.transfers ?? []).flatMap((transfer): Found[] => {
    const minutes = (facts.wallNowMs - transfer.startedAtMs) / 60_000;
    const level = levelOf(minutes, rule(transfer.pairId).threshold, "bridge_late");
    if (level === null) return [];
    return [
      {
        ruleId: "bridge_late",
        subject: transfer.transferId,
        pairId: transfer.pairId,
        level,
        sentence: `A transfer of ${transfer.pairId} by ${transfer.bridge} is under way for ${formatAge(minutes * 60_000)}: ${transfer.detail}`,
        figure: formatAge(minutes * 60_000),
        did: "its capital is counted as in transit; the pair opens nothing new meanwhile",
        href: `/activity/${transfer.planId}`,
      },
    ];
  });
}

const CRITICAL_STATES: ReadonlySet<string> = new Set(["HALT_PAIR", "HALT_WALLET", "LOCKED", "EXIT_ONLY"]);

/** What concerns the whole deployment. */
function ofWhole(facts: AlertFacts): Found[] {
  const found: Found[] = [];
  const { signer, ledger, deskProblem } = facts;
  if (signer !== null && signer.stopped !== null) {
    found.push({
      ruleId: "halted",
      subject: "system",
      pairId: null,
      sentence: `Everything is stopped by ${signer.stopped.by}: ${signer.stopped.reason}`,
      figure: "stopped",
      did: "the signer refuses until an owner resumes",
      href: "/system",
    });
  }
  if (signer !== null && signer.state !== "NORMAL" && signer.state !== "OBSERVE" && signer.stopped === null) {
    found.push({
      ruleId: "halted",
      subject: "signer",
      pairId: null,
      severity: CRITICAL_STATES.has(signer.state) ? "critical" : "warn",
      sentence: `The signer is in ${signer.state}: ${signer.cause}`,
      figure: signer.state,
      did: "it signs only what this state allows",
      href: "/system",
    });
  }
  if (ledger !== null && !ledger.isBalanced) {
    found.push({
      ruleId: "reconciliation",
      subject: "ledger",
      pairId: null,
      sentence: ledger.sentence,
      figure: `${ledger.differences} ${ledger.differences === 1 ? "account" : "accounts"}`,
      did: "the signer keeps its books; what it cannot explain halts the wallet",
      href: "/system",
    });
  }
  if (deskProblem !== null) {
    found.push({
      ruleId: "desk_unreadable",
      subject: "desk",
      pairId: null,
      sentence: `The alerts cannot see the system: ${deskProblem}`,
      figure: "blind",
      did: "open alerts stay open; no new plan starts without the hot state",
      href: "/system",
    });
  }
  return found;
}
