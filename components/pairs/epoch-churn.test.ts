// Periods of gas and of decisions that acted: hours or days, with the empty ones in between.
import { describe, expect, it } from "vitest";
import { epochPoint } from "@/tests/support/epoch-point";
import { allocationRows } from "./allocation-panel";
import { churnPerPeriod, gasPerPeriod } from "./epoch-churn";

const HOUR_MS = 3_600_000;
describe("gas and churn", () => {
  it("adds gas up by hour and keeps an hour without gas", () => {
    const { rows, periodName } = gasPerPeriod([
      epochPoint(0, { gasUsd: 1 }),
      epochPoint(3, { gasUsd: 2 }),
      epochPoint(9, { gasUsd: -4 }),
      epochPoint(10, {}),
    ]);
    expect(periodName).toBe("hour");
    expect(rows).toEqual([
      { atMs: 0, first: 3, second: 0 },
      { atMs: HOUR_MS, first: 0, second: 0 },
      { atMs: 2 * HOUR_MS, first: 4, second: 0 },
    ]);
  });

  it("counts what became a plan, by day from two days on", () => {
    const { rows, periodName } = churnPerPeriod([
      epochPoint(0, { decision: "RS", planId: "a" }),
      epochPoint(1, { decision: "RS" }),
      epochPoint(2, { decision: "PRA", planId: "b" }),
      epochPoint(192, { decision: "HOLD" }),
    ]);
    expect(periodName).toBe("day");
    expect(rows.map(({ first, second }) => [first, second])).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  it("has nothing before the first epoch", () => {
    expect(gasPerPeriod([])).toEqual({ rows: [], periodName: "hour" });
  });
});

describe("allocation over time", () => {
  it("stacks the pools that held capital, the largest first, and the wallet", () => {
    const history = {
      pools: [
        { poolKey: "small", label: "Small" },
        { poolKey: "never", label: "Never" },
        { poolKey: "large", label: "Large" },
      ],
      points: [
        { atMs: 1, poolKey: "small", currentUsd: 5, targetUsd: 0 },
        { atMs: 1, poolKey: "never", currentUsd: 0, targetUsd: 9 },
        { atMs: 2, poolKey: "large", currentUsd: 50, targetUsd: 60 },
      ],
      idle: [
        { atMs: 2, usd: 3 },
        { atMs: 1, usd: null },
      ],
      partial: false,
    };
    const { layers, rows } = allocationRows(history);
    expect(layers.map(({ label }) => label)).toEqual(["Large", "Small", "wallet"]);
    expect(rows).toEqual([
      { atMs: 1, idle: null, small: 5, "wanted small": 0, never: 0, "wanted never": 9 },
      { atMs: 2, idle: 3, large: 50, "wanted large": 60 },
    ]);
  });
});
