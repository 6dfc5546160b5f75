// Rules as tables and properties: when an alert begins, stays, worsens, ends and comes back; who is told what and when.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import { alertFacts, pairFacts, planFacts } from "@/tests/support/build-alerts";
import { SEVERITIES, type Alert, type Severity } from "./alert";
import { acknowledge, EMPTY_ALERT_STATE, evaluateAlerts, HISTORY_COUNT, type AlertState } from "./evaluate";
import type { AlertFacts } from "./facts";
import { buildMessage } from "./message";
import { dueNotices, isQuietAt, markTold, type ChannelPolicy, type Notice } from "./notices";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS, resolveRule, type AlertSettings } from "./settings";

const MINUTE_MS = 60_000;
const START_MS = 1_700_000_000_000;

/** Looks at each of these facts in turn. */
function run(looks: readonly AlertFacts[], settings: AlertSettings = DEFAULT_ALERT_SETTINGS, from = EMPTY_ALERT_STATE) {
  let state: AlertState = from;
  const kinds: string[] = [];
  for (const facts of looks) {
    const judged = evaluateAlerts(state, { facts, settings });
    ({ state } = judged);
    kinds.push(...judged.changes.map(({ kind, alert }) => `${kind} ${alert.key}`));
  }
  return { state, kinds };
}

function at(sec: number, change: Partial<AlertFacts> = {}): AlertFacts {
  const atMs = START_MS + sec * 1_000;
  return alertFacts({ wallNowMs: atMs, marketNowMs: atMs, ...change });
}

const USED = { gasUsd: 0, maxGasUsd: 200, volumeUsd: 0, maxVolumeUsd: 1_000, txCount: 0, maxTxCount: 100 };
const DOWN = pairFacts({
  worker: { state: "missing", hasHeartbeat: false, lastExit: null, nextEpochMarketAtMs: null },
});
const UP = pairFacts({});

const resultOf = (netUsd: number) => ({ results: [{ pairId: "WETH-USDC", netUsd, valueUsd: 1_000 }] });

const gasUsed = (gasUsd: number) => ({ pairs: [pairFacts({ used: { ...USED, gasUsd } })] });

const outAtMarket = (sec: number) =>
  alertFacts({
    wallNowMs: START_MS + sec * 1_000,
    marketNowMs: START_MS + sec * 60_000,
    marketSpeed: 60,
    pairs: [pairFacts({ state: "out_of_range", outSinceMarketMs: START_MS })],
  });

const ackedAt12 = (state: AlertState, minute: number): AlertState =>
  minute === 12
    ? {
        ...state,
        open: state.open.map((alert) => ({ ...alert, ack: { by: "0xme", role: "operator", note: "", atMs: 1 } })),
      }
    : state;

const endedAt3 = (state: AlertState, minute: number): AlertState =>
  minute === 3
    ? {
        ...state,
        open: [],
        history: state.open.map((alert) => ({ ...alert, clearedAtMs: START_MS + 3 * MINUTE_MS })),
      }
    : state;

const worseAt =
  (atMinute: number) =>
  (state: AlertState, minute: number): AlertState =>
    minute === atMinute
      ? { ...state, open: state.open.map((alert) => ({ ...alert, severity: "critical" as const })) }
      : state;

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

describe("evaluateAlerts", () => {
  it.each<{
    readonly name: string;
    readonly facts: Partial<AlertFacts>;
    readonly key: string;
    readonly severity: Severity;
  }>([
    {
      name: "out of range for 31 minutes",
      facts: { pairs: [pairFacts({ state: "out_of_range", outSinceMarketMs: START_MS - 31 * MINUTE_MS })] },
      key: "out_of_range:WETH-USDC",
      severity: "warn",
    },
    {
      name: "a plan waits",
      facts: { plans: [planFacts({ status: "waiting_approval" })] },
      key: "plan_waits:0xplan",
      severity: "warn",
    },
    {
      name: "the newest plan ended half way",
      facts: { plans: [planFacts({ status: "partial", endedAtMs: START_MS })] },
      key: "plan_failed:0xplan",
      severity: "warn",
    },
    {
      name: "a decision is 61 s late",
      facts: { pairs: [pairFacts({ worker: { ...UP.worker, nextEpochMarketAtMs: START_MS - 61_000 } })] },
      key: "late_decision:WETH-USDC",
      severity: "warn",
    },
    {
      name: "HOLD for want of data",
      facts: {
        pairs: [
          pairFacts({ lastDecision: { kind: "HOLD", reason: "no_data", sentence: "candles are old", marketAtMs: 1 } }),
        ],
      },
      key: "no_data:WETH-USDC",
      severity: "warn",
    },
    {
      name: "gas at 90 % of the budget",
      facts: { pairs: [pairFacts({ used: { ...USED, gasUsd: 180 } })] },
      key: "gas_over_budget:WETH-USDC",
      severity: "warn",
    },
    {
      name: "volume at 80 % of the limit",
      facts: { pairs: [pairFacts({ used: { ...USED, volumeUsd: 800 } })] },
      key: "limit_near:WETH-USDC:volume",
      severity: "warn",
    },
    {
      name: "transactions at the limit",
      facts: { pairs: [pairFacts({ used: { ...USED, txCount: 100 } })] },
      key: "limit_near:WETH-USDC:count",
      severity: "warn",
    },
    {
      name: "a bridge transfer of 31 minutes",
      facts: {
        transfers: [
          {
            transferId: "t1",
            pairId: "WETH-USDC",
            planId: "0xplan",
            bridge: "across",
            startedAtMs: START_MS - 31 * MINUTE_MS,
            detail: "waits",
          },
        ],
      },
      key: "bridge_late:t1",
      severity: "warn",
    },
    {
      name: "a halted pair",
      facts: { pairs: [pairFacts({ halted: { state: "HALT_PAIR", cause: "five starts" } })] },
      key: "halted:WETH-USDC",
      severity: "critical",
    },
    {
      name: "everything stopped",
      facts: { signer: { state: "NORMAL", cause: "", stopped: { reason: "drill", by: "0xabc" } } },
      key: "halted:system",
      severity: "critical",
    },
    {
      name: "a wallet halt",
      facts: { signer: { state: "HALT_WALLET", cause: "a foreign transaction", stopped: null } },
      key: "halted:signer",
      severity: "critical",
    },
    {
      name: "a named state that is no halt",
      facts: { signer: { state: "RPC_QUARANTINE", cause: "endpoints differ", stopped: null } },
      key: "halted:signer",
      severity: "warn",
    },
  ])("default: $name", ({ facts, key, severity }) => {
    const { state } = run([at(0, facts)]);
    expect(state.open.map((alert) => [alert.key, alert.severity])).toEqual([[key, severity]]);
  });

  it.each<{
    readonly name: string;
    readonly facts: Partial<AlertFacts>;
    readonly key: string;
    readonly afterSec: number;
    readonly severity: Severity;
  }>([
    { name: "worker missing", facts: { pairs: [DOWN] }, key: "worker_down:WETH-USDC", afterSec: 20, severity: "warn" },
    {
      name: "worker runs without a heartbeat",
      facts: { pairs: [pairFacts({ worker: { ...UP.worker, hasHeartbeat: false } })] },
      key: "worker_down:WETH-USDC",
      afterSec: 20,
      severity: "warn",
    },
    {
      name: "worker given up",
      facts: { pairs: [pairFacts({ worker: { ...UP.worker, state: "halted" } })] },
      key: "worker_down:WETH-USDC",
      afterSec: 20,
      severity: "critical",
    },
    {
      name: "a source is stale",
      facts: {
        sources: [{ id: "kraken:WETH-USDC", label: "kraken", pairId: "WETH-USDC", isOk: false, sentence: "silent" }],
      },
      key: "stale_source:kraken:WETH-USDC",
      afterSec: 60,
      severity: "warn",
    },
    {
      name: "blocks are 91 s old",
      facts: { chains: [{ chainId: 1, name: "One", lagMs: 91_000 }] },
      key: "rpc_lag:1",
      afterSec: 15,
      severity: "warn",
    },
    {
      name: "the ledger differs",
      facts: { ledger: { isBalanced: false, differences: 2, sentence: "two accounts differ" } },
      key: "reconciliation:ledger",
      afterSec: 60,
      severity: "critical",
    },
    {
      name: "the signer is away",
      facts: {
        services: [{ id: "signer", label: "Signer", isOk: false, sentence: "no answer", effect: "nothing is signed" }],
      },
      key: "service_down:signer",
      afterSec: 20,
      severity: "critical",
    },
    {
      name: "the log store is away",
      facts: {
        services: [{ id: "telemetry", label: "Log store", isOk: false, sentence: "no answer", effect: "none" }],
      },
      key: "service_down:telemetry",
      afterSec: 20,
      severity: "warn",
    },
    {
      name: "the desk cannot be read",
      facts: { deskProblem: "no answer" },
      key: "desk_unreadable:desk",
      afterSec: 20,
      severity: "critical",
    },
    {
      name: "a peg is 0.6 % off",
      facts: { pairs: [pairFacts({ pegCurrency: "USD", price: 0.994 })] },
      key: "depeg:WETH-USDC",
      afterSec: 120,
      severity: "warn",
    },
    {
      name: "a peg is 3 % off",
      facts: { pairs: [pairFacts({ pegCurrency: "USD", price: 1.03 })] },
      key: "depeg:WETH-USDC",
      afterSec: 120,
      severity: "critical",
    },
  ])("behavior: $name fires after its patience and not before", ({ facts, key, afterSec, severity }) => {
    expect(run([at(0, facts), at(afterSec - 1, facts)]).state.open).toEqual([]);
    const { state } = run([at(0, facts), at(afterSec, facts)]);
    expect(state.open.map((alert) => [alert.key, alert.severity])).toEqual([[key, severity]]);
  });

  it("behavior: nothing fires while all is well", () => {
    expect(run([at(0), at(600), at(86_400)]).kinds).toEqual([]);
  });

  it("behavior: a drawdown is measured from the best result, worsens at twice the threshold, and ends in its band", () => {
    const { kinds, state } = run([at(0, resultOf(50)), at(1, resultOf(1)), at(2, resultOf(0)), at(3, resultOf(-50))]);
    expect(kinds).toEqual(["fired drawdown:WETH-USDC", "raised drawdown:WETH-USDC"]);
    expect(state.peaks).toEqual({ "WETH-USDC": 50 });
    // 4.5 % is under the threshold of 5 %, but not under the point where it ends (4 %).
    expect(run([at(4, resultOf(5)), at(60, resultOf(5))], DEFAULT_ALERT_SETTINGS, state).state.open).toHaveLength(1);
    expect(run([at(4, resultOf(20)), at(60, resultOf(20))], DEFAULT_ALERT_SETTINGS, state).state.open).toEqual([]);
  });

  it("behavior: the band keeps an open alert open and starts none", () => {
    expect(run([at(0, gasUsed(175))]).kinds).toEqual([]);
    const { kinds } = run([at(0, gasUsed(181)), at(1, gasUsed(175)), at(2, gasUsed(179)), at(3, gasUsed(150))]);
    expect(kinds).toEqual(["fired gas_over_budget:WETH-USDC", "cleared gas_over_budget:WETH-USDC"]);
  });

  it("behavior: what cannot be read neither begins nor ends anything", () => {
    const blind = {
      deskProblem: "away",
      pairs: null,
      plans: null,
      services: null,
      sources: null,
      chains: null,
      ledger: null,
      transfers: null,
      results: null,
      signer: null,
    };
    const { state, kinds } = run([
      at(0, { pairs: [DOWN] }),
      at(20, { pairs: [DOWN] }),
      at(25, blind),
      at(900, blind),
      at(905, { pairs: [DOWN] }),
    ]);
    expect(kinds).toEqual(["fired worker_down:WETH-USDC", "fired desk_unreadable:desk"]);
    expect(state.open.map(({ key }) => key)).toContain("worker_down:WETH-USDC");
  });

  it("behavior: a pair that falls silent, or has no data, was not brought back into its range", () => {
    const out = { pairs: [pairFacts({ state: "out_of_range", outSinceMarketMs: START_MS - 31 * MINUTE_MS })] };
    for (const state of ["unknown", "no_data"] as const) {
      const silent = { pairs: [pairFacts({ state, stateSentence: "the worker has been silent for 70 s" })] };
      const { kinds, state: kept } = run([at(0, out), at(70, silent), at(900, silent)]);
      expect(kinds).toEqual(["fired out_of_range:WETH-USDC"]);
      expect(kept.open[0]?.sentence).toMatch(/where it is now is not known: the worker has been silent/);
      // Nor does not knowing begin one.
      expect(run([at(0, silent), at(9_000, silent)]).kinds).toEqual([]);
      const back = run([at(901), at(970)], DEFAULT_ALERT_SETTINGS, kept);
      expect(back.kinds).toEqual(["cleared out_of_range:WETH-USDC"]);
    }
  });

  it("behavior: an alert of the signer's own word stays while only its copy is there", () => {
    const stopped = { signer: { state: "NORMAL", cause: "", stopped: { reason: "drill", by: "0xabc" } } };
    expect(run([at(0, stopped), at(600, { signer: null })]).state.open).toHaveLength(1);
  });

  it("behavior: within the cool-down it is the same alert with its acknowledgement, after it a new one", () => {
    const { state } = run([at(0, { pairs: [DOWN] }), at(20, { pairs: [DOWN] })]);
    const [first] = state.open;
    const acked = acknowledge(state, first?.id ?? "", { by: "0xme", role: "operator", note: "", atMs: START_MS });
    const ended = run([at(30), at(41)], DEFAULT_ALERT_SETTINGS, acked?.state ?? state).state;
    expect(ended.open).toEqual([]);
    const soon = run([at(100, { pairs: [DOWN] }), at(120, { pairs: [DOWN] })], DEFAULT_ALERT_SETTINGS, ended);
    expect(soon.kinds).toEqual(["reopened worker_down:WETH-USDC"]);
    expect(soon.state.open[0]).toMatchObject({ id: first?.id, reopenedCount: 1, ack: { by: "0xme" } });
    const late = run([at(5_000, { pairs: [DOWN] }), at(5_020, { pairs: [DOWN] })], DEFAULT_ALERT_SETTINGS, ended);
    expect(late.kinds).toEqual(["fired worker_down:WETH-USDC"]);
    expect(late.state.open[0]).toMatchObject({ ack: null, reopenedCount: 0 });
    expect(late.state.open[0]?.id).not.toBe(first?.id);
  });

  it("behavior: an acknowledged warning that becomes critical is open again", () => {
    const { state } = run([at(0, { pairs: [DOWN] }), at(20, { pairs: [DOWN] })]);
    const acked = acknowledge(state, state.open[0]?.id ?? "", {
      by: "0xme",
      role: "operator",
      note: "",
      atMs: START_MS,
    });
    const worse = pairFacts({ worker: { ...UP.worker, state: "halted" } });
    const next = run([at(30, { pairs: [worse] })], DEFAULT_ALERT_SETTINGS, acked?.state ?? state);
    expect(next.kinds).toEqual(["raised worker_down:WETH-USDC"]);
    expect(next.state.open[0]).toMatchObject({ severity: "critical", ack: null });
  });

  it("behavior: the first acknowledgement counts, an unknown or ended alert cannot be acknowledged", () => {
    const { state } = run([at(0, { pairs: [DOWN] }), at(20, { pairs: [DOWN] })]);
    const ack = { by: "0xme", role: "operator", note: "mine", atMs: 1 };
    const id = state.open[0]?.id ?? "";
    const once = acknowledge(state, id, ack);
    expect(once?.changes).toHaveLength(1);
    const twice = acknowledge(once?.state ?? state, id, { ...ack, by: "0xother" });
    expect(twice?.changes).toEqual([]);
    expect(twice?.state.open[0]?.ack?.by).toBe("0xme");
    expect(acknowledge(state, "0000000000000000", ack)).toBeNull();
  });

  it("behavior: settings by pair win over settings of the rule, and a rule that is off ends its alerts", () => {
    const settings = alertSettingsSchema.parse({
      rules: {
        out_of_range: {
          holdMin: 5,
          severity: "info",
          pairs: { "WETH-USDC": { holdMin: 60 }, "USDC-USDT": { severity: "critical" } },
        },
      },
    });
    expect(resolveRule(settings, "out_of_range", "WETH-USDC")).toMatchObject({
      holdMs: 60 * MINUTE_MS,
      severity: "info",
    });
    expect(resolveRule(settings, "out_of_range", "USDC-USDT")).toMatchObject({
      holdMs: 5 * MINUTE_MS,
      severity: "critical",
    });
    const out = { pairs: [pairFacts({ state: "out_of_range", outSinceMarketMs: START_MS - 31 * MINUTE_MS })] };
    expect(run([at(0, out)], settings).kinds).toEqual([]);
    const off = alertSettingsSchema.parse({ rules: { out_of_range: { enabled: false } } });
    const { kinds } = run([at(61, out), at(200, out)], off, run([at(0, out)]).state);
    expect(kinds).toEqual(["cleared out_of_range:WETH-USDC"]);
  });

  it("behavior: market clocks count market time", () => {
    expect(run([outAtMarket(29)]).kinds).toEqual([]);
    expect(run([outAtMarket(30)]).kinds).toEqual(["fired out_of_range:WETH-USDC"]);
  });

  it(`property: keys of open alerts are unique, ids stable, what changes is told once (seed ${TEST_SEED})`, () => {
    const look = fc.record({
      afterSec: fc.integer({ min: -100, max: 4_000 }),
      down: fc.boolean(),
      halted: fc.boolean(),
      out: fc.boolean(),
      blind: fc.boolean(),
      gasUsd: fc.integer({ min: 0, max: 400 }),
      price: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
        let state: AlertState = EMPTY_ALERT_STATE;
        const live = new Map<string, string>();
        let sec = 0;
        for (const each of looks) {
          sec += each.afterSec;
          const pair = pairFacts({
            worker: { ...UP.worker, state: each.halted ? "halted" : each.down ? "missing" : "running" },
            state: each.out ? "out_of_range" : "in_range",
            outSinceMarketMs: each.out ? START_MS : null,
            used: { ...USED, gasUsd: each.gasUsd },
            pegCurrency: "USD",
            price: each.price,
          });
          const before = JSON.stringify(state);
          const judged = evaluateAlerts(state, {
            facts: at(sec, each.blind ? { pairs: null } : { pairs: [pair] }),
            settings: DEFAULT_ALERT_SETTINGS,
          });
          expect(JSON.stringify(state)).toBe(before);
          for (const { kind, alert } of judged.changes) {
            if (kind === "fired" || kind === "reopened") {
              expect(live.has(alert.key)).toBe(false);
              live.set(alert.key, alert.id);
            } else if (kind === "cleared") {
              expect(live.get(alert.key)).toBe(alert.id);
              live.delete(alert.key);
            }
          }
          ({ state } = judged);
          expect(new Map(state.open.map(({ key, id }) => [key, id]))).toEqual(live);
          if (each.blind) expect(judged.changes.filter(({ alert }) => alert.pairId !== null)).toEqual([]);
          expect(state.history.length).toBeLessThanOrEqual(HISTORY_COUNT);
          for (const { severity } of state.open) expect(SEVERITIES).toContain(severity);
          // Looking again at the same instant changes nothing.
          const again = evaluateAlerts(state, {
            facts: at(sec, each.blind ? { pairs: null } : { pairs: [pair] }),
            settings: DEFAULT_ALERT_SETTINGS,
          });
          expect(
            again.changes.filter(({ kind }) => kind !== "fired" && kind !== "reopened" && kind !== "cleared"),
          ).toEqual([]);
        }
      }),
      { seed: TEST_SEED, numRuns: 60 },
    );
  });
});

const FIRST: ChannelPolicy = { id: "telegram", minSeverity: "warn", tier: "first", pairs: [] };
const SECOND: ChannelPolicy = { id: "ntfy", minSeverity: "warn", tier: "escalation", pairs: [] };

function stateOf(severity: Severity, change: Partial<Alert> = {}): AlertState {
  const alert: Alert = {
    id: "00000000000000aa",
    key: "worker_down:WETH-USDC",
    ruleId: "worker_down",
    pairId: "WETH-USDC",
    severity,
    sentence: "The worker of WETH-USDC is missing.",
    figure: "missing",
    did: "it is started again by itself",
    href: "/system",
    firedAtMs: START_MS,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: null,
    told: [],
    ...change,
  };
  return {
    ...EMPTY_ALERT_STATE,
    open: alert.clearedAtMs === null ? [alert] : [],
    history: alert.clearedAtMs === null ? [] : [alert],
  };
}

/** Everything sent in a stretch of minutes, one look a minute. */
function sendFor(input: {
  readonly state: AlertState;
  readonly channels: readonly ChannelPolicy[];
  readonly minutes: number;
  readonly settings?: AlertSettings;
  readonly startMinuteOfDay?: number;
  readonly change?: (state: AlertState, minute: number) => AlertState;
}): string[] {
  let { state } = input;
  const sent: string[] = [];
  for (let minute = 0; minute <= input.minutes; minute += 1) {
    state = input.change?.(state, minute) ?? state;
    const wallNowMs = START_MS + minute * MINUTE_MS;
    const due: readonly Notice[] = dueNotices({
      state,
      channels: input.channels,
      settings: input.settings ?? DEFAULT_ALERT_SETTINGS,
      wallNowMs,
      minuteOfDay: ((input.startMinuteOfDay ?? 720) + minute) % 1_440,
    });
    sent.push(...due.map(({ channelId, kind }) => `${minute} ${channelId} ${kind}`));
    state = markTold(state, due, wallNowMs);
  }
  return sent;
}

describe("dueNotices", () => {
  it("default: told at once, again until acknowledged, escalated when nobody answers", () => {
    expect(sendFor({ state: stateOf("critical"), channels: [FIRST, SECOND], minutes: 26 })).toEqual([
      "0 telegram fired",
      "10 telegram reminder",
      "15 ntfy escalated",
      "20 telegram reminder",
      "25 ntfy reminder",
    ]);
    expect(sendFor({ state: stateOf("warn"), channels: [FIRST, SECOND], minutes: 121 })).toEqual([
      "0 telegram fired",
      "60 telegram reminder",
      "120 telegram reminder",
      "120 ntfy escalated",
    ]);
  });

  it("behavior: an acknowledgement ends reminders and escalation for all", () => {
    expect(sendFor({ state: stateOf("critical"), channels: [FIRST, SECOND], minutes: 300, change: ackedAt12 })).toEqual(
      ["0 telegram fired", "10 telegram reminder"],
    );
  });

  it("behavior: who heard of the beginning hears of the end, once; nobody else does", () => {
    expect(sendFor({ state: stateOf("critical"), channels: [FIRST, SECOND], minutes: 60, change: endedAt3 })).toEqual([
      "0 telegram fired",
      "3 telegram cleared",
    ]);
  });

  it("behavior: quiet hours hold warnings until they are over and never what is critical", () => {
    const settings = alertSettingsSchema.parse({ quietHours: { from: "22:00", to: "07:00" } });
    const night = { channels: [FIRST], settings, startMinuteOfDay: 22 * 60 };
    expect(sendFor({ ...night, state: stateOf("warn"), minutes: 9 * 60 })).toEqual(["540 telegram fired"]);
    expect(sendFor({ ...night, state: stateOf("critical"), minutes: 10 })).toEqual([
      "0 telegram fired",
      "10 telegram reminder",
    ]);
    expect(sendFor({ ...night, state: stateOf("warn"), minutes: 6, change: worseAt(5) })).toEqual(["5 telegram fired"]);
  });

  it("behavior: a worse severity is told at once", () => {
    expect(sendFor({ state: stateOf("warn"), channels: [FIRST], minutes: 3, change: worseAt(2) })).toEqual([
      "0 telegram fired",
      "2 telegram raised",
    ]);
  });

  it("behavior: a channel for other pairs, or for worse only, is left alone", () => {
    const other = { ...FIRST, pairs: ["USDC-USDT"] };
    const worse = { ...FIRST, minSeverity: "critical" as const };
    expect(sendFor({ state: stateOf("warn"), channels: [other], minutes: 200 })).toEqual([]);
    expect(sendFor({ state: stateOf("warn"), channels: [worse], minutes: 200 })).toEqual([]);
    expect(sendFor({ state: stateOf("critical", { pairId: null }), channels: [other], minutes: 1 })).toHaveLength(1);
  });

  it("behavior: the same notice has the same key until it is marked as told", () => {
    const input = {
      state: stateOf("critical"),
      channels: [FIRST],
      settings: DEFAULT_ALERT_SETTINGS,
      wallNowMs: START_MS,
      minuteOfDay: 0,
    };
    const first = dueNotices(input);
    expect(dueNotices({ ...input, wallNowMs: START_MS + 5 }).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    const later = dueNotices({
      ...input,
      state: markTold(input.state, first, START_MS),
      wallNowMs: START_MS + 10 * MINUTE_MS,
    });
    expect(later.map(({ id }) => id)).not.toEqual(first.map(({ id }) => id));
  });

  it(`property: critical is never quiet, acknowledged never told, keys never repeat (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SEVERITIES),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: 0, max: 1_439 }),
        fc.integer({ min: 1, max: 300 }),
        (severity, from, to, start, ackAt) => {
          const settings = alertSettingsSchema.parse({ quietHours: { from: clockText(from), to: clockText(to) } });
          const sent = sendFor({
            state: stateOf(severity),
            channels: [FIRST],
            settings,
            startMinuteOfDay: start,
            minutes: 400,
            change: (state, minute) =>
              minute === ackAt
                ? {
                    ...state,
                    open: state.open.map((alert) => ({
                      ...alert,
                      ack: { by: "x", role: "operator", note: "", atMs: 1 },
                    })),
                  }
                : state,
          });
          const minutes = sent.map((line) => Number(line.split(" ")[0]));
          expect(minutes.filter((minute) => minute >= ackAt)).toEqual([]);
          expect(new Set(minutes).size).toBe(minutes.length);
          if (severity === "critical") expect(minutes[0]).toBe(0);
          else
            for (const minute of minutes) expect(isQuietAt(settings.quietHours, (start + minute) % 1_440)).toBe(false);
        },
      ),
      { seed: TEST_SEED, numRuns: 60 },
    );
  });
});

describe("buildMessage", () => {
  it("default: severity, pair, one sentence, since when, what the system did, what to do, a link to the alert", () => {
    const [alert] = stateOf("critical").open;
    if (alert === undefined) throw new Error("the builder gave no alert");
    const message = buildMessage({
      id: "m1",
      alert,
      kind: "fired",
      origin: "https://desk.example",
      wallNowMs: START_MS + 45 * MINUTE_MS,
    });
    expect(message.title).toBe("CRITICAL WETH-USDC worker down: missing");
    expect(message.body).toContain("The worker of WETH-USDC is missing.");
    expect(message.body).toContain("45\u202fmin");
    expect(message.body).toContain("The system: it is started again by itself.");
    expect(message.body).toContain("To do: ");
    expect(message.link).toBe("https://desk.example/alerts/00000000000000aa");
  });
});
