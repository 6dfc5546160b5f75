// Plans of the carry policy: mints that keep their mix swap nothing, closes only burn, a restore swaps back to the wanted mix.
import { describe, expect, test } from "vitest";
import { humanAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import {
  SPEC_CARRY,
  decide,
  evaluate,
  type Decision,
  type Evaluation,
  type StrategyParams,
} from "@/lib/strategy/index";
import { positionId } from "@/lib/units";
import { buildPoolSamples } from "@/tests/support/build-pool-samples";
import { buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { buildPlan, type BuildPlanInput, type PlanRefusal } from "./build-plan";
import { planSchema, type Plan } from "./plan";
import { fitMix, sizeRestore } from "./swap-sizing";

const PARAMS: StrategyParams = { ...OTHER_PAIR_PARAMS, policy: "carry", restoreMixFrac: 0.5, carry: SPEC_CARRY };

function poolOf(snapshot: MarketSnapshot): TickPoolState {
  const [pool] = snapshot.pools;
  if (pool?.kind !== "ticks") throw new Error("expected a tick pool");
  return pool;
}

/** A pool that paid kappa times what it cost, with positions between ticks relative to the pool's own. */
function holding(
  kappa: number,
  positions: readonly { readonly below: number; readonly above: number; readonly usd: number }[],
  override: Partial<ObservedPosition> = {},
): MarketSnapshot {
  const empty = buildSnapshot();
  const pool = poolOf(empty);
  const middle = Math.floor(pool.tick / 10) * 10;
  const samples = buildPoolSamples({ pool, nowMs: empty.observedAtMs, kappa });
  const held = positions.map(({ below, above, usd }, index) =>
    buildPosition(
      empty,
      pool,
      { tickLower: middle - below, tickUpper: middle + above, usd },
      {
        tokenId: BigInt(index + 1),
        positionId: positionId(31_337, "uniswap-v3", "0x2000000000000000000000000000000000000002", BigInt(index + 1)),
        ...override,
      },
    ),
  );
  const lastPraAtMs = empty.observedAtMs - 3_600_000;
  return withPositions(
    { ...empty, poolSamples: { [pool.poolKey]: samples }, history: { ...empty.history, lastPraAtMs } },
    held,
  );
}

function run(snapshot: MarketSnapshot): { readonly evaluation: Evaluation; readonly decision: Decision } {
  const evaluation = evaluate({ snapshot, params: PARAMS });
  return { evaluation, decision: decide({ snapshot, evaluation, params: PARAMS }) };
}

function inputOf(
  snapshot: MarketSnapshot,
  evaluation: Evaluation,
  request: BuildPlanInput["request"],
  hasRouter = true,
): BuildPlanInput {
  return {
    request,
    snapshot,
    evaluation,
    pools: snapshot.pools.flatMap((pool) => (pool.kind === "ticks" ? [resolvedPoolOf(pool, hasRouter)] : [])),
    account: snapshot.capital.wallets.flatMap((wallet) => [
      { chainId: wallet.chainId, token: wallet.base.address, amountRaw: wallet.baseRaw },
      { chainId: wallet.chainId, token: wallet.quote.address, amountRaw: wallet.quoteRaw },
    ]),
    blocks: [{ chainId: 31_337, number: 100n, hash: HASH }],
    params: PARAMS,
    origin: { kind: "strategy" },
    configVersion: 1,
  };
}

function planOf(snapshot: MarketSnapshot): { readonly plan: Plan; readonly decision: Decision } {
  const { evaluation, decision } = run(snapshot);
  if (decision.kind === "HOLD") throw new Error(`expected an action, got HOLD ${decision.reason}`);
  const built = buildPlan(inputOf(snapshot, evaluation, decision));
  if (!built.ok) throw new Error(`${built.error.code}: ${built.error.message}`);
  expect(planSchema.safeParse(planSchema.encode(built.value)).success).toBe(true);
  return { plan: built.value, decision };
}

function kinds(plan: Plan): readonly string[] {
  return plan.steps.map((step) => step.kind);
}

function totalUsd(lines: Plan["before"]): number {
  return lines.reduce((sum, line) => sum + line.valueUsd, 0);
}

describe("plans of the carry policy", () => {
  test("behavior: a width shift that keeps its mix burns and mints, and what does not fit stays in the wallet", () => {
    const snapshot = holding(2.5, [{ below: 6_000, above: 6_000, usd: 18_000 }]);
    const { plan, decision } = planOf(snapshot);
    if (decision.kind !== "RS") throw new Error("expected RS");
    expect(decision.shifts[0]?.keepsMix).toBe(true);
    expect(plan.reason).toBe("range_shift_width");
    expect(kinds(plan)).toEqual(["burn", "approve", "approve", "mint", "revoke", "revoke"]);
    expect(plan.forecast.swapFeeUsd).toBe(0);
    const [position] = snapshot.positions;
    const mint = plan.steps.find((step) => step.kind === "mint");
    // QUOTE is token0 here: the caps are what the burn pays, no more.
    expect([mint?.amount0MaxRaw, mint?.amount1MaxRaw]).toEqual([position?.quoteRaw, position?.baseRaw]);
    expect(totalUsd(plan.after)).toBeCloseTo(totalUsd(plan.before), 2);
    const minted = plan.after.find((line) => line.pool !== null);
    expect(minted?.valueUsd).toBeGreaterThan(17_000);
    expect(minted?.baseRaw).toBeLessThanOrEqual(position?.baseRaw ?? 0n);
  });

  test("behavior: what an earlier mint left in the wallet goes into the next range, and no more than is there", () => {
    const left = { leftBaseRaw: 10n ** 17n, leftQuoteRaw: 10_001n * 10n ** 6n };
    const snapshot = holding(2.5, [{ below: 6_000, above: 6_000, usd: 18_000 }], left);
    const { plan } = planOf(snapshot);
    const [position] = snapshot.positions;
    const [wallet] = snapshot.capital.wallets;
    const mint = plan.steps.find((step) => step.kind === "mint");
    if (kinds(plan).includes("swap")) throw new Error("expected no swap");
    expect(mint?.amount1MaxRaw).toBe((position?.baseRaw ?? 0n) + 10n ** 17n);
    expect(mint?.amount0MaxRaw).toBe((position?.quoteRaw ?? 0n) + (wallet?.quoteRaw ?? 0n));
  });

  test("behavior: one position keeps its mix while another swaps, and neither takes the other's tokens", () => {
    const snapshot = holding(1.6, [
      { below: -400, above: 900, usd: 9_000 },
      { below: 1_500, above: 12, usd: 9_000 },
    ]);
    const { evaluation } = run(snapshot);
    const shifts = evaluation.positions.flatMap((position, index) =>
      position.target === null
        ? []
        : [
            {
              positionId: position.positionId,
              poolKey: position.poolKey,
              target: position.target,
              baseShareFrac: position.targetBaseShareFrac ?? 0,
              keepsMix: index === 1,
            },
          ],
    );
    expect(shifts).toHaveLength(2);
    const { decision } = run(snapshot);
    const built = buildPlan(
      inputOf(snapshot, evaluation, {
        ...decision,
        kind: "RS",
        reason: "range_shift_out",
        positionIds: shifts.map((each) => each.positionId),
        shifts,
      }),
    );
    if (!built.ok) throw new Error(built.error.message);
    const plan = built.value;
    const mints = plan.steps.filter((step) => step.kind === "mint");
    const swap = plan.steps.find((step) => step.kind === "swap");
    expect(mints).toHaveLength(2);
    expect(swap).toBeDefined();
    const keeper = snapshot.positions[1];
    expect([mints[1]?.amount0MaxRaw, mints[1]?.amount1MaxRaw]).toEqual([keeper?.quoteRaw, keeper?.baseRaw]);
    const swapper = snapshot.positions[0];
    expect(swap?.amountInRaw).toBeLessThanOrEqual(
      swap?.tokenIn === poolOf(snapshot).base.address ? (swapper?.baseRaw ?? 0n) : (swapper?.quoteRaw ?? 0n),
    );
  });

  test("behavior: closing to cash only burns", () => {
    const { plan } = planOf(holding(0.7, [{ below: 600, above: 600, usd: 18_000 }]));
    expect(plan.reason).toBe("close_to_cash");
    expect(kinds(plan)).toEqual(["burn"]);
  });

  test("behavior: closing out of range swaps what came out back to the wanted mix, and without a router says how to do without", () => {
    const snapshot = holding(0.9, [{ below: -400, above: 900, usd: 18_000 }]);
    const { plan, decision } = planOf(snapshot);
    expect(plan.reason).toBe("close_and_restore");
    expect(kinds(plan)).toEqual(["burn", "approve", "swap", "revoke"]);
    const before = plan.before.find((line) => line.pool === null);
    const after = plan.after.find((line) => line.pool === null);
    const gained = {
      base: humanAmount((after?.baseRaw ?? 0n) - (before?.baseRaw ?? 0n), 18) * snapshot.price,
      quote: humanAmount((after?.quoteRaw ?? 0n) - (before?.quoteRaw ?? 0n), 6),
    };
    expect(gained.base / (gained.base + gained.quote)).toBeCloseTo(0.5, 6);
    if (decision.kind !== "PRA") throw new Error("expected PRA");
    const { evaluation } = run(snapshot);
    const refused = buildPlan(inputOf(snapshot, evaluation, decision, false));
    const error: PlanRefusal | null = refused.ok ? null : refused.error;
    expect(error?.code).toBe("no_router");
    expect(error?.message).toContain("restore mix");
    const off = buildPlan(inputOf(snapshot, evaluation, { ...decision, restoreMixFrac: null }, false));
    expect(off.ok ? kinds(off.value) : off.error).toEqual(["burn"]);
  });

  test("behavior: opening uses idle money and keeps the reserve", () => {
    const { plan, decision } = planOf(holding(1.5, []));
    expect(plan.reason).toBe("open");
    expect(kinds(plan)).not.toContain("burn");
    const target = decision.kind === "PRA" ? decision.targets[0] : undefined;
    const minted = plan.after.find((line) => line.pool !== null);
    expect(minted?.valueUsd).toBeLessThanOrEqual((target?.amountUsd ?? 0) * 1.0001);
    expect(minted?.valueUsd).toBeGreaterThan((target?.amountUsd ?? 0) * 0.97);
  });
});

describe("sizes without a target", () => {
  test("behavior: a restoring swap reaches the mix after its own cost, from either side, and is left out when tiny", () => {
    const given = { price: 2_000, costFrac: 0.003, quoteUsd: 1 };
    for (const [availableBase, availableQuote, mixFrac] of [
      [5, 0, 0.5],
      [0, 10_000, 0.5],
      [3, 1_000, 0.2],
      [0.1, 9_000, 0.8],
    ] as const) {
      const size = sizeRestore({ ...given, availableBase, availableQuote, mixFrac });
      const sold = size.sell === "base";
      const base = (availableBase + (sold ? -size.amountIn : size.amountOut)) * given.price;
      const quote = availableQuote + (sold ? size.amountOut : -size.amountIn);
      expect(base / (base + quote)).toBeCloseTo(mixFrac, 9);
    }
    expect(sizeRestore({ ...given, availableBase: 1, availableQuote: 2_001, mixFrac: 0.5 }).sell).toBeNull();
    expect(sizeRestore({ ...given, availableBase: Number.NaN, availableQuote: 1, mixFrac: 0.5 }).sell).toBeNull();
  });

  test("behavior: a mix that fits takes both sides in the range's ratio, up to the scarcer one", () => {
    const snapshot = buildSnapshot();
    const pool = poolOf(snapshot);
    const middle = Math.floor(pool.tick / 10) * 10;
    const target = {
      sqrtPriceX96: pool.sqrtPriceX96,
      tickLower: middle - 500,
      tickUpper: middle + 500,
      frame: { decBase: 18, decQuote: 6, baseIsToken0: false },
      valueQuote: 1,
    };
    const fill = fitMix({ target, availableBase: 1, availableQuote: 1_000_000, price: snapshot.price });
    expect(fill.base).toBeCloseTo(1, 9);
    expect(fill.quote).toBeGreaterThan(snapshot.price * 0.8);
    expect(fill.quote).toBeLessThan(snapshot.price * 1.25);
    expect(fitMix({ target, availableBase: 0, availableQuote: 5, price: snapshot.price })).toEqual({
      base: 0,
      quote: 0,
    });
  });
});
