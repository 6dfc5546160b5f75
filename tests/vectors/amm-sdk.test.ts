// Our exact pool maths against an independent implementation, @pancakeswap/v3-sdk, on thousands of random inputs.
import {
  PositionMath,
  SqrtPriceMath,
  SwapMath,
  TickMath,
  maxLiquidityForAmounts,
  nearestUsableTick,
} from "@pancakeswap/v3-sdk";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amount0Delta, amount1Delta, amountsForLiquidity, liquidityForAmounts } from "@/lib/amm/liquidity";
import { computeSwapStep, nextSqrtFromInput, nextSqrtFromOutput } from "@/lib/amm/swap-math";
import { MAX_SQRT_X96, MIN_SQRT_X96, sqrtAtTick, tickAtSqrt, usableTicks } from "@/lib/amm/tick-math";
import { MAX_TICK, MIN_TICK } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";

const RUNS = { seed: TEST_SEED, numRuns: 3_000 };
const FEES = [100, 500, 2_500, 10_000] as const;

/** Spread evenly over the number of bits, so that small and huge values are as likely as middling ones. */
function bits(max: number): fc.Arbitrary<bigint> {
  return fc
    .integer({ min: 1, max })
    .chain((count) => fc.bigInt({ min: 1n << BigInt(count - 1), max: (1n << BigInt(count)) - 1n }));
}

const ticks = fc.integer({ min: MIN_TICK, max: MAX_TICK });
const sqrts = fc.oneof(
  fc
    .tuple(fc.integer({ min: MIN_TICK, max: MAX_TICK - 1 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([tick, part]) => {
      const low = sqrtAtTick(tick);
      return low + ((sqrtAtTick(tick + 1) - low) * BigInt(Math.floor(part * 1e6))) / 1_000_001n;
    }),
  fc.bigInt({ min: MIN_SQRT_X96, max: MAX_SQRT_X96 - 1n }),
);
const sqrtPairs = fc
  .tuple(sqrts, sqrts)
  .filter(([a, b]) => a !== b)
  .map(([a, b]): readonly [bigint, bigint] => (a < b ? [a, b] : [b, a]));

/** The library's answer, or null where it refuses as the contract does. */
function answerOf(compute: () => bigint): bigint | null {
  try {
    return compute();
  } catch {
    // Its refusals are plain errors without a code; which inputs it refuses is what is compared.
    return null;
  }
}

describe(`independent V3 maths (seed ${TEST_SEED})`, () => {
  it("behavior: both ends of the scale are the same constants", () => {
    expect([MIN_TICK, MAX_TICK, MIN_SQRT_X96, MAX_SQRT_X96]).toEqual([
      TickMath.MIN_TICK,
      TickMath.MAX_TICK,
      TickMath.MIN_SQRT_RATIO,
      TickMath.MAX_SQRT_RATIO,
    ]);
  });

  it("behavior: square root of every tick near a boundary and of random ticks", () => {
    const near = [MIN_TICK, MIN_TICK + 1, -2, -1, 0, 1, 2, MAX_TICK - 1, MAX_TICK];
    for (const spacing of [1, 10, 50, 60, 200]) {
      near.push(usableTicks(spacing).min, usableTicks(spacing).max);
      expect(nearestUsableTick(MAX_TICK, spacing)).toBe(usableTicks(spacing).max);
    }
    for (const tick of near) expect(sqrtAtTick(tick)).toBe(TickMath.getSqrtRatioAtTick(tick));
    fc.assert(
      fc.property(ticks, (tick) => {
        expect(sqrtAtTick(tick)).toBe(TickMath.getSqrtRatioAtTick(tick));
      }),
      RUNS,
    );
  });

  it("behavior: tick of random square roots and of both sides of random ticks", () => {
    fc.assert(
      fc.property(sqrts, ticks, (sqrt, tick) => {
        expect(tickAtSqrt(sqrt)).toBe(TickMath.getTickAtSqrtRatio(sqrt));
        const edge = sqrtAtTick(tick);
        if (tick < MAX_TICK) expect(tickAtSqrt(edge)).toBe(TickMath.getTickAtSqrtRatio(edge));
        if (tick > MIN_TICK) expect(tickAtSqrt(edge - 1n)).toBe(TickMath.getTickAtSqrtRatio(edge - 1n));
      }),
      RUNS,
    );
  });

  it("behavior: amounts between two prices, rounded down and up", () => {
    fc.assert(
      fc.property(sqrtPairs, bits(128), ([a, b], liquidity) => {
        for (const rounding of ["down", "up"] as const) {
          const isUp = rounding === "up";
          expect(amount0Delta(a, b, liquidity, rounding)).toBe(SqrtPriceMath.getAmount0Delta(a, b, liquidity, isUp));
          expect(amount1Delta(a, b, liquidity, rounding)).toBe(SqrtPriceMath.getAmount1Delta(a, b, liquidity, isUp));
        }
      }),
      RUNS,
    );
  });

  it("behavior: what a position holds at a price", () => {
    fc.assert(
      fc.property(sqrts, ticks, ticks, bits(120), (sqrt, one, other, liquidity) => {
        fc.pre(one !== other);
        const [lower, upper] = one < other ? [one, other] : [other, one];
        const bounds = { sqrtAX96: sqrtAtTick(lower), sqrtBX96: sqrtAtTick(upper) };
        const tick = TickMath.getTickAtSqrtRatio(sqrt);
        expect(amountsForLiquidity(sqrt, bounds, liquidity, "down")).toEqual({
          amount0: PositionMath.getToken0Amount(tick, lower, upper, sqrt, liquidity),
          amount1: PositionMath.getToken1Amount(tick, lower, upper, sqrt, liquidity),
        });
      }),
      RUNS,
    );
  });

  it("behavior: most liquidity that amounts can fund, by the router's formula", () => {
    fc.assert(
      fc.property(sqrts, sqrtPairs, bits(112), bits(112), (sqrt, [a, b], amount0, amount1) => {
        expect(liquidityForAmounts(sqrt, { sqrtAX96: a, sqrtBX96: b }, { amount0, amount1 })).toBe(
          maxLiquidityForAmounts(sqrt, a, b, amount0, amount1, false),
        );
      }),
      RUNS,
    );
  });

  it("behavior: next price from an input and from an output", () => {
    fc.assert(
      fc.property(sqrts, bits(128), bits(120), fc.boolean(), (sqrt, liquidity, amount, zeroForOne) => {
        const ours = answerOf(() => nextSqrtFromInput(sqrt, liquidity, amount, zeroForOne));
        const theirs = answerOf(() => SqrtPriceMath.getNextSqrtPriceFromInput(sqrt, liquidity, amount, zeroForOne));
        // The library lets a price leave 160 bits, where the contract and we refuse.
        if (ours !== null || (theirs !== null && theirs < 1n << 160n)) expect(ours).toBe(theirs);
        const out = nextSqrtFromOutput(sqrt, liquidity, amount, zeroForOne);
        const theirOut = answerOf(() => SqrtPriceMath.getNextSqrtPriceFromOutput(sqrt, liquidity, amount, zeroForOne));
        if (out !== null || (theirOut !== null && theirOut < 1n << 160n)) expect(out).toBe(theirOut);
      }),
      RUNS,
    );
  });

  it("behavior: a whole swap step, exact input and exact output, both directions", () => {
    let inside = 0;
    fc.assert(
      fc.property(
        sqrts,
        fc.oneof(fc.integer({ min: -200, max: 200 }), fc.integer({ min: -50_000, max: 50_000 })),
        bits(110),
        bits(100),
        fc.boolean(),
        fc.constantFrom(...FEES),
        (sqrt, away, liquidity, amount, isExactIn, feePips) => {
          const wanted = tickAtSqrt(sqrt) + away;
          const target = sqrtAtTick(Math.max(MIN_TICK, Math.min(MAX_TICK - 1, wanted)));
          const amountRemaining = isExactIn ? amount : -amount;
          const [sqrtNextX96, amountIn, amountOut, feeAmount] = SwapMath.computeSwapStep(
            sqrt,
            target,
            liquidity,
            amountRemaining,
            feePips,
          );
          const ours = computeSwapStep({ sqrtX96: sqrt, sqrtTargetX96: target, liquidity, amountRemaining, feePips });
          expect(ours).toEqual({ sqrtNextX96, amountIn, amountOut, feeAmount });
          if (sqrtNextX96 !== target) inside += 1;
        },
      ),
      RUNS,
    );
    // Both ends of a step must have been met, or the comparison says little.
    expect(inside).toBeGreaterThan(RUNS.numRuns / 20);
    expect(inside).toBeLessThan((RUNS.numRuns * 19) / 20);
  });
});
