// An ordered exit is driven at once, again while something is left, and not again when nothing is.
import { describe, expect, it } from "vitest";
import type { ExitRun } from "@/lib/api/exit-schemas";
import type { PairState } from "@/lib/api/signer-contract";
import { pairSettingsSchema, DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { createExitWatch } from "./exit-watch";

const ORDER = {
  commandId: `0x${"1".repeat(64)}` as const,
  into: null,
  slippage: "wide" as const,
  by: "0x1",
  sinceAtMs: 1,
};

function pairState(exit: PairState["exit"], stopped: PairState["stopped"] = null): PairState {
  return {
    pairId: "WETH-USDC",
    mode: "auto",
    paused: null,
    halted: null,
    stopped,
    settings: pairSettingsSchema.parse({ pairId: "WETH-USDC", limits: DEFAULT_LIMITS }),
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
    exit,
  };
}

const quiet = (): void => undefined;

function bench(outcomes: readonly (ExitRun["outcome"] | "throws")[]) {
  let monoMs = 0;
  let runs = 0;
  const notes: ExitRun[] = [];
  const watch = createExitWatch({
    pairId: "WETH-USDC",
    wall: { nowMs: () => 1_000 + monoMs, monotonicMs: () => monoMs },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    port: {
      run: async (state) => {
        const outcome = outcomes[runs] ?? "done";
        runs += 1;
        if (outcome === "throws") throw new Error("a bug");
        return {
          commandId: state.exit?.commandId ?? "",
          atMs: 1_000 + monoMs,
          planId: null,
          outcome,
          reason: "",
          left: [],
        };
      },
      rehearse: async () => undefined,
      note: (run) => notes.push(run),
    },
  });
  return {
    watch,
    notes,
    pass: (ms: number) => {
      monoMs += ms;
    },
  };
}

const never = (): boolean => false;

describe("createExitWatch", () => {
  it("behavior: without an order, and under a stop, nothing is due", () => {
    const { watch } = bench([]);
    expect(watch.isDue(null)).toBe(false);
    expect(watch.isDue(pairState(null))).toBe(false);
    expect(watch.isDue(pairState(ORDER, { reason: "all", sinceAtMs: 1, by: "0x2" }))).toBe(false);
  });

  it("behavior: what is left is tried again after a wait; what is done is not, a new order is", async () => {
    const { watch, notes, pass } = bench(["partial", "done"]);
    const ordered = pairState(ORDER);
    expect(watch.isDue(ordered)).toBe(true);
    await watch.drive(ordered, never);
    expect(watch.isDue(ordered)).toBe(false);
    expect(notes[0]?.retryAtMs).toBe(11_000);
    pass(10_000);
    expect(watch.isDue(ordered)).toBe(true);
    await watch.drive(ordered, never);
    pass(60_000);
    expect(watch.isDue(ordered)).toBe(false);
    expect(notes[1]).toMatchObject({ outcome: "done", retryAtMs: null });
    expect(watch.isDue(pairState({ ...ORDER, commandId: `0x${"2".repeat(64)}` }))).toBe(true);
  });

  it("error: a thrown bug is a failed try that is told and repeated", async () => {
    const { watch, notes, pass } = bench(["throws"]);
    await watch.drive(pairState(ORDER), never);
    expect(notes[0]).toMatchObject({ outcome: "failed", reason: "a bug" });
    pass(10_000);
    expect(watch.isDue(pairState(ORDER))).toBe(true);
  });
});
