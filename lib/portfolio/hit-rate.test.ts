// The hit rate counts closed windows only, the newest twenty, and is silent where nothing was measured.
import { describe, expect, it } from "vitest";
import { sumFlows } from "./pnl-report";
import { hitRate } from "./hit-rate";
import type { ScoreWindow } from "./score-card";

const DAY_MS = 86_400_000;

function card(input: Partial<ScoreWindow> & { readonly alphaUsd?: number }): {
  readonly windows: readonly ScoreWindow[];
} {
  const { alphaUsd = 1, ...window } = input;
  const own: ScoreWindow = {
    horizonMs: DAY_MS,
    state: "measured",
    untilMs: DAY_MS,
    measuredFrac: 1,
    expectedFeesUsd: 10,
    expectedLvrUsd: 5,
    expectedAlphaUsd: 4,
    earned: { ...sumFlows([]), alphaUsd, epochs: 96 },
    feesRatio: 1,
    ...window,
  };
  return { windows: [own, { ...own, horizonMs: 7 * DAY_MS, state: "pending" }] };
}

describe("hitRate", () => {
  it("default: without a plan there is no rate", () => {
    expect(hitRate([])).toEqual({ calls: 0, hits: 0, feesRatioMedian: null });
  });

  it("behavior: a hit earned more than divergence and cost; the ratio is the middle one", () => {
    const scores = [
      card({ alphaUsd: 3, feesRatio: 0.5 }),
      card({ alphaUsd: -2, feesRatio: 0.8 }),
      card({ alphaUsd: 0, feesRatio: 3 }),
      card({ alphaUsd: 1, feesRatio: null }),
    ];
    expect(hitRate(scores)).toEqual({ calls: 4, hits: 2, feesRatioMedian: 0.8 });
    expect(hitRate(scores.slice(0, 2)).feesRatioMedian).toBeCloseTo(0.65, 12);
  });

  it("behavior: what runs, is not kept, or was cut within an hour does not count", () => {
    const scores = [
      card({ state: "pending", measuredFrac: 0.5 }),
      card({ state: "unknown" }),
      card({ earned: null }),
      card({ state: "cut_short", measuredFrac: 0.9 / 24 }),
      card({ state: "cut_short", measuredFrac: 1.1 / 24 }),
    ];
    expect(hitRate(scores)).toMatchObject({ calls: 1, hits: 1 });
  });

  it("behavior: the newest twenty count", () => {
    const scores = [...Array.from({ length: 20 }, () => card({ alphaUsd: -1 })), card({ alphaUsd: 9 })];
    expect(hitRate(scores)).toMatchObject({ calls: 20, hits: 0 });
  });
});
