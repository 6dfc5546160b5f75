// Snapping of typed prices to ticks, in both token orders.
import { assert, constantFrom, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { frameOf, pricesOf, snapPrice, spacingOf } from "./snap-range";
import { TEST_SEED } from "@/tests/support/seed";

const token = (address: string, decimals: number) => ({
  token: { symbol: "X", address, decimals },
  raw: "0",
  usd: null,
});
const LOW = `0x${"1".repeat(40)}`;
const HIGH = `0x${"f".repeat(40)}`;
const frames = [
  frameOf({ base: token(LOW, 18), quote: token(HIGH, 6) }),
  frameOf({ base: token(HIGH, 18), quote: token(LOW, 6) }),
];

describe("snapPrice", () => {
  it("behavior: the snapped tick is usable and its price is the nearest on the grid", () => {
    assert(
      property(
        double({ min: 1, max: 1e5, noNaN: true }),
        constantFrom(1, 10, 60, 200),
        constantFrom(...frames),
        (price, spacing, frame) => {
          const tick = snapPrice(price, spacing, frame);
          expect(tick).not.toBeNull();
          if (tick === null) return;
          expect(Math.abs(tick % spacing)).toBe(0);
          const near = pricesOf({ tickLower: tick, tickUpper: tick + spacing }, frame);
          const snapped = frame.baseIsToken0 ? near.lower : near.upper;
          expect(Math.abs(Math.log(snapped / price))).toBeLessThanOrEqual((spacing / 2 + 1) * Math.log(1.0001));
        },
      ),
      { seed: TEST_SEED },
    );
  });
  it("behavior: not a price, no tick", () => {
    expect(snapPrice(0, 10, frames[0] ?? frameOf({ base: token(LOW, 1), quote: token(HIGH, 1) }))).toBeNull();
  });
});

describe("spacingOf", () => {
  it("default: what the API says, else the spacing of the fee tier", () => {
    expect(spacingOf({ feePips: 3000 })).toBe(60);
    expect(spacingOf({ feePips: 3000, tickSpacing: 7 })).toBe(7);
  });
});
