// Each rule from its real cause: what the desk reads about the system becomes facts, and the facts the alert of that rule and no other.
import { describe, expect, it } from "vitest";
import { RULE_IDS, type Alert, type RuleId, type Severity } from "@/lib/alerts/alert";
import { EMPTY_ALERT_STATE, evaluateAlerts } from "@/lib/alerts/evaluate";
import { DEFAULT_ALERT_SETTINGS } from "@/lib/alerts/settings";
import type { PairSummary, WorkerDto } from "@/lib/api/schemas";
import { authoritySchema, pairStateSchema, transferSchema, type Authority } from "@/lib/api/signer-contract";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { buildPlanRecord, buildWorkerState } from "@/tests/support/build-desk";
import { cleanText, factsOf, type Readings } from "./observe";

const PAIR = "WETH-USDC";
const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;

function worker(change: Partial<WorkerDto> = {}): WorkerDto {
  return {
    pairId: PAIR,
    workerId: "worker-1",
    pid: 1,
    state: "running",
    phase: "idle",
    heartbeatAtMs: START_MS,
    restarts: 0,
    lastExit: null,
    nextStartAtMs: null,
    rssBytes: 1,
    loopLagMs: 1,
    lastEpoch: 1,
    lastEpochWallAtMs: START_MS,
    nextEpochMarketAtMs: START_MS + 10 * MINUTE_MS,
    latenessMs: 0,
    ...change,
  };
}

function pair(change: Partial<PairSummary> = {}): PairSummary {
  return {
    id: PAIR,
    base: "WETH",
    quote: "USDC",
    chains: [{ id: 1, name: "One" }],
    mode: "auto",
    pause: null,
    halted: null,
    state: "in_range",
    stateSinceAtMs: START_MS,
    stateSentence: "in range",
    price: 2_000,
    priceAtMs: START_MS,
    priceChange24hFrac: null,
    range: null,
    valueUsd: 1_000,
    positionsUsd: 900,
    idleUsd: 100,
    inTransitUsd: 0,
    unclaimedFeesUsd: 0,
    inRange24hFrac: null,
    fees24hUsd: 3,
    net24hUsd: null,
    lastDecision: null,
    openPlanId: null,
    worker: worker(),
    ...change,
  };
}

function authority(used: { readonly gasTodayUsd?: number; readonly usedTodayUsd?: number } = {}): Authority {
  return authoritySchema.parse({
    deploymentId: `0x${"11".repeat(32)}`,
    wallet: `0x${"aa".repeat(20)}`,
    state: "NORMAL",
    stateCause: "",
    stateSinceMs: 0,
    stopped: null,
    roles: [],
    configVersion: 1,
    pairs: [
      pairStateSchema.parse({
        pairId: PAIR,
        mode: "auto",
        paused: null,
        halted: null,
        stopped: null,
        settings: { pairId: PAIR, limits: DEFAULT_LIMITS },
        configVersion: 1,
        account: [],
        positions: [],
        openPlanId: null,
        commandSeq: 0,
        usedTodayUsd: 0,
        usedTodayTxCount: 0,
        gasTodayUsd: 0,
        lastPraAtMarketMs: null,
        rsAtMarketMs: [],
        ...used,
      }),
    ],
    commandSeq: 1,
    journalSeq: 1,
    updatedAtMs: START_MS,
  });
}

/** All is well, `afterMs` later. */
function readings(afterMs: number, change: Partial<Readings> = {}): Readings {
  return {
    wallNowMs: START_MS + afterMs,
    marketNowMs: START_MS + afterMs,
    marketSpeed: 1,
    deskProblem: null,
    pairs: [pair({ worker: worker({ nextEpochMarketAtMs: START_MS + afterMs + 1 }) })],
    workers: new Map([
      [
        PAIR,
        buildWorkerState({
          state: "in_range",
          updatedAtMs: START_MS + afterMs,
          blocks: [{ chainId: 1, number: "1", atMs: START_MS + afterMs }],
        }),
      ],
    ]),
    authority: authority(),
    plans: [],
    services: [
      {
        id: "signer",
        label: "Signer",
        state: "ok",
        sentence: "",
        effect: "",
        atMs: START_MS,
        rssBytes: null,
        details: {},
      },
    ],
    sources: [{ id: "okx:A", kind: "cex", label: "okx", pairId: PAIR, state: "ok", sentence: "fresh" }],
    ledger: { balanced: true, differences: 0, sentence: "" },
    transfers: [],
    results: [{ pairId: PAIR, netUsd: 50, valueUsd: 1_000 }],
    pegOf: () => null,
    chainName: () => "One",
    ...change,
  };
}

/** Alerts that are open after looks at these instants. */
function openAfter(cause: (afterMs: number) => Partial<Readings>, looksMs: readonly number[]): readonly Alert[] {
  let state = EMPTY_ALERT_STATE;
  for (const afterMs of [-1_000, ...looksMs]) {
    const facts = factsOf(readings(afterMs, afterMs < 0 ? {} : cause(afterMs)));
    ({ state } = evaluateAlerts(state, { facts, settings: DEFAULT_ALERT_SETTINGS }));
  }
  return state.open;
}

const workerGone = (change: Partial<WorkerDto>) => () => ({ pairs: [pair({ worker: worker(change) })] });
const blocksAt = (lagMs: number) => (afterMs: number) => ({
  workers: new Map([
    [
      PAIR,
      buildWorkerState({
        updatedAtMs: START_MS + afterMs,
        blocks: [
          { chainId: 1, number: "1", atMs: START_MS + afterMs - lagMs },
          { chainId: 2, number: "1", atMs: START_MS + afterMs },
        ],
      }),
    ],
  ]),
});
const transfer = transferSchema.parse({
  transferId: "0x01/3",
  pairId: PAIR,
  planId: "0x01",
  bridge: "across",
  fromChainId: 1,
  toChainId: 2,
  tokenIn: `0x${"01".repeat(20)}`,
  tokenOut: `0x${"02".repeat(20)}`,
  amountInRaw: "5",
  minAmountOutRaw: "4",
  sourceTxHash: `0x${"03".repeat(32)}`,
  state: "pending",
  receipts: [],
  startedAtMs: START_MS,
  updatedAtMs: START_MS,
  detail: "waits for the arrival",
});
const signerAs = (change: Partial<Authority>) => () => ({ authority: { ...authority(), ...change } });

interface Cause {
  readonly rule: RuleId;
  readonly what: string;
  readonly cause: (afterMs: number) => Partial<Readings>;
  /** Not yet after this long, then it is. */
  readonly notAtMs: number | null;
  readonly atMs: number;
  readonly severity: Severity;
  readonly says: RegExp;
}

const CAUSES: readonly Cause[] = [
  {
    rule: "out_of_range",
    what: "the worker sees a position outside its range",
    cause: () => ({ pairs: [pair({ state: "out_of_range", stateSinceAtMs: START_MS, stateSentence: "price above" })] }),
    notAtMs: 29 * MINUTE_MS,
    atMs: 30 * MINUTE_MS,
    severity: "warn",
    says: /is out of range for 30\s*min: price above\. Fees of about \$3\.00 per day are not earned/u,
  },
  {
    rule: "plan_waits",
    what: "the signer's copy has a plan that waits for people",
    cause: () => ({ plans: [buildPlanRecord({ status: "waiting_approval" })] }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /./,
  },
  {
    rule: "plan_failed",
    what: "the newest plan ended as partial",
    cause: () => ({ plans: [buildPlanRecord({ status: "partial" })] }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /./,
  },
  {
    rule: "worker_down",
    what: "the supervisor waits to start the worker again",
    cause: workerGone({ state: "backoff", heartbeatAtMs: null, lastExit: "code 70" }),
    notAtMs: 19_000,
    atMs: 20_000,
    severity: "warn",
    says: /waiting to be started again \(code 70\)/,
  },
  {
    rule: "worker_down",
    what: "the supervisor gave the worker up",
    cause: workerGone({ state: "halted" }),
    notAtMs: 19_000,
    atMs: 20_000,
    severity: "critical",
    says: /given up/,
  },
  {
    rule: "late_decision",
    what: "the quarter hour passed without a decision",
    cause: workerGone({ nextEpochMarketAtMs: START_MS }),
    notAtMs: 59_000,
    atMs: 61_000,
    severity: "warn",
    says: /is 61\s*s late/u,
  },
  {
    rule: "no_data",
    what: "the last decision was HOLD for want of data",
    cause: () => ({
      pairs: [
        pair({
          lastDecision: {
            kind: "HOLD",
            reason: "no_data",
            epoch: 1,
            marketAtMs: START_MS,
            planId: null,
            planStatus: null,
            sentence: "candles are 6 min old",
          },
        }),
      ],
    }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /candles are 6 min old/,
  },
  {
    rule: "stale_source",
    what: "an exchange is behind",
    cause: () => ({
      sources: [{ id: "okx:A", kind: "cex", label: "okx", pairId: PAIR, state: "degraded", sentence: "4 min old" }],
    }),
    notAtMs: 59_000,
    atMs: 60_000,
    severity: "warn",
    says: /4 min old/,
  },
  {
    rule: "rpc_lag",
    what: "a chain's newest block is old while another's is not",
    cause: blocksAt(91_000),
    notAtMs: 14_000,
    atMs: 15_000,
    severity: "warn",
    says: /One/,
  },
  {
    rule: "gas_over_budget",
    what: "the signer counts 90 % of the day's gas",
    cause: () => ({ authority: authority({ gasTodayUsd: DEFAULT_LIMITS.maxGasUsdPerDay * 0.9 }) }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /gas/i,
  },
  {
    rule: "limit_near",
    what: "the signer counts 80 % of the day's volume",
    cause: () => ({ authority: authority({ usedTodayUsd: DEFAULT_LIMITS.maxUsdPerDay * 0.8 }) }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /./,
  },
  {
    rule: "drawdown",
    what: "the ledger's result falls by 5 % of the value from its best",
    cause: () => ({ results: [{ pairId: PAIR, netUsd: 0, valueUsd: 1_000 }] }),
    notAtMs: null,
    atMs: 0,
    severity: "warn",
    says: /./,
  },
  {
    rule: "depeg",
    what: "two dollars trade 0.6 % apart",
    cause: () => ({ pairs: [pair({ price: 0.994 })], pegOf: () => "USD" }),
    notAtMs: 119_000,
    atMs: 120_000,
    severity: "warn",
    says: /0\.9940/,
  },
  {
    rule: "reconciliation",
    what: "the signer's books differ from the chain",
    cause: () => ({ ledger: { balanced: false, differences: 1, sentence: "WETH by 5 raw" } }),
    notAtMs: 59_000,
    atMs: 60_000,
    severity: "critical",
    says: /WETH by 5 raw/,
  },
  {
    rule: "bridge_late",
    what: "a transfer is under way for half an hour",
    cause: () => ({ transfers: [transfer] }),
    notAtMs: 29 * MINUTE_MS,
    atMs: 30 * MINUTE_MS,
    severity: "warn",
    says: /across/,
  },
  {
    rule: "halted",
    what: "somebody pressed stop",
    cause: signerAs({ stopped: { reason: "drill", sinceAtMs: START_MS, by: "0xowner" } }),
    notAtMs: null,
    atMs: 0,
    severity: "critical",
    says: /stopped by 0xowner: drill/,
  },
  {
    rule: "halted",
    what: "the signer found a foreign transaction",
    cause: signerAs({ state: "HALT_WALLET", stateCause: "a foreign transaction" }),
    notAtMs: null,
    atMs: 0,
    severity: "critical",
    says: /HALT_WALLET: a foreign transaction/,
  },
  {
    rule: "service_down",
    what: "the signer does not answer",
    cause: () => ({
      authority: null,
      services: [
        {
          id: "signer",
          label: "Signer",
          state: "stopped",
          sentence: "no answer",
          effect: "",
          atMs: null,
          rssBytes: null,
          details: {},
        },
      ],
    }),
    notAtMs: 19_000,
    atMs: 20_000,
    severity: "critical",
    says: /no answer/,
  },
  {
    rule: "desk_unreadable",
    what: "the store is away",
    cause: () => ({
      deskProblem: "connect ECONNREFUSED redis://:secret@127.0.0.1:6379",
      pairs: null,
      workers: new Map(),
      authority: null,
      plans: null,
      services: null,
      sources: null,
      ledger: null,
      transfers: null,
      results: null,
    }),
    notAtMs: 19_000,
    atMs: 20_000,
    severity: "critical",
    says: /cannot see the system/,
  },
];

describe("each rule from its cause", () => {
  it.each(CAUSES)("default: $rule: $what", ({ rule, cause, notAtMs, atMs, severity, says }) => {
    if (notAtMs !== null) expect(openAfter(cause, [0, notAtMs]).map(({ ruleId }) => ruleId)).not.toContain(rule);
    const open = openAfter(cause, [0, atMs]);
    const alert = open.find(({ ruleId }) => ruleId === rule);
    expect(alert, JSON.stringify(open)).toMatchObject({ severity });
    expect(alert?.sentence).toMatch(says);
    expect(alert?.sentence).not.toContain("secret");
    expect(alert?.figure).not.toBe("");
    // The cause of one rule is not the cause of another one, besides a decision that is late by then.
    expect(open.filter(({ ruleId }) => ruleId !== rule && ruleId !== "late_decision")).toEqual([]);
  });

  it("default: no rule is without a cause here, and all is quiet while nothing is wrong", () => {
    expect(new Set(CAUSES.map(({ rule }) => rule))).toEqual(new Set(RULE_IDS));
    expect(openAfter(() => ({}), [0, MINUTE_MS, 60 * MINUTE_MS])).toEqual([]);
  });
});

const outSince = (state: "paused" | "halted", ageMs: number) => (afterMs: number) => ({
  pairs: [pair({ state, stateSinceAtMs: START_MS, stateSentence: "paused (no new risk): look" })],
  workers: new Map([
    [
      PAIR,
      buildWorkerState({
        state: "out_of_range",
        stateSentence: "price above the range",
        stateSinceMarketMs: START_MS - 31 * MINUTE_MS,
        updatedAtMs: START_MS + afterMs - ageMs,
      }),
    ],
  ]),
});

describe("a pause or a halt", () => {
  it.each(["paused", "halted"] as const)("behavior: %s hides no position that is out of range", (state) => {
    const [alert] = openAfter(outSince(state, 0), [0]).filter(({ ruleId }) => ruleId === "out_of_range");
    expect(alert?.sentence).toMatch(/is out of range for 31\s*min: price above the range; paused/u);
    expect(alert?.did).toBe(state === "paused" ? "the pair is paused" : "no decision yet");
  });

  it("edge: a paused pair whose worker is silent is neither out of range nor back in it", () => {
    expect(openAfter(outSince("paused", 61_000), [0, MINUTE_MS]).map(({ ruleId }) => ruleId)).not.toContain(
      "out_of_range",
    );
  });
});

describe("cleanText", () => {
  it("behavior: one line, no secrets, no direction marks, never endless", () => {
    expect(cleanText("a\n\u202eb https://rpc.example/v2/key0123456789 \u0007")).toBe(
      "a b https://rpc.example/[redacted]",
    );
    expect(cleanText("x".repeat(1_000))).toHaveLength(300);
  });
});
