// Ranges stay on the pool's grid, edges never pass each other, and up is up in both token orders, for ticks and for bins.
import { assert, constantFrom, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { binsToRange, CENTRE_BIN_ID } from "@/lib/amm/bins";
import type { PositionDto } from "@/lib/api/schemas";
import { createRangeGrid } from "./range-grid";
import { frameOf, pricesOf } from "./snap-range";
import { TEST_SEED } from "@/tests/support/seed";

const LOW = `0x${"1".repeat(40)}`;
const HIGH = `0x${"f".repeat(40)}`;
const BIN_STEP = 10;

function amount(address: string, decimals: number): PositionDto["base"] {
  return { token: { symbol: "X", address, decimals }, raw: "0", usd: null };
}

function position(family: string, isBaseToken0: boolean): PositionDto {
  const base = amount(isBaseToken0 ? LOW : HIGH, 18);
  const quote = amount(isBaseToken0 ? HIGH : LOW, 6);
  const isBins = family === "liquidity-book";
  const frame = frameOf({ base, quote });
  const [tickLower, tickUpper] = isBins ? [CENTRE_BIN_ID - 200, CENTRE_BIN_ID + 200] : [-600, 600];
  const range = isBins
    ? binsToRange(tickLower, tickUpper, BIN_STEP, frame)
    : (({ lower, upper }) => ({ min: lower, max: upper }))(pricesOf({ tickLower, tickUpper }, frame));
  return {
    positionId: "1:x:2:3",
    pairId: "WETH-USDC",
    chainId: 1,
    chainName: "Alpha",
    family,
    dexName: "Dex",
    isStandIn: false,
    pool: LOW,
    poolKey: "1:x:2",
    feePips: 3_000,
    positionManager: LOW,
    tokenId: "3",
    tickLower,
    tickUpper,
    ...(isBins ? {} : { tickSpacing: 60 }),
    liquidityRaw: "1",
    priceLower: range.min,
    priceUpper: range.max,
    targetLower: null,
    targetUpper: null,
    divergence: null,
    inRange: true,
    outSinceAtMs: null,
    base,
    quote,
    feesBase: base,
    feesQuote: quote,
    valueUsd: 1,
    feesUsd: 0,
    blockNumber: "1",
    blockAtMs: 0,
    openedAtMs: 0,
    ageMs: 0,
    mintTxHash: null,
    inRange24hFrac: null,
    income: null,
  };
}

const cases = constantFrom(
  ...["uniswap-v3", "liquidity-book"].flatMap((family) =>
    [true, false].map((isBaseToken0) => createRangeGrid(position(family, isBaseToken0))),
  ),
);
const factors = double({ min: 0.2, max: 5, noNaN: true });

describe("createRangeGrid", () => {
  it("behavior: a moved edge lands on the grid, next to the price, and never passes the other", () => {
    assert(
      property(cases, constantFrom("min" as const, "max" as const), factors, (grid, edge, factor) => {
        const before = grid.prices(grid.current);
        const wanted = before[edge] * factor;
        const moved = grid.moveTo(grid.current, edge, wanted);
        expect(Math.abs(moved.lower % grid.step) + Math.abs(moved.upper % grid.step)).toBe(0);
        expect(moved.upper - moved.lower).toBeGreaterThanOrEqual(grid.kind === "ticks" ? grid.step : 0);
        const after = grid.prices(moved);
        expect(after.min).toBeLessThan(after.max);
        const other = edge === "min" ? "max" : "min";
        expect(after[other]).toBeCloseTo(before[other], 12);
        // Where nothing stands in the way it is within half a step of what was asked for.
        const isFree = edge === "min" ? wanted < before.max * 0.98 : wanted > before.min * 1.02;
        const halfStep = grid.kind === "ticks" ? 30.01 * Math.log(1.0001) : 0.5001 * Math.log1p(BIN_STEP / 1e4);
        if (isFree) expect(Math.abs(Math.log(after[edge] / wanted))).toBeLessThanOrEqual(halfStep);
      }),
      { seed: TEST_SEED },
    );
  });

  it("behavior: steps up raise the price by one place each, down undoes up, and a band keeps its width", () => {
    assert(
      property(cases, integer({ min: 1, max: 10 }), (grid, steps) => {
        const start = grid.prices(grid.current);
        const up = grid.stepBy(grid.current, "max", steps);
        expect(grid.prices(up).max).toBeGreaterThan(start.max);
        expect(grid.prices(up).min).toBeCloseTo(start.min, 12);
        expect(grid.isSame(grid.stepBy(up, "max", -steps), grid.current)).toBe(true);
        const band = grid.stepBy(grid.current, "both", steps);
        expect(band.upper - band.lower).toBe(grid.current.upper - grid.current.lower);
        expect(grid.prices(band).min).toBeGreaterThan(start.min);
      }),
      { seed: TEST_SEED },
    );
  });

  it("behavior: a band is centred on a price within a step, and prices of a range give that range back", () => {
    assert(
      property(cases, factors, (grid, factor) => {
        const { min, max } = grid.prices(grid.current);
        const wanted = Math.sqrt(min * max) * factor;
        const centred = grid.prices(grid.centreAt(grid.current, wanted));
        const step = grid.kind === "ticks" ? 60 * Math.log(1.0001) : Math.log1p(BIN_STEP / 1e4);
        expect(Math.abs(Math.log(Math.sqrt(centred.min * centred.max) / wanted))).toBeLessThanOrEqual(step * 1.01);
        expect(grid.isSame(grid.fromPrices(min, max), grid.current)).toBe(true);
      }),
      { seed: TEST_SEED },
    );
  });

  it("behavior: nonsense prices leave the range as it is", () => {
    const grid = createRangeGrid(position("uniswap-v3", false));
    for (const price of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(grid.moveTo(grid.current, "min", price)).toBe(grid.current);
      expect(grid.centreAt(grid.current, price)).toBe(grid.current);
    }
  });
});
