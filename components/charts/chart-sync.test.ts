// Which row of a chart stands for an instant that another chart points at.
import { describe, expect, it } from "vitest";
import { rowAt } from "./chart-sync";

const HOUR = 3_600_000;
const hours = [0, 1, 2, 3].map((hour) => ({ value: hour * HOUR }));

describe("rowAt", () => {
  it("default: the row of that instant, or the one in force at it", () => {
    expect(rowAt(hours, { activeLabel: 2 * HOUR })).toBe(2);
    // Labels of other charts come as text.
    expect(rowAt(hours, { activeLabel: String(2 * HOUR + 900_000) })).toBe(2);
  });

  it("boundary: before the first row and far behind the last one there is none", () => {
    expect(rowAt(hours, { activeLabel: -1 })).toBe(-1);
    expect(rowAt(hours, { activeLabel: 4 * HOUR })).toBe(3);
    expect(rowAt(hours, { activeLabel: 5 * HOUR })).toBe(-1);
    expect(rowAt([], { activeLabel: 0 })).toBe(-1);
    expect(rowAt(hours, {})).toBe(-1);
  });

  it("boundary: a single row stands for its hour", () => {
    expect(rowAt([{ value: HOUR }], { activeLabel: 2 * HOUR })).toBe(0);
    expect(rowAt([{ value: HOUR }], { activeLabel: 3 * HOUR })).toBe(-1);
  });

  it("behavior: where rows are missing in between, an old one does not stand for the gap", () => {
    const gap = [0, 1, 2, 12, 13].map((hour) => ({ value: hour * HOUR }));
    expect(rowAt(gap, { activeLabel: 3 * HOUR })).toBe(2);
    expect(rowAt(gap, { activeLabel: 11 * HOUR })).toBe(-1);
  });
});
