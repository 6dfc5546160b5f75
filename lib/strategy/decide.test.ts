// evaluate and decide together: each rule of section 11 fires, holds for the named reason, and shows its numbers.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import type { MarketSnapshot, TickPoolState } from "@/lib/market/snapshot";
import { createCandleSeries } from "@/lib/market/candle";
import { poolKey } from "@/lib/units";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { TEST_SEED } from "@/tests/support/seed";
import { decide } from "./decide";
import type { Decision } from "./decision";
import { evaluate } from "./evaluate";
import type { Evaluation } from "./evaluation";
import type { StrategyParams } from "./params";

// Fixed parameters: the search has its own tests.
const PARAMS: StrategyParams = { ...OTHER_PAIR_PARAMS, routerFeeFrac: 0, optimizerEnabled: false };
const HOUR_MS = 3_600_000;

function run(
  snapshot: MarketSnapshot,
  params: StrategyParams = PARAMS,
): { readonly evaluation: Evaluation; readonly decision: Decision } {
  const evaluation = evaluate({ snapshot, params });
  return { evaluation, decision: decide({ snapshot, evaluation, params }) };
}

/** A snapshot holding one position of the only pool, ticks relative to the pool's tick. */
function holding(below: number, above: number, usd = 19_000): MarketSnapshot {
  const empty = buildSnapshot({ idleBase: 0.2, idleQuote: 500 });
  const pool = firstPool(empty);
  const at = Math.round(pool.tick / 10) * 10;
  const position = buildPosition(empty, pool, { tickLower: at + below, tickUpper: at + above, usd });
  const snapshot = withPositions(empty, [position]);
  return { ...snapshot, history: { ...snapshot.history, lastPraAtMs: snapshot.observedAtMs - HOUR_MS } };
}

function firstPool(snapshot: MarketSnapshot): TickPoolState {
  const pool = snapshot.pools[0];
  if (pool?.kind !== "ticks") throw new Error("the builder makes one tick pool");
  return pool;
}

function gate(decision: Decision, id: string): Decision["gates"][number] {
  const found = decision.gates.find((entry) => entry.id === id || entry.id.startsWith(`${id}:`));
  if (found === undefined) throw new Error(`no gate ${id}`);
  return found;
}

describe("decide", () => {
  it("default: a first deployment is a PRA with targets that contain the price and cost what the plan needs", () => {
    const snapshot = buildSnapshot();
    const { evaluation, decision } = run(snapshot);
    if (decision.kind !== "PRA") throw new Error(`expected PRA, got ${decision.kind} ${decision.reason}`);
    expect(decision.reason).toBe("better_allocation");
    expect(decision.targets).toHaveLength(1);
    const target = decision.targets[0];
    expect(target?.target.effective.min).toBeLessThan(snapshot.price);
    expect(target?.target.effective.max).toBeGreaterThan(snapshot.price);
    expect(target?.chainShareFrac).toBe(1);
    expect(evaluation.deployableUsd).toBeCloseTo(0.95 * evaluation.capitalUsd, 6);
    expect(target?.amountUsd).toBeLessThanOrEqual(evaluation.deployableUsd);
    expect(evaluation.transitionCost.gasUsd).toBe(0.5);
    expect(decision.closePositionIds).toEqual([]);
    expect(gate(decision, "reallocate.min_hold").detail).toBe("never reallocated");
    expect(gate(decision, "deploy_idle.idle").status).toBe("not_reached");
    expect(decision.counterfactual).toEqual([]);
  });

  it("behavior: an untrusted input holds with its rule and age, before anything else", () => {
    const snapshot = buildSnapshot();
    const stale = {
      input: "quoteUsd",
      source: "binance",
      observedAtMs: snapshot.observedAtMs - 900_000,
      ageMs: 900_000,
      maxAgeMs: 300_000,
      ok: false,
      rule: "max_age",
      detail: "expected at most 300 s, came 900 s",
    };
    const { decision } = run({ ...snapshot, freshness: [...snapshot.freshness, stale] });
    expect(decision).toMatchObject({
      kind: "HOLD",
      reason: "no_data",
      detail: { input: "quoteUsd", rule: "max_age", ageMs: 900_000 },
      gainUsdPerYear: null,
    });
    expect(gate(decision, "regime.calm").status).toBe("not_reached");
    const advisory = run({ ...snapshot, freshness: [{ ...stale, isAdvisory: true }] });
    expect(advisory.decision.kind).toBe("PRA");
  });

  it("behavior: a position whose pool was not read holds", () => {
    const snapshot = holding(-200, 200);
    const { decision } = run({ ...snapshot, pools: [] });
    expect(decision).toMatchObject({ kind: "HOLD", reason: "no_data", detail: { rule: "pool_state" } });
  });

  it("behavior: no candles hold by regime, a suppression window holds until its epoch", () => {
    const snapshot = buildSnapshot();
    const { decision } = run({ ...snapshot, candles: createCandleSeries(60_000, 0) });
    expect(decision).toMatchObject({ kind: "HOLD", reason: "regime" });
    expect(gate(decision, "regime.calm").detail).toBe("insufficient_data");
    const history = { ...snapshot.history, suppressUntilEpoch: snapshot.epoch + 1 };
    expect(run({ ...snapshot, history }).decision).toMatchObject({ kind: "HOLD", reason: "regime" });
    const over = { ...snapshot.history, suppressUntilEpoch: snapshot.epoch };
    expect(run({ ...snapshot, history: over }).decision.kind).toBe("PRA");
  });

  it("behavior: a position out of range is shifted to the target of its pool", () => {
    const snapshot = holding(400, 1_200);
    const { evaluation, decision } = run(snapshot);
    if (decision.kind !== "RS") throw new Error(`expected RS, got ${decision.kind} ${decision.reason}`);
    expect(decision.positionIds).toEqual([snapshot.positions[0]?.positionId]);
    expect(decision.shifts[0]?.target).toEqual(evaluation.pools[0]?.target);
    expect(evaluation.positions[0]).toMatchObject({ isInRange: false });
    expect(gate(decision, "reallocate.min_hold").status).toBe("fail");
    expect(gate(decision, "range_shift.divergence").detail).toContain("out of range");
    expect(evaluation.positions[0]?.deltaNetUsdPerYear).toBeGreaterThan(0);
  });

  it("behavior: a young position out of range waits, and the counterfactual says for how long", () => {
    const base = holding(400, 1_200);
    const young = base.positions.map((position) => ({ ...position, openedAtMs: base.observedAtMs - HOUR_MS / 2 }));
    const { decision } = run(withPositions(base, young));
    expect(decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
    const shift = decision.counterfactual.find((entry) => entry.action === "RS");
    expect(shift?.conditions).toEqual([
      expect.objectContaining({ currentValue: HOUR_MS / 2, neededValue: HOUR_MS, comparison: ">=", unit: "ms" }),
    ]);
  });

  it("behavior: a position at its target holds and is kept by a reallocation", () => {
    const probe = evaluate({ snapshot: buildSnapshot(), params: PARAMS });
    const target = probe.pools[0]?.target?.range;
    if (target?.kind !== "ticks") throw new Error("the builder's pool has ticks");
    const empty = buildSnapshot({ idleBase: 0.2, idleQuote: 500 });
    const pool = firstPool(empty);
    const snapshot = withPositions(empty, [buildPosition(empty, pool, { ...target, usd: 19_000 })]);
    const { evaluation, decision } = run(snapshot);
    expect(evaluation.positions[0]?.divergence).toBeCloseTo(0, 9);
    expect(evaluation.positions[0]?.keptByAllocation).toBe(true);
    expect(evaluation.closePositionIds).toEqual([]);
    expect(evaluation.transitionCost.totalUsd).toBe(0);
    expect(decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
    expect(decision.counterfactual.length).toBeGreaterThan(0);
  });

  it("behavior: positions that lose, with nothing better, go to cash after six hours", () => {
    const base = holding(-200, 200);
    const dead = base.pools.map((pool) => ({ ...pool, volumeH1Usd: 0, volumeH6Usd: 0, volumeH24Usd: 0 }));
    const { evaluation, decision } = run({ ...base, pools: dead });
    expect(evaluation.pools[0]?.exclusion).toBe("no_income");
    expect(decision).toMatchObject({ kind: "PRA", reason: "to_cash", targets: [] });
    if (decision.kind === "PRA") expect(decision.closePositionIds).toHaveLength(1);
    const forced = run({ ...base, pools: dead }, { ...PARAMS, allowCash: false });
    expect(forced.decision.kind).toBe("HOLD");
  });

  it("behavior: idle capital is deployed during the hold when cash is not allowed", () => {
    const snapshot = buildSnapshot();
    const history = { ...snapshot.history, lastPraAtMs: snapshot.observedAtMs - HOUR_MS };
    const { decision } = run({ ...snapshot, history }, { ...PARAMS, allowCash: false });
    expect(decision).toMatchObject({ kind: "PRA", reason: "deploy_idle" });
    expect(run({ ...snapshot, history }).decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
  });

  it("behavior: pools are left out for age, value locked, and a failed pool reading", () => {
    const pools = ["a", "b", "c", "d"].map((digit, index) =>
      buildPool({
        poolKey: poolKey(31_337, "uniswap-v3", `0x${digit.repeat(40)}`),
        tvlUsd: index === 1 ? 10 : 5_000_000,
      }),
    );
    const base = buildSnapshot({ pools });
    const failed = base.pools[3];
    const snapshot: MarketSnapshot = {
      ...base,
      pools: base.pools.map((pool, index) =>
        index === 0 ? { ...pool, observedAtMs: base.observedAtMs - 3 * 900_000 - 1 } : pool,
      ),
      freshness: [
        {
          input: `pool:${failed?.poolKey}`,
          source: "rpc",
          observedAtMs: null,
          ageMs: null,
          maxAgeMs: 1,
          ok: false,
          rule: "spot_vs_cex",
          detail: "",
          isAdvisory: true,
        },
      ],
    };
    const { evaluation } = run(snapshot);
    expect(evaluation.pools.map((pool) => pool.exclusion)).toEqual(["stale", "low_tvl", null, "stale"]);
    expect(Object.keys(evaluation.allocation.amountsUsd)).toEqual([base.pools[2]?.poolKey]);
  });

  it("behavior: a kill switch puts the defaults in place of optimized parameters", () => {
    const snapshot = buildSnapshot();
    const optimized = { ...PARAMS.range, baseMax: 0.4 };
    const shifts = Array.from({ length: 9 }, (_, index) => snapshot.observedAtMs - index * HOUR_MS);
    const history = { ...snapshot.history, rangeShiftAtMs: shifts };
    const params = { ...PARAMS, range: optimized };
    expect(run(snapshot, params).evaluation.paramsUsed).toEqual(optimized);
    const killed = run({ ...snapshot, history }, params);
    expect(killed.evaluation.killSwitch).toBe("excessive_rs");
    expect(killed.evaluation.paramsUsed).toEqual(PARAMS.defaultRange);
    expect(killed.decision.killSwitch).toBe("excessive_rs");
  });

  it("behavior: income is the sum of its parts and the gain is target minus current", () => {
    const { evaluation } = run(holding(-100, 100));
    const { positions } = evaluation;
    for (const income of [positions[0]?.incomeNow, evaluation.pools[0]?.income]) {
      if (income === null || income === undefined) throw new Error("expected an income");
      expect(income.feesUsdPerYear - income.lvrUsdPerYear - income.costsUsdPerYear).toBeCloseTo(
        income.netUsdPerYear,
        6,
      );
    }
    expect(evaluation.gainUsdPerYear).toBe(evaluation.targetNetUsdPerYear - evaluation.currentNetUsdPerYear);
  });

  it("behavior: above its range a position is out too, and the swap it needs is costed from what is missing", () => {
    const { evaluation } = run(holding(-1_200, -400));
    expect(evaluation.positions[0]).toMatchObject({ isInRange: false });
    const allQuote = buildSnapshot({ idleBase: 0, idleQuote: 20_000 });
    const onlyQuote = run(allQuote).evaluation;
    const target = onlyQuote.targets[0];
    const missingUsd = (target?.amountUsd ?? 0) * (target?.baseShareFrac ?? 0);
    expect(onlyQuote.transitionCost.swappedNotionalUsd).toBeCloseTo(missingUsd, 6);
    expect(onlyQuote.transitionCost.swapUsd).toBeCloseTo(missingUsd * (0.0005 + 0.0005), 6);
    const onlyBase = run(buildSnapshot({ idleBase: 10, idleQuote: 0 })).evaluation;
    const sold = onlyBase.targets[0];
    expect(onlyBase.transitionCost.swappedNotionalUsd).toBeCloseTo(
      (sold?.amountUsd ?? 0) * (1 - (sold?.baseShareFrac ?? 0)),
      6,
    );
    expect(
      run(buildSnapshot({ idleBase: 50, idleQuote: 100_000 }), { ...PARAMS, poolCapFrac: 0.1 }).evaluation
        .transitionCost.swapUsd,
    ).toBe(0);
  });

  it("behavior: our own liquidity in range is not counted as the others'", () => {
    const base = buildSnapshot();
    const depthOf = (pool: TickPoolState): number =>
      evaluate({ snapshot: { ...base, pools: [pool] }, params: PARAMS }).pools[0]?.terms?.depthUsd ?? 0;
    const pool = firstPool(base);
    const own = (pool.activeLiquidityRaw ?? 0n) / 4n;
    expect(depthOf({ ...pool, ownLiquidityInRangeRaw: own }) / depthOf(pool)).toBeCloseTo(0.75, 9);
    const alone = evaluate({
      snapshot: { ...base, pools: [{ ...pool, ownLiquidityInRangeRaw: pool.activeLiquidityRaw ?? 0n }] },
      params: PARAMS,
    });
    expect(alone.pools[0]?.exclusion).toBe("no_depth");
  });

  it("behavior: one pool without known liquidity puts every pool on the same estimate", () => {
    const key = poolKey(31_337, "uniswap-v3", `0x${"b".repeat(40)}`);
    const base = buildSnapshot({ pools: [buildPool(), buildPool({ poolKey: key, activeLiquidityRaw: null })] });
    const { pools } = run(base).evaluation;
    expect(pools.map((pool) => pool.isDepthEstimated)).toEqual([true, true]);
    expect(pools[0]?.terms?.depthUsd).toBe(pools[1]?.terms?.depthUsd);
    expect(run(buildSnapshot()).evaluation.pools[0]?.isDepthEstimated).toBe(false);
  });

  it("behavior: a capital limit binds allocation, decision and idle capital", () => {
    const limited = run(buildSnapshot(), { ...PARAMS, maxCapitalUsd: 4_000 }).evaluation;
    expect(limited.capitalUsd).toBe(4_000);
    expect(limited.deployableUsd).toBeCloseTo(3_800, 9);
    expect(limited.targets[0]?.amountUsd).toBeLessThanOrEqual(3_800);
    expect(limited.idleUsd).toBe(4_000);
  });

  it("behavior: a reallocation that would keep every position is no reallocation", () => {
    const probe = evaluate({ snapshot: buildSnapshot(), params: PARAMS });
    const target = probe.pools[0]?.target?.range;
    if (target?.kind !== "ticks") throw new Error("the builder's pool has ticks");
    const empty = buildSnapshot({ idleBase: 2.5, idleQuote: 5_000 });
    const snapshot = withPositions(empty, [buildPosition(empty, firstPool(empty), { ...target, usd: 10_000 })]);
    // The pool may hold half of the capital, which it does: half stays idle and there is nothing to move.
    const params = { ...PARAMS, allowCash: false, poolCapFrac: 10_000 / (0.95 * snapshot.capital.totalUsd) };
    const { evaluation, decision } = run(snapshot, params);
    expect(evaluation.positions[0]?.keptByAllocation).toBe(true);
    expect(evaluation.idleUsd).toBeGreaterThan(0.1 * evaluation.capitalUsd);
    expect(gate(decision, "deploy_idle.moves")).toMatchObject({ value: 0, status: "fail" });
    expect(decision).toMatchObject({ kind: "HOLD", reason: "no_gain" });
  });

  it(`behavior: hostile numbers never throw and never act on NaN (seed ${TEST_SEED})`, () => {
    const base = holding(-300, 300);
    const hostile = fc.oneof(
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1, 1e308, 5e-324),
      fc.double(),
    );
    fc.assert(
      fc.property(
        fc.record({
          price: hostile,
          quoteUsd: hostile,
          total: hostile,
          idle: hostile,
          volume: hostile,
          tvl: hostile,
          gas: hostile,
          net: hostile,
          lastPra: hostile,
        }),
        (bad) => {
          const snapshot: MarketSnapshot = {
            ...base,
            price: bad.price,
            quoteUsd: bad.quoteUsd,
            pools: base.pools.map((pool) => ({
              ...pool,
              tvlUsd: bad.tvl,
              volumeH24Usd: bad.volume,
              gasRsUsd: bad.gas,
            })),
            capital: { ...base.capital, totalUsd: bad.total, idleUsd: bad.idle },
            history: { ...base.history, epochNetUsd: [bad.net], lastPraAtMs: bad.lastPra },
          };
          const { evaluation, decision } = run(snapshot);
          for (const entry of decision.gates) {
            expect(entry.value === null || Number.isFinite(entry.value)).toBe(true);
            expect(entry.threshold === null || Number.isFinite(entry.threshold)).toBe(true);
          }
          if (decision.kind === "PRA") {
            for (const target of decision.targets) {
              expect(target.amountUsd).toBeGreaterThan(0);
              expect(Number.isFinite(target.amountUsd)).toBe(true);
              expect(target.target.effective.min).toBeLessThan(target.target.effective.max);
            }
          }
          if (decision.kind === "RS") expect(evaluation.target).not.toBeNull();
        },
      ),
      { seed: TEST_SEED, numRuns: 60 },
    );
  });
});
