// The catalogue of rules: what each watches, from when it fires and ends, how bad it is, and what a person should do.
import type { RuleId, Severity } from "./alert";
import type { FactPart } from "./facts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export interface Rule {
  readonly title: string;
  /** What it watches, for the list of rules. */
  readonly watches: string;
  /** What a person should do. */
  readonly action: string;
  readonly severity: Severity;
  /** Parts of the facts it reads: while one is unknown its alerts stay as they are. */
  readonly reads: readonly FactPart[];
  readonly threshold: number;
  /** What the threshold counts; null: the rule has none. */
  readonly thresholdUnit: "percent" | "seconds" | "minutes" | null;
  readonly holdMs: number;
  /** How long it must be over before the alert ends. */
  readonly clearMs: number;
  /** Clock of `holdMs` and `clearMs`: what the market does counts in market time, what processes do in wall time. */
  readonly clock: "market" | "wall";
  /** The hysteresis: an open alert stays open down to this share of the threshold. */
  readonly keepFrac: number;
}

const base = { threshold: 0, thresholdUnit: null, keepFrac: 1, clock: "wall", clearMs: 10 * SECOND_MS } as const;

/** Defaults are choices, each to be changed by settings. */
export const RULES: Readonly<Record<RuleId, Rule>> = {
  out_of_range: {
    ...base,
    title: "Out of range",
    watches: "a position of the pair is outside its range for so long",
    action: "Look at the pair: shift the range, wait for the decision, or approve the plan that waits.",
    severity: "warn",
    reads: ["pairs"],
    clock: "market",
    holdMs: 30 * MINUTE_MS,
    clearMs: MINUTE_MS,
  },
  plan_waits: {
    ...base,
    title: "Plan waits",
    watches: "a plan waits for an approval",
    action: "Review it before it expires: approve or reject. An expired plan means HOLD.",
    severity: "warn",
    reads: ["plans"],
    holdMs: 0,
    clearMs: 0,
  },
  plan_failed: {
    ...base,
    title: "Plan ended half way",
    watches: "the newest plan of a pair stopped before its last step",
    action: "Read which step failed and why; what it freed is in the wallet and the next decision may deploy it.",
    severity: "warn",
    reads: ["plans"],
    holdMs: 0,
    clearMs: 0,
  },
  worker_down: {
    ...base,
    title: "Worker down",
    watches: "the pair's worker is missing, silent, waiting to be started again, or given up (critical)",
    action: "Read its last exit on the system page and its log. After a given-up worker: mend the cause, then restart.",
    severity: "warn",
    reads: ["pairs"],
    holdMs: 20 * SECOND_MS,
  },
  late_decision: {
    ...base,
    title: "Late decision",
    watches: "no decision so long after its quarter hour",
    action: "See on the system page whether the worker, its machine or its sources are slow.",
    severity: "warn",
    reads: ["pairs"],
    threshold: 60,
    thresholdUnit: "seconds",
    holdMs: 0,
  },
  no_data: {
    ...base,
    title: "HOLD for want of data",
    watches: "the last decision was HOLD because an input was missing, too old or contradicted another",
    action: "The decision names the input and the rule; look at that source on the system page.",
    severity: "warn",
    reads: ["pairs"],
    holdMs: 0,
    clearMs: 0,
  },
  stale_source: {
    ...base,
    title: "Stale source",
    watches: "an exchange or price service does not answer or is behind for so long",
    action: "Check the source on the system page. Other sources go on; a pair without enough of them holds.",
    severity: "warn",
    reads: ["sources"],
    holdMs: 60 * SECOND_MS,
  },
  rpc_lag: {
    ...base,
    title: "RPC lag",
    watches: "the newest block of a chain is older than this",
    action: "Compare with a block explorer. When only the endpoint is behind, name another one for the chain.",
    severity: "warn",
    reads: ["chains"],
    threshold: 90,
    thresholdUnit: "seconds",
    keepFrac: 0.5,
    holdMs: 15 * SECOND_MS,
  },
  gas_over_budget: {
    ...base,
    title: "Gas budget",
    watches: "gas of today against the pair's budget",
    action: "Look at today's transactions. Raise the budget by a signed command, or wait for the next day.",
    severity: "warn",
    reads: ["pairs", "signer"],
    threshold: 90,
    thresholdUnit: "percent",
    keepFrac: 0.95,
    holdMs: 0,
    clearMs: 0,
  },
  limit_near: {
    ...base,
    title: "Limit near",
    watches: "volume or transactions of today against the pair's limits",
    action: "At the limit the signer refuses and the pair holds until the next day; an owner can change limits.",
    severity: "warn",
    reads: ["pairs", "signer"],
    threshold: 80,
    thresholdUnit: "percent",
    keepFrac: 0.95,
    holdMs: 0,
    clearMs: 0,
  },
  drawdown: {
    ...base,
    title: "Drawdown",
    watches: "the net result is below its best so far by this share of the pair's value (twice that: critical)",
    action: "See on the pair's page where it went: price, divergence or cost. Pause or exit if it is not the market.",
    severity: "warn",
    reads: ["results"],
    threshold: 5,
    thresholdUnit: "percent",
    keepFrac: 0.8,
    holdMs: 0,
  },
  depeg: {
    ...base,
    title: "Depeg",
    watches: "two tokens of one peg trade apart by this much (four times that: critical)",
    action: "Find out which one left its peg. Pause new risk of the pair, or take everything out.",
    severity: "warn",
    reads: ["pairs"],
    threshold: 0.5,
    thresholdUnit: "percent",
    keepFrac: 0.8,
    clock: "market",
    holdMs: 2 * MINUTE_MS,
    clearMs: 5 * MINUTE_MS,
  },
  reconciliation: {
    ...base,
    title: "Ledger differs from the chain",
    watches: "an account of the ledger is not what the chain says",
    action: "Stop signing with the shield and look at the orphans on the system page before anything else moves.",
    severity: "critical",
    reads: ["ledger"],
    holdMs: 60 * SECOND_MS,
  },
  bridge_late: {
    ...base,
    title: "Bridge late",
    watches: "a transfer between chains is under way for so long",
    action: "Look the source transaction up at the bridge. Its capital stays counted as in transit until it ends.",
    severity: "warn",
    reads: ["transfers"],
    threshold: 30,
    thresholdUnit: "minutes",
    holdMs: 0,
    clearMs: 0,
  },
  halted: {
    ...base,
    title: "Halted",
    watches: "everything is stopped, a pair is halted, or the signer is in a state other than NORMAL",
    action: "The cause is on the system page. An owner resumes once it is explained.",
    severity: "critical",
    reads: ["pairs", "signer"],
    holdMs: 0,
    clearMs: 0,
  },
  service_down: {
    ...base,
    title: "Service down",
    watches: "signer, orchestrator, collector, hot state or log store does not answer",
    action: "It is started again by itself; if it stays away, read its log in the data directory.",
    severity: "critical",
    reads: ["services"],
    holdMs: 20 * SECOND_MS,
  },
  desk_unreadable: {
    ...base,
    title: "Watch is blind",
    watches: "the alerts cannot see the system: the hot state does not answer",
    action: "No other alert can be judged meanwhile. Bring the hot state back; nothing in it is lost for good.",
    severity: "critical",
    reads: ["desk"],
    holdMs: 20 * SECOND_MS,
  },
};

/** Decisions go on without the log store; without the collector pairs hold, which is safe. */
export const SERVICES_THAT_ONLY_WARN: ReadonlySet<string> = new Set(["telemetry", "collector"]);
