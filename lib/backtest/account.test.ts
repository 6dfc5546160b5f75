// The paper account: what a mint, a shift and a close do to money, and that plain state comes back plain.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import { applyPlan, closePaperEpoch, createPaper, paperEquityUsd, paperNetUsd, stepPaper } from "./account";
import type { PaperMarket, PaperPlan, PaperPool, PaperState } from "./paper-state";

const POOL: PaperPool = {
  poolKey: "1:uniswap-v3:x",
  chainId: 1,
  price: 2_000,
  baseDecimals: 18,
  quoteDecimals: 6,
  baseIsToken0: true,
  feeFrac: 0.0005,
  othersLiquidity: 1e6,
};
const MARKET: PaperMarket = {
  atMs: 0,
  epoch: 0,
  pools: [POOL],
  swapCostFrac: 0.001,
  gasUsdPerTx: 0.5,
  fails: false,
};
/** About +-1 % around 2 000, raw price 2e-9. */
const TICKS = { tickLower: -200_410, tickUpper: -200_210 };

function start(base = 2.5, quote = 5_000): PaperState {
  return createPaper({ atMs: 0, price: 2_000, quoteUsd: 1, wallets: [{ chainId: 1, base, quote }] });
}

function open(fill: "swap" | "keep" | "half"): PaperPlan {
  return {
    kind: "PRA",
    reason: "open",
    closePositionIds: [],
    restoreMixFrac: null,
    shifts: [],
    opens: [{ poolKey: POOL.poolKey, chainId: 1, ...TICKS, amountUsd: null, fill }],
    startsHold: true,
  };
}

function at(price: number, feeQuote: number): Parameters<typeof stepPaper>[1] {
  const path = { start: 2_000, low: Math.min(2_000, price), high: Math.max(2_000, price) };
  return {
    toMs: 60_000,
    price,
    quoteUsd: 1,
    pools: [{ poolKey: POOL.poolKey, price, ...path, feeBase: 0, feeQuote, othersLiquidity: 1e6, swaps: null }],
  };
}

describe("paper account", () => {
  it("behavior: opening with a swap leaves nothing idle and costs exactly gas and swap", () => {
    const before = start(0, 10_000);
    const { state, event } = applyPlan(before, open("swap"), MARKET);
    expect(event.outcome).toBe("done");
    expect(state.positions).toHaveLength(1);
    expect(Math.abs(state.wallets[0]?.quote ?? 1)).toBeLessThan(1e-6);
    expect(Math.abs(state.wallets[0]?.base ?? 1)).toBeLessThan(1e-9);
    expect(event.gasUsd).toBe(1);
    // Half of it is swapped at 10 bp and the pool's 5 bp, with some impact on 1e6 * sqrt(2000).
    expect(event.swapCostUsd).toBeGreaterThan(5_000 * 0.0015 * 0.9);
    expect(event.swapCostUsd).toBeLessThan(5_000 * 0.0017 * 1.1);
    expect(paperEquityUsd(state)).toBeCloseTo(10_000 - event.gasUsd - event.swapCostUsd, 6);
    expect(before.positions).toHaveLength(0);
  });

  it("behavior: keeping the mix swaps nothing; what does not fit stays idle and comes along at the next shift", () => {
    const { state } = applyPlan(start(0.5, 9_000), open("keep"), MARKET);
    expect(state.totals.swapCostUsd).toBe(0);
    expect(state.wallets[0]?.quote).toBeGreaterThan(7_000);
    expect(state.positions[0]?.idleQuote).toBeCloseTo(state.wallets[0]?.quote ?? 0, 6);
    const shifted = applyPlan(
      state,
      {
        kind: "RS",
        reason: "range_shift",
        closePositionIds: [],
        restoreMixFrac: null,
        shifts: [{ positionId: 1, ...TICKS, fill: "swap" }],
        opens: [],
        startsHold: false,
      },
      MARKET,
    );
    expect(shifted.state.wallets[0]?.quote).toBeLessThan(1e-6);
    expect(shifted.state.rangeShiftAtMs).toEqual([0]);
  });

  it("behavior: a swap that would move the price by more than 1 % is refused and the tokens stay", () => {
    const shallow = { ...MARKET, pools: [{ ...POOL, othersLiquidity: 5_000 / 0.011 / Math.sqrt(2_000) }] };
    const { state, event } = applyPlan(start(0, 10_000), open("swap"), shallow);
    expect(event).toMatchObject({ outcome: "failed", gasUsd: 0, swapCostUsd: 0 });
    expect(event.detail).toMatch(/refused/);
    expect(state.wallets).toEqual([{ chainId: 1, base: 0, quote: 10_000 }]);
  });

  it("behavior: a failed plan costs one transaction and moves nothing; a void one costs nothing", () => {
    const failed = applyPlan(start(), open("swap"), { ...MARKET, fails: true });
    expect(failed.event).toMatchObject({ outcome: "failed", gasUsd: 0.5, swapCostUsd: 0 });
    expect(failed.state.positions).toHaveLength(0);
    expect(failed.state.totals.failedActions).toBe(1);
    const away = applyPlan(start(), open("swap"), { ...MARKET, pools: [{ ...POOL, price: 2_300 }] });
    expect(away.event).toMatchObject({ outcome: "failed", gasUsd: 0 });
  });

  it("behavior: fees are our share of the liquidity, and none outside the range", () => {
    const { state } = applyPlan(start(), open("swap"), MARKET);
    const liquidity = state.positions[0]?.liquidity ?? 0;
    const inside = stepPaper(state, at(2_000, 1e-3));
    expect(inside.totals.feesUsd).toBeCloseTo((1e-3 * liquidity * 1e6) / (1e6 + liquidity), 9);
    const outside = stepPaper(
      { ...state },
      { ...at(2_500, 1e-3), pools: [{ ...at(2_500, 1e-3).pools[0]!, start: 2_400, low: 2_400, high: 2_500 }] },
    );
    expect(outside.totals.feesUsd).toBe(0);
    expect(outside.totals.inRangeMs).toBe(0);
  });

  it("behavior: a path that leaves the range counts by the part of its way inside, in log price; swaps count one by one", () => {
    const { state } = applyPlan(start(), open("swap"), MARKET);
    const [position] = state.positions;
    if (position === undefined) throw new Error("a position was opened");
    const { liquidity, upper } = position;
    const whole = (1e-3 * liquidity * 1e6) / (1e6 + liquidity);
    // Up to twice the distance of the upper bound and back to it: half of the way up is inside, nothing of the way down.
    const away = upper * (upper / 2_000);
    const minute = { ...at(2_000, 1e-3).pools[0]!, start: 2_000, low: 2_000, high: away, price: upper };
    const stepped = stepPaper(state, { ...at(upper, 0), pools: [minute] });
    expect(stepped.totals.feesUsd).toBeCloseTo(whole / 3, 9);
    expect(stepped.totals.inRangeMs).toBeCloseTo(20_000, 6);

    // The same minute as two swaps, of which only the first has anything inside; it met a tenth of the liquidity.
    const [from, to, back] = [Math.log(2_000), Math.log(away), Math.log(upper)];
    const swaps = {
      from: 1,
      to: 3,
      track: {
        from: Int32Array.of(1),
        to: Int32Array.of(3),
        logBefore: Float64Array.of(0, from, to),
        logAfter: Float64Array.of(from, to, back),
        liquidity: Float64Array.of(1e6, 1e5, 1e6),
        feeBase: Float64Array.of(9, 0, 9),
        feeQuote: Float64Array.of(9, 1e-3, 0),
      },
    };
    const bySwap = stepPaper(state, { ...at(upper, 0), pools: [{ ...minute, swaps }] });
    expect(bySwap.totals.feesUsd).toBeCloseTo((0.5 * (1e-3 * liquidity * 1e5)) / (1e5 + liquidity), 9);
  });

  it(`behavior: any walk of plans and prices keeps the books, in plain JSON (seed ${TEST_SEED})`, () => {
    const step = fc.record({
      price: fc.double({ min: 1_700, max: 2_300, noNaN: true }),
      fee: fc.double({ min: 0, max: 1e-2, noNaN: true }),
      action: fc.constantFrom("none", "open", "shift", "close"),
      fails: fc.boolean(),
      mix: fc.constantFrom(null, 0, 0.5, 1),
      fill: fc.constantFrom("swap" as const, "keep" as const, "half" as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state = start();
        for (const { price, fee, action, fails, mix, fill } of steps) {
          state = stepPaper(state, { ...at(price, fee), toMs: state.atMs + 60_000 });
          const pool = { ...POOL, price };
          const middle = Math.round(Math.log(price * 1e-12) / Math.log(1.0001) / 10) * 10;
          const ticks = { tickLower: middle - 300, tickUpper: middle + 300 };
          const ids = state.positions.map((position) => position.id);
          const plan: PaperPlan = {
            ...open(fill),
            opens: action === "open" ? [{ ...open(fill).opens[0]!, ...ticks, amountUsd: 3_000 }] : [],
            shifts: action === "shift" ? ids.map((positionId) => ({ positionId, ...ticks, fill })) : [],
            closePositionIds: action === "close" ? ids : [],
            restoreMixFrac: mix,
          };
          if (action !== "none") state = applyPlan(state, plan, { ...MARKET, pools: [pool], fails }).state;
          state = closePaperEpoch(state, [pool]);
          expect(Math.abs(paperNetUsd(state) - (paperEquityUsd(state) - state.startUsd))).toBeLessThan(1e-9 * 10_000);
          expect(state.totals.lvrUsd).toBeGreaterThan(-1e-6);
          for (const wallet of state.wallets) expect(Math.min(wallet.base, wallet.quote)).toBeGreaterThan(-1e-6);
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
      { seed: TEST_SEED },
    );
  });
});
