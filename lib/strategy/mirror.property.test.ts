// Symmetries: a range contains its price and scales with it, grows with volatility, and swapping BASE and QUOTE mirrors everything.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeToTicks } from "@/lib/amm/ticks";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { TEST_SEED } from "@/tests/support/seed";
import { allocate } from "./allocation";
import { computePoolTerms, depthOfLiquidityUsd, incomeUsdPerYear } from "./economics";
import { rangeParamsOfCube, type RangeParams } from "./params";
import { computeDivergence, computeRange, type PriceRange } from "./range";

const RUNS = { seed: TEST_SEED, numRuns: 1_000 };
const force = fc.double({ min: 0, max: 100, noNaN: true });
const priceArbitrary = fc.double({ min: -12, max: 12, noNaN: true }).map((power) => 10 ** power);
const paramsArbitrary = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
  .map((point) => rangeParamsOfCube(point));
const minWidthArbitrary = fc.double({ min: 1e-5, max: 0.02, noNaN: true });

function rangeAt(
  price: number,
  forces: { readonly v: number; readonly m: number; readonly t: number },
  params: RangeParams,
  minWidth: number,
): PriceRange {
  const range = computeRange({ price, forces, params, widenFactor: 1, minWidth });
  if (range === null) throw new Error(`expected a range at ${price}`);
  return range;
}

/** Relative difference, for numbers that passed through a logarithm and back. */
function expectNear(actual: number, expected: number, tolerance: number): void {
  if (!(Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-300))) {
    throw new Error(`expected ${expected}, got ${actual}`);
  }
}

/** The same range in another unit of price. */
function scaled(range: { readonly min: number; readonly max: number }): { readonly min: number; readonly max: number } {
  return { min: range.min * 1_000, max: range.max * 1_000 };
}

describe(`symmetries (seed ${TEST_SEED})`, () => {
  it("property: a range contains its price and scales with it", () => {
    fc.assert(
      fc.property(
        priceArbitrary,
        force,
        force,
        force,
        paramsArbitrary,
        minWidthArbitrary,
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (price, v, m, t, params, minWidth, factor) => {
          const range = rangeAt(price, { v, m, t }, params, minWidth);
          expect(range.min).toBeLessThan(price);
          expect(range.max).toBeGreaterThan(price);
          const larger = rangeAt(price * factor, { v, m, t }, params, minWidth);
          expectNear(larger.min, range.min * factor, 1e-12);
          expectNear(larger.max, range.max * factor, 1e-12);
          expect([larger.width, larger.bias, larger.confidence, larger.type]).toEqual([
            range.width,
            range.bias,
            range.confidence,
            range.type,
          ]);
        },
      ),
      RUNS,
    );
  });

  it("property: the width never falls as volatility rises", () => {
    fc.assert(
      fc.property(
        fc.array(force, { minLength: 2, maxLength: 20 }),
        force,
        force,
        paramsArbitrary,
        minWidthArbitrary,
        (vs, m, t, params, minWidth) => {
          const widths = vs
            .toSorted((left, right) => left - right)
            .map((v) => rangeAt(1, { v, m, t }, params, minWidth).width);
          for (let index = 1; index < widths.length; index += 1) {
            expect(widths[index]).toBeGreaterThanOrEqual(widths[index - 1] ?? Number.NaN);
          }
        },
      ),
      RUNS,
    );
  });

  it("property: swapping BASE and QUOTE inverts the range and mirrors its lean", () => {
    fc.assert(
      fc.property(
        priceArbitrary,
        force,
        force,
        force,
        paramsArbitrary,
        minWidthArbitrary,
        (price, v, m, t, params, minWidth) => {
          const range = rangeAt(price, { v, m, t }, params, minWidth);
          const mirrored = rangeAt(1 / price, { v, m: 100 - m, t: 100 - t }, params, minWidth);
          // 100 - t rounds: next to the limits of 40 and 60 the mirrored force may fall on the other side.
          fc.pre(Math.abs(Math.abs(t - 50) - 10) > 1e-9 && Math.abs(t - 50) > 1e-9 && Math.abs(m - 50) > 1e-9);
          expectNear(mirrored.min, 1 / range.max, 1e-12);
          expectNear(mirrored.max, 1 / range.min, 1e-12);
          expect(mirrored.width).toBe(range.width);
          expect(Math.abs(mirrored.bias + range.bias)).toBeLessThanOrEqual(1e-12);
          expectNear(mirrored.confidence, range.confidence, 1e-12);
          const opposite = { bullish: "bearish", bearish: "bullish", neutral: "neutral" } as const;
          expect(mirrored.type).toBe(opposite[range.type]);
        },
      ),
      RUNS,
    );
  });

  it("property: swapping BASE and QUOTE leaves the ticks of the pool where they are", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -6, max: 6, noNaN: true }).map((power) => 10 ** power),
        fc.double({ min: 1e-4, max: 0.9, noNaN: true }),
        fc.constantFrom(1, 10, 60, 200),
        fc.constantFrom(6, 8, 18),
        fc.constantFrom(6, 8, 18),
        fc.boolean(),
        (price, width, spacing, decBase, decQuote, baseIsToken0) => {
          const range = { min: price * Math.exp(-width), max: price * Math.exp(width) };
          const ticks = rangeToTicks(range, spacing, { decBase, decQuote, baseIsToken0 });
          const mirrored = rangeToTicks({ min: 1 / range.max, max: 1 / range.min }, spacing, {
            decBase: decQuote,
            decQuote: decBase,
            baseIsToken0: !baseIsToken0,
          });
          if (ticks === null || mirrored === null) throw new Error("expected ticks both ways");
          // 1/x is rounded: a bound within 1e-15 of a tick may fall on its other side, one spacing away.
          expect([0, spacing]).toContain(Math.abs(ticks.tickLower - mirrored.tickLower));
          expect([0, spacing]).toContain(Math.abs(ticks.tickUpper - mirrored.tickUpper));
          const isNearTick = (bound: number): boolean => {
            const exact = (Math.log(bound) + (decQuote - decBase) * Math.LN10) / Math.log(1.0001);
            return Math.abs(exact - Math.round(exact)) < 1e-6;
          };
          fc.pre(!isNearTick(range.min) && !isNearTick(range.max));
          expect(mirrored).toEqual(ticks);
        },
      ),
      RUNS,
    );
  });

  const side = fc
    .record({
      min: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      width: fc.double({ min: 1e-5, max: 2, noNaN: true }),
    })
    .map(({ min, width }) => ({ min, max: min * Math.exp(width) }));

  it("property: divergence is symmetric, 0 to itself, and the same for the inverted pair and for any unit of price", () => {
    fc.assert(
      fc.property(side, side, fc.double({ min: 0.5, max: 2, noNaN: true }), (first, shape, factor) => {
        // Half of the pairs near each other: far ones all give 1.
        const second = { min: first.min * factor, max: first.max * factor * (shape.max / shape.min) ** 0.1 };
        for (const other of [second, shape]) {
          const divergence = computeDivergence(first, other);
          expect(computeDivergence(other, first)).toBe(divergence);
          expect(computeDivergence(first, first)).toBe(0);
          const inverted = computeDivergence(
            { min: 1 / first.max, max: 1 / first.min },
            { min: 1 / other.max, max: 1 / other.min },
          );
          expect(Math.abs(inverted - divergence)).toBeLessThanOrEqual(1e-9);
          expect(Math.abs(computeDivergence(scaled(first), scaled(other)) - divergence)).toBeLessThanOrEqual(1e-9);
        }
      }),
      RUNS,
    );
  });

  it("property: swapping BASE and QUOTE leaves every term of a pool, its incomes and the allocation as they are", () => {
    const poolArbitrary = fc.record({
      below: fc.double({ min: 1e-3, max: 0.8, noNaN: true }),
      above: fc.double({ min: 1e-3, max: 0.8, noNaN: true }),
      liquidity: fc.double({ min: 1e2, max: 1e8, noNaN: true }),
      volume: fc.double({ min: 1e3, max: 1e9, noNaN: true }),
      fee: fc.constantFrom(1e-4, 5e-4, 3e-3, 1e-2),
      gas: fc.double({ min: 0, max: 50, noNaN: true }),
      isOpen: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }).map((power) => 10 ** power),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.array(poolArbitrary, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 1e2, max: 1e7, noNaN: true }),
        (price, sigmaPerYear, quoteUsd, pools, capitalUsd) => {
          const termsOf = (isMirrored: boolean) =>
            pools.map((pool) => {
              const min = price * Math.exp(-pool.below);
              const max = price * Math.exp(pool.above);
              const range = isMirrored ? { min: 1 / max, max: 1 / min } : { min, max };
              const at = isMirrored ? 1 / price : price;
              // Human liquidity is sqrt(x*y): the same number from both sides; the other token's value is price * quoteUsd.
              const depthUsd = depthOfLiquidityUsd(pool.liquidity, at, range, isMirrored ? price * quoteUsd : quoteUsd);
              return computePoolTerms({
                price: at,
                range,
                sigmaPerYear,
                depthUsd,
                volumeUsdPerDay: pool.volume,
                feeFrac: pool.fee,
                protocolShareFrac: 0,
                swapCostFrac: 0.003,
                gasRsUsd: pool.gas,
                gasOpenUsd: pool.gas,
                isOpen: pool.isOpen,
                amortizeDays: OTHER_PAIR_PARAMS.amortizeDays,
              });
            });
          const allocationOf = (terms: ReturnType<typeof termsOf>) =>
            allocate({
              pools: terms.map((term, index) => ({
                id: String(index),
                chain: "1",
                revenueUsdPerYear: term.revenueUsdPerYear,
                depthUsd: term.depthUsd,
                costPerYear: term.costPerYear,
                fixedUsdPerYear: term.fixedUsdPerYear,
                minUsd: 50,
                capUsd: capitalUsd,
              })),
              capitalUsd,
              maxPools: 3,
              chainCapsUsd: {},
              allowCash: true,
            });
          const [terms, mirrored] = [termsOf(false), termsOf(true)];
          terms.forEach((term, index) => {
            const other = mirrored[index];
            if (other === undefined) throw new Error("expected as many terms");
            for (const key of [
              "revenueUsdPerYear",
              "depthUsd",
              "costPerYear",
              "fixedUsdPerYear",
              "exitYears",
            ] as const) {
              expectNear(other[key], term[key], 1e-9);
            }
            expect(Math.abs(other.baseShareFrac + term.baseShareFrac - 1)).toBeLessThanOrEqual(1e-9);
            const scale = Math.max(1, term.revenueUsdPerYear, term.costPerYear * capitalUsd, term.fixedUsdPerYear);
            expect(
              Math.abs(incomeUsdPerYear(other, capitalUsd) - incomeUsdPerYear(term, capitalUsd)),
            ).toBeLessThanOrEqual(1e-9 * scale);
          });
          const [ours, theirs] = [allocationOf(terms), allocationOf(mirrored)];
          const scale = Math.max(1, Math.abs(ours.valueUsdPerYear));
          expect(Math.abs(theirs.valueUsdPerYear - ours.valueUsdPerYear)).toBeLessThanOrEqual(1e-6 * scale);
        },
      ),
      RUNS,
    );
  });
});
