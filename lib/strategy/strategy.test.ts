// Properties of the strategy's parts: range, divergence, forces, economics, allocation, parameters and optimizer.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseCandles } from "@/lib/market/candle";
import { OTHER_PAIR_PARAMS, PEGGED_PAIR_PARAMS } from "@/lib/registry/params";
import { pairId } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import { generateSeries } from "@/lib/market/generate-bars";
import { allocate, type AllocationPool } from "./allocation";
import { meanExitYears, timeInRangeFrac } from "./economics";
import { createFitness, prepareFitnessBars, type Fitness } from "./fitness";
import { computeForces } from "./forces";
import { optimizeRangeParams } from "./optimizer";
import { cubeOfRangeParams, isCubePoint, RANGE_PARAM_BOUNDS, rangeParamsOfCube } from "./params";
import { computeDivergence, computeRange } from "./range";
import { computeRegime } from "./regime";
import { sigmaPerYearOf } from "./volatility";

const SEEDED = { seed: TEST_SEED };
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const cube = fc.array(unit, { minLength: 5, maxLength: 5 });
const rangeArbitrary = fc
  .record({
    min: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    width: fc.double({ min: 1e-5, max: 2, noNaN: true }),
  })
  .map(({ min, width }) => ({ min, max: min * Math.exp(width) }));

describe("computeRange", () => {
  it(`behavior: contains the price, keeps its width limits, and leans with its bias (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: -20, max: 130, noNaN: true }),
        fc.double({ min: -20, max: 130, noNaN: true }),
        fc.double({ min: -20, max: 130, noNaN: true }),
        cube,
        fc.constantFrom(1, 1.5),
        fc.double({ min: 1e-5, max: 0.02, noNaN: true }),
        (price, v, m, t, point, widenFactor, minWidth) => {
          const range = computeRange({
            price,
            forces: { v, m, t },
            params: rangeParamsOfCube(point),
            widenFactor,
            minWidth,
          });
          if (range === null) throw new Error("expected a range");
          expect(range.min).toBeLessThan(price);
          expect(range.max).toBeGreaterThan(price);
          expect(range.width).toBeGreaterThanOrEqual(minWidth);
          expect(range.width).toBeLessThanOrEqual(1);
          expect(range.confidence).toBeGreaterThanOrEqual(0);
          expect(range.confidence).toBeLessThanOrEqual(100);
          const up = Math.log(range.max / price);
          const down = Math.log(price / range.min);
          expect(Math.sign(range.bias) * (up - down)).toBeGreaterThanOrEqual(-1e-9);
        },
      ),
      SEEDED,
    );
  });

  it(`behavior: mirrored forces give the mirrored range of the inverted pair (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), unit, unit, unit, (price, a, b, c) => {
        const forces = { v: 100 * a, m: 100 * b, t: 100 * c };
        const common = { params: OTHER_PAIR_PARAMS.range, widenFactor: 1, minWidth: 1e-5 };
        const here = computeRange({ price, forces, ...common });
        const there = computeRange({
          price: 1 / price,
          forces: { v: forces.v, m: 100 - forces.m, t: 100 - forces.t },
          ...common,
        });
        expect((here?.min ?? 0) * (there?.max ?? 0)).toBeCloseTo(1, 9);
        expect((here?.max ?? 0) * (there?.min ?? 0)).toBeCloseTo(1, 9);
      }),
      SEEDED,
    );
  });

  it(`behavior: hostile numbers give null or a finite range (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.double(),
        fc.double(),
        fc.double(),
        fc.double(),
        fc.double(),
        (price, v, m, widenFactor, minWidth) => {
          const range = computeRange({
            price,
            forces: { v, m, t: m },
            params: OTHER_PAIR_PARAMS.range,
            widenFactor,
            minWidth,
          });
          if (range === null) return;
          for (const value of [range.min, range.max, range.width, range.bias, range.confidence]) {
            expect(Number.isFinite(value)).toBe(true);
          }
        },
      ),
      SEEDED,
    );
  });
});

describe("computeDivergence", () => {
  it(`behavior: symmetric, zero only for the same range, unchanged by inverting the pair (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(rangeArbitrary, rangeArbitrary, (a, b) => {
        const divergence = computeDivergence(a, b);
        expect(divergence).toBe(computeDivergence(b, a));
        expect(divergence).toBeGreaterThanOrEqual(0);
        expect(divergence).toBeLessThanOrEqual(1);
        expect(computeDivergence(a, a)).toBe(0);
        const invert = (range: typeof a): typeof a => ({ min: 1 / range.max, max: 1 / range.min });
        expect(computeDivergence(invert(a), invert(b))).toBeCloseTo(divergence, 5);
      }),
      SEEDED,
    );
  });
});

describe("computeForces and computeRegime", () => {
  it(`behavior: hostile rows give numbers in range (seed ${TEST_SEED})`, () => {
    const value = fc.oneof(fc.double(), fc.double({ min: 0.5, max: 2, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), value, value, value, value, value), { maxLength: 2_000 }),
        (rows) => {
          const nowMs = 4_001 * 60_000;
          const candles = normaliseCandles(
            rows.map(([minute, ...rest]) => [minute * 60_000, ...rest]),
            nowMs,
          );
          const forces = computeForces(candles, nowMs);
          for (const force of [forces.v, forces.m, forces.t]) {
            expect(force >= 0 && force <= 100).toBe(true);
          }
          const regime = computeRegime({ candles, nowMs, epoch: 1, isStablePair: true, pegPrice: 1 });
          expect(regime.suppressed).toBe(regime.suppressUntilEpoch > 0);
        },
      ),
      { ...SEEDED, numRuns: 30 },
    );
  });

  it("behavior: volatility scores agree on every timeframe and invert to the yearly volatility", () => {
    const sigmaPerYear = 0.6;
    const sigmaPerMinute = sigmaPerYear / Math.sqrt(525_600);
    const minutes = 31 * 1_440;
    const t0 = 1_700_006_400_000;
    const series = generateSeries({
      seed: 3,
      n: minutes,
      p0: 100,
      sig: sigmaPerMinute,
      tfMs: 60_000,
      t0,
      volBase: 1,
      sub: 30,
    });
    const forces = computeForces(series, t0 + minutes * 60_000);
    expect(Object.keys(forces.frames)).toEqual(["m15", "h1", "h4"]);
    expect(sigmaPerYearOf(forces.v)).toBeGreaterThan(0.45);
    expect(sigmaPerYearOf(forces.v)).toBeLessThan(0.75);
  });
});

describe("economics", () => {
  it(`behavior: time in range is a share that grows with the range and shrinks with volatility (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(unit, unit, fc.double({ min: 0.01, max: 3, noNaN: true }), (down, up, sigma) => {
        const pa = Math.exp(-0.2 * down - 1e-4);
        const pb = Math.exp(0.2 * up + 1e-4);
        const share = timeInRangeFrac(1, pa, pb, sigma, 0.02);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(timeInRangeFrac(1, pa / 1.01, pb * 1.01, sigma, 0.02)).toBeGreaterThanOrEqual(share - 1e-12);
        expect(timeInRangeFrac(1, pa, pb, sigma * 1.1, 0.02)).toBeLessThanOrEqual(share + 1e-12);
        expect(meanExitYears(1, pa, pb, sigma)).toBeGreaterThan(0);
      }),
      SEEDED,
    );
  });
});

const poolArbitrary = fc.record({
  revenue: fc.double({ min: 10, max: 1e5, noNaN: true }),
  depth: fc.double({ min: 100, max: 1e6, noNaN: true }),
  cost: fc.double({ min: 0, max: 0.5, noNaN: true }),
  fixed: fc.double({ min: 0, max: 300, noNaN: true }),
  cap: fc.double({ min: 200, max: 20_000, noNaN: true }),
  chain: fc.constantFrom("1", "10"),
});

function incomeAt(pool: AllocationPool, x: number): number {
  return x > 0 ? (pool.revenueUsdPerYear * x) / (x + pool.depthUsd) - pool.costPerYear * x - pool.fixedUsdPerYear : 0;
}

describe("allocate", () => {
  it(`behavior: keeps every limit and no grid of amounts earns more (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(poolArbitrary, { minLength: 1, maxLength: 3 }),
        fc.double({ min: 500, max: 20_000, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        fc.option(fc.double({ min: 300, max: 10_000, noNaN: true }), { nil: undefined }),
        (entries, capitalUsd, maxPools, cap) => {
          const pools = entries.map((entry, index): AllocationPool => ({
            id: `p${index}`,
            chain: entry.chain,
            revenueUsdPerYear: entry.revenue,
            depthUsd: entry.depth,
            costPerYear: entry.cost,
            fixedUsdPerYear: entry.fixed,
            minUsd: 100,
            capUsd: entry.cap,
          }));
          const chainCapsUsd: Record<string, number> = cap === undefined ? {} : { "1": cap };
          const result = allocate({ pools, capitalUsd, maxPools, chainCapsUsd, allowCash: true });
          const amounts = pools.map((pool) => result.amountsUsd[pool.id] ?? 0);
          const total = amounts.reduce((sum, x) => sum + x, 0);
          expect(total).toBeLessThanOrEqual(capitalUsd * (1 + 1e-9));
          expect(total + result.cashUsd).toBeCloseTo(capitalUsd, 5);
          expect(amounts.filter((x) => x > 0).length).toBeLessThanOrEqual(maxPools);
          const onChain1 = pools.reduce(
            (sum, pool, index) => sum + (pool.chain === "1" ? (amounts[index] ?? 0) : 0),
            0,
          );
          if (cap !== undefined) expect(onChain1).toBeLessThanOrEqual(cap * (1 + 1e-9));
          pools.forEach((pool, index) => {
            const x = amounts[index] ?? 0;
            expect(x === 0 || (x >= 100 - 1e-6 && x <= pool.capUsd + 1e-6)).toBe(true);
          });
          expect(result.valueUsdPerYear).toBeGreaterThanOrEqual(0);

          const steps = 14;
          const grid = (pool: AllocationPool): number[] => [
            0,
            ...Array.from({ length: steps }, (_, k) => 100 + ((pool.capUsd - 100) * k) / (steps - 1)),
          ];
          let best = 0;
          const search = (index: number, left: number, leftOnChain1: number, used: number, value: number): void => {
            const pool = pools[index];
            if (pool === undefined) {
              best = Math.max(best, value);
              return;
            }
            for (const x of grid(pool)) {
              const spent = pool.chain === "1" ? x : 0;
              if (x > left || spent > leftOnChain1 || (x > 0 && used >= maxPools)) continue;
              search(index + 1, left - x, leftOnChain1 - spent, used + (x > 0 ? 1 : 0), value + incomeAt(pool, x));
            }
          };
          search(0, capitalUsd, cap ?? Number.POSITIVE_INFINITY, 0, 0);
          expect(result.valueUsdPerYear).toBeGreaterThanOrEqual(best - 1e-6 * Math.max(1, best));
        },
      ),
      { ...SEEDED, numRuns: 150 },
    );
  });

  it(`behavior: without cash it deploys all that the limits allow (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.array(poolArbitrary, { minLength: 1, maxLength: 4 }), (entries) => {
        const pools = entries.map((entry, index): AllocationPool => ({
          id: `p${index}`,
          chain: entry.chain,
          revenueUsdPerYear: entry.revenue,
          depthUsd: entry.depth,
          costPerYear: entry.cost,
          fixedUsdPerYear: entry.fixed,
          minUsd: 100,
          capUsd: entry.cap,
        }));
        const result = allocate({ pools, capitalUsd: 10_000, maxPools: 4, chainCapsUsd: {}, allowCash: false });
        const room = pools.reduce((sum, pool) => sum + pool.capUsd, 0);
        expect(10_000 - result.cashUsd).toBeCloseTo(Math.min(10_000, room), 1);
      }),
      SEEDED,
    );
  });
});

describe("params", () => {
  it(`behavior: the unit cube and the parameters invert each other inside the bounds (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(cube, (point) => {
        const params = rangeParamsOfCube(point);
        for (const bound of RANGE_PARAM_BOUNDS) {
          expect(params[bound.key]).toBeGreaterThanOrEqual(bound.min * (1 - 1e-12));
          expect(params[bound.key]).toBeLessThanOrEqual(bound.max * (1 + 1e-12));
        }
        cubeOfRangeParams(params).forEach((value, index) => expect(value).toBeCloseTo(point[index] ?? -1, 9));
      }),
      SEEDED,
    );
    expect(isCubePoint(cubeOfRangeParams(PEGGED_PAIR_PARAMS.range))).toBe(true);
    expect(isCubePoint([0.5, 0.5, 0.5, 0.5, Number.NaN])).toBe(false);
    expect(isCubePoint([0.5])).toBe(false);
  });
});

function fitnessOf(seed: number, bars: number): Fitness {
  const series = generateSeries({
    seed,
    n: bars,
    p0: 1,
    sig: 4e-4,
    tfMs: 900_000,
    t0: 1_700_006_400_000,
    volBase: 1,
    sub: 6,
  });
  return createFitness(prepareFitnessBars(series, new Float64Array(bars).fill(3), new Float64Array(bars)), {
    capitalUsd: 10_000,
    othersLiquidity: 1e7,
    feeUsdPerDay: 2_000,
    gasRsUsd: 0.1,
    swapCostFrac: 5e-4,
    minGapBars: 4,
    minWidth: 2e-4,
  });
}

describe("optimizeRangeParams", () => {
  const common = { pairId: pairId("USDC-USDT"), epoch: 9, defaults: PEGGED_PAIR_PARAMS.range, incumbent: null };

  it("behavior: deterministic, bounded in evaluations, and never below the defaults on what it accepts", () => {
    const fitness = fitnessOf(4, 1_200);
    const first = optimizeRangeParams({ ...common, fitness, warmStart: null });
    expect(optimizeRangeParams({ ...common, fitness, warmStart: [Number.NaN] })).toEqual(first);
    expect(first.evals).toBeLessThanOrEqual(75 + 75 + 2 * 6);
    expect(first.verdict).toBe("accepted");
    expect(first.objective ?? 0).toBeGreaterThan(first.objectiveDefaults ?? 0);
    expect(first.holdout ?? 0).toBeGreaterThanOrEqual(first.holdoutIncumbent ?? 0);
    const next = optimizeRangeParams({ ...common, fitness, incumbent: first.params, warmStart: first.warmStart });
    expect(fitness.holdout(next.params)).toBeGreaterThanOrEqual(fitness.holdout(first.params));
  });

  it("behavior: fewer than 960 bars give the defaults", () => {
    const result = optimizeRangeParams({ ...common, fitness: fitnessOf(4, 959), warmStart: null });
    expect(result).toMatchObject({ verdict: "too_few_bars", params: PEGGED_PAIR_PARAMS.range, evals: 0 });
  });
});
