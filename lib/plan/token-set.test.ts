// Two tokens of one side on a chain (USDC and bridged USDC.e) are two accounts: a plan uses one set and never counts, mixes or moves the other.
import { beforeAll, describe, expect, test } from "vitest";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { evaluate, type Evaluation, type RangeShiftDecision, type ReallocateDecision } from "@/lib/strategy/index";
import { poolKey, positionId, type Address } from "@/lib/units";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { buildPlan, planTransfers, type BuildPlanInput } from "./build-plan";
import type { Plan } from "./plan";

const [HERE, THERE] = [31_337, 31_338] as const;
const BRIDGED: Address = "0xa0000000000000000000000000000000000000ee";
const NATIVE = buildPool().quote.address;

function poolOf(chainId: number, index: number, isBridged: boolean): TickPoolState {
  const address: Address = `0x${String(index)}${String(chainId).padStart(39, "0")}`;
  const made = buildPool({ chainId, address, poolKey: poolKey(chainId, "uniswap-v3", address) });
  // The bridged pool is the cheaper one: the lowest fee must not decide which token is sold.
  return isBridged ? { ...made, feePips: 100, quote: { ...made.quote, symbol: "USDC.e", address: BRIDGED } } : made;
}

let calm: MarketSnapshot;
let evaluated: Evaluation;
beforeAll(() => {
  calm = buildSnapshot({ pools: [poolOf(HERE, 1, false), poolOf(HERE, 2, true), poolOf(THERE, 3, false)] });
  evaluated = evaluate({ snapshot: calm, params: OTHER_PAIR_PARAMS });
});

function positionIn(index: number, usd: number): ObservedPosition {
  const pool = calm.pools[index];
  const range = evaluated.targets[0]?.target.range;
  if (pool?.kind !== "ticks" || range?.kind !== "ticks") throw new Error("expected ticks");
  const tokenId = BigInt(index + 1);
  return buildPosition(
    calm,
    pool,
    { ...range, usd },
    {
      chainId: pool.chainId,
      tokenId,
      positionId: positionId(pool.chainId, pool.family, resolvedPoolOf(pool).positionManager, tokenId),
    },
  );
}

function inputOf(given: {
  readonly targetUsd: readonly number[];
  readonly nativeUsd?: number;
  readonly bridgedUsd?: number;
  readonly positions?: readonly ObservedPosition[];
}): BuildPlanInput {
  const [template] = evaluated.targets;
  if (template === undefined) throw new Error("no target");
  const snapshot = withPositions(calm, given.positions ?? []);
  const decision: ReallocateDecision = {
    kind: "PRA",
    reason: "better_allocation",
    epoch: 1,
    gainUsdPerYear: 1,
    improvementFrac: 1,
    killSwitch: null,
    gates: [],
    counterfactual: [],
    targets: snapshot.pools.flatMap((pool, index) => {
      const amountUsd = given.targetUsd[index] ?? 0;
      if (amountUsd === 0) return [];
      return [{ ...template, poolKey: pool.poolKey, chainId: pool.chainId, amountUsd, keepPositionIds: [] }];
    }),
    closePositionIds: snapshot.positions.map((position) => position.positionId),
    keepPositionIds: [],
    restoreMixFrac: null,
  };
  return {
    request: decision,
    snapshot,
    evaluation: { ...evaluate({ snapshot, params: OTHER_PAIR_PARAMS }), targets: evaluated.targets },
    pools: snapshot.pools.flatMap((pool) => (pool.kind === "ticks" ? [resolvedPoolOf(pool)] : [])),
    account: [
      { chainId: HERE, token: NATIVE, amountRaw: BigInt((given.nativeUsd ?? 0) * 1e6) },
      { chainId: HERE, token: BRIDGED, amountRaw: BigInt((given.bridgedUsd ?? 0) * 1e6) },
    ],
    blocks: [HERE, THERE].map((chainId) => ({ chainId, number: 1n, hash: HASH })),
    params: OTHER_PAIR_PARAMS,
    origin: { kind: "strategy" },
    configVersion: 1,
  };
}

function tokensIn(plan: Plan): ReadonlySet<string> {
  return new Set(
    plan.steps.flatMap((step) => {
      if (step.kind === "swap" || step.kind === "bridge") return [step.tokenIn, step.tokenOut];
      return step.kind === "approve" || step.kind === "revoke" ? [step.token] : [step.token0, step.token1];
    }),
  );
}

describe("a plan with two tokens for one side", () => {
  test("default: it takes the set with most of the money, in its own token only, and says what is left to a later plan", () => {
    const built = buildPlan(inputOf({ targetUsd: [6_000, 3_000, 0], nativeUsd: 5_000, bridgedUsd: 9_000 }));
    if (!built.ok) throw new Error(built.error.message);
    const plan = built.value;
    expect([...tokensIn(plan)].toSorted()).toEqual([NATIVE, buildPool().base.address].toSorted());
    const mints = plan.steps.filter((step) => step.kind === "mint");
    expect(mints).toHaveLength(1);
    // 5 000 of its own are there; the 9 000 of the other token fill nothing.
    expect(plan.notionalUsd).toBeLessThanOrEqual(5_000.01);
    expect(plan.before.find((line) => line.pool === null)?.valueUsd).toBeCloseTo(5_000, 6);
    expect(plan.bounds.balances?.map(({ token }) => token)).toEqual([NATIVE]);
    expect(plan.notes?.join(" ")).toContain("pools of WETH/USDC.e are left to a later plan");
  });

  test("behavior: the other set's plan is the mirror image, and swaps at its own pools", () => {
    const built = buildPlan(inputOf({ targetUsd: [3_000, 6_000, 0], nativeUsd: 9_000, bridgedUsd: 5_000 }));
    if (!built.ok) throw new Error(built.error.message);
    expect([...tokensIn(built.value)].toSorted()).toEqual([BRIDGED, buildPool().base.address].toSorted());
    expect(built.value.quote).toMatchObject({ symbol: "USDC.e", address: BRIDGED });
    expect(built.value.before.find((line) => line.pool === null)?.valueUsd).toBeCloseTo(5_000, 6);
  });

  test("behavior: what a position of the other token would pay is not spent on this one's target", () => {
    const positions = [positionIn(1, 8_000)];
    const built = buildPlan(inputOf({ targetUsd: [6_000, 0, 0], nativeUsd: 1_000, positions }));
    if (!built.ok) throw new Error(built.error.message);
    expect(built.value.steps.some((step) => step.kind === "burn")).toBe(false);
    expect(built.value.notionalUsd).toBeLessThanOrEqual(1_000.01);
  });

  test("behavior: another chain's shortfall is filled from the same token, never from the other", () => {
    const rich = planTransfers(inputOf({ targetUsd: [0, 0, 4_000], bridgedUsd: 9_000 }));
    expect(rich).toEqual([]);
    const own = planTransfers(inputOf({ targetUsd: [0, 0, 4_000], nativeUsd: 4_000, bridgedUsd: 9_000 }));
    expect(own.map(({ tokenIn, tokenOut }) => [tokenIn, tokenOut])).toEqual([[NATIVE, NATIVE]]);
  });

  test("behavior: range shifts of both sets at once shift one set and leave the other to a later plan", () => {
    const positions = [positionIn(0, 8_000), positionIn(1, 3_000)];
    const input = inputOf({ targetUsd: [0, 0, 0], positions });
    const shifts = input.snapshot.positions.map((position) => {
      const entry = input.evaluation.positions.find((each) => each.positionId === position.positionId);
      const target = entry?.target ?? null;
      if (target === null) throw new Error("every position has a target");
      return { positionId: position.positionId, target, keepsMix: false };
    });
    const request = { kind: "RS", reason: "range_shift", shifts } as unknown as RangeShiftDecision;
    const built = buildPlan({ ...input, request });
    if (!built.ok) throw new Error(built.error.message);
    const burns = built.value.steps.flatMap((step) => (step.kind === "burn" ? [step.tokenId] : []));
    expect(burns).toEqual([1n]);
    expect(tokensIn(built.value).has(BRIDGED)).toBe(false);
    expect(built.value.notes?.join(" ")).toContain("WETH/USDC.e");
  });
});
