// The gate before the pools: what the chain confirms passes, what it denies never does, and silence is asked about again.
import { describe, expect, it } from "vitest";
import { buildResolvedPools } from "@/tests/support/registry-pools";
import { createPoolGate, type GateVerdict } from "./pool-gate";

const [first, second] = buildResolvedPools("WETH-USDC", 1);
if (first === undefined || second === undefined) throw new Error("two built-in pools expected");

describe("createPoolGate", () => {
  it("default: confirmed pools pass and are asked about once", async () => {
    let asked = 0;
    const gate = createPoolGate({
      pools: [first, second],
      check: async () => {
        asked += 1;
        return { kind: "confirmed" };
      },
      onDenied: () => expect.unreachable(),
    });
    await gate.start();
    expect((await gate.pass(1)).confirmed).toEqual([first, second]);
    expect((await gate.pass(56)).confirmed).toEqual([]);
    expect(asked).toBe(2);
  });

  it("behavior: a denied pool is out for good and told once", async () => {
    const told: string[] = [];
    const gate = createPoolGate({
      pools: [first, second],
      check: async (pool) =>
        pool === first ? { kind: "mismatch", problems: ["fee 3000", "token0"] } : { kind: "confirmed" },
      onDenied: (_pool, reason) => told.push(reason),
    });
    await gate.start();
    await gate.pass(1);
    expect((await gate.pass(1)).confirmed).toEqual([second]);
    expect(gate.pools()).toEqual([second]);
    expect(told).toEqual(["fee 3000; token0"]);
  });

  it("behavior: an unanswered pool does not pass until its chain has spoken", async () => {
    let verdict: GateVerdict = { kind: "unreachable", problem: "the node is away" };
    const told: string[] = [];
    const gate = createPoolGate({
      pools: [first],
      check: async () => verdict,
      onDenied: (_pool, reason) => told.push(reason),
    });
    await gate.start();
    const away = await gate.pass(1);
    expect(away.confirmed).toEqual([]);
    expect(away.waiting[0]?.detail).toContain("the node is away");
    expect(gate.pools()).toEqual([first]);
    verdict = { kind: "mismatch", problems: ["another token0"] };
    expect(await gate.pass(1)).toEqual({ confirmed: [], waiting: [] });
    expect(told).toEqual(["another token0"]);
    verdict = { kind: "confirmed" };
    expect((await gate.pass(1)).confirmed).toEqual([]);
  });
});
