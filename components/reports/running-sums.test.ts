// Running sums begin at nothing and end at the report's own total.
import { describe, expect, it } from "vitest";
import { runningSums } from "./running-sums";

const HOUR_MS = 3_600_000;

describe("running sums", () => {
  it("default: begin at nothing where the first bar begins and end at the sum of all", () => {
    const bars = [
      { startAtMs: 0, netUsd: 3, hodlUsd: 1, alphaUsd: 2 },
      { startAtMs: HOUR_MS, netUsd: -5, hodlUsd: -4, alphaUsd: -1 },
    ];
    expect(runningSums(bars, HOUR_MS)).toEqual([
      { atMs: 0, netUsd: 0, hodlUsd: 0, alphaUsd: 0 },
      { atMs: HOUR_MS, netUsd: 3, hodlUsd: 1, alphaUsd: 2 },
      { atMs: 2 * HOUR_MS, netUsd: -2, hodlUsd: -3, alphaUsd: 1 },
    ]);
  });

  it("behavior: no bar is no line", () => {
    expect(runningSums([], HOUR_MS)).toEqual([]);
  });
});
