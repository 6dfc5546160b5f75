// What the charts compute before they draw: thinning, ticks, tags that do not overlap, out-of-range stretches, CSV.
import { assert, array, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { timeTicks, valueTicks } from "./axis-ticks";
import { toCsv } from "@/lib/format/csv";
import { outOfRangeStretches } from "./out-of-range";
import { placeTags } from "./place-tags";
import { thin } from "./thin";
import { TEST_SEED } from "@/tests/support/seed";

describe("thin", () => {
  it("behavior: at most the limit, first and last kept, order kept", () => {
    assert(
      property(integer({ min: 0, max: 9000 }), (count) => {
        const all = Array.from({ length: count }, (_, index) => index);
        const few = thin(all, 1500);
        expect(few.length).toBe(Math.min(count, 1500));
        expect(few[0]).toBe(all[0]);
        expect(few.at(-1)).toBe(all.at(-1));
        expect(few.toSorted((a, b) => a - b)).toEqual(few);
      }),
      { seed: TEST_SEED, numRuns: 30 },
    );
  });
});

describe("ticks", () => {
  it("default: days for a week, hours for a day", () => {
    expect(timeTicks(0, 7 * 86_400_000, 8).atMs).toHaveLength(8);
    expect(timeTicks(0, 7 * 86_400_000, 8).isDays).toBe(true);
    expect(timeTicks(0, 86_400_000, 7).isDays).toBe(false);
    expect(timeTicks(5, 5, 7).atMs).toEqual([]);
  });
  it("behavior: round values inside the domain", () => {
    expect(valueTicks(2601, 2799, 4)).toEqual([2650, 2700, 2750]);
    expect(valueTicks(-99, 99, 3)).toEqual([-50, 0, 50]);
    expect(valueTicks(-19, 19, 3)).toEqual([-10, 0, 10]);
    expect(valueTicks(1, 1, 4)).toEqual([]);
    expect(valueTicks(Number.NaN, 1, 4)).toEqual([]);
  });
});

describe("placeTags", () => {
  it("behavior: fixed tags never move, the others keep the distance while there is room", () => {
    assert(
      property(array(double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 5 }), (ys) => {
        const placed = placeTags(
          ys.map((y, index) => ({ id: String(index), y, fixed: index === 0 })),
          19,
          0,
          300,
        );
        expect(placed.get("0")).toBe(ys[0]);
        const sorted = [...placed.values()].toSorted((a, b) => a - b);
        for (let index = 1; index < sorted.length; index += 1) {
          expect((sorted[index] ?? 0) - (sorted[index - 1] ?? 0)).toBeGreaterThanOrEqual(19 - 1e-3);
        }
      }),
      { seed: TEST_SEED },
    );
  });

  it("behavior: tags are in the order of their values where both sides have room", () => {
    const placed = placeTags(
      [
        { id: "price", y: 60, fixed: true },
        { id: "edge above", y: 58, fixed: false },
        { id: "upper edge", y: 30, fixed: false },
        { id: "lower edge", y: 80, fixed: false },
        { id: "target low", y: 78, fixed: false },
        { id: "edge", y: 90, fixed: false },
      ],
      19,
      0,
      300,
    );
    expect([...placed].toSorted(([, a], [, b]) => a - b).map(([id]) => id)).toEqual([
      "upper edge",
      "edge above",
      "price",
      "target low",
      "lower edge",
      "edge",
    ]);
    expect(placed.get("price")).toBe(60);
  });
});

describe("outOfRangeStretches", () => {
  const lives = [
    { fromAtMs: 0, toAtMs: 50, lower: 90, upper: 110 },
    { fromAtMs: 50, toAtMs: null, lower: 100, upper: 120 },
  ];
  it("default: one stretch per run outside, measured against the nearest edge", () => {
    const stretches = outOfRangeStretches(
      [
        { atMs: 10, price: 100 },
        { atMs: 20, price: 115 },
        { atMs: 30, price: 112 },
        { atMs: 40, price: 105 },
        { atMs: 60, price: 95 },
      ],
      lives,
    );
    expect(stretches.map(({ points }) => points.map(({ edge }) => edge))).toEqual([[110, 110], [100]]);
  });
  it("behavior: before the first range and across a gap nothing is out", () => {
    expect(outOfRangeStretches([{ atMs: -5, price: 500 }], lives)).toEqual([]);
    expect(outOfRangeStretches([{ atMs: 10, price: null }], lives)).toEqual([]);
  });
});

describe("toCsv", () => {
  it("behavior: quotes what needs it and cannot start a formula", () => {
    expect(
      toCsv(
        ["a", "b"],
        [
          ["x,y", 1.5],
          ['q"', null],
          ["=1+1", -2],
        ],
      ),
    ).toBe('a,b\r\n"x,y",1.5\r\n"q""",\r\n\'=1+1,-2\r\n');
  });
});
