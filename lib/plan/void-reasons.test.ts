// Each bound of a plan voids it alone, just outside its limit and not at it; prices are trusted by the rules of safety.md 3.10.
import { describe, expect, test } from "vitest";
import { checkPriceTrust } from "./price-trust";
import { computeForecast } from "./cost";
import { findVoidReason, type LiveBounds } from "./void-reasons";

const plan = {
  bounds: {
    referencePrice: 2_000,
    maxPriceMoveFrac: 0.01,
    maxSlippageBps: 50,
    deadlineSec: 120,
    maxPlanAgeMs: 600_000,
    poolTicks: [{ pool: "0xAA", tick: 100, maxTickMove: 50 }],
    maxFeePerGasWei: [],
  },
};
const live: LiveBounds = { price: 2_000, poolTicks: [{ pool: "0xaa", tick: 100 }], ageMs: 0 };
const codeOf = (now: Partial<LiveBounds>): string | null => findVoidReason(plan, { ...live, ...now })?.code ?? null;

/** The account as it is now, with one token. */
const balance = (amountRaw: bigint): Partial<LiveBounds> => ({
  balances: [{ chainId: 1, token: "0x00000000000000000000000000000000000000BB", amountRaw }],
});

describe("findVoidReason", () => {
  test("default: nothing moved, nothing void", () => {
    expect(codeOf({})).toBeNull();
    expect(codeOf({ ageMs: 600_000, price: 2_019.9, poolTicks: [{ pool: "0xaa", tick: 150 }] })).toBeNull();
  });
  test("behavior: each bound alone", () => {
    expect(codeOf({ ageMs: 600_001 })).toBe("plan_too_old");
    expect(codeOf({ price: 2_020.1 })).toBe("price_moved");
    expect(codeOf({ price: 1_979 })).toBe("price_moved");
    expect(codeOf({ poolTicks: [{ pool: "0xaa", tick: 151 }] })).toBe("pool_tick_moved");
    expect(codeOf({ poolTicks: [] })).toBe("pool_unknown");
    const bounded = {
      bounds: {
        ...plan.bounds,
        poolLiquidity: [{ pool: "0xAA", liquidityRaw: 1_000n, minFrac: 0.5 }],
        balances: [{ chainId: 1, token: "0x00000000000000000000000000000000000000bb" as const, minRaw: 10n }],
      },
    };
    const boundedCode = (now: Partial<LiveBounds>): string | null =>
      findVoidReason(bounded, { ...live, ...now })?.code ?? null;
    expect(boundedCode({ poolLiquidity: [{ pool: "0xaa", liquidityRaw: 500n }] })).toBeNull();
    expect(boundedCode({ poolLiquidity: [{ pool: "0xaa", liquidityRaw: 499n }] })).toBe("pool_drained");
    expect(boundedCode(balance(10n))).toBeNull();
    expect(boundedCode(balance(9n))).toBe("balance_gone");
    expect(boundedCode({})).toBeNull();
    for (const price of [null, Number.NaN, 0, -1]) expect(codeOf({ price })).toBe("no_price");
  });
});

describe("checkPriceTrust", () => {
  const near = { spotTick: 100, twapTick: 105, twapMethod: "observe", spotPrice: 1, cexPrice: 1, isPegged: true };
  const ruleOf = (now: Partial<typeof near> | { twapTick: null } | { cexPrice: null }): string => {
    const trust = checkPriceTrust({ ...near, ...now });
    return trust.isTrusted ? "trusted" : trust.rule;
  };
  test("behavior: 10 ticks for pegged pairs, 100 for others, 1 % to the exchanges, and both must be known", () => {
    expect(ruleOf({})).toBe("trusted");
    expect(ruleOf({ twapTick: 111 })).toBe("spot_vs_twap");
    expect(ruleOf({ twapTick: 111, isPegged: false })).toBe("trusted");
    expect(ruleOf({ twapTick: 201, isPegged: false })).toBe("spot_vs_twap");
    expect(ruleOf({ spotPrice: 1.011 })).toBe("spot_vs_cex");
    expect(ruleOf({ twapTick: null })).toBe("no_twap");
    expect(ruleOf({ cexPrice: null })).toBe("no_cex");
    expect(ruleOf({ cexPrice: Number.NaN })).toBe("no_cex");
  });
});

describe("computeForecast", () => {
  const line = { feesUsdPerYear: 3_650, lvrUsdPerYear: 730, netUsdPerYear: 2_500, inRangeFrac: 0.8 };
  const base = {
    before: [],
    after: [line],
    gasUsd: 2,
    swappedUsd: 1_000,
    swapFeeFrac: 0.003,
    expectedSlippageFrac: 0.0005,
  };
  test("default: a week of fees less LVR less cost, and the band of the time in range", () => {
    const forecast = computeForecast(base);
    expect(forecast.feesUsdPerDayAfter).toBeCloseTo(10, 9);
    expect(forecast.costUsd).toBeCloseTo(5.5, 9);
    expect(forecast.net7dUsd).toBeCloseTo(7 * 8 - 5.5, 9);
    expect(forecast.net7dHighUsd - forecast.net7dUsd).toBeCloseTo(7 * 8 * 0.5, 9);
    expect(forecast.paybackDays).toBeCloseTo((5.5 / 2_500) * 365, 9);
  });
  test("behavior: no gain has no payback, and invalid incomes never show as NaN", () => {
    expect(computeForecast({ ...base, before: [line] }).paybackDays).toBeNull();
    const broken = computeForecast({
      ...base,
      after: [{ ...line, feesUsdPerYear: Number.NaN, inRangeFrac: Number.NaN }],
    });
    expect(Object.values(broken).every((value) => value === null || Number.isFinite(value))).toBe(true);
  });
});
