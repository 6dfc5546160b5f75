// Caps from depth: a tenth of it, in the proportions of the defaults, never above them, and none from nothing.
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { capsOfDepth } from "./pool-caps";

describe("capsOfDepth", () => {
  it("happy: a tenth of the depth per transaction, twice that per plan, eight times per day", () => {
    expect(capsOfDepth(123_456)).toEqual({ maxUsdPerTx: 12_000, maxUsdPerPlan: 24_000, maxUsdPerDay: 96_000 });
    expect(capsOfDepth(74.9)).toEqual({ maxUsdPerTx: 7.5, maxUsdPerPlan: 15, maxUsdPerDay: 60 });
  });

  it("edge: a deep pool proposes the defaults and no more", () => {
    const { maxUsdPerTx, maxUsdPerPlan, maxUsdPerDay } = DEFAULT_LIMITS;
    expect(capsOfDepth(1e9)).toEqual({ maxUsdPerTx, maxUsdPerPlan, maxUsdPerDay });
  });

  it("error: nothing follows from a depth that is unknown, zero or no number", () => {
    expect([null, 0, Number.NaN, Number.POSITIVE_INFINITY].map(capsOfDepth)).toEqual([null, null, null, null]);
  });
});
