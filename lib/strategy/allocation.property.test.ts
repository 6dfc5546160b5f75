// Allocation against brute force: no grid of amounts and no set of pools earns more, also with more pools than the choice by standalone income keeps.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mulberry32 } from "@/lib/math/rng";
import { printLine } from "@/tests/support/print-line";
import { TEST_SEED } from "@/tests/support/seed";
import {
  allocate,
  standaloneAmountUsd,
  type Allocation,
  type AllocationInput,
  type AllocationPool,
} from "./allocation";

const RUNS = { seed: TEST_SEED, numRuns: 300 };
const CANDIDATES = 12;

function incomeOf(pool: AllocationPool, amountUsd: number): number {
  return amountUsd > 0
    ? (pool.revenueUsdPerYear * amountUsd) / (amountUsd + pool.depthUsd) -
        pool.costPerYear * amountUsd -
        pool.fixedUsdPerYear
    : 0;
}

/** Random pools of very different size, with fixed costs, minimums, caps and chain caps. */
function drawInput(seed: number, count: number, style: "plain" | "caps" | "mins" | "fixed"): AllocationInput {
  const draw = mulberry32(seed);
  const log = (from: number, to: number): number => from * (to / from) ** draw();
  const capitalUsd = log(1e3, 1e7);
  const pools = Array.from({ length: count }, (_, index): AllocationPool => {
    const depthUsd = log(1e3, 5e6);
    const minUsd = style === "mins" ? capitalUsd * log(1e-3, 0.7) : Math.max(50, 0.001 * capitalUsd);
    return {
      id: `p${String(index).padStart(2, "0")}`,
      chain: String(Math.floor(draw() * 3)),
      revenueUsdPerYear: depthUsd * log(0.03, 3),
      depthUsd,
      costPerYear: 0.3 * draw() - (draw() < 0.1 ? 0.2 : 0),
      fixedUsdPerYear: style === "fixed" ? log(1, 0.1 * capitalUsd) : 20 * draw(),
      minUsd,
      capUsd: style === "caps" ? minUsd + capitalUsd * log(1e-3, 1) : Math.max(minUsd, capitalUsd),
    };
  });
  const isCapped = style !== "plain" && draw() < 0.7;
  return {
    pools,
    capitalUsd,
    maxPools: 1 + Math.floor(draw() * 3),
    chainCapsUsd: isCapped ? { "0": capitalUsd * draw(), "1": capitalUsd * log(1e-3, 1) } : {},
    allowCash: true,
  };
}

/** Limits that every result must keep. */
function expectLimits(input: AllocationInput, result: Allocation): void {
  const entries = Object.entries(result.amountsUsd);
  const slack = 1e-9 * Math.max(1, input.capitalUsd);
  expect(entries.length).toBeLessThanOrEqual(input.maxPools);
  const used = entries.reduce((sum, [, amount]) => sum + amount, 0);
  expect(used).toBeLessThanOrEqual(input.capitalUsd + slack);
  expect(Math.abs(used + result.cashUsd - input.capitalUsd)).toBeLessThanOrEqual(slack);
  const onChain = new Map<string, number>();
  let value = 0;
  for (const [id, amount] of entries) {
    const pool = input.pools.find((entry) => entry.id === id);
    if (pool === undefined) throw new Error(`unknown pool ${id}`);
    expect(amount).toBeGreaterThanOrEqual(pool.minUsd - slack);
    expect(amount).toBeLessThanOrEqual(pool.capUsd + slack);
    onChain.set(pool.chain, (onChain.get(pool.chain) ?? 0) + amount);
    value += incomeOf(pool, amount);
  }
  for (const [chain, amount] of onChain) {
    expect(amount).toBeLessThanOrEqual((input.chainCapsUsd[chain] ?? Number.POSITIVE_INFINITY) + slack);
  }
  expect(Math.abs(value - result.valueUsdPerYear)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)));
}

/** Best value on a grid of amounts over every set of at most `maxPools` pools: nothing but counting. */
function bestOnGrid(input: AllocationInput, steps: number): number {
  const { pools, capitalUsd, maxPools, chainCapsUsd } = input;
  let best = 0;
  const fill = (from: number, left: number, value: number, chosen: number, used: ReadonlyMap<string, number>): void => {
    if (value > best) best = value;
    if (chosen === maxPools) return;
    for (let index = from; index < pools.length; index += 1) {
      const pool = pools[index];
      if (pool === undefined) continue;
      const onChain = used.get(pool.chain) ?? 0;
      const room = Math.min(left, pool.capUsd, (chainCapsUsd[pool.chain] ?? Number.POSITIVE_INFINITY) - onChain);
      const tried = [
        pool.minUsd,
        room,
        ...Array.from({ length: steps }, (_, step) => (capitalUsd * (step + 1)) / steps),
      ];
      for (const amount of tried) {
        if (!(amount > 0) || amount < pool.minUsd || amount > room) continue;
        const next = new Map(used).set(pool.chain, onChain + amount);
        fill(index + 1, left - amount, value + incomeOf(pool, amount), chosen + 1, next);
      }
    }
  };
  fill(0, capitalUsd, 0, 0, new Map());
  return best;
}

/** Calls `visit` with every set of 1..size pools. */
function forEachSet(
  pools: readonly AllocationPool[],
  size: number,
  visit: (set: readonly AllocationPool[]) => void,
): void {
  const chosen: AllocationPool[] = [];
  const grow = (from: number): void => {
    for (let index = from; index < pools.length; index += 1) {
      const pool = pools[index];
      if (pool === undefined) continue;
      chosen.push(pool);
      visit(chosen);
      if (chosen.length < size) grow(index + 1);
      chosen.pop();
    }
  };
  grow(0);
}

/** The 12 pools that the specification's choice by standalone income would keep. */
function keptByStandaloneIncome(input: AllocationInput): readonly AllocationPool[] {
  return input.pools
    .map((pool) => ({ pool, income: incomeOf(pool, standaloneAmountUsd(pool, input.capitalUsd)) }))
    .toSorted((left, right) => right.income - left.income || (left.pool.id < right.pool.id ? -1 : 1))
    .slice(0, CANDIDATES)
    .map((entry) => entry.pool);
}

const style = fc.constantFrom("plain" as const, "caps" as const, "mins" as const, "fixed" as const);
const seed = fc.nat(2 ** 31);

describe(`allocation against brute force (seed ${TEST_SEED})`, () => {
  it("property: keeps every limit, and no grid of amounts over any set earns more", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 5 }), style, (at, count, kind) => {
        const input = drawInput(at, count, kind);
        const result = allocate(input);
        expectLimits(input, result);
        const grid = bestOnGrid(input, 12);
        expect(result.valueUsdPerYear).toBeGreaterThanOrEqual(grid - 1e-9 * Math.max(1, Math.abs(grid)));
      }),
      RUNS,
    );
  });

  it("property: with 13 to 22 pools no set of them earns more; says what the choice of 12 alone would have lost", async () => {
    let cases = 0;
    let missed = 0;
    let worstFrac = 0;
    fc.assert(
      fc.property(seed, fc.integer({ min: 13, max: 22 }), style, (at, count, kind) => {
        const input = drawInput(at, count, kind);
        const result = allocate(input);
        expectLimits(input, result);
        let best = 0;
        forEachSet(input.pools, input.maxPools, (set) => {
          best = Math.max(best, allocate({ ...input, pools: set }).valueUsdPerYear);
        });
        expect(result.valueUsdPerYear).toBeGreaterThanOrEqual(best - 1e-8 * Math.max(1, best));
        const narrow = allocate({ ...input, pools: keptByStandaloneIncome(input) }).valueUsdPerYear;
        cases += 1;
        if (narrow < best - 1e-8 * Math.max(1, best)) missed += 1;
        worstFrac = Math.max(worstFrac, (best - narrow) / Math.max(1, best));
      }),
      { ...RUNS, numRuns: 60 },
    );
    printLine(
      `allocation over 13 to 22 pools: optimal in ${cases} of ${cases} cases; the 12 best by standalone income alone would have missed the optimum in ${missed}, by at most ${(100 * worstFrac).toFixed(3)} % (seed ${TEST_SEED})`,
    );
  });

  it("property: the set of a bound search is the set of the full enumeration, cash allowed or not", () => {
    fc.assert(
      fc.property(seed, style, fc.boolean(), (at, kind, allowCash) => {
        const input = { ...drawInput(at, 14, kind), allowCash };
        const result = allocate(input);
        let bestShare = 0;
        let best = allowCash ? 0 : Number.NEGATIVE_INFINITY;
        forEachSet(input.pools, input.maxPools, (set) => {
          const each = allocate({ ...input, pools: set });
          const share = 1 - each.cashUsd / input.capitalUsd;
          if (Object.keys(each.amountsUsd).length === 0) return;
          const isMore = !allowCash && share > bestShare + 1e-6;
          const isAsMuch = allowCash || share >= bestShare - 1e-6;
          if (!isMore && !(isAsMuch && each.valueUsdPerYear > best)) return;
          best = each.valueUsdPerYear;
          bestShare = share;
        });
        const share = 1 - result.cashUsd / input.capitalUsd;
        if (!allowCash) expect(share).toBeGreaterThanOrEqual(bestShare - 2e-6);
        // Within the tolerance of the share two sets count as equal, and which came first may differ.
        if (allowCash || Math.abs(share - bestShare) < 1e-9) {
          expect(result.valueUsdPerYear).toBeGreaterThanOrEqual(
            best - 1e-8 * Math.max(1, Math.abs(best)) - (allowCash ? 0 : 1e-5 * Math.abs(best)),
          );
        }
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  it("property: at the optimum marginal incomes of all pools between their limits are equal, and none at a limit wants to leave it", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 6 }), style, (at, count, kind) => {
        const input = { ...drawInput(at, count, kind), chainCapsUsd: {} };
        const result = allocate(input);
        const level = Math.max(0, result.lambda);
        for (const [id, amount] of Object.entries(result.amountsUsd)) {
          const pool = input.pools.find((entry) => entry.id === id);
          if (pool === undefined) throw new Error(`unknown pool ${id}`);
          const yieldAt = (pool.revenueUsdPerYear * pool.depthUsd) / (amount + pool.depthUsd) ** 2;
          const marginal = yieldAt - pool.costPerYear;
          const slack = 1e-6 * (yieldAt + Math.abs(pool.costPerYear));
          const isAtMin = amount <= pool.minUsd * (1 + 1e-9);
          const isAtCap = amount >= pool.capUsd * (1 - 1e-9);
          if (!isAtMin) expect(marginal).toBeGreaterThanOrEqual(level - slack);
          if (!isAtCap) expect(marginal).toBeLessThanOrEqual(level + slack);
        }
        // Cash is left only where no more income is to be had.
        if (result.cashUsd > 1e-6 * input.capitalUsd) expect(level).toBe(0);
      }),
      { ...RUNS, numRuns: 1_000 },
    );
  });
});
