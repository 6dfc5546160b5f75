// Gas costs follow units, price and the native token's dollar price; one odd receipt does not move them far.
import { describe, expect, test } from "vitest";
import type { Step } from "@/lib/plan/plan";
import { computeFamilyGasUsd, computeNativeUsd, createGasUnitsBook, DEFAULT_GAS_UNITS, stepGasUnits } from "./gas";

describe("createGasUnitsBook", () => {
  test("behavior: learns towards receipts, bounded against outliers", () => {
    const book = createGasUnitsBook();
    const start = DEFAULT_GAS_UNITS["uniswap-v3"].mint;
    for (let count = 0; count < 40; count += 1) book.learn("uniswap-v3", "mint", 400_000n);
    expect(book.units("uniswap-v3").mint).toBeCloseTo(400_000, -3);
    const before = book.units("uniswap-v3").mint;
    book.learn("uniswap-v3", "mint", 10n ** 12n);
    expect(book.units("uniswap-v3").mint).toBeLessThanOrEqual(before * 1.41);
    expect(DEFAULT_GAS_UNITS["uniswap-v3"].mint).toBe(start);
  });
});

const mintIn = (family: string, tickLower: number, tickUpper: number): Step =>
  ({ kind: "mint", family, tickLower, tickUpper }) as unknown as Step;

describe("stepGasUnits", () => {
  test("default: what is learnt of a family; Liquidity Book by the bin, as it was measured over 11", () => {
    const book = createGasUnitsBook();
    for (let count = 0; count < 40; count += 1) book.learn("uniswap-v3", "mint", 400_000n);
    expect(stepGasUnits(book, mintIn("uniswap-v3", 0, 60))).toBeCloseTo(400_000, -3);
    const measured = DEFAULT_GAS_UNITS["liquidity-book"].mint;
    expect(stepGasUnits(book, mintIn("liquidity-book", 0, 10)) / measured).toBeCloseTo(1, 1);
    expect(stepGasUnits(book, mintIn("liquidity-book", 0, 43))).toBeGreaterThan(3.5 * measured);
  });

  test("behavior: a swap that may go through the aggregator counts as one", () => {
    const book = createGasUnitsBook();
    const pool = { kind: "swap", provider: "pool" } as unknown as Step;
    const both = { kind: "swap", provider: "pool", other: { provider: "lifi" } } as unknown as Step;
    expect(stepGasUnits(book, both)).toBeGreaterThan(stepGasUnits(book, pool));
  });
});

describe("computeFamilyGasUsd", () => {
  test("default: units times price", () => {
    const gas = computeFamilyGasUsd({
      units: { approve: 50_000, swap: 100_000, mint: 600_000, burn: 400_000 },
      gasPriceWei: 1_000_000_000n,
      nativeDecimals: 18,
      nativeUsd: 2_000,
    });
    expect(gas.openUsd).toBeCloseTo(2, 9);
    expect(gas.closeUsd).toBeCloseTo(0.8, 9);
    expect(gas.shiftUsd).toBeCloseTo(2.8, 9);
  });
});

describe("computeNativeUsd", () => {
  const rule = {
    wrappedNative: "0xAA",
    base: "0xaa",
    quote: "0xbb",
    price: 2_000,
    quoteUsd: 1,
    servicePricesUsd: new Map(),
  };
  test("behavior: the pair's own price first, then the service's, else nothing", () => {
    expect(computeNativeUsd(rule)).toBe(2_000);
    expect(computeNativeUsd({ ...rule, base: "0xcc", quote: "0xaa", quoteUsd: 1_990 })).toBe(1_990);
    expect(computeNativeUsd({ ...rule, base: "0xcc", servicePricesUsd: new Map([["0xaa", 2_100]]) })).toBe(2_100);
    expect(computeNativeUsd({ ...rule, base: "0xcc" })).toBeNull();
    expect(computeNativeUsd({ ...rule, price: Number.NaN })).toBeNull();
  });
});
