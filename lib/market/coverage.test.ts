// Minutes with a candle and gaps between them fill a stretch of time exactly.
import { assert, integer, property, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import { coverageOf } from "./coverage";

const MINUTE_MS = 60_000;
const at = (...minutes: number[]): number[] => minutes.map((minute) => minute * MINUTE_MS);

describe("coverage", () => {
  it("default: names the gaps at both ends and in the middle", () => {
    expect(coverageOf(at(2, 3, 6), 0, 8 * MINUTE_MS)).toEqual({
      minutes: 3,
      gaps: [
        { fromMs: 0, toMs: 2 * MINUTE_MS },
        { fromMs: 4 * MINUTE_MS, toMs: 6 * MINUTE_MS },
        { fromMs: 7 * MINUTE_MS, toMs: 8 * MINUTE_MS },
      ],
    });
  });

  it("behavior: nothing at all is one gap, everything is none", () => {
    expect(coverageOf([], 0, 3 * MINUTE_MS)).toEqual({ minutes: 0, gaps: [{ fromMs: 0, toMs: 3 * MINUTE_MS }] });
    expect(coverageOf(at(0, 1, 2), 0, 3 * MINUTE_MS)).toEqual({ minutes: 3, gaps: [] });
  });

  it(`property: minutes and gaps add up to the stretch, and gaps neither touch nor overlap (seed ${TEST_SEED})`, () => {
    assert(
      property(uniqueArray(integer({ min: -5, max: 65 })), (minutes) => {
        const sorted = at(...minutes.toSorted((left, right) => left - right));
        const { minutes: count, gaps } = coverageOf(sorted, 0, 60 * MINUTE_MS);
        const missing = gaps.reduce((sum, gap) => sum + (gap.toMs - gap.fromMs) / MINUTE_MS, 0);
        expect(count + missing).toBe(60);
        for (const [index, gap] of gaps.entries()) {
          expect(gap.toMs).toBeGreaterThan(gap.fromMs);
          expect(gap.fromMs).toBeGreaterThan(gaps[index - 1]?.toMs ?? -1);
        }
      }),
      { seed: TEST_SEED },
    );
  });
});
