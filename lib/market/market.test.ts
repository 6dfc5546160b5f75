// Candle rules: dirty rows never get through, aggregation agrees with a plain restatement, merging stays inside its venues.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import {
  candleRows,
  candleSeriesFromRows,
  fillCandles,
  normaliseCandles,
  sliceCandles,
  type RawCandle,
} from "./candle";
import { mergeVenues } from "./merge-venues";
import { resampleCandles } from "./resample";

const SEEDED = { seed: TEST_SEED };
const MINUTE_MS = 60_000;
const dirtyNumber = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0.5, max: 2, noNaN: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, -1, null, undefined),
  },
);
const dirtyRows = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 300 * MINUTE_MS }) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, null, undefined) },
    ),
    dirtyNumber,
    dirtyNumber,
    dirtyNumber,
    dirtyNumber,
    dirtyNumber,
  ),
  { maxLength: 120 },
);

describe("normaliseCandles", () => {
  it(`behavior: output is closed, strictly ascending on whole minutes, with ordered positive prices (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(dirtyRows, fc.integer({ min: 0, max: 300 * MINUTE_MS }), (rows: readonly RawCandle[], nowMs) => {
        const out = candleRows(fillCandles(normaliseCandles(rows, nowMs)));
        out.forEach(([atMs, open, high, low, close, volume], index) => {
          expect(atMs % MINUTE_MS).toBe(0);
          expect(atMs + MINUTE_MS).toBeLessThanOrEqual(nowMs);
          expect(low).toBeGreaterThan(0);
          expect(low).toBeLessThanOrEqual(Math.min(open, close));
          expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
          expect(volume).toBeGreaterThanOrEqual(0);
          const gap = index === 0 ? MINUTE_MS : atMs - (out[index - 1]?.[0] ?? 0);
          expect(gap === MINUTE_MS || gap > 16 * MINUTE_MS).toBe(true);
        });
      }),
      SEEDED,
    );
  });

  it("behavior: of two rows for one minute the later received wins", () => {
    const out = normaliseCandles(
      [
        [60_000, 1, 1, 1, 1, 5],
        [0, 1, 1, 1, 1, 5],
        [60_500, 2, 2, 2, 2, 7],
      ],
      120_000,
    );
    expect(candleRows(out)).toEqual([
      [0, 1, 1, 1, 1, 5],
      [60_000, 2, 2, 2, 2, 7],
    ]);
  });

  it("behavior: a hole of 15 minutes is filled, one of 16 stays", () => {
    const at = (minute: number): number[] => [minute * MINUTE_MS, 1, 1, 1, 1, 1];
    const filled = fillCandles(candleSeriesFromRows(MINUTE_MS, [at(0), at(16), at(33)]));
    expect(filled.length).toBe(18);
    expect([...filled.marks].reduce((sum, mark) => sum + mark, 0)).toBe(15);
    expect(sliceCandles(filled, -5, 99).length).toBe(18);
  });
});

describe("resampleCandles", () => {
  it(`behavior: equals bucket by bucket grouping, and a short window equals its tail (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        dirtyRows,
        fc.integer({ min: 0, max: 320 * MINUTE_MS }),
        fc.constantFrom(15, 60),
        fc.integer({ min: 0, max: 6 }),
        (rows: readonly RawCandle[], nowMs, minutes, lastBars) => {
          const m1 = fillCandles(normaliseCandles(rows, nowMs));
          const bucketMs = minutes * MINUTE_MS;
          const buckets = new Map<number, ReturnType<typeof candleRows>>();
          for (const row of candleRows(m1)) {
            const key = Math.floor(row[0] / bucketMs) * bucketMs;
            buckets.set(key, [...(buckets.get(key) ?? []), row]);
          }
          const expected = [...buckets]
            .filter(([key, members]) => key + bucketMs <= nowMs && members.length * 2 >= minutes)
            .map(([key, members]) => [
              key,
              members[0]?.[1],
              Math.max(...members.map((row) => row[2])),
              Math.min(...members.map((row) => row[3])),
              members.at(-1)?.[4],
              members.reduce((sum, row) => sum + row[5], 0),
            ]);
          expect(candleRows(resampleCandles(m1, minutes, nowMs))).toEqual(expected);
          const tail = lastBars === 0 ? [] : expected.slice(-lastBars);
          expect(candleRows(resampleCandles(m1, minutes, nowMs, lastBars))).toEqual(tail);
        },
      ),
      SEEDED,
    );
  });
});

/** One venue with one bar of the given high. */
function flat(high: number): { readonly weight: number; readonly candles: ReturnType<typeof normaliseCandles> } {
  return { weight: 1, candles: candleSeriesFromRows(MINUTE_MS, [[0, 1, high, 1, 1, 1]]) };
}

describe("mergeVenues", () => {
  it(`behavior: every price lies between the venues' extremes, one bad wick of three is ignored (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.array(dirtyRows, { maxLength: 4 }), (venues) => {
        const series = venues.map((rows: readonly RawCandle[]) => normaliseCandles(rows, 400 * MINUTE_MS));
        const merged = candleRows(mergeVenues(series.map((candles) => ({ weight: 1, candles }))));
        for (const [atMs, open, high, low, close] of merged) {
          const here = series.flatMap((candles) => candleRows(candles).filter((row) => row[0] === atMs));
          expect(here.length).toBeGreaterThan(0);
          expect(high).toBeLessThanOrEqual(Math.max(...here.map((row) => row[2])));
          expect(low).toBeGreaterThanOrEqual(Math.min(...here.map((row) => row[3])));
          expect(high >= Math.max(open, close) && low <= Math.min(open, close)).toBe(true);
        }
      }),
      SEEDED,
    );
    expect(candleRows(mergeVenues([flat(1.001), flat(1.001), flat(9)]))[0]?.[2]).toBe(1.001);
    expect(mergeVenues([{ ...flat(2), weight: Number.NaN }]).length).toBe(0);
  });
});
