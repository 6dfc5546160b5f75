// Minimums follow the worse of two prices but never fall below 98.5 % of the exchanges' value.
import { describe, expect, test } from "vitest";
import { burnMins, mintMins } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { maxPriceMoveFrac, maxTickMove, positionBandBps, swapMinimumOutRaw } from "./slippage";

const sellBase = {
  sellsBase: true,
  amountInRaw: 10n ** 18n,
  decBase: 18,
  decQuote: 6,
  cexPrice: 2500,
  poolPrice: 2500,
  feeFrac: 0.003,
  slippageBps: 50,
};

describe("swapMinimumOutRaw", () => {
  test("default: value less fee and slippage", () => {
    expect(swapMinimumOutRaw(sellBase)).toBe(2_480_000_000n);
  });
  test("behavior: the worse price counts", () => {
    expect(swapMinimumOutRaw({ ...sellBase, poolPrice: 2490 })).toBe(2_470_080_000n);
    const out = swapMinimumOutRaw({
      ...sellBase,
      sellsBase: false,
      amountInRaw: 2_500_000_000n,
      poolPrice: 2505,
    });
    expect(Number(out) / 1e18).toBeCloseTo((2500 / 2505) * 0.992, 12);
  });
  test("behavior: never below 98.5 % of the CEX value", () => {
    expect(swapMinimumOutRaw({ ...sellBase, poolPrice: 1000 })).toBe(2_462_500_000n);
  });
  test("error: a price that is no price gives no minimum, so that no swap is made", () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(swapMinimumOutRaw({ ...sellBase, cexPrice: bad })).toBe(0n);
      expect(swapMinimumOutRaw({ ...sellBase, poolPrice: bad })).toBe(0n);
    }
  });
});

describe("maxPriceMoveFrac", () => {
  test("behavior: three sigmas of an hour between the limits", () => {
    expect(maxPriceMoveFrac(0.6)).toBeCloseTo(3 * 0.6 * Math.sqrt(1 / 8760), 12);
    expect(maxPriceMoveFrac(0.01)).toBe(0.003);
    expect(maxPriceMoveFrac(5)).toBe(0.03);
    expect(maxPriceMoveFrac(Number.NaN)).toBe(0.003);
    expect(maxTickMove(0.01)).toBe(100);
  });
});

describe("positionBandBps", () => {
  test("behavior: a wide range keeps the full band, a narrow one never asks for 0 of both tokens", () => {
    expect(positionBandBps({ tick: 0, tickLower: -600, tickUpper: 600, maxSlippageBps: 50 })).toBe(50);
    const amounts = { amount0: 10n ** 12n, amount1: 10n ** 12n };
    for (const [tickLower, tickUpper] of [
      [-20, 10],
      [-10, 10],
      [-60, 60],
      [-3, 2],
    ] as const) {
      const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
      for (let tick = tickLower - 30; tick <= tickUpper + 30; tick += 1) {
        const bandBps = positionBandBps({ tick, tickLower, tickUpper, maxSlippageBps: 50 });
        expect(bandBps).toBeLessThanOrEqual(50);
        const mint = mintMins(sqrtAtTick(tick), bounds, amounts, bandBps);
        const burn = burnMins(sqrtAtTick(tick), bounds, 10n ** 15n, bandBps);
        expect(mint.amount0 + mint.amount1, `mint of [${tickLower}, ${tickUpper}] at ${tick}`).toBeGreaterThan(0n);
        expect(burn.amount0 + burn.amount1, `burn of [${tickLower}, ${tickUpper}] at ${tick}`).toBeGreaterThan(0n);
      }
    }
  });

  test("edge: wherever the price stands inside a range of one or two ticks, a minimum of one token is left", () => {
    const amounts = { amount0: 10n ** 9n, amount1: 10n ** 9n };
    for (const [tickLower, tickUpper] of [
      [0, 1],
      [-1, 1],
      [0, 2],
      [-2, 1],
    ] as const) {
      const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
      for (let tick = tickLower - 1; tick <= tickUpper; tick += 1) {
        const [from, to] = [sqrtAtTick(tick), sqrtAtTick(tick + 1)];
        for (let part = 0n; part < 40n; part += 1n) {
          const price = from + ((to - from) * part) / 40n;
          const bandBps = positionBandBps({ tick, tickLower, tickUpper, maxSlippageBps: 50 });
          const mint = mintMins(price, bounds, amounts, bandBps);
          const burn = burnMins(price, bounds, 10n ** 15n, bandBps);
          const place = `[${tickLower}, ${tickUpper}] at ${tick} + ${part}/40`;
          expect(mint.amount0 + mint.amount1, `mint of ${place}`).toBeGreaterThan(0n);
          expect(burn.amount0 + burn.amount1, `burn of ${place}`).toBeGreaterThan(0n);
        }
      }
    }
  });
});
