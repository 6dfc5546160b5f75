// What a rehearsal says when chains, quotes or answers are missing: never that a plan went through.
import { padHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { TRANSFER_TOPIC } from "@/lib/actions/erc20";
import { err, ok } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import type { RehearsalDeps, Stage, TriedCall } from "./ports";
import { rehearsePlan } from "./rehearse-plan";

const WALLET: Address = `0x${"aa".repeat(20)}`;
const TOKEN: Address = `0x${"0a".repeat(20)}`;
const STRAY: Address = `0x${"0c".repeat(20)}`;
const SPENDER: Address = `0x${"0b".repeat(20)}`;
const GONE = new ChainError({ code: "unreachable", retryable: true, message: "no fork and no simulation" });

function revoke(chainId: number): Step {
  return { kind: "revoke", chainId, token: TOKEN, spender: SPENDER };
}

function bridge(chainId: number, toChainId: number): Step {
  const amounts = { amountInRaw: 1_000n, minAmountOutRaw: 990n, feeUsd: 0, expectedSec: 1 };
  const ends = { tokenIn: TOKEN, tokenOut: TOKEN, toChainId, bridges: ["across"] };
  return { kind: "bridge", chainId, provider: "lifi", router: SPENDER, ...ends, ...amounts };
}

function planOf(...steps: readonly Step[]): Plan {
  return { steps, bounds: { deadlineSec: 120 } } as unknown as Plan;
}

const PASSED: TriedCall = { isOk: true, gasUsed: 21_000n, returnData: "0x", logs: [], error: "" };

/** A chain that lets through what it is told to; stands in for a node. */
function stageOf(method: Stage["method"], answer: (played: number) => TriedCall | ChainError): Stage {
  return {
    method,
    blockNumber: 5n,
    timestampSec: 0n,
    timeScale: 1,
    port: { call: () => Promise.reject(GONE), readLogs: async () => [] },
    play: async (calls) => {
      const last = answer(calls.length);
      return last instanceof ChainError ? err(last) : ok([...calls.slice(1).map(() => PASSED), last]);
    },
    close: async () => undefined,
  };
}

function depsOf(stages: Readonly<Record<number, Stage>>, opened: number[] = []): RehearsalDeps {
  return {
    wallet: WALLET,
    wallNowMs: () => 1,
    findPool: () => null,
    readsOf: () => {
      throw new Error("no pool is read here");
    },
    openStage: async (chainId) => {
      opened.push(chainId);
      const stage = stages[chainId];
      return stage === undefined ? err(GONE) : ok(stage);
    },
    fetchSwapQuote: async () => err(GONE),
    fetchBridgeQuote: async () => err(GONE),
  };
}

const passes = () => PASSED;

function transfer(address: Address, from: Address, to: Address, amount: bigint) {
  return {
    address,
    topics: [TRANSFER_TOPIC, padHex(from, { size: 32 }), padHex(to, { size: 32 })],
    data: toHex(amount, { size: 32 }),
  };
}

describe("rehearsePlan", () => {
  it("error: no chain can be tried: method none, not ok, the reason for every step", async () => {
    const rehearsal = await rehearsePlan(depsOf({}), planOf(revoke(1), revoke(1)));
    expect(rehearsal).toEqual({
      method: "none",
      atMs: 1,
      blocks: [],
      isOk: false,
      detail: "could not be tried: no fork and no simulation",
      steps: [],
      untried: [
        { index: 0, reason: "no fork and no simulation" },
        { index: 1, reason: "no fork and no simulation" },
      ],
    });
  });

  it("behavior: one chain of two on a fork, the other by simulation: each block says its own method", async () => {
    const stages = { 1: stageOf("fork", passes), 2: stageOf("eth_simulateV1", passes) };
    expect(await rehearsePlan(depsOf(stages), planOf(revoke(1), revoke(2)))).toMatchObject({
      method: "fork",
      isOk: true,
      detail: "every step went through",
      blocks: [
        { chainId: 1, method: "fork" },
        { chainId: 2, method: "eth_simulateV1" },
      ],
    });
  });

  it("behavior: a chain that is away leaves the others tried, and its steps named", async () => {
    const rehearsal = await rehearsePlan(
      depsOf({ 1: stageOf("eth_simulateV1", passes) }),
      planOf(revoke(2), revoke(1)),
    );
    expect(rehearsal).toMatchObject({ method: "eth_simulateV1", isOk: true, steps: [{ index: 1 }] });
    expect(rehearsal.detail).toBe(
      "what could be tried went through; not tried: steps 0 (revoke): no fork and no simulation",
    );
  });

  it("error: a call that reverts ends its chain there, with the reason", async () => {
    const failed: TriedCall = { ...PASSED, isOk: false, error: "reverted: STF" };
    const stage = stageOf("eth_simulateV1", (played) => (played === 2 ? failed : PASSED));
    const rehearsal = await rehearsePlan(depsOf({ 1: stage }), planOf(revoke(1), revoke(1), revoke(1)));
    expect(rehearsal).toMatchObject({ isOk: false, detail: "step 1 (revoke) failed: reverted: STF" });
    expect(rehearsal.steps.map(({ index, isOk }) => [index, isOk])).toEqual([
      [0, true],
      [1, false],
    ]);
  });

  it("error: an answer that does not come is no failure of the plan", async () => {
    const stage = stageOf("fork", (played) => (played === 2 ? GONE : PASSED));
    const rehearsal = await rehearsePlan(depsOf({ 1: stage }), planOf(revoke(1), revoke(1), revoke(1)));
    expect(rehearsal).toMatchObject({ isOk: true, steps: [{ index: 0, isOk: true }] });
    expect(rehearsal.untried).toEqual([
      { index: 1, reason: "no fork and no simulation" },
      { index: 2, reason: "it counts on step 1, which could not be tried" },
    ]);
  });

  it("behavior: every token that comes or goes is written down, also one the plan does not know", async () => {
    const logs = [transfer(TOKEN, WALLET, SPENDER, 5n), transfer(STRAY, SPENDER, WALLET, 1n)];
    const stage = stageOf("eth_simulateV1", () => ({ ...PASSED, logs }));
    const rehearsal = await rehearsePlan(depsOf({ 1: stage }), planOf(revoke(1)));
    expect(rehearsal.steps[0]?.deltas).toEqual([
      { chainId: 1, token: TOKEN, amountRaw: "-5" },
      { chainId: 1, token: STRAY, amountRaw: "1" },
    ]);
  });

  it("behavior: chains that only send are tried before those that receive", async () => {
    const opened: number[] = [];
    await rehearsePlan(depsOf({}, opened), planOf(bridge(2, 1), revoke(1), bridge(3, 1)));
    expect(opened).toEqual([2, 3, 1]);
  });
});
