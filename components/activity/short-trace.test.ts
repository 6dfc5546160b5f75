// The short log: one line per operation, at its last state, with everything else where it was.
import { describe, expect, it } from "vitest";
import type { TraceLine } from "@/lib/api/settings-contract";
import { shortTrace } from "./short-trace";

function line(atMs: number, change: Partial<TraceLine>): TraceLine {
  return {
    id: String(atMs),
    atMs,
    marketAtMs: atMs,
    stream: "tx_log",
    process: "signer",
    level: null,
    event: "mint SENT",
    opId: "0xplan/1",
    text: "",
    ...change,
  };
}

describe("shortTrace", () => {
  it("happy: states of two operations that ran side by side are one line each, the failure's words kept", () => {
    const short = shortTrace([
      line(1, { stream: "logs", event: "plan.started", opId: null }),
      line(2, {}),
      line(3, { event: "approve SENT", opId: "0xplan/0" }),
      line(4, { event: "mint REVERTED", text: "slippage", level: "warn" }),
      line(5, { event: "approve SETTLED", opId: "0xplan/0" }),
      line(6, { stream: "logs", event: "execution.ended", opId: "0xplan/1" }),
    ]);
    expect(short.map(({ atMs, event, text }) => `${atMs} ${event} ${text}`.trim())).toEqual([
      "1 plan.started",
      "4 mint REVERTED 2 states in 2\u202fms; slippage",
      "5 approve SETTLED 2 states in 2\u202fms",
      "6 execution.ended",
    ]);
    expect(short[1]?.level).toBe("warn");
  });

  it("edge: nothing stays nothing", () => {
    expect(shortTrace([])).toEqual([]);
  });
});
