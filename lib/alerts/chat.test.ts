// Commands as they are typed, and the words of the answers: nothing but status, acknowledging and pausing comes out of any text.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHAT_PAUSE_KINDS, chatPauseSchema } from "@/lib/alerts/chat-pause";
import { TEST_SEED } from "@/tests/support/seed";
import type { Alert } from "./alert";
import { parseChat, pausedText, statusText, type ChatStatus } from "./chat";

const NOW_MS = 1_795_435_387_000;

function alertOf(change: Partial<Alert>): Alert {
  return {
    id: "00000000000000aa",
    key: "worker_down:WETH-USDC",
    ruleId: "worker_down",
    pairId: "WETH-USDC",
    severity: "critical",
    sentence: "The worker is missing.",
    figure: "missing",
    did: "",
    href: "/system",
    firedAtMs: NOW_MS - 120_000,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: null,
    told: [],
    ...change,
  };
}

const STATUS: ChatStatus = {
  readAtMs: NOW_MS - 3_000,
  nowMs: NOW_MS,
  verdict: { word: "degraded", sentence: "WETH-USDC is out of range for 38 min." },
  pairs: [
    { pairId: "WETH-USDC", mode: "auto", sentence: "out of range", decision: { kind: "HOLD", ageMs: 240_000 } },
    { pairId: "USDC-USDT", mode: "observe", sentence: "paused (no new risk): look", decision: null },
  ],
  chains: [{ name: "Base", lagMs: 2_000 }],
  badSources: [{ label: "Kraken", sentence: "no candle for 4 min" }],
  open: [
    alertOf({}),
    alertOf({ id: "00000000000000bb", severity: "warn", ack: { by: "0xme", role: "operator", note: "", atMs: 1 } }),
  ],
};

describe("parseChat", () => {
  const pause = { kind: "pause", pair: "WETH-USDC", pauseKind: "no_new_risk", minutes: null, reason: "by chat" };

  it.each([
    ["/status", { kind: "status" }],
    ["  /STATUS@desk_bot  ", { kind: "status" }],
    ["/ack 3f2a", { kind: "ack", alert: "3f2a", note: "" }],
    ["/ack_00000000000000AA on it", { kind: "ack", alert: "00000000000000aa", note: "on it" }],
    ["/pause WETH-USDC", pause],
    ["/pause WETH-USDC 60", { ...pause, minutes: 60 }],
    ["/pause WETH-USDC 2h depeg?", { ...pause, minutes: 120, reason: "depeg?" }],
    ["/pause WETH-USDC looks 60 wrong", { ...pause, reason: "looks 60 wrong" }],
    [
      "/pause WETH-USDC no-transactions 5m stop",
      { ...pause, pauseKind: "no_transactions", minutes: 5, reason: "stop" },
    ],
    ["/pause WETH-USDC NO_TRANSACTIONS", { ...pause, pauseKind: "no_transactions" }],
    ["/pause WETH-USDC 5 a\u202eb\u0000\n c", { ...pause, minutes: 5, reason: "ab c" }],
  ])("default: %s", (text, wanted) => {
    expect(parseChat(text, "desk_bot")).toEqual(wanted);
  });

  it.each(["status", "please /status", "/", "/status@other_bot", "", "/státus"])(
    "edge: %s is no command of ours",
    (text) => {
      expect(parseChat(text, "desk_bot")).toBeNull();
    },
  );

  it.each([
    ["/resume WETH-USDC", /needs a signature/],
    ["/approve 0x1", /needs a signature/],
    ["/exit", /needs a signature/],
    ["/stop", /needs a signature/],
    ["/dance", /is no command/],
    ["/start", /signed in the desk/],
    ["/pause", /Nothing is paused/],
    ["/pause WETH-USDC 0", /1 to 10080 minutes, got 0/],
    ["/pause WETH-USDC 99999", /1 to 10080 minutes/],
    ["/ack", /Nothing is acknowledged/],
    ["/ack all", /Nothing is acknowledged/],
    ["/ack 3f", /Nothing is acknowledged/],
  ])("error: %s is answered and does nothing", (text, words) => {
    expect(parseChat(text, null)).toEqual({ kind: "answer", text: expect.stringMatching(words) });
  });

  it("property: whatever is typed, nothing but the three commands comes out, and a pause fits what the signer takes", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "/pause",
        "/ack",
        "/status",
        "/resume",
        "WETH-USDC",
        "60",
        "2h",
        "no-transactions",
        "@desk_bot",
        "_",
      ),
      fc.string({ unit: "binary", maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom(" ", ""), (parts, glue) => {
        const command = parseChat(parts.join(glue), "desk_bot");
        expect([undefined, "status", "ack", "pause", "answer"]).toContain(command?.kind);
        if (command?.kind !== "pause") return;
        const { pauseKind: kind, minutes, reason } = command;
        expect(CHAT_PAUSE_KINDS).toContain(kind);
        expect(chatPauseSchema.safeParse({ userId: "1", pairId: "WETH-USDC", kind, minutes, reason }).success).toBe(
          true,
        );
      }),
      { seed: TEST_SEED, numRuns: 400 },
    );
  });
});

describe("answers", () => {
  it("default: the verdict first, then what is open with the way to take it, ages, pairs", () => {
    expect(statusText(STATUS).split("\n")).toEqual([
      "DEGRADED: WETH-USDC is out of range for 38 min.",
      "Read 3\u202fs ago, 12:03:07 UTC.",
      "",
      "Open alerts: 2",
      "CRITICAL WETH-USDC Worker down: missing, 2\u202fmin, /ack_00000000000000aa",
      "WARN WETH-USDC Worker down: missing, 2\u202fmin, taken by 0xme",
      "",
      "Newest blocks: Base 2\u202fs.",
      "Stale: Kraken (no candle for 4 min).",
      "",
      "Pairs",
      "WETH-USDC, auto: out of range; HOLD 4\u202fmin ago",
      "USDC-USDT, observe: paused (no new risk): look; no decision yet",
    ]);
  });

  it("edge: what is not known is said to be unknown, never left out", () => {
    const text = statusText({ ...STATUS, pairs: [], chains: null, badSources: null, open: [] });
    expect(text).toMatch(/No alert is open\./);
    expect(text).toMatch(/Newest blocks: unknown\.\nSources: unknown\./);
    expect(text).toMatch(/Pairs\nunknown/);
  });

  it("edge: sixty pairs and a hundred alerts fit into one message, which says how many are left out", () => {
    const text = statusText({
      ...STATUS,
      pairs: Array.from({ length: 60 }, (_each, index) => ({
        pairId: `PAIR${index}-USDC`,
        mode: "auto",
        sentence: "a position is out of range on the upper side",
        decision: { kind: "HOLD", ageMs: 60_000 },
      })),
      open: Array.from({ length: 100 }, () => alertOf({})),
    });
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/^DEGRADED/);
    expect(text.match(/and \d+ more/g)).toHaveLength(2);
  });

  it("behavior: a pause is told as what the signer refuses, since when and until when, with the day when it is another", () => {
    const paused = { kind: "no_new_risk", sinceAtMs: NOW_MS, untilAtMs: null, reason: "looks wrong" };
    expect(pausedText("WETH-USDC", paused, NOW_MS)).toBe(
      "WETH-USDC: the signer refuses new risk since 12:03:07 UTC, until an approver signs the resume in the desk. Reason: looks wrong",
    );
    const long = { ...paused, kind: "no_transactions", untilAtMs: NOW_MS + 3 * 86_400_000 };
    expect(pausedText("WETH-USDC", long, NOW_MS)).toContain(
      "refuses every transaction since 12:03:07 UTC, until 26 Nov 12:03 UTC; earlier only by a signed resume",
    );
  });
});
