// Ranges of a plan in words: what it opens, what it closes, what it leaves as it is.
import { describe, expect, it } from "vitest";
import type { PlanDto } from "@/lib/api/schemas";
import { newRangesOf, oldRangesOf } from "./plan-words";

type Holding = PlanDto["before"][number];
const AMOUNT: Holding["base"] = {
  token: { symbol: "WETH", address: "0xaa00000000000000000000000000000000000001", decimals: 18 },
  raw: "0",
  usd: null,
};

function holding(label: string, valueUsd: number, range: readonly [number, number] | null): Holding {
  const [priceLower, priceUpper] = range ?? [null, null];
  return { label, pool: null, chainId: 1, base: AMOUNT, quote: AMOUNT, valueUsd, priceLower, priceUpper };
}

describe("ranges of a plan", () => {
  it("behavior: a range that the plan leaves alone stays, after those it closes; only what was not there is new", () => {
    const before = [holding("#1", 500, [90, 110]), holding("#2", 90, [95, 105]), holding("Wallet", 5, null)];
    const after = [holding("#1", 500, [90, 110]), holding("new", 88, [99, 101]), holding("Wallet", 5, null)];
    expect(oldRangesOf({ before, after })).toEqual([
      { label: "#2", lower: 95, upper: 105, stays: false },
      { label: "#1", lower: 90, upper: 110, stays: true },
    ]);
    expect(newRangesOf({ before, after })).toEqual([{ label: "new", lower: 99, upper: 101 }]);
  });
});
