// An indexed history gives every window the same bits as the plain path, and no window sees a minute outside itself.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeForces } from "@/lib/strategy/forces";
import { computeRegime } from "@/lib/strategy/regime";
import { TEST_SEED } from "@/tests/support/seed";
import { compactCandles, createCandleSeries, sliceCandles, type CandleSeries } from "./candle";
import { indexCandles } from "./candle-index";
import { generateSeries } from "./generate-bars";
import { resampleCandles } from "./resample";

const T0_MS = 1_700_006_400_000;
const MINUTE_MS = 60_000;

/** Twenty days of minutes with holes: some minutes, some hours, and a torn first hour. */
function holed(seed: number, drop: (index: number) => boolean): CandleSeries {
  const whole = generateSeries({
    seed,
    n: 20 * 1_440,
    p0: 2_000,
    sig: 8e-4,
    tfMs: MINUTE_MS,
    t0: T0_MS,
    volBase: 10,
    sub: 2,
  });
  const kept = Array.from({ length: whole.length }, (_, index) => index).filter((index) => !drop(index));
  const out = createCandleSeries(MINUTE_MS, kept.length);
  kept.forEach((from, to) => {
    for (const column of ["openAtMs", "open", "high", "low", "close", "volume"] as const) {
      out[column][to] = whole[column][from] ?? Number.NaN;
    }
  });
  return out;
}

const HISTORIES = [
  holed(1, () => false),
  holed(2, (index) => index % 97 === 0 || (index > 5_000 && index < 5_400) || index < 17),
  holed(3, (index) => index % 3_000 > 2_700),
].map((plain) => {
  const indexed = compactCandles(plain);
  indexCandles(indexed);
  return { plain, indexed };
});

describe("indexed candles", () => {
  it(`property: bars, forces and regime of any window are the same bits (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HISTORIES),
        fc.nat(20 * 1_440),
        fc.nat(20 * 1_440),
        fc.integer({ min: -400, max: 400 }),
        fc.constantFrom(15, 60, 240),
        fc.oneof(fc.nat(200), fc.constant(Number.POSITIVE_INFINITY)),
        ({ plain, indexed }, one, two, offsetMinutes, minutes, lastBars) => {
          const [start, end] = [Math.min(one, two, plain.length), Math.min(Math.max(one, two), plain.length)];
          const nowMs = (plain.openAtMs[Math.max(0, end - 1)] ?? T0_MS) + (1 + offsetMinutes) * MINUTE_MS;
          const read = (series: CandleSeries) => {
            const window = sliceCandles(series, start, end);
            const bars = resampleCandles(window, minutes, nowMs, lastBars);
            return {
              bars: [
                bars.length,
                ...bars.openAtMs,
                ...bars.open,
                ...bars.high,
                ...bars.low,
                ...bars.close,
                ...bars.volume,
                ...bars.marks,
              ],
              forces: computeForces(window, nowMs),
              regime: computeRegime({ candles: window, nowMs, epoch: 7, isStablePair: false, pegPrice: null }),
            };
          };
          expect(JSON.stringify(read(indexed))).toBe(JSON.stringify(read(plain)));
        },
      ),
      { seed: TEST_SEED, numRuns: 400 },
    );
  });
});
