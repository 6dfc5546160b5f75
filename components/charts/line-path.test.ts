// A line's path: as many points as the picture has room for, and no peak, gap or end lost.
import { array, assert, double, option, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { linePath } from "./line-path";
import { TEST_SEED } from "@/tests/support/seed";

/** Every y that the path names. */
function heights(path: string): readonly number[] {
  return [...path.matchAll(/(?:[ML]-?[\d.]+ |V)(-?[\d.]+)/g)].map(([, y]) => Number(y));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

describe("linePath", () => {
  it("default: few points are all drawn, a gap breaks the line, a point alone is a dot", () => {
    expect(
      linePath([
        { x: 0, y: 1 },
        { x: 5, y: 2.04 },
        { x: 10, y: null },
        { x: 15, y: 4 },
        { x: 20, y: null },
        { x: 25, y: 5 },
        { x: 30, y: 6 },
      ]),
    ).toBe("M0 1L5 2M15 4h0M25 5L30 6");
  });
  it("option: a step holds its value until the next one", () => {
    expect(
      linePath(
        [
          { x: 0, y: 1 },
          { x: 5, y: 2 },
          { x: 10, y: 3 },
        ],
        "step",
      ),
    ).toBe("M0 1H5V2H10V3");
  });
  it("edge: nothing known is no path", () => {
    expect(linePath([])).toBe("");
    expect(linePath([{ x: 1, y: null }])).toBe("");
  });
  it("behavior: highest, lowest, first and last stay, at most four points per pixel", () => {
    assert(
      property(array(double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 3_000 }), (ys) => {
        const width = 100;
        const path = linePath(ys.map((y, index) => ({ x: (index * width) / ys.length, y })));
        const drawn = heights(path);
        expect(Math.max(...drawn)).toBe(round(Math.max(...ys)));
        expect(Math.min(...drawn)).toBe(round(Math.min(...ys)));
        expect(drawn[0]).toBe(round(ys[0] ?? Number.NaN));
        expect(drawn.at(-1)).toBe(round(ys.at(-1) ?? Number.NaN));
        expect(drawn.length).toBeLessThanOrEqual(4 * (width + 1));
      }),
      { seed: TEST_SEED, numRuns: 50 },
    );
  });
  it("behavior: as many pieces as stretches of known values", () => {
    assert(
      property(array(option(double({ min: 0, max: 300, noNaN: true })), { maxLength: 400 }), (ys) => {
        const path = linePath(ys.map((y, index) => ({ x: index * 0.3, y })));
        const stretches = ys.filter((y, index) => y !== null && (ys[index - 1] ?? null) === null).length;
        expect(path.split("M").length - 1).toBe(stretches);
      }),
      { seed: TEST_SEED, numRuns: 50 },
    );
  });
});
