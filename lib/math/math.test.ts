// Statistics, generators, the normal distribution, roots and bisection against their definitions.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TEST_SEED } from "@/tests/support/seed";
import { bisectUpper } from "./bisect";
import { ceilDiv, decimalOf, floorSqrt } from "./fixed-point";
import { nelderMead, nelderMeadSteps } from "./nelder-mead";
import { normalCdf, normalPdf } from "./normal";
import { fnv1a32, gauss12, mulberry32 } from "./rng";
import { mean, median, populationStd, weightedLowerMedian } from "./stats";

const SEEDED = { seed: TEST_SEED };

describe("stats", () => {
  it("default: median, mean and deviation of small lists", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNull();
    expect(mean([])).toBe(0);
    expect(populationStd([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2);
  });

  it(`behavior: the weighted lower median has at least half the weight on either side (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ value: fc.integer({ min: -9, max: 9 }), weight: fc.integer({ min: 1, max: 9 }) }), {
          minLength: 1,
          maxLength: 7,
        }),
        (items) => {
          const result = weightedLowerMedian(
            items.map((item) => item.value),
            items.map((item) => item.weight),
          );
          const weightOf = (keep: (value: number) => boolean): number =>
            items.filter((item) => keep(item.value)).reduce((sum, item) => sum + item.weight, 0);
          const total = weightOf(() => true);
          if (result === null) throw new Error("expected a median");
          expect(weightOf((value) => value <= result) * 2).toBeGreaterThanOrEqual(total);
          expect(weightOf((value) => value < result) * 2).toBeLessThan(total);
        },
      ),
      SEEDED,
    );
  });
});

describe("rng", () => {
  it("default: known first draws and hash", () => {
    const draw = mulberry32(1);
    expect(draw()).toBeCloseTo(0.627_073_940_588_161_3, 15);
    expect(fnv1a32("a")).toBe(0xe40c292c);
    expect(Math.abs(gauss12(mulberry32(5)))).toBeLessThan(6);
  });
});

describe("normalCdf", () => {
  it("default: reference values to 1e-14 in the body and relative in the tail", () => {
    // Values of the standard normal distribution to 16 digits (computed with 50-digit arithmetic).
    const known: readonly (readonly [number, number])[] = [
      [0, 0.5],
      [0.5, 0.691_462_461_274_013_1],
      [1, 0.841_344_746_068_542_9],
      [2, 0.977_249_868_051_820_8],
      [3, 0.998_650_101_968_369_9],
      [-1.96, 0.024_997_895_148_220_4],
      [-4, 3.167_124_183_311_992e-5],
      [-6, 9.865_876_450_376_98e-10],
    ];
    for (const [x, expected] of known) expect(Math.abs(normalCdf(x) - expected)).toBeLessThan(1e-14);
    expect(normalCdf(-10) / 7.619_853_024_160_527e-24).toBeCloseTo(1, 10);
    expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
    expect(normalCdf(Number.NaN)).toBeNaN();
  });

  it("behavior: its slope is the density and it does not jump where the method changes", () => {
    for (let x = -8; x <= 8; x += 0.01) {
      const slope = (normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5;
      expect(Math.abs(slope - normalPdf(x))).toBeLessThan(1e-9);
    }
    expect(Math.abs(normalCdf(3 + 1e-12) - normalCdf(3))).toBeLessThan(1e-13);
  });
});

describe("fixed-point", () => {
  it(`behavior: floorSqrt is the exact integer root (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 400n }), (value) => {
        const root = floorSqrt(value);
        expect(root * root <= value && value < (root + 1n) * (root + 1n)).toBe(true);
      }),
      SEEDED,
    );
  });

  it(`behavior: decimalOf reads the printed digits back exactly (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (value) => {
        const decimal = decimalOf(value);
        if (decimal === null) throw new Error("expected a decimal");
        const digits = (decimal.numerator * 10n ** 330n) / decimal.denominator;
        expect(Number(`${digits}e-330`) / value).toBeCloseTo(1, 12);
      }),
      SEEDED,
    );
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(decimalOf(bad)).toBeNull();
    expect(decimalOf(1e-7)).toEqual({ numerator: 1n, denominator: 10n ** 7n });
  });

  it("default: ceilDiv rounds up only when needed", () => {
    expect([ceilDiv(6n, 3n), ceilDiv(7n, 3n), ceilDiv(0n, 3n)]).toEqual([2n, 3n, 0n]);
  });
});

describe("bisectUpper", () => {
  it("default: ends on the upper side of the threshold", () => {
    const found = bisectUpper(0, 10, 80, (x) => x >= Math.PI);
    expect(found).toBeGreaterThanOrEqual(Math.PI);
    expect(found - Math.PI).toBeLessThan(1e-14);
  });
});

/** Kinks and several valleys: every kind of move is needed. */
function bumpy(x: readonly number[]): number {
  return x.reduce((sum, value, index) => sum + (index + 1) * Math.abs(value - 0.3) + Math.sin(9 * value), 0);
}

describe("nelderMead", () => {
  it(`behavior: stays in the unit cube, never worsens the start, survives NaN (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 2 }), { minLength: 0, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (start, centre) => {
          const objective = (x: readonly number[]): number => {
            for (const value of x) if (!(value >= 0 && value <= 1)) throw new Error(`left the cube: ${value}`);
            const first = x[0] ?? 0;
            return first > 0.9 ? Number.NaN : x.reduce((sum, value) => sum + (value - centre) ** 2, 0);
          };
          const result = nelderMead(objective, start, { maxEvals: 60, step: 0.1, fTolerance: 1e-9, xTolerance: 1e-6 });
          const first = objective(
            start.map((value) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0.5)),
          );
          expect(result.f).toBeLessThanOrEqual(Number.isNaN(first) ? 1e300 : first);
        },
      ),
      SEEDED,
    );
  });

  it(`behavior: in steps it evaluates the same points, pauses after each, and ends on the same bits (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 0, maxLength: 5 }), (start) => {
        const options = { maxEvals: 80, step: 0.1, fTolerance: 1e-9, xTolerance: 1e-6 };
        const whole: (readonly number[])[] = [];
        const expected = nelderMead((x) => (whole.push(x), bumpy(x)), start, options);
        const visited: (readonly number[])[] = [];
        const steps = nelderMeadSteps((x) => (visited.push(x), bumpy(x)), start, options);
        let pauses = 0;
        let step = steps.next();
        while (step.done !== true) {
          pauses += 1;
          expect(visited).toHaveLength(pauses);
          step = steps.next();
        }
        expect(step.value).toEqual(expected);
        expect(visited).toEqual(whole);
        expect(pauses).toBe(expected.evals);
      }),
      SEEDED,
    );
  });
});
