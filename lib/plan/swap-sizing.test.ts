// Sizing must fill ranges from what is there, at any price, token order and decimals, and never use more than it has.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { rangeToTicks } from "@/lib/amm/ticks";
import { TEST_SEED } from "@/tests/support/seed";
import { rangeMix, sizeSwap, type FillTarget } from "./swap-sizing";

const SPACING = 10;

function target(input: {
  price: number;
  lower: number;
  upper: number;
  baseIsToken0: boolean;
  valueQuote: number;
  decBase?: number;
}): FillTarget {
  const frame = { decBase: input.decBase ?? 18, decQuote: 6, baseIsToken0: input.baseIsToken0 };
  const ticks = rangeToTicks({ min: input.lower, max: input.upper }, SPACING, frame);
  const sqrtPriceX96 = priceToSqrt(input.price, frame);
  if (ticks === null || sqrtPriceX96 === null) throw new Error("the test's range is invalid");
  return { ...ticks, sqrtPriceX96, frame, valueQuote: input.valueQuote };
}

describe("sizeSwap", () => {
  test("behavior: a range around the price filled from quote alone sells about half", () => {
    const size = sizeSwap({
      targets: [target({ price: 2500, lower: 2400, upper: 2604, baseIsToken0: true, valueQuote: 10_000 })],
      availableBase: 0,
      availableQuote: 10_000,
      price: 2500,
      costFrac: 0.003,
    });
    expect(size.sell).toBe("quote");
    expect(size.amountIn).toBeGreaterThan(4_500);
    expect(size.amountIn).toBeLessThan(5_600);
    expect(size.fillFrac).toBeGreaterThan(0.99);
    expect(size.fillFrac).toBeLessThan(1);
  });

  test("behavior: no swap when the tokens fit within the tolerance", () => {
    const fill = target({ price: 1, lower: 0.99, upper: 1.01, baseIsToken0: false, valueQuote: 1_000, decBase: 6 });
    const mix = rangeMix(fill, 1);
    const size = sizeSwap({
      targets: [fill],
      availableBase: mix.base * 999,
      availableQuote: mix.quote * 1_000,
      price: 1,
      costFrac: 0.003,
    });
    expect(size.sell).toBeNull();
    expect(size.fillFrac).toBeCloseTo(0.999, 3);
  });

  test("behavior: sells only the shortage when there is more than enough", () => {
    const fill = target({ price: 2000, lower: 1800, upper: 2200, baseIsToken0: false, valueQuote: 1_000 });
    const size = sizeSwap({
      targets: [fill],
      availableBase: 0,
      availableQuote: 100_000,
      price: 2000,
      costFrac: 0.002,
    });
    const needBase = rangeMix(fill, 2000).base * 1_000;
    expect(size.amountOut).toBeCloseTo(needBase, 9);
    expect(size.fillFrac).toBe(1);
  });

  test("behavior: a range wholly on one side needs one token only", () => {
    const above = target({ price: 2000, lower: 2100, upper: 2300, baseIsToken0: true, valueQuote: 1_000 });
    expect(rangeMix(above, 2000).quote).toBe(0);
    expect(rangeMix(above, 2000).base * 2000).toBeCloseTo(1, 9);
  });

  test(`behavior: fills never exceed funds after the swap, and the swap never exceeds what is there (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.record({
          price: fc.double({ min: 0.0005, max: 50_000, noNaN: true }),
          below: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
          above: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
          baseIsToken0: fc.boolean(),
          decBase: fc.constantFrom(6, 18),
          base: fc.double({ min: 0, max: 1_000, noNaN: true }),
          quote: fc.double({ min: 0, max: 1_000_000, noNaN: true }),
          value: fc.double({ min: 1, max: 1_000_000, noNaN: true }),
          costFrac: fc.double({ min: 0, max: 0.02, noNaN: true }),
        }),
        (given) => {
          const { price, base, quote } = given;
          const size = sizeSwap({
            targets: [
              target({
                price,
                lower: price * Math.exp(-given.below),
                upper: price * Math.exp(given.above),
                baseIsToken0: given.baseIsToken0,
                valueQuote: given.value,
                decBase: given.decBase,
              }),
            ],
            availableBase: base,
            availableQuote: quote,
            price,
            costFrac: given.costFrac,
          });
          const slack = 1e-9;
          const afterBase =
            base + (size.sell === "base" ? -size.amountIn : 0) + (size.sell === "quote" ? size.amountOut : 0);
          const afterQuote =
            quote + (size.sell === "quote" ? -size.amountIn : 0) + (size.sell === "base" ? size.amountOut : 0);
          const fill = size.fills[0] ?? { base: 0, quote: 0 };
          expect(size.fillFrac).toBeGreaterThanOrEqual(0);
          expect(size.fillFrac).toBeLessThanOrEqual(1);
          expect(size.amountIn).toBeGreaterThanOrEqual(0);
          expect(afterBase).toBeGreaterThanOrEqual(-slack * (base + 1));
          expect(afterQuote).toBeGreaterThanOrEqual(-slack * (quote + 1));
          expect(fill.base).toBeLessThanOrEqual(afterBase * (1 + slack) + slack);
          expect(fill.quote).toBeLessThanOrEqual(afterQuote * (1 + slack) + slack * price);
        },
      ),
      { seed: TEST_SEED, numRuns: 400 },
    );
  });
});
