// Curves, drawdown, order and differences of finished runs, on reports written out by hand.
import { describe, expect, it } from "vitest";
import type { BacktestReport, TwinReport } from "@/lib/backtest/report";
import {
  changeSinceStart,
  curveRows,
  differences,
  drawdown,
  leadingTwin,
  settingDifferences,
  settingText,
  settingWords,
  sortTwins,
  twinCsv,
} from "./lab-numbers";

const ZERO = {
  netUsd: 0,
  feesUsd: 0,
  lvrUsd: 0,
  markUsd: 0,
  gasUsd: 0,
  swapCostUsd: 0,
  rebalances: 0,
  timeInRangeFrac: 1,
  maxDrawdownFrac: 0,
  alphaUsd: 0,
  aprFrac: 0,
  endUsd: 1_000,
  netVsHoldUsd: 0,
  failedActions: 0,
  rule: "",
  ranges: [],
  decisions: [],
};

function twin(name: TwinReport["name"], override: Partial<TwinReport> = {}): TwinReport {
  return { ...ZERO, name, title: name, equity: [], ...override };
}

function report(twins: readonly TwinReport[], settings: BacktestReport["settings"] = {}): BacktestReport {
  return {
    version: 1,
    settings,
    period: { fromMs: 0, toMs: 1, minutes: 1, epochs: 1 },
    fees: { source: "volume_model", isEstimate: true, sentence: "" },
    data: { rows: 1, dropped: [], droppedCount: 0, filledMinutes: 0, holes: 0 },
    kappa: [],
    price: [],
    twins: [...twins],
    windows: [],
    comparisons: [],
    notes: [],
    tookMs: 1,
  };
}

describe("curveRows", () => {
  it("behavior: curves with different instants share an axis, the last value is kept between points, nothing is drawn before the first or after the last", () => {
    const rows = curveRows([
      {
        key: "a",
        points: [
          [10, 1],
          [30, 3],
        ],
      },
      { key: "b", points: [[20, 5]] },
    ]);
    expect(rows).toEqual([
      { atMs: 10, a: 1, b: null },
      { atMs: 20, a: 1, b: 5 },
      { atMs: 30, a: 3, b: null },
    ]);
  });
  it("behavior: a long curve is thinned and keeps its first and last point", () => {
    const points = Array.from({ length: 5_000 }, (_, index) => [index, index * 2] as const);
    const rows = curveRows([{ key: "a", points }]);
    expect(rows.length).toBeLessThanOrEqual(601);
    expect(rows[0]).toEqual({ atMs: 0, a: 0 });
    expect(rows.at(-1)).toEqual({ atMs: 4_999, a: 9_998 });
  });
});

describe("drawdown", () => {
  it("default: fall from the highest value so far", () => {
    expect(
      drawdown([
        [1, 100],
        [2, 90],
        [3, 120],
        [4, 60],
      ]),
    ).toEqual([
      [1, 0],
      [2, 90 / 100 - 1],
      [3, 0],
      [4, -0.5],
    ]);
  });
  it("default: change since the start", () => {
    expect(
      changeSinceStart([
        [1, 100],
        [2, 90],
      ]),
    ).toEqual([
      [1, 0],
      [2, -10],
    ]);
  });
});

describe("twins", () => {
  const twins = [twin("hold", { netUsd: -5 }), twin("forces", { netUsd: 3 }), twin("carry", { netUsd: 3 })];
  it("behavior: order by a column, ties as in the report", () => {
    expect(sortTwins(twins, "netUsd", "desc").map((each) => each.name)).toEqual(["forces", "carry", "hold"]);
    expect(sortTwins(twins, "netUsd", "asc").map((each) => each.name)).toEqual(["hold", "forces", "carry"]);
  });
  it("behavior: the page opens with the policy that was run", () => {
    expect(leadingTwin(report(twins, { policy: "carry" }))?.name).toBe("carry");
    expect(leadingTwin(report(twins))?.name).toBe("forces");
    expect(leadingTwin(report([]))).toBeNull();
  });
  it("behavior: differences are B less A, only for a twin both have", () => {
    const a = report([twin("forces", { netUsd: 2, gasUsd: 1 })], { gasUsdPerTx: 0.1, seed: 1 });
    const b = report([twin("forces", { netUsd: -1, gasUsd: 21 })], { gasUsdPerTx: 20, seed: 1 });
    const found = differences(a, b, "forces");
    expect(found.find((entry) => entry.key === "netUsd")?.difference).toBe(-3);
    expect(found.find((entry) => entry.key === "gasUsd")?.difference).toBe(20);
    expect(differences(a, b, "carry")).toEqual([]);
    expect(settingDifferences(a, b)).toEqual([{ key: "gasUsdPerTx", a: "0.1", b: "20" }]);
  });
  it("behavior: settings read with their units", () => {
    expect(settingText("fromMs", 0)).toBe("1970-01-01T00:00:00.000Z");
    expect(settingText("minHoldMs", 43_200_000)).toBe("12\u202fh");
    expect(settingText("reactionSec", 900)).toBe("15\u202fmin");
    expect(settingText("capitalUsd", 10_000)).toBe("10000");
    expect(settingText("allowCash", true)).toBe("yes");
    expect(settingText("toMs", null)).toBe("–");
    expect(settingWords("swapCostBps")).toBe("swap cost bps");
    expect(settingWords("minHoldMs")).toBe("min hold");
  });
  it("behavior: the file has one row per twin and as many cells as its head", () => {
    const { head, rows } = twinCsv(report(twins));
    expect(rows).toHaveLength(3);
    expect(rows.every((row) => row.length === head.length)).toBe(true);
  });
});
