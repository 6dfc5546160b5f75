// A swap with two ways: the better one after gas is chosen when it is made, its router alone is allowed anything, and a restart keeps it.
import { describe, expect, test } from "vitest";
import type { OpReport, PairState, PlanRecord } from "@/lib/api/signer-contract";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import { err, ok } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Plan, Step, SwapStep } from "@/lib/plan/plan";
import type { OpState } from "@/lib/plan/plan-status";
import { takenWay } from "@/lib/plan/swap-ways";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { prepareArguments } from "./execute-plan-arguments";
import type { Run } from "./execute-plan-run";

const CHAIN = 901_001;
const BASE: Address = `0x${"11".repeat(20)}`;
const QUOTE: Address = `0x${"22".repeat(20)}`;
const DIAMOND: Address = `0x${"33".repeat(20)}`;
const POOL_ROUTER: Address = `0x${"44".repeat(20)}`;
const MANAGER: Address = `0x${"55".repeat(20)}`;
const POOL: Hex = `0x${"66".repeat(20)}`;
const SECOND_POOL: Hex = `0x${"77".repeat(20)}`;
const PRICE = 2_000;
const SQRT = priceToSqrt(PRICE, { decBase: 18, decQuote: 6, baseIsToken0: true }) ?? 0n;
const SOLD = 2_000_000_000n;
const ONE = 10n ** 18n;

const swap: SwapStep = {
  kind: "swap",
  chainId: CHAIN,
  provider: "lifi",
  router: DIAMOND,
  other: { provider: "pool", router: POOL_ROUTER, pool: SECOND_POOL },
  tokenIn: QUOTE,
  tokenOut: BASE,
  amountInRaw: SOLD,
  minAmountOutRaw: (ONE * 980n) / 1_000n,
};
const [ALLOW_LIFI, ALLOW_POOL, SWAP] = [1, 2, 3] as const;
const steps: Step[] = [
  {
    kind: "burn",
    chainId: CHAIN,
    family: "uniswap-v3",
    pool: POOL,
    positionManager: MANAGER,
    tokenId: 1n,
    token0: BASE,
    token1: QUOTE,
    tickLower: 0,
    tickUpper: 10,
    liquidityRaw: 1n,
    amount0ExpectedRaw: 0n,
    amount1ExpectedRaw: SOLD,
    maxSlippageBps: 50,
  },
  { kind: "approve", chainId: CHAIN, token: QUOTE, spender: DIAMOND, amountRaw: SOLD, forStep: SWAP },
  { kind: "approve", chainId: CHAIN, token: QUOTE, spender: POOL_ROUTER, amountRaw: SOLD, forStep: SWAP },
  swap,
];

interface Market {
  /** BASE that each way pays for SOLD; null: it does not answer. */
  readonly lifi: bigint | null;
  readonly pool: bigint | null;
  readonly gasUnitUsd?: number;
}

function worldOf(market: Market) {
  const asked: { minAmountOutRaw: bigint }[] = [];
  let nowMs = 1_000_000;
  const allowances = new Map<string, bigint>();
  const plan = {
    pairId: "WETH-USDC",
    kind: "PRA",
    base: { symbol: "WETH", decimals: 18, address: BASE },
    quote: { symbol: "USDC", decimals: 6, address: QUOTE },
    bounds: { maxSlippageBps: 50 },
    steps,
  };
  const account: PairState["account"] = [{ chainId: CHAIN, token: QUOTE, amountRaw: SOLD }];
  const run: Run = {
    deps: {
      signer: { call: (async () => ok({ account })) as Run["deps"]["signer"]["call"] },
      quotes: {
        async fetchQuote({ minAmountOutRaw, cexPrice, poolPrice }) {
          asked.push({ minAmountOutRaw });
          if (market.lifi === null || (market.lifi * 995n) / 1_000n < minAmountOutRaw) {
            return err(
              new ExecutionError({ code: "quote_unavailable", retryable: true, message: "away", details: {} }),
            );
          }
          return ok({
            fetchedAtMs: nowMs,
            tool: "test",
            to: DIAMOND,
            approvalAddress: DIAMOND,
            data: "0x",
            valueRaw: 0n,
            toAmountMinRaw: (market.lifi * 995n) / 1_000n,
            cexPrice,
            poolPrice,
          });
        },
      },
      reads: {
        readPool: async () =>
          ok({
            sqrtPriceX96: SQRT,
            tick: tickAtSqrt(SQRT),
            liquidityRaw: 1n,
            fee0Pips: 500,
            fee1Pips: 500,
            protocolShareFrac: 0,
            tickSpacing: 10,
          }),
        readAllowance: async ({ spender }) => ok(allowances.get(spender) ?? 0n),
      },
      readPoolOut: async () => market.pool ?? "the pool is too shallow",
      gasUnitUsd: async () => market.gasUnitUsd ?? 0,
      readPrices: async () => ok({ price: PRICE, priceAtMarketMs: 1, quoteUsd: 1, nativeUsd: 2_000 }),
      wallet: MANAGER,
      wall: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      sleep: async (durationMs) => {
        nowMs += durationMs;
      },
      log: silentLogger,
    },
    record: { planId: "plan" } as PlanRecord,
    plan: plan as unknown as Plan,
    token: 1,
    shouldStop: () => false,
    ops: new Map(),
    notes: new Map(),
    durations: new Map(),
    quotes: new Map(),
    held: null,
    swaps: new Map(),
    transfers: [],
    shortfalls: new Set(),
    leftOut: new Map(),
    swapCostUsd: 0,
    swappedUsd: 0,
  };
  const opIn = (index: number, state: OpState): void => {
    run.ops.set(index, { index, state, deltas: [] } as unknown as OpReport);
  };
  /** As the run does: arguments of each step in order; an allowance is what was approved. */
  const go = async (indexes: readonly number[]) => {
    const amounts: Record<number, bigint | undefined> = {};
    let hasQuote = false;
    for (const index of indexes) {
      const step = steps[index];
      if (step === undefined) throw new Error("no step");
      const args = await prepareArguments(run, step, index);
      if (!args.ok) return { amounts, hasQuote, end: args.error };
      amounts[index] = args.value.amountRaw;
      if (step.kind === "approve") {
        allowances.set(step.spender, args.value.amountRaw ?? 0n);
        opIn(index, args.value.amountRaw === 0n ? "SKIPPED" : "VERIFIED");
      }
      if (step.kind === "swap") hasQuote = args.value.quote !== undefined;
    }
    return { amounts, hasQuote, end: null };
  };
  return { run, go, asked, opIn, allowances };
}

const all = [ALLOW_LIFI, ALLOW_POOL, SWAP] as const;

describe("a swap with two ways", () => {
  test.each<[string, Market, "lifi" | "pool"]>([
    ["the aggregator when it pays more", { lifi: (ONE * 999n) / 1_000n, pool: (ONE * 998n) / 1_000n }, "lifi"],
    ["the pool when it pays more", { lifi: (ONE * 997n) / 1_000n, pool: (ONE * 998n) / 1_000n }, "pool"],
    // 0.001 WETH are 2 USD; 150 000 units of gas more cost 3 USD.
    ["the pool when gas turns it", { lifi: ONE, pool: (ONE * 999n) / 1_000n, gasUnitUsd: 2e-5 }, "pool"],
    ["the aggregator when the gas is cheap", { lifi: ONE, pool: (ONE * 999n) / 1_000n, gasUnitUsd: 1e-6 }, "lifi"],
    ["the pool when the aggregator is away", { lifi: null, pool: (ONE * 998n) / 1_000n }, "pool"],
    ["the aggregator when the pool is too shallow", { lifi: (ONE * 998n) / 1_000n, pool: null }, "lifi"],
    [
      "the aggregator when the pool pays less than the minimum",
      { lifi: (ONE * 998n) / 1_000n, pool: ONE / 2n },
      "lifi",
    ],
  ])("default: %s", async (_, market, wanted) => {
    const { run, go, allowances } = worldOf(market);
    const { amounts, hasQuote, end } = await go(all);
    expect(end).toBeNull();
    expect(amounts).toEqual({
      [ALLOW_LIFI]: wanted === "lifi" ? SOLD : 0n,
      [ALLOW_POOL]: wanted === "pool" ? SOLD : 0n,
      [SWAP]: SOLD,
    });
    // What the signer makes of it, and that nobody else was ever allowed anything.
    expect(takenWay(swap, { hasQuote }).provider).toBe(wanted);
    expect([...allowances].filter(([, amount]) => amount > 0n)).toHaveLength(1);
    expect(run.notes.get(SWAP)).toMatch(wanted === "lifi" ? /through the aggregator/ : /through the pool 0x7777/);
  });

  test("error: with neither within the plan's bounds nothing is approved", async () => {
    const { go, allowances, asked } = worldOf({ lifi: null, pool: (ONE * 960n) / 1_000n });
    const { end, amounts } = await go(all);
    expect(end?.kind).toBe("failed");
    expect(amounts).toEqual({});
    expect(allowances.size).toBe(0);
    // One question to compare, three more because nothing else is left.
    expect(asked).toHaveLength(4);
  });

  test("behavior: the minimum is the larger of the plan's and that of two prices of this moment", async () => {
    const { go, asked } = worldOf({ lifi: ONE, pool: null });
    await go(all);
    // 1 WETH less one percent of fees and half a percent of slippage is more than the plan's 0.98.
    expect(Number(asked[0]?.minAmountOutRaw ?? 0n) / 1e18).toBeCloseTo(0.985, 4);
  });

  test("behavior: after a restart the approved way is kept, whatever pays more now", async () => {
    const { go, opIn, allowances } = worldOf({ lifi: ONE, pool: (ONE * 990n) / 1_000n });
    opIn(ALLOW_LIFI, "SKIPPED");
    opIn(ALLOW_POOL, "VERIFIED");
    allowances.set(POOL_ROUTER, SOLD);
    const { amounts, hasQuote } = await go([SWAP]);
    expect(amounts[SWAP]).toBe(SOLD);
    expect(takenWay(swap, { hasQuote }).provider).toBe("pool");
  });

  test("behavior: after a restart between two approvals a way that was passed over stays so", async () => {
    const { go, opIn } = worldOf({ lifi: ONE, pool: (ONE * 990n) / 1_000n });
    opIn(ALLOW_LIFI, "SKIPPED");
    const { amounts, hasQuote } = await go([ALLOW_POOL, SWAP]);
    expect([amounts[ALLOW_POOL], amounts[SWAP]]).toEqual([SOLD, SOLD]);
    expect(hasQuote).toBe(false);
  });

  test("behavior: the signer takes a plan's only way with or without a quote", () => {
    const { other: _other, ...only } = swap;
    expect(takenWay(only, { hasQuote: true })).toEqual(only);
    expect(takenWay(only, { hasQuote: false })).toEqual(only);
    expect(takenWay(swap, { hasQuote: false })).toMatchObject({
      provider: "pool",
      router: POOL_ROUTER,
      pool: SECOND_POOL,
    });
    expect(takenWay(swap, { hasQuote: true })).not.toHaveProperty("other");
  });
});
