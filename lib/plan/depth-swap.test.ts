// The integer swap over a depth: split stretches change nothing but rounding, holes are crossed, and too little depth is no answer.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { TEST_SEED } from "@/tests/support/seed";
import { amountOutOverDepth } from "./depth-swap";

const LIQUIDITY = 10n ** 18n;
const at = (tick: number) => ({ sqrtPriceX96: sqrtAtTick(tick), feePips: 500 });

describe("amountOutOverDepth", () => {
  test("default: a small sale pays the price less the fee, both ways", () => {
    const depth = [{ tickLower: -1_000, tickUpper: 1_000, liquidityRaw: LIQUIDITY }];
    for (const zeroForOne of [true, false]) {
      const out = amountOutOverDepth({ ...at(0), depth, amountInRaw: 10n ** 12n, zeroForOne });
      expect(Number(out)).toBeCloseTo(10 ** 12 * 0.9995, -8);
    }
  });

  test(`behavior: cutting the depth in two changes at most a few units (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -900, max: 900 }),
        fc.bigInt({ min: 1n, max: 10n ** 16n }),
        fc.boolean(),
        (cut, amountInRaw, zeroForOne) => {
          const whole = [{ tickLower: -1_000, tickUpper: 1_000, liquidityRaw: LIQUIDITY }];
          const halves = [
            { tickLower: -1_000, tickUpper: cut, liquidityRaw: LIQUIDITY },
            { tickLower: cut, tickUpper: 1_000, liquidityRaw: LIQUIDITY },
          ];
          const ask = { ...at(7), amountInRaw, zeroForOne };
          const [one, two] = [
            amountOutOverDepth({ ...ask, depth: whole }),
            amountOutOverDepth({ ...ask, depth: halves }),
          ];
          expect(one === null).toBe(two === null);
          const gap = (one ?? 0n) - (two ?? 0n);
          expect(gap >= -4n && gap <= 4n).toBe(true);
        },
      ),
      { seed: TEST_SEED, numRuns: 300 },
    );
  });

  test("behavior: a hole is crossed without paying anything in it", () => {
    const depth = [
      { tickLower: -1_000, tickUpper: -10, liquidityRaw: LIQUIDITY },
      { tickLower: -10, tickUpper: 10, liquidityRaw: 0n },
      { tickLower: 10, tickUpper: 1_000, liquidityRaw: LIQUIDITY },
    ];
    const out = amountOutOverDepth({ ...at(0), depth, amountInRaw: 10n ** 12n, zeroForOne: true });
    // The price is ten ticks lower on the far side.
    expect(Number(out) / 10 ** 12).toBeCloseTo(0.9995 * 1.0001 ** -10, 5);
  });

  test("error: more than the known depth takes is no answer", () => {
    const depth = [{ tickLower: -10, tickUpper: 10, liquidityRaw: LIQUIDITY }];
    expect(amountOutOverDepth({ ...at(0), depth, amountInRaw: LIQUIDITY, zeroForOne: true })).toBeNull();
    expect(amountOutOverDepth({ ...at(0), depth: [], amountInRaw: 1n, zeroForOne: false })).toBeNull();
  });
});
