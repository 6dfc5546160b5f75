// Days are sums of epochs, and a score card says what it knows: expected against earned, cut short, pending, unknown.
import { describe, expect, it } from "vitest";
import { pnlByDay, sumFlows, type EpochFlowPoint } from "./pnl-report";
import { scorePlan, type ScoreWindow } from "./score-card";

const DAY_MS = 86_400_000;
const EPOCH_MS = 900_000;
/** 2026-11-01T00:00:00Z. */
const START_MS = 1_793_491_200_000;

function point(index: number): EpochFlowPoint {
  return {
    epoch: index,
    marketAtMs: START_MS + (index + 1) * EPOCH_MS,
    feesUsd: 2,
    markUsd: -1,
    hodlUsd: 0.5,
    lvrUsd: 1.5,
    gasUsd: index === 0 ? 3 : 0,
    swapCostUsd: index === 0 ? 1 : 0,
    bridgeCostUsd: 0,
    netUsd: index === 0 ? -3 : 1,
    alphaUsd: index === 0 ? -3.5 : 0.5,
  };
}

describe("pnlByDay", () => {
  it("default: a day per UTC day, the sums of its epochs", () => {
    const points = Array.from({ length: 200 }, (_, index) => point(index));
    const days = pnlByDay(points.toReversed());
    expect(days.map(({ day, epochs }) => [day, epochs])).toEqual([
      ["2026-11-01", 95],
      ["2026-11-02", 96],
      ["2026-11-03", 9],
    ]);
    const whole = sumFlows(points);
    expect(days.reduce((sum, day) => sum + day.netUsd, 0)).toBeCloseTo(whole.netUsd, 9);
    expect(whole.netUsd).toBeCloseTo(whole.feesUsd + whole.markUsd - whole.gasUsd - whole.swapCostUsd, 9);
    expect(whole.alphaUsd).toBeCloseTo(whole.feesUsd - whole.lvrUsd - whole.gasUsd - whole.swapCostUsd, 9);
  });
});

describe("scorePlan", () => {
  const plan = {
    planId: "0x1",
    endedAtMs: START_MS,
    forecast: { feesUsdPerDayAfter: 100, lvrUsdPerDayAfter: 80, costUsd: 4 },
  };
  const week = Array.from({ length: 7 * 96 }, (_, index) => point(index));
  const windows = (input: Partial<Parameters<typeof scorePlan>[0]>): readonly ScoreWindow[] =>
    scorePlan({
      plan,
      costs: { gasUsd: 3, swapCostUsd: 1.5, bridgeCostUsd: 0.5 },
      points: week,
      keptFromMs: START_MS - DAY_MS,
      nextPlanAtMs: null,
      nowMs: START_MS + 8 * DAY_MS,
      ...input,
    });

  it("default: both windows are over: expected and earned of the same time", () => {
    const [day, whole] = windows({});
    expect(day).toMatchObject({ state: "measured", measuredFrac: 1, expectedFeesUsd: 100, expectedAlphaUsd: 16 });
    expect(day?.earned?.feesUsd).toBe(192);
    // 96 epochs of 2 fees and 1.5 divergence, less 5 for gas, swaps and bridges.
    expect(day?.earned?.alphaUsd).toBeCloseTo(192 - 144 - 5, 9);
    expect(day?.feesRatio).toBeCloseTo(1.92, 9);
    expect(whole?.earned?.epochs).toBe(672);
    expect(whole?.expectedFeesUsd).toBeCloseTo(700, 9);
  });

  it("behavior: before its end a window is pending, with what is known so far", () => {
    const [day] = windows({ nowMs: START_MS + DAY_MS / 2 });
    expect(day).toMatchObject({ state: "pending", measuredFrac: 0.5, expectedFeesUsd: 50 });
    expect(day?.earned?.epochs).toBe(48);
  });

  it("behavior: the next plan ends the window", () => {
    // Ten minutes after an epoch: what is expected is for the time until that epoch.
    const [day, whole] = windows({ nextPlanAtMs: START_MS + 6 * 3_600_000 + 600_000 });
    expect(day?.state).toBe("cut_short");
    expect(whole?.state).toBe("cut_short");
    expect(whole?.earned?.epochs).toBe(24);
    expect(whole?.expectedFeesUsd).toBeCloseTo(25, 9);
  });

  it("behavior: epochs that are not kept any more are not counted as zero", () => {
    const [day, whole] = windows({ points: week.slice(-96), keptFromMs: START_MS + 6 * DAY_MS });
    expect(day).toMatchObject({ state: "unknown", earned: null, feesRatio: null });
    expect(whole?.state).toBe("unknown");
  });
});
