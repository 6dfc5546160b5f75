// Plans from the real evaluation and decision, and manual shifts at random: money is conserved, caps hold, both token orders and decimals.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { humanAmount } from "@/lib/amm/human-units";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { decide, evaluate, type Evaluation } from "@/lib/strategy/index";
import { positionId, type Address } from "@/lib/units";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { TEST_SEED } from "@/tests/support/seed";
import { buildPlan, type BuildPlanInput } from "./build-plan";
import { planHash, planSchema, type Plan, type Step } from "./plan";

function inputOf(
  snapshot: MarketSnapshot,
  evaluation: Evaluation,
  request: BuildPlanInput["request"],
  override: Partial<BuildPlanInput> = {},
): BuildPlanInput {
  const [wallet] = snapshot.capital.wallets;
  return {
    request,
    snapshot,
    evaluation,
    pools: snapshot.pools.flatMap((pool) => (pool.kind === "ticks" ? [resolvedPoolOf(pool)] : [])),
    account:
      wallet === undefined
        ? []
        : [
            { chainId: wallet.chainId, token: wallet.base.address, amountRaw: wallet.baseRaw },
            { chainId: wallet.chainId, token: wallet.quote.address, amountRaw: wallet.quoteRaw },
          ],
    blocks: snapshot.pools.map((pool) => ({ chainId: pool.chainId, number: 100n, hash: HASH })).slice(0, 1),
    params: OTHER_PAIR_PARAMS,
    origin: { kind: "strategy" },
    configVersion: 3,
    ...override,
  };
}

function requirePlan(input: BuildPlanInput): Plan {
  const plan = buildPlan(input);
  if (!plan.ok) throw new Error(`${plan.error.code}: ${plan.error.message}`);
  // What is hashed and shown must survive its own schema.
  const parsed = planSchema.safeParse(planSchema.encode(plan.value));
  expect(parsed.success).toBe(true);
  if (parsed.success) expect(planHash(parsed.data)).toBe(planHash(plan.value));
  return plan.value;
}

/** Each approval names a later step that takes exactly that token there, and each is followed by its revocation. */
function expectApprovals(steps: readonly Step[]): void {
  steps.forEach((step, index) => {
    if (step.kind !== "approve") return;
    const user = steps[step.forStep];
    expect(step.forStep).toBeGreaterThan(index);
    if (user?.kind === "swap") {
      expect([step.token, step.spender, step.amountRaw]).toEqual([user.tokenIn, user.router, user.amountInRaw]);
    } else if (user?.kind === "mint") {
      expect(step.spender).toBe(user.positionManager);
      expect(step.amountRaw).toBe(step.token === user.token0 ? user.amount0MaxRaw : user.amount1MaxRaw);
    } else {
      throw new Error(`approval ${index} is for step ${step.forStep}, a ${user?.kind ?? "missing step"}`);
    }
    const isRevoked = steps.some(
      (each, at) =>
        each.kind === "revoke" && at > step.forStep && each.token === step.token && each.spender === step.spender,
    );
    expect(isRevoked).toBe(true);
  });
}

let calm: MarketSnapshot;
let evaluation: Evaluation;
beforeAll(() => {
  calm = buildSnapshot();
  evaluation = evaluate({ snapshot: calm, params: OTHER_PAIR_PARAMS });
});

describe("buildPlan", () => {
  test("default: a first deployment swaps to the ratio, mints within the caps and keeps the reserve", () => {
    const decision = decide({ snapshot: calm, evaluation, params: OTHER_PAIR_PARAMS });
    expect(decision.kind).toBe("PRA");
    if (decision.kind !== "PRA") return;
    const plan = requirePlan(inputOf(calm, evaluation, decision));
    expect(plan.kind).toBe("PRA");
    expect(plan.steps.at(0)?.kind).not.toBe("burn");
    expect(plan.steps.filter((step) => step.kind === "mint")).toHaveLength(decision.targets.length);
    expectApprovals(plan.steps);
    const minted = plan.after.filter((line) => line.pool !== null).reduce((sum, line) => sum + line.valueUsd, 0);
    const wanted = decision.targets.reduce((sum, target) => sum + target.amountUsd, 0);
    expect(minted).toBeGreaterThan(wanted * 0.97);
    expect(minted).toBeLessThanOrEqual(wanted * 1.0001);
    const before = plan.before.reduce((sum, line) => sum + line.valueUsd, 0);
    const after = plan.after.reduce((sum, line) => sum + line.valueUsd, 0);
    expect(before - after).toBeGreaterThanOrEqual(-0.01);
    expect(before - after).toBeLessThanOrEqual(plan.forecast.swapFeeUsd + plan.forecast.slippageUsd + 0.01);
    expect(plan.forecast.net7dLowUsd).toBeLessThanOrEqual(plan.forecast.net7dUsd);
    expect(plan.forecast.net7dUsd).toBeLessThanOrEqual(plan.forecast.net7dHighUsd);
  });

  test("behavior: the same input gives the same plan and hash", () => {
    const decision = decide({ snapshot: calm, evaluation, params: OTHER_PAIR_PARAMS });
    if (decision.kind !== "PRA") throw new Error("expected PRA");
    const input = inputOf(calm, evaluation, decision);
    expect(planHash(requirePlan(input))).toBe(planHash(requirePlan(input)));
  });

  test("behavior: a range shift by the strategy burns, swaps and mints what the burn pays", () => {
    const [pool] = calm.pools;
    if (pool?.kind !== "ticks") throw new Error("expected a tick pool");
    const tick = Math.floor(pool.tick / 10) * 10;
    const out = buildPosition(calm, pool, { tickLower: tick + 2_000, tickUpper: tick + 3_000, usd: 8_000 });
    const snapshot = withPositions(calm, [out]);
    const held = evaluate({
      snapshot: { ...snapshot, history: { ...snapshot.history, lastPraAtMs: snapshot.observedAtMs - 3_600_000 } },
      params: OTHER_PAIR_PARAMS,
    });
    const decision = decide({
      snapshot: { ...snapshot, history: { ...snapshot.history, lastPraAtMs: snapshot.observedAtMs - 3_600_000 } },
      evaluation: held,
      params: OTHER_PAIR_PARAMS,
    });
    expect(decision.kind).toBe("RS");
    if (decision.kind !== "RS") return;
    const plan = requirePlan(inputOf(snapshot, held, decision));
    expect(plan.steps.map((step) => step.kind)).toEqual([
      "burn",
      "approve",
      "swap",
      "revoke",
      "approve",
      "approve",
      "mint",
      "revoke",
      "revoke",
    ]);
    expectApprovals(plan.steps);
    expect(plan.forecast.gainUsdPerYear).toBeGreaterThan(0);
  });

  test(`behavior: manual shifts conserve money and keep every cap, in both orders and with 6 and 18 decimals (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.record({
          price: fc.double({ min: 0.01, max: 20_000, noNaN: true }),
          baseIsToken0: fc.boolean(),
          decBase: fc.constantFrom(6, 18),
          decQuote: fc.constantFrom(6, 18),
          spacing: fc.constantFrom(1, 10, 60),
          liquidity: fc.bigInt({ min: 10n ** 14n, max: 10n ** 22n }),
          oldOffset: fc.integer({ min: -400, max: 400 }),
          newOffset: fc.integer({ min: -30, max: 30 }),
          oldWidth: fc.integer({ min: 2, max: 300 }),
          newWidth: fc.integer({ min: 31, max: 400 }),
          cexGap: fc.double({ min: -0.005, max: 0.005, noNaN: true }),
          fees: fc.bigInt({ min: 0n, max: 10n ** 9n }),
        }),
        (given) => {
          const { snapshot, position, pool } = manualCase(given);
          const centre = Math.round(pool.tick / given.spacing) + given.newOffset;
          const result = buildPlan(
            inputOf(snapshot, evaluation, {
              kind: "manual_shift",
              positionId: position.positionId,
              tickLower: (centre - given.newWidth) * given.spacing,
              tickUpper: (centre + given.newWidth) * given.spacing,
            }),
          );
          if (!result.ok) {
            // Dust cannot be swapped; everything else must give a plan.
            expect(result.error.code).toBe("no_funds");
            return;
          }
          expectConserved(result.value, position, pool, snapshot.price);
        },
      ),
      { seed: TEST_SEED, numRuns: 300 },
    );
  });

  test("error: bad_ticks", () => {
    const { snapshot, position } = manualCase(EXAMPLE);
    for (const [tickLower, tickUpper] of [
      [5, 100],
      [100, 100],
      [200, 100],
      [-887_280, 100],
    ] as const) {
      const plan = buildPlan(
        inputOf(snapshot, evaluation, { kind: "manual_shift", positionId: position.positionId, tickLower, tickUpper }),
      );
      expect(plan.ok ? null : plan.error.code).toBe("bad_ticks");
    }
  });

  test("error: unknown_position, no_block, no_router, no_price", () => {
    const { snapshot, position, pool } = manualCase({ ...EXAMPLE, oldOffset: 400 });
    const centre = Math.round(pool.tick / 10) * 10;
    const request = {
      kind: "manual_shift",
      positionId: position.positionId,
      tickLower: centre - 500,
      tickUpper: centre + 500,
    } as const;
    const code = (override: Partial<BuildPlanInput>): string | null => {
      const plan = buildPlan(inputOf(snapshot, evaluation, request, override));
      return plan.ok ? null : plan.error.code;
    };
    expect(code({})).toBeNull();
    expect(code({ snapshot: { ...snapshot, positions: [] } })).toBe("unknown_position");
    expect(code({ blocks: [] })).toBe("no_block");
    expect(code({ pools: [resolvedPoolOf(pool, false)] })).toBe("no_router");
    expect(code({ snapshot: { ...snapshot, price: Number.NaN } })).toBe("no_price");
    expect(code({ pools: [] })).toBe("unknown_pool");
  });
});

interface ManualCase {
  readonly price: number;
  readonly baseIsToken0: boolean;
  readonly decBase: number;
  readonly decQuote: number;
  readonly spacing: number;
  readonly liquidity: bigint;
  readonly oldOffset: number;
  readonly oldWidth: number;
  readonly cexGap: number;
  readonly fees: bigint;
}

const EXAMPLE: ManualCase = {
  price: 2_000,
  baseIsToken0: true,
  decBase: 18,
  decQuote: 6,
  spacing: 10,
  liquidity: 10n ** 18n,
  oldOffset: 0,
  oldWidth: 100,
  cexGap: 0,
  fees: 0n,
};

function manualCase(given: ManualCase): {
  readonly snapshot: MarketSnapshot;
  readonly position: ObservedPosition;
  readonly pool: TickPoolState;
} {
  const frame = { decBase: given.decBase, decQuote: given.decQuote, baseIsToken0: given.baseIsToken0 };
  const [low, high]: [Address, Address] = [
    "0x1100000000000000000000000000000000000011",
    "0xee000000000000000000000000000000000000ee",
  ];
  const sqrtPriceX96 = priceToSqrt(given.price, frame) ?? 0n;
  const tick = tickAtSqrt(sqrtPriceX96);
  const pool = buildPool({
    baseIsToken0: given.baseIsToken0,
    base: { symbol: "WETH", address: given.baseIsToken0 ? low : high, decimals: given.decBase },
    quote: { symbol: "USDC", address: given.baseIsToken0 ? high : low, decimals: given.decQuote },
    tickSpacing: given.spacing,
    sqrtPriceX96,
    tick,
  });
  const centre = Math.round(tick / given.spacing) + given.oldOffset;
  const [tickLower, tickUpper] = [(centre - given.oldWidth) * given.spacing, (centre + given.oldWidth) * given.spacing];
  const { amount0, amount1 } = amountsForLiquidity(
    sqrtPriceX96,
    { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) },
    given.liquidity,
    "down",
  );
  const position: ObservedPosition = {
    positionId: positionId(pool.chainId, pool.family, resolvedPoolOf(pool).positionManager, 7n),
    poolKey: pool.poolKey,
    chainId: pool.chainId,
    family: pool.family,
    tokenId: 7n,
    range: { kind: "ticks", tickLower, tickUpper },
    liquidityRaw: given.liquidity,
    baseRaw: given.baseIsToken0 ? amount0 : amount1,
    quoteRaw: given.baseIsToken0 ? amount1 : amount0,
    uncollectedBaseRaw: given.fees,
    uncollectedQuoteRaw: given.fees,
    openedAtMs: 0,
    observedAtMs: 0,
    blockNumber: 100n,
  };
  return {
    snapshot: { ...calm, price: given.price * (1 + given.cexGap), pools: [pool], positions: [position] },
    position,
    pool,
  };
}

function expectConserved(plan: Plan, position: ObservedPosition, pool: TickPoolState, price: number): void {
  expectApprovals(plan.steps);
  const paid = {
    base: position.baseRaw + position.uncollectedBaseRaw,
    quote: position.quoteRaw + position.uncollectedQuoteRaw,
  };
  const burn = plan.steps.find((step) => step.kind === "burn");
  const [paid0, paid1] = pool.baseIsToken0 ? [paid.base, paid.quote] : [paid.quote, paid.base];
  expect([burn?.amount0ExpectedRaw, burn?.amount1ExpectedRaw]).toEqual([paid0, paid1]);

  let { base, quote } = paid;
  for (const step of plan.steps) {
    if (step.kind !== "swap") continue;
    const sellsBase = step.tokenIn === pool.base.address;
    expect(step.amountInRaw).toBeLessThanOrEqual(sellsBase ? paid.base : paid.quote);
    const [decIn, decOut] = sellsBase
      ? [pool.base.decimals, pool.quote.decimals]
      : [pool.quote.decimals, pool.base.decimals];
    const inHuman = humanAmount(step.amountInRaw, decIn);
    const mostOut = sellsBase ? inHuman * price : inHuman / price;
    expect(humanAmount(step.minAmountOutRaw, decOut)).toBeLessThan(mostOut);
    expect(humanAmount(step.minAmountOutRaw, decOut)).toBeGreaterThan(mostOut * 0.97 - 2 / 10 ** decOut);
    // One raw unit of the sold token is the finest the planned input can be; its value bounds the rounding.
    const unit = BigInt(Math.ceil((sellsBase ? price : 1 / price) * 10 ** (decOut - decIn) + 1));
    const mostOutRaw = BigInt(Math.ceil(mostOut * 10 ** decOut * (1 + 1e-12))) + unit;
    if (sellsBase) {
      base -= step.amountInRaw;
      quote += mostOutRaw;
    } else {
      quote -= step.amountInRaw;
      base += mostOutRaw;
    }
  }
  const mints = plan.steps.filter((step) => step.kind === "mint");
  expect(mints).toHaveLength(1);
  for (const mint of mints) {
    const [baseMax, quoteMax] = pool.baseIsToken0
      ? [mint.amount0MaxRaw, mint.amount1MaxRaw]
      : [mint.amount1MaxRaw, mint.amount0MaxRaw];
    expect(baseMax).toBeLessThanOrEqual(base);
    expect(quoteMax).toBeLessThanOrEqual(quote);
    expect(Math.abs(mint.tickLower % pool.tickSpacing)).toBe(0);
    expect(BigInt(mint.token0)).toBeLessThan(BigInt(mint.token1));
  }
  for (const line of [...plan.before, ...plan.after]) {
    expect(line.baseRaw).toBeGreaterThanOrEqual(0n);
    expect(line.quoteRaw).toBeGreaterThanOrEqual(0n);
  }
  const cost = plan.forecast.swapFeeUsd + plan.forecast.slippageUsd;
  expect(Math.abs(sumUsd(plan.before) - sumUsd(plan.after) - cost)).toBeLessThanOrEqual(
    0.001 * sumUsd(plan.before) + 0.01,
  );
}

function sumUsd(lines: Plan["before"]): number {
  return lines.reduce((total, line) => total + line.valueUsd, 0);
}
