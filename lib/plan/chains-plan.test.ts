// Plans over several chains: the difference moves over bridges and nothing else does, money is conserved, and what does not pay stays.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { evaluate, type Evaluation, type ReallocateDecision } from "@/lib/strategy/index";
import { poolKey, positionId, type Address } from "@/lib/units";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { TEST_SEED } from "@/tests/support/seed";
import { buildPlan, planTransfers, type BridgeOffer, type BuildPlanInput, type WantedTransfer } from "./build-plan";
import { planHash, planSchema, type Plan } from "./plan";

const CHAINS = [31_337, 31_338, 31_339] as const;
const ROUTER: Address = "0x3000000000000000000000000000000000000003";

/** One pool per chain; the third chain's quote has 18 decimals, as USDC on BSC has. */
function poolOn(chainId: number): TickPoolState {
  const address: Address = `0x1${String(chainId).padStart(39, "0")}`;
  const template = buildPool();
  return buildPool({
    chainId,
    address,
    poolKey: poolKey(chainId, "uniswap-v3", address),
    quote: { ...template.quote, decimals: chainId === 31_339 ? 18 : 6 },
  });
}

interface Case {
  /** Free USD of quote and base per chain. */
  readonly quoteUsd: readonly number[];
  readonly baseUsd: readonly number[];
  /** Target USD per chain, 0 = none. */
  readonly targetUsd: readonly number[];
  readonly feeFrac: number;
}

let calm: MarketSnapshot;
let evaluated: Evaluation;
beforeAll(() => {
  calm = buildSnapshot({ pools: CHAINS.map(poolOn) });
  evaluated = evaluate({ snapshot: calm, params: OTHER_PAIR_PARAMS });
});

function inputOf(given: Case, snapshot = calm): BuildPlanInput {
  const template = evaluated.targets[0];
  if (template === undefined) throw new Error("the calm market must have a target");
  const pools = snapshot.pools.filter((pool) => pool.kind === "ticks");
  const decision: ReallocateDecision = {
    kind: "PRA",
    reason: "better_allocation",
    epoch: snapshot.epoch,
    gainUsdPerYear: 1,
    improvementFrac: 1,
    killSwitch: null,
    gates: [],
    counterfactual: [],
    targets: pools.flatMap((pool, index) => {
      const amountUsd = given.targetUsd[index] ?? 0;
      return amountUsd > 0
        ? [{ ...template, poolKey: pool.poolKey, chainId: pool.chainId, amountUsd, keepPositionIds: [] }]
        : [];
    }),
    closePositionIds: snapshot.positions.map((position) => position.positionId),
    keepPositionIds: [],
    restoreMixFrac: null,
  };
  return {
    request: decision,
    snapshot,
    // Every pool earns well, so that a bridge is a matter of its fee.
    evaluation: {
      ...evaluated,
      pools: evaluated.pools.map((pool) => {
        const at = pools.findIndex((each) => each.poolKey === pool.poolKey);
        const usd = given.targetUsd[at] ?? 0;
        return {
          ...pool,
          income: {
            feesUsdPerYear: usd,
            lvrUsdPerYear: 0,
            costsUsdPerYear: 0,
            netUsdPerYear: usd * 0.6,
            netAprFrac: 0.6,
          },
        };
      }),
    },
    pools: pools.map((pool) => resolvedPoolOf(pool)),
    account: pools.flatMap((pool, index) => [
      {
        chainId: pool.chainId,
        token: pool.quote.address,
        amountRaw: rawAmount(given.quoteUsd[index] ?? 0, pool.quote.decimals),
      },
      {
        chainId: pool.chainId,
        token: pool.base.address,
        amountRaw: rawAmount((given.baseUsd[index] ?? 0) / snapshot.price, 18),
      },
    ]),
    blocks: pools.map((pool) => ({ chainId: pool.chainId, number: 100n, hash: HASH })),
    params: OTHER_PAIR_PARAMS,
    origin: { kind: "strategy" },
    configVersion: 3,
  };
}

/** Offers as a bridge would make them: a fee on what is moved, in the destination's decimals. */
function offersFor(wanted: readonly WantedTransfer[], feeFrac: number): readonly BridgeOffer[] {
  return wanted.map((each) => {
    const decimalsOn = (chainId: number): number => (each.side === "base" ? 18 : poolOn(chainId).quote.decimals);
    const out = humanAmount(each.amountInRaw, decimalsOn(each.fromChainId)) * (1 - feeFrac);
    const expectedOutRaw = rawAmount(out, decimalsOn(each.toChainId));
    return {
      fromChainId: each.fromChainId,
      toChainId: each.toChainId,
      side: each.side,
      amountInRaw: each.amountInRaw,
      router: ROUTER,
      expectedOutRaw,
      minAmountOutRaw: (expectedOutRaw * 995n) / 1_000n,
      bridges: ["across"],
      feeUsd: each.valueUsd * feeFrac,
      gasUsd: 0.05,
      expectedSec: 12,
    };
  });
}

function planOf(given: Case, snapshot = calm): Plan {
  const input = inputOf(given, snapshot);
  const plan = buildPlan({ ...input, bridgeOffers: offersFor(planTransfers(input), given.feeFrac) });
  if (!plan.ok) throw new Error(`${plan.error.code}: ${plan.error.message}`);
  const parsed = planSchema.safeParse(planSchema.encode(plan.value));
  expect(parsed.success).toBe(true);
  if (parsed.success) expect(planHash(parsed.data)).toBe(planHash(plan.value));
  return plan.value;
}

const usdOf = (lines: Plan["before"]): number => lines.reduce((sum, line) => sum + line.valueUsd, 0);

describe("plans over several chains", () => {
  test("default: money for two chains leaves the third over two bridges before anything of theirs begins", () => {
    const plan = planOf({
      quoteUsd: [20_000, 0, 0],
      baseUsd: [0, 0, 0],
      targetUsd: [5_000, 5_000, 5_000],
      feeFrac: 0.0005,
    });
    const bridges = plan.steps.flatMap((step, index) => (step.kind === "bridge" ? [{ step, index }] : []));
    expect(bridges.map(({ step }) => [step.chainId, step.toChainId])).toEqual([
      [31_337, 31_338],
      [31_337, 31_339],
    ]);
    for (const { step, index } of bridges) {
      const entered = plan.steps.findIndex(
        (each) => each.chainId === step.toChainId && (each.kind === "swap" || each.kind === "mint"),
      );
      expect(entered).toBeGreaterThan(index);
      expect([plan.steps[index - 1]?.kind, plan.steps[index + 1]?.kind]).toEqual(["approve", "revoke"]);
      expect(step.feeUsd).toBeCloseTo(2.5, 1);
    }
    expect(plan.steps.filter((step) => step.kind === "mint")).toHaveLength(3);
    expect(plan.forecast.bridgeFeeUsd).toBeCloseTo(5, 1);
    expect(plan.tokens?.map((each) => each.quote.decimals)).toEqual([6, 6, 18]);
    // 5 000 of 6 decimals arrive as about 5 000 of 18.
    const last = bridges[1]?.step;
    expect(humanAmount(last?.minAmountOutRaw ?? 0n, 18)).toBeGreaterThan(4_900);
    expect(usdOf(plan.before) - usdOf(plan.after)).toBeCloseTo(
      plan.forecast.swapFeeUsd + plan.forecast.slippageUsd + (plan.forecast.bridgeFeeUsd ?? 0),
      0,
    );
  });

  test("behavior: QUOTE moves first and BASE only when the QUOTE is used up", () => {
    const wanted = planTransfers(
      inputOf({ quoteUsd: [1_000, 0, 0], baseUsd: [4_000, 0, 0], targetUsd: [0, 3_000, 0], feeFrac: 0 }),
    );
    expect(wanted.map((each) => each.side)).toEqual(["quote", "base"]);
    expect(wanted.reduce((sum, each) => sum + each.valueUsd, 0)).toBeCloseTo(3_000, 0);
  });

  test("behavior: a transfer whose fees exceed its gain stays, with the reason in the plan's words", () => {
    const plan = planOf({ quoteUsd: [20_000, 0, 0], baseUsd: [0, 0, 0], targetUsd: [5_000, 5_000, 0], feeFrac: 0.05 });
    expect(plan.steps.some((step) => step.kind === "bridge")).toBe(false);
    expect(plan.steps.every((step) => step.chainId === 31_337)).toBe(true);
    expect(plan.notes?.join(" ")).toMatch(
      /Not moved: .* chain 31337 to chain 31338 would cost .* and is expected to earn/,
    );
  });

  test("behavior: without an offer every chain does what it can with what it has", () => {
    const input = inputOf({
      quoteUsd: [9_000, 2_000, 0],
      baseUsd: [0, 0, 0],
      targetUsd: [5_000, 5_000, 0],
      feeFrac: 0,
    });
    const plan = buildPlan(input);
    expect(plan.ok && plan.value.steps.filter((step) => step.kind === "mint").map((step) => step.chainId)).toEqual([
      31_337, 31_338,
    ]);
    expect(plan.ok && plan.value.notes?.some((note) => note.includes("no bridge made an offer"))).toBe(true);
  });

  test("behavior: a position whose share shrinks is decreased, one that grows is closed and opened anew", () => {
    const [first, second] = calm.pools;
    const range = evaluated.targets[0]?.target.range;
    if (first?.kind !== "ticks" || second?.kind !== "ticks" || range?.kind !== "ticks")
      throw new Error("expected ticks");
    const positionOf = (pool: TickPoolState, tokenId: bigint): ObservedPosition =>
      buildPosition(
        calm,
        pool,
        { ...range, usd: 8_000 },
        {
          chainId: pool.chainId,
          tokenId,
          positionId: positionId(pool.chainId, pool.family, resolvedPoolOf(pool).positionManager, tokenId),
          uncollectedBaseRaw: 10n ** 15n,
        },
      );
    const snapshot = withPositions(calm, [positionOf(first, 1n), positionOf(second, 2n)]);
    const before = evaluated;
    evaluated = { ...evaluate({ snapshot, params: OTHER_PAIR_PARAMS }), targets: before.targets };
    try {
      const plan = planOf(
        { quoteUsd: [0, 0, 0], baseUsd: [0, 0, 0], targetUsd: [4_000, 11_000, 0], feeFrac: 0.0005 },
        snapshot,
      );
      const kinds = plan.steps.map((step) => step.kind);
      const decrease = plan.steps.find((step) => step.kind === "decrease");
      const burn = plan.steps.find((step) => step.kind === "burn");
      expect(kinds.filter((kind) => kind === "burn" || kind === "decrease")).toEqual(["decrease", "burn"]);
      expect([decrease?.tokenId, burn?.tokenId]).toEqual([1n, 2n]);
      const held = snapshot.positions[0]?.liquidityRaw ?? 0n;
      expect(Number(decrease?.liquidityRaw ?? 0n) / Number(held)).toBeCloseTo(0.5, 2);
      // Half of the principal and everything earned.
      const [, amount1] = [decrease?.amount0ExpectedRaw, decrease?.amount1ExpectedRaw];
      const half = (snapshot.positions[0]?.baseRaw ?? 0n) / 2n;
      expect(Number((amount1 ?? 0n) - half)).toBeCloseTo(1e15, -13);
      expect(plan.steps.filter((step) => step.kind === "bridge")).not.toHaveLength(0);
      expect(plan.steps.filter((step) => step.kind === "mint").map((step) => step.chainId)).toEqual([31_338]);
      expect(plan.notes?.join(" ")).toMatch(/#1 .*is reduced.*#2 .*closed and opened anew/);
    } finally {
      evaluated = before;
    }
  });

  test("error: the pools' liquidity and the balances the plan counts on are its bounds", () => {
    const plan = planOf({
      quoteUsd: [20_000, 0, 0],
      baseUsd: [0, 0, 0],
      targetUsd: [5_000, 5_000, 0],
      feeFrac: 0.0005,
    });
    expect(plan.bounds.poolLiquidity?.map((bound) => bound.minFrac)).toEqual([0.5, 0.5]);
    expect(plan.bounds.balances).toEqual([
      { chainId: 31_337, token: calm.pools[0]?.quote.address, minRaw: 20_000_000_000n },
    ]);
  });

  test(`behavior: no chain sends or mints more than it has, and what is lost is the stated cost (seed ${TEST_SEED})`, () => {
    const usd = fc.double({ min: 0, max: 20_000, noNaN: true });
    const three = fc.tuple(usd, usd, usd);
    fc.assert(
      fc.property(
        fc.record({
          quoteUsd: three,
          baseUsd: three,
          targetUsd: three,
          feeFrac: fc.double({ min: 0, max: 0.004, noNaN: true }),
        }),
        (given) => {
          const input = inputOf(given);
          const wanted = planTransfers(input);
          const built = buildPlan({ ...input, bridgeOffers: offersFor(wanted, given.feeFrac) });
          if (!built.ok) {
            expect(["nothing_to_do", "no_funds"]).toContain(built.error.code);
            return;
          }
          const plan = built.value;
          for (const chainId of plan.tokens?.map((each) => each.chainId) ?? [plan.steps[0]?.chainId ?? 0]) {
            expectCovered(plan, input, chainId, given.feeFrac);
          }
          const { swapFeeUsd, slippageUsd, bridgeFeeUsd } = plan.forecast;
          const lost = usdOf(plan.before) - usdOf(plan.after);
          expect(Math.abs(lost - swapFeeUsd - slippageUsd - (bridgeFeeUsd ?? 0))).toBeLessThan(0.02);
          // Nobody sends and receives at once: only the difference moves.
          const senders = new Set(plan.steps.flatMap((step) => (step.kind === "bridge" ? [step.chainId] : [])));
          const receivers = new Set(plan.steps.flatMap((step) => (step.kind === "bridge" ? [step.toChainId] : [])));
          expect([...senders].filter((chainId) => receivers.has(chainId))).toEqual([]);
        },
      ),
      { seed: TEST_SEED, numRuns: 300 },
    );
  });
});

/** Tokens of one chain through its steps in order; swaps pay at most the reference price, bridges deliver at most all that left. */
function expectCovered(plan: Plan, input: BuildPlanInput, chainId: number, feeFrac: number): void {
  const pool = poolOn(chainId);
  const held = (token: Address): number =>
    Number(input.account.find((each) => each.chainId === chainId && each.token === token)?.amountRaw ?? 0n);
  let quote = held(pool.quote.address) / 10 ** pool.quote.decimals;
  let base = held(pool.base.address) / 1e18;
  const slack = 1e-6;
  for (const step of plan.steps) {
    if (step.kind === "bridge" && step.toChainId === chainId) {
      const isQuote = step.tokenOut === pool.quote.address;
      const sent = Number(step.amountInRaw) / 10 ** (isQuote ? poolOn(step.chainId).quote.decimals : 18);
      if (isQuote) quote += sent * (1 - feeFrac);
      else base += sent * (1 - feeFrac);
    }
    if (step.chainId !== chainId) continue;
    if (step.kind === "bridge" || step.kind === "swap") {
      const isQuote = step.tokenIn === pool.quote.address;
      const amount = Number(step.amountInRaw) / 10 ** (isQuote ? pool.quote.decimals : 18);
      expect(amount).toBeLessThanOrEqual((isQuote ? quote : base) * (1 + slack) + slack);
      if (isQuote) quote -= amount;
      else base -= amount;
      if (step.kind === "swap" && isQuote) base += amount / input.snapshot.price;
      if (step.kind === "swap" && !isQuote) quote += amount * input.snapshot.price;
    }
    if (step.kind === "mint") {
      const [capBase, capQuote] = pool.baseIsToken0
        ? [step.amount0MaxRaw, step.amount1MaxRaw]
        : [step.amount1MaxRaw, step.amount0MaxRaw];
      expect(Number(capBase) / 1e18).toBeLessThanOrEqual(base * (1 + slack) + slack);
      expect(Number(capQuote) / 10 ** pool.quote.decimals).toBeLessThanOrEqual(quote * (1 + slack) + slack);
    }
  }
}
