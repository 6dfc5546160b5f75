// Tick, price, liquidity and fee maths: round trips and the promises a mint or a burn relies on.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "@/lib/errors/invariant";
import { TEST_SEED } from "@/tests/support/seed";
import { binsToRange, rangeToBins } from "./bins";
import { feeGrowthInside, uncollectedFees } from "./fees";
import { humanAmount, humanLiquidity, rawAmount } from "./human-units";
import { amountsForLiquidity, burnMins, liquidityForAmounts, mintMins, slippageBand } from "./liquidity";
import { isBaseToken0, priceToSqrt, sqrtToPrice } from "./sqrt-price";
import { MAX_SQRT_X96, MIN_SQRT_X96, sqrtAtTick, tickAtSqrt } from "./tick-math";
import { priceToTick, rangeToTicks, ticksToRange, tickToPrice } from "./ticks";

const SEEDED = { seed: TEST_SEED };
const tickArbitrary = fc.integer({ min: -887_272, max: 887_271 });
const frameArbitrary = fc.record({
  decBase: fc.constantFrom(6, 8, 18),
  decQuote: fc.constantFrom(6, 8, 18),
  baseIsToken0: fc.boolean(),
});
/** Bounds, a price inside or outside, and amounts of up to 2^90. */
const positionArbitrary = fc
  .record({
    lower: fc.integer({ min: -300_000, max: 299_000 }),
    width: fc.integer({ min: 1, max: 60_000 }),
    at: fc.integer({ min: -310_000, max: 360_000 }),
    offset: fc.bigInt({ min: 0n, max: 1n << 40n }),
    amount0: fc.bigInt({ min: 0n, max: 1n << 90n }),
    amount1: fc.bigInt({ min: 0n, max: 1n << 90n }),
  })
  .map(({ lower, width, at, offset, amount0, amount1 }) => ({
    bounds: { sqrtAX96: sqrtAtTick(lower), sqrtBX96: sqrtAtTick(lower + width) },
    sqrtPX96: sqrtAtTick(at) + offset,
    desired: { amount0, amount1 },
  }));

describe("tickAtSqrt", () => {
  it(`behavior: inverts sqrtAtTick at and just below every boundary (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(tickArbitrary, (tick) => {
        expect(tickAtSqrt(sqrtAtTick(tick))).toBe(tick);
        if (tick > -887_272) expect(tickAtSqrt(sqrtAtTick(tick) - 1n)).toBe(tick - 1);
      }),
      SEEDED,
    );
  });

  it("error: InvariantError outside the domain", () => {
    for (const bad of [887_273, -887_273, 0.5, Number.NaN]) expect(() => sqrtAtTick(bad)).toThrow(InvariantError);
    expect(() => tickAtSqrt(MIN_SQRT_X96 - 1n)).toThrow(InvariantError);
    expect(() => tickAtSqrt(MAX_SQRT_X96)).toThrow(InvariantError);
  });
});

describe("priceToSqrt", () => {
  it(`behavior: sqrtToPrice inverts it in both token orders (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), frameArbitrary, (price, frame) => {
        const root = priceToSqrt(price, frame);
        if (root === null) throw new Error("expected a root");
        const flipped = priceToSqrt(price, { ...frame, baseIsToken0: !frame.baseIsToken0 });
        // A root of few digits cannot hold more than its own rounding.
        const relative = Math.max(1e-12, 4 / Number(root));
        expect(Math.abs(sqrtToPrice(root, frame) / price - 1)).toBeLessThan(relative);
        if (flipped !== null && root > 10n ** 15n && flipped > 10n ** 15n) {
          expect(Number((root * flipped) >> 96n) / 2 ** 96).toBeCloseTo(1, 12);
        }
      }),
      SEEDED,
    );
  });

  it("behavior: a price that is not positive and finite gives null", () => {
    const frame = { decBase: 18, decQuote: 6, baseIsToken0: true };
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(priceToSqrt(bad, frame)).toBeNull();
      expect(priceToTick(bad, frame)).toBeNull();
    }
    expect(priceToSqrt(1e300, frame)).toBe(MAX_SQRT_X96 - 1n);
    expect(priceToSqrt(1e-300, frame)).toBe(MIN_SQRT_X96);
  });

  it("default: token order compares addresses as numbers, not as text", () => {
    expect(isBaseToken0("0x0A", "0x0b")).toBe(true);
    expect(
      isBaseToken0("0xF000000000000000000000000000000000000000", "0xa000000000000000000000000000000000000000"),
    ).toBe(false);
  });
});

describe("rangeToTicks", () => {
  it(`behavior: the ticks contain the range, sit on the spacing, and waste less than one step (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(1, 10, 50, 60, 100, 200),
        frameArbitrary,
        (min, width, spacing, frame) => {
          const max = min * Math.exp(width);
          const ticks = rangeToTicks({ min, max }, spacing, frame);
          if (ticks === null) throw new Error("expected ticks");
          expect(Math.abs(ticks.tickLower % spacing) + Math.abs(ticks.tickUpper % spacing)).toBe(0);
          expect(ticks.tickUpper).toBeGreaterThan(ticks.tickLower);
          const effective = ticksToRange(ticks.tickLower, ticks.tickUpper, frame);
          const usable = Math.floor(887_272 / spacing) * spacing;
          const isClamped = ticks.tickLower === -usable || ticks.tickUpper === usable;
          if (isClamped) return;
          expect(effective.min).toBeLessThanOrEqual(min * (1 + 1e-12));
          expect(effective.max).toBeGreaterThanOrEqual(max * (1 - 1e-12));
          const step = 1.0001 ** spacing;
          expect(effective.min * step * (1 + 1e-4)).toBeGreaterThan(min);
          expect(effective.max / step / (1 + 1e-4)).toBeLessThan(max);
        },
      ),
      SEEDED,
    );
  });

  it("behavior: invalid bounds or spacing give null", () => {
    const frame = { decBase: 18, decQuote: 6, baseIsToken0: true };
    expect(rangeToTicks({ min: 2, max: 1 }, 10, frame)).toBeNull();
    expect(rangeToTicks({ min: Number.NaN, max: 1 }, 10, frame)).toBeNull();
    expect(rangeToTicks({ min: 1, max: 2 }, 0, frame)).toBeNull();
    expect(rangeToTicks({ min: 0, max: 2 }, 10, frame)).toBeNull();
    expect(tickToPrice(0, { ...frame, decBase: 6 })).toBe(1);
  });
});

describe("liquidity", () => {
  it(`behavior: the liquidity of amounts never takes more than them, and a burn pays what a mint took, less rounding (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(positionArbitrary, ({ bounds, sqrtPX96, desired }) => {
        const liquidity = liquidityForAmounts(sqrtPX96, bounds, desired);
        const up = amountsForLiquidity(sqrtPX96, bounds, liquidity, "up");
        const down = amountsForLiquidity(sqrtPX96, bounds, liquidity, "down");
        expect(up.amount0 <= desired.amount0 && up.amount1 <= desired.amount1).toBe(true);
        expect(up.amount0 - down.amount0 <= 2n).toBe(true);
        expect(up.amount1 - down.amount1 <= 1n).toBe(true);
      }),
      SEEDED,
    );
  });

  it(`behavior: minimums hold at every price inside the band (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        positionArbitrary,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 1_000 }),
        ({ bounds, sqrtPX96, desired }, slippageBps, position) => {
          const band = slippageBand(sqrtPX96, slippageBps);
          const at = band.loX96 + ((band.hiX96 - band.loX96) * BigInt(position)) / 1_000n;
          const liquidity = liquidityForAmounts(sqrtPX96, bounds, desired);
          const burn = burnMins(sqrtPX96, bounds, liquidity, slippageBps);
          const paid = amountsForLiquidity(at, bounds, liquidity, "down");
          expect(paid.amount0 >= burn.amount0 && paid.amount1 >= burn.amount1).toBe(true);
          const mint = mintMins(sqrtPX96, bounds, desired, slippageBps);
          const taken = amountsForLiquidity(at, bounds, liquidityForAmounts(at, bounds, desired), "up");
          // The periphery floors sqrtA*sqrtB/2^96 once per price, which may cost the last units of a huge amount.
          const slack0 = 2n + desired.amount0 / 1_000_000_000n;
          const slack1 = 2n + desired.amount1 / 1_000_000_000n;
          expect(taken.amount0 + slack0 >= mint.amount0 && taken.amount1 + slack1 >= mint.amount1).toBe(true);
        },
      ),
      SEEDED,
    );
  });
});

function mod256(value: bigint): bigint {
  return value & ((1n << 256n) - 1n);
}

describe("fees", () => {
  it(`behavior: wrapped counters still give the growth since the last touch (seed ${TEST_SEED})`, () => {
    const word = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
    fc.assert(
      fc.property(
        word,
        fc.bigInt({ min: 0n, max: 1n << 150n }),
        fc.bigInt({ min: 0n, max: 1n << 100n }),
        (last, grown, liquidity) => {
          const fees = uncollectedFees({
            liquidity,
            insideNow: { feeGrowth0X128: (last + grown) % (1n << 256n), feeGrowth1X128: last },
            insideLast: { feeGrowth0X128: last, feeGrowth1X128: last },
            owed0: 3n,
            owed1: 5n,
          });
          expect(fees).toEqual({ amount0: 3n + ((liquidity * grown) >> 128n), amount1: 5n });
        },
      ),
      SEEDED,
    );
  });

  it("default: growth inside is global less outside, on each side of the range", () => {
    const input = {
      tickLower: -10,
      tickUpper: 10,
      global: { feeGrowth0X128: 100n, feeGrowth1X128: 200n },
      lower: { feeGrowthOutside0X128: 10n, feeGrowthOutside1X128: 20n },
      upper: { feeGrowthOutside0X128: 30n, feeGrowthOutside1X128: 40n },
    };
    expect(feeGrowthInside({ ...input, tick: 0 })).toEqual({ feeGrowth0X128: 60n, feeGrowth1X128: 140n });
    expect(feeGrowthInside({ ...input, tick: -11 })).toEqual({
      feeGrowth0X128: mod256(10n - 30n),
      feeGrowth1X128: mod256(20n - 40n),
    });
    expect(feeGrowthInside({ ...input, tick: 10 })).toEqual({ feeGrowth0X128: 20n, feeGrowth1X128: 20n });
  });
});

describe("human units", () => {
  it(`behavior: raw and whole amounts invert each other to a double's precision (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), fc.constantFrom(6, 8, 18), (amount, decimals) => {
        const back = humanAmount(rawAmount(amount, decimals), decimals);
        expect(Math.abs(back - amount)).toBeLessThanOrEqual(amount * 1e-15 + 10 ** -decimals);
      }),
      SEEDED,
    );
    expect(rawAmount(Number.NaN, 6)).toBe(0n);
    expect(rawAmount(-1, 6)).toBe(0n);
    expect(humanLiquidity(10n ** 12n, 18, 6)).toBe(1);
  });
});

describe("bins", () => {
  it(`behavior: the bins contain the range (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.constantFrom(1, 5, 10, 25, 100),
        frameArbitrary,
        (min, width, binStepBps, frame) => {
          const max = min * Math.exp(width);
          const bins = rangeToBins({ min, max }, binStepBps, frame);
          if (bins === null) return;
          const effective = binsToRange(bins.lowerBinId, bins.upperBinId, binStepBps, frame);
          expect(effective.min).toBeLessThan(min * (1 + 1e-9));
          expect(effective.max).toBeGreaterThan(max * (1 - 1e-9));
        },
      ),
      SEEDED,
    );
    expect(rangeToBins({ min: -1, max: 2 }, 10, { decBase: 18, decQuote: 18, baseIsToken0: true })).toBeNull();
  });
});
