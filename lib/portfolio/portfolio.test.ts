// Valuation and profit and loss: identities that hold for every position, not just for the vectors.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { compareWithHolding } from "./impermanent-loss";
import { computeEpochPnl } from "./pnl";
import { effectiveRangeOf } from "./position";
import { baseShareFrac, unitHoldings, valuePosition } from "./valuation";

const SEEDED = { seed: TEST_SEED };
const marketArbitrary = fc
  .record({
    pa: fc.double({ min: 0.01, max: 1e4, noNaN: true }),
    width: fc.double({ min: 1e-3, max: 1, noNaN: true }),
    start: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
    end: fc.double({ min: -0.5, max: 1.5, noNaN: true }),
  })
  .map(({ pa, width, start, end }) => ({
    range: { min: pa, max: pa * Math.exp(width) },
    startPrice: pa * Math.exp(start * width),
    endPrice: pa * Math.exp(end * width),
  }));

describe("unitHoldings", () => {
  it(`behavior: holdings never go negative and the BASE share falls from 1 to 0 across the range (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(marketArbitrary, ({ range, startPrice, endPrice }) => {
        const unit = unitHoldings(startPrice, range.min, range.max);
        expect(unit.base).toBeGreaterThanOrEqual(0);
        expect(unit.quote).toBeGreaterThanOrEqual(0);
        const [low, high] = [Math.min(startPrice, endPrice), Math.max(startPrice, endPrice)];
        const shareLow = baseShareFrac(low, range.min, range.max);
        expect(shareLow).toBeGreaterThanOrEqual(baseShareFrac(high, range.min, range.max) - 1e-9);
        expect(baseShareFrac(range.min * 0.9, range.min, range.max)).toBe(1);
        expect(baseShareFrac(range.max * 1.1, range.min, range.max)).toBe(0);
      }),
      SEEDED,
    );
    expect(baseShareFrac(Number.NaN, 1, 2)).toBe(0);
  });
});

describe("compareWithHolding", () => {
  it(`behavior: holding never does worse than the position without fees (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(marketArbitrary, ({ range, startPrice, endPrice }) => {
        const { loss } = compareWithHolding(1, range, startPrice, endPrice);
        expect(loss).toBeGreaterThanOrEqual(-1e-9 * unitHoldings(endPrice, range.min, range.max).value);
      }),
      SEEDED,
    );
  });
});

describe("computeEpochPnl", () => {
  it(`behavior: results of consecutive epochs add up to those of the whole (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        marketArbitrary,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        ({ range, startPrice, endPrice }, at) => {
          const middle = startPrice + (endPrice - startPrice) * at;
          const flat = {
            liquidity: 1_000,
            range,
            quoteUsd: 1,
            uncollectedBaseStart: 0,
            uncollectedBaseEnd: 0,
            collectedBase: 0,
            uncollectedQuoteStart: 0,
            uncollectedQuoteEnd: 0,
            collectedQuote: 0,
            swapCostUsd: 0,
            transactions: [{ gasUsed: 100_000, effectiveGasPriceWei: 1e9, nativeUsd: 2_000 }],
          };
          const first = computeEpochPnl({ ...flat, startPrice, endPrice: middle });
          const second = computeEpochPnl({ ...flat, startPrice: middle, endPrice });
          const whole = computeEpochPnl({ ...flat, startPrice, endPrice });
          const scale = Math.max(1, whole.valueStartUsd);
          expect(Math.abs(first.markPnlUsd + second.markPnlUsd - whole.markPnlUsd)).toBeLessThan(1e-9 * scale);
          expect(first.gasUsd + second.gasUsd).toBeCloseTo(0.4, 12);
          expect(whole.netUsd - whole.alphaUsd).toBeCloseTo(whole.hodlPnlUsd, 6);
        },
      ),
      SEEDED,
    );
  });
});

describe("valuePosition", () => {
  it("behavior: a built position is worth what was asked, and capital counts it once with its fees", () => {
    const empty = buildSnapshot({ idleBase: 1, idleQuote: 100 });
    const pool = empty.pools[0];
    if (pool?.kind !== "ticks") throw new Error("the builder makes one tick pool");
    const at = Math.round(pool.tick / 10) * 10;
    const position = buildPosition(
      empty,
      pool,
      { tickLower: at - 200, tickUpper: at + 200, usd: 5_000 },
      { uncollectedBaseRaw: 10n ** 16n, uncollectedQuoteRaw: 7_000_000n },
    );
    const value = valuePosition(position, pool, empty.price, 1);
    expect(value.valueUsd).toBeCloseTo(5_000, 2);
    expect(value.feesUsd).toBeCloseTo(0.01 * empty.price + 7, 6);
    const { capital } = withPositions(empty, [position]);
    expect(capital.idleUsd).toBeCloseTo(empty.price + 100, 6);
    expect(capital.totalUsd).toBeCloseTo(capital.idleUsd + value.valueUsd + value.feesUsd, 6);
  });

  it("behavior: a range of the other kind has no price range in a pool", () => {
    expect(effectiveRangeOf({ kind: "bins", lowerBinId: 1, upperBinId: 2 }, buildPool())).toBeNull();
    expect(effectiveRangeOf({ kind: "ticks", tickLower: 10, tickUpper: 10 }, buildPool())).toBeNull();
  });
});
