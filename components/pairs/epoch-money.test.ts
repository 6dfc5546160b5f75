// Sums of epoch money: bars and running totals are made of the same numbers.
import { describe, expect, it } from "vitest";
import type { EpochPoint } from "@/lib/api/schemas";
import { epochPoint } from "@/tests/support/epoch-point";
import { accumulate, perPeriod } from "./epoch-money";

const HOUR_MS = 3_600_000;
const EPOCHS_AN_HOUR = 4;
const point = (hours: number, money: Partial<EpochPoint>): EpochPoint => epochPoint(hours * EPOCHS_AN_HOUR, money);

describe("perPeriod", () => {
  it("default: hours while there is little history, days later; epochs without money leave no bar", () => {
    const young = [point(0, {}), point(1, { feesUsd: 2, lvrUsd: 1, gasUsd: 0.5, netUsd: 0.5 })];
    expect(perPeriod(young)).toEqual({
      periodName: "hour",
      rows: [{ atMs: HOUR_MS, gainUsd: 2, lossUsd: -1.5, netUsd: 0.5 }],
    });
    const old = [point(0, { netUsd: 1, feesUsd: 1 }), point(5, { netUsd: 2, feesUsd: 2 }), point(60, { netUsd: 3 })];
    expect(perPeriod(old).periodName).toBe("day");
    expect(perPeriod(old).rows.map((row) => row.netUsd)).toEqual([3, 3]);
  });
  it("behavior: a divergence stored with either sign is a loss", () => {
    expect(perPeriod([point(1, { netUsd: 0, lvrUsd: -4 })]).rows[0]?.lossUsd).toBe(-4);
    expect(perPeriod([point(1, { netUsd: 0, lvrUsd: 4 })]).rows[0]?.lossUsd).toBe(-4);
  });
});

describe("accumulate", () => {
  it("default: the last row is the sum of all bars", () => {
    const epochs = Array.from({ length: 9 }, (_, index) =>
      point(index, { feesUsd: 1, lvrUsd: 0.5, gasUsd: 0.1, netUsd: 0.4 }),
    );
    const last = accumulate(epochs).at(-1);
    const bars = perPeriod(epochs).rows;
    expect(last?.net).toBeCloseTo(
      bars.reduce((sum, row) => sum + row.netUsd, 0),
      9,
    );
    expect((last?.divergence ?? 0) + (last?.gas ?? 0)).toBeCloseTo(
      bars.reduce((sum, row) => sum + row.lossUsd, 0),
      9,
    );
    expect(accumulate([])).toEqual([]);
  });
});
