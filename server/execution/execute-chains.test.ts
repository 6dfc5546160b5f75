// A plan over three chains: bridges first and together, other chains go on meanwhile, and what does not arrive shrinks or leaves out its mints.
import { describe, expect, test } from "vitest";
import type { OpArguments, OpReport, PlanRecord, Transfer } from "@/lib/api/signer-contract";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import { err, ok } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Step } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildPlan } from "@/tests/support/build-plan";
import { executePlan, type ExecutePlanDeps } from "./execute-plan";

const [A, B, C] = [901_001, 901_002, 901_003] as const;
const BASE: Address = `0x${"11".repeat(20)}`;
const QUOTE: Address = `0x${"22".repeat(20)}`;
const ROUTER: Address = `0x${"33".repeat(20)}`;
const MANAGER: Address = `0x${"44".repeat(20)}`;
const POOL: Hex = `0x${"55".repeat(20)}`;
const PRICE = 2_000;
const SQRT = priceToSqrt(PRICE, { decBase: 18, decQuote: 6, baseIsToken0: true }) ?? 0n;
const TICK = tickAtSqrt(SQRT);

function bridge(toChainId: number, at: number): Step[] {
  return [
    { kind: "approve", chainId: A, token: QUOTE, spender: ROUTER, amountRaw: 1_000_000_000n, forStep: at + 1 },
    {
      kind: "bridge",
      chainId: A,
      provider: "lifi",
      router: ROUTER,
      tokenIn: QUOTE,
      toChainId,
      tokenOut: QUOTE,
      amountInRaw: 1_000_000_000n,
      minAmountOutRaw: 990_000_000n,
      bridges: ["across"],
      feeUsd: 1,
      expectedSec: 10,
    },
    { kind: "revoke", chainId: A, token: QUOTE, spender: ROUTER },
  ];
}

/** One-sided mint below the price: only QUOTE goes in, no swap is needed. */
function mint(chainId: number, at: number): Step[] {
  const centre = Math.floor(TICK / 10) * 10;
  return [
    { kind: "approve", chainId, token: QUOTE, spender: MANAGER, amountRaw: 1_000_000_000n, forStep: at + 1 },
    {
      kind: "mint",
      chainId,
      family: "uniswap-v3",
      pool: POOL,
      positionManager: MANAGER,
      token0: BASE,
      token1: QUOTE,
      feePips: 500,
      tickSpacing: 10,
      tickLower: centre - 1_000,
      tickUpper: centre - 500,
      amount0MaxRaw: 0n,
      amount1MaxRaw: 1_000_000_000n,
      maxSlippageBps: 50,
    },
    { kind: "revoke", chainId, token: QUOTE, spender: MANAGER },
  ];
}

const steps: Step[] = [...bridge(B, 0), ...bridge(C, 3), ...mint(A, 6), ...mint(B, 9), ...mint(C, 12)];
const side = { address: QUOTE, decimals: 6 };
const plan = buildPlan({
  kind: "PRA",
  reason: "better_allocation",
  notionalUsd: 3_000,
  base: { symbol: "WETH", decimals: 18, address: BASE },
  quote: { symbol: "USDC", decimals: 6, address: QUOTE },
  forecast: { bridgeFeeUsd: 2 },
  bounds: { referencePrice: PRICE, balances: [{ chainId: A, token: QUOTE, minRaw: 3_000_000_000n }] },
  steps,
  tokens: [A, B, C].map((chainId) => ({ chainId, base: { address: BASE, decimals: 18 }, quote: side })),
});

type Fate = "done" | "refunded" | "late" | "never" | "short";

function createWorld(fates: Readonly<Record<number, Fate>>) {
  let nowMs = 1_000_000;
  const ops = new Map<number, OpReport>();
  const balances = new Map<number, bigint>([[A, 3_000_000_000n]]);
  const transfers = new Map<string, Transfer>();
  const allowances = new Map<string, bigint>();
  const world = {
    executed: [] as { index: number; args: OpArguments }[],
    finished: null as { outcome: string; reason: string } | null,
    failsQuotes: false,
    balances,
    allowances,
  };
  const record = (): PlanRecord => ({
    planId: "plan",
    planHash: `0x${"00".repeat(32)}`,
    plan,
    status: "approved",
    statusReason: "",
    mode: "auto",
    createdAtMs: 1_000_000,
    createdAtMarketMs: 1,
    expiresAtMs: null,
    endedAtMs: null,
    proposedBy: "test",
    approvalsNeeded: 0,
    approvals: [],
    rejectedBy: null,
    ops: [...ops.values()],
  });
  const balance = (chainId: number): bigint => balances.get(chainId) ?? 0n;

  function apply(index: number, args: OpArguments): OpReport {
    const step = steps[index];
    if (step === undefined) throw new Error(`no step ${index}`);
    const { chainId } = step;
    let state: OpReport["state"] = "VERIFIED";
    if (step.kind === "approve") {
      if (args.amountRaw === 0n) state = "SKIPPED";
      else allowances.set(`${chainId}:${step.spender}`, args.amountRaw ?? 0n);
    }
    if (step.kind === "revoke") allowances.delete(`${chainId}:${step.spender}`);
    if (step.kind === "mint") {
      const amount = args.amount1DesiredRaw ?? 0n;
      expect(amount).toBeGreaterThan(0n);
      expect(amount).toBeLessThanOrEqual(balance(chainId));
      balances.set(chainId, balance(chainId) - amount);
    }
    if (step.kind === "bridge" && args.amountRaw === 0n) state = "SKIPPED";
    else if (step.kind === "bridge") {
      const amount = args.amountRaw ?? 0n;
      balances.set(chainId, balance(chainId) - amount);
      transfers.set(`plan/${index}`, {
        transferId: `plan/${index}`,
        pairId: "WETH-USDC",
        planId: "plan",
        bridge: "across",
        fromChainId: chainId,
        toChainId: step.toChainId,
        tokenIn: QUOTE,
        tokenOut: QUOTE,
        amountInRaw: amount,
        minAmountOutRaw: 990_000_000n,
        sourceTxHash: `0x${"aa".repeat(32)}`,
        state: "pending",
        receipts: [],
        startedAtMs: nowMs,
        updatedAtMs: nowMs,
        detail: "on its way",
      });
    }
    const op: OpReport = {
      opId: `plan/${index}`,
      index,
      kind: step.kind,
      purpose: step.kind,
      state,
      chainId,
      attempts: [],
      txHash: null,
      blockNumber: null,
      gasUsed: 1n,
      gasUsd: 0,
      deltas: [],
      position: null,
      error: null,
      stateAtMs: nowMs,
    };
    ops.set(index, op);
    return op;
  }

  /** Transfers end as fated: at once, after 20 s, or not at all. */
  function look(): readonly Transfer[] {
    for (const [id, transfer] of transfers) {
      const fate = fates[transfer.toChainId] ?? "done";
      if (transfer.state !== "pending" || fate === "never" || nowMs - transfer.startedAtMs < 20_000) continue;
      if (fate === "late" && nowMs - transfer.startedAtMs < 120_000) continue;
      const home = fate === "refunded";
      const amount = fate === "short" ? 300_000_000n : home ? transfer.amountInRaw : 999_000_000n;
      const chainId = home ? transfer.fromChainId : transfer.toChainId;
      balances.set(chainId, balance(chainId) + amount);
      transfers.set(id, {
        ...transfer,
        state: home ? "refunded" : fate === "short" ? "partial" : "done",
        detail: fate,
      });
    }
    return [...transfers.values()];
  }

  const call = async (method: string, params: unknown): Promise<unknown> => {
    if (method === "plan.get") return ok(record());
    if (method === "pair.state") {
      return ok({
        account: [A, B, C].map((chainId) => ({ chainId, token: QUOTE, amountRaw: balance(chainId) })),
      });
    }
    if (method === "op.execute") {
      const { index, args } = params as { index: number; args: OpArguments };
      world.executed.push({ index, args });
      return ok(apply(index, args));
    }
    if (method === "plan.finish") {
      const { outcome, reason } = params as { outcome: string; reason: string };
      world.finished = { outcome, reason };
      return ok(record());
    }
    throw new Error(`not part of this test: ${method}`);
  };
  const deps: ExecutePlanDeps = {
    signer: { call: call as ExecutePlanDeps["signer"]["call"] },
    quotes: {
      fetchQuote: async () => err(new ExecutionError({ code: "quote_unavailable", message: "none", retryable: false })),
    },
    bridges: {
      fetchQuote: async (request) =>
        world.failsQuotes
          ? err(new ExecutionError({ code: "quote_unavailable", message: "the bridge is closed", retryable: false }))
          : ok({
              fetchedAtMs: nowMs,
              tool: "across",
              to: ROUTER,
              approvalAddress: ROUTER,
              data: "0x",
              valueRaw: 0n,
              toAmountMinRaw: request.minAmountOutRaw,
              toChainId: request.toChainId,
              bridge: "across",
              cexPrice: PRICE,
              poolPrice: PRICE,
            }),
    },
    transfers: { look: async () => ok(look()) },
    reads: {
      readPool: async () =>
        ok({
          sqrtPriceX96: SQRT,
          tick: TICK,
          liquidityRaw: 1n,
          fee0Pips: 500,
          fee1Pips: 500,
          protocolShareFrac: 0,
          tickSpacing: 10,
        }),
      readAllowance: async ({ chainId, spender }) => ok(allowances.get(`${chainId}:${spender}`) ?? 0n),
    },
    readPrices: async () => ok({ price: PRICE, priceAtMarketMs: 1, quoteUsd: 1, nativeUsd: PRICE }),
    wallet: `0x${"66".repeat(20)}`,
    wall: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    sleep: async (durationMs) => {
      nowMs += durationMs;
    },
    log: silentLogger,
  };
  return { world, run: (shouldStop = () => false) => executePlan(deps, { record: record(), token: 1, shouldStop }) };
}

const indexes = (world: { executed: { index: number }[] }): number[] => world.executed.map(({ index }) => index);
const total = (balances: Map<number, bigint>): bigint => [...balances.values()].reduce((sum, each) => sum + each, 0n);

describe("executePlan over several chains", () => {
  test("default: both bridges leave before anything waits, the source's own mint goes on, arrivals are minted", async () => {
    const { world, run } = createWorld({});
    const report = await run();
    expect([report.outcome, report.reason]).toEqual(["done", "every step is verified"]);
    expect(indexes(world)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(world.executed[10]?.args.amount1DesiredRaw).toBe(999_000_000n);
    expect(world.allowances.size).toBe(0);
  });

  test("behavior: a chain whose transfer is late is passed over; the other's mint does not wait for it", async () => {
    const { world, run } = createWorld({ [B]: "late" });
    expect((await run()).outcome).toBe("done");
    expect(indexes(world)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 9, 10, 11]);
  });

  test("behavior: one of two transfers is refunded: its mint is left out with the reason, the plan ends partial, nothing is lost", async () => {
    const { world, run } = createWorld({ [B]: "refunded" });
    const report = await run();
    expect(report.outcome).toBe("partial");
    expect(report.reason).toMatch(/to chain 901002 ended refunded/);
    expect(report.reason).toMatch(/the mint on chain 901002 is left out: only 0\.00 USD/);
    expect(world.executed.some(({ index }) => index === 10)).toBe(false);
    expect(world.executed.find(({ index }) => index === 9)?.args.amountRaw).toBe(0n);
    expect(world.balances.get(A)).toBe(1_000_000_000n);
    expect(total(world.balances)).toBe(1_000_000_000n);
    expect(report.ops[10]?.note).toContain("left out");
  });

  test("behavior: what arrives short is minted as far as it goes", async () => {
    const { world, run } = createWorld({ [C]: "short" });
    const report = await run();
    expect(report.outcome).toBe("partial");
    expect(world.executed.find(({ index }) => index === 13)?.args.amount1DesiredRaw).toBe(300_000_000n);
    expect(report.reason).toMatch(/ended partial/);
  });

  test("behavior: in transit beyond the plan's time the plan ends partial, and says that it is followed on", async () => {
    const { world, run } = createWorld({ [B]: "never" });
    const report = await run();
    expect(report.outcome).toBe("partial");
    expect(report.reason).toMatch(/chain 901002 are still under way .* followed on/);
    expect(indexes(world)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14]);
  });

  test("behavior: a stop while waiting leaves the plan open, and the second run waits on without sending anything twice", async () => {
    const { world, run } = createWorld({ [B]: "late", [C]: "late" });
    let asked = 0;
    const first = await run(() => world.executed.length >= 9 && (asked += 1) > 3);
    expect(first.outcome).toBe("interrupted");
    expect(world.finished).toBeNull();
    expect((await run()).outcome).toBe("done");
    expect(indexes(world)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  test("error: without a usable bridge quote nothing is approved, the money stays and the rest goes on", async () => {
    const { world, run } = createWorld({});
    world.failsQuotes = true;
    const report = await run();
    expect(report.outcome).toBe("partial");
    expect(report.reason).toMatch(/bridge from chain 901001 to chain 901002 is left out: .*the bridge is closed/);
    expect(world.executed.filter(({ index }) => index === 0 || index === 3).map(({ args }) => args.amountRaw)).toEqual([
      0n,
      0n,
    ]);
    expect(world.executed.some(({ index }) => index === 7)).toBe(true);
    expect(total(world.balances)).toBe(2_000_000_000n);
  });

  test("error: an account without the money the plan counts on voids it before its first step", async () => {
    const { world, run } = createWorld({});
    world.balances.set(A, 2_999_999_999n);
    const report = await run();
    expect([report.outcome, world.executed.length]).toEqual(["voided", 0]);
    expect(report.reason).toContain("bound balances");
  });
});
