// Lives of positions: opened by the journal, closed by it only, time in range weighted, taken up again by the next worker.
import { expect, test } from "vitest";
import type { KnownPosition } from "@/lib/api/signer-contract";
import { createPositionLives } from "./position-lives";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const START_MS = 1_800_000_000_000;

type Pools = Parameters<typeof createPositionLives>[0];
const pool = { chain: { id: 1 }, pool: { id: "0xPool" } };
const token = (address: string, decimals: number) => ({ address, decimals });
const pools = JSON.parse(
  JSON.stringify([{ ...pool, base: token(`0x${"1".repeat(40)}`, 18), quote: token(`0x${"2".repeat(40)}`, 6) }]),
) as unknown as Pools;

function known(positionId: string, openedAtMarketMs: number): KnownPosition {
  const position: Partial<KnownPosition> = {
    positionId,
    chainId: 1,
    pool: "0xpool",
    tickLower: -600,
    tickUpper: 600,
    openedAtMarketMs,
  };
  return position as KnownPosition;
}

function watch(lives: ReturnType<typeof createPositionLives>, fromMs: number, toMs: number, inRange: boolean): void {
  for (let atMs = fromMs; atMs <= toMs; atMs += MINUTE_MS) {
    lives.note({ known: [known("p1", START_MS)], seen: [{ positionId: "p1", inRange }], nowMs: atMs });
  }
}

test("default: time in range is weighted by time, also over a restart, and the gap between counts for neither side", () => {
  const first = createPositionLives(pools, null, START_MS);
  watch(first, START_MS, START_MS + 3 * HOUR_MS, true);
  watch(first, START_MS + 3 * HOUR_MS, START_MS + 4 * HOUR_MS, false);
  expect(first.inRangeFrac("p1")).toBeCloseTo(0.75, 6);

  const restartMs = START_MS + 6 * HOUR_MS;
  const stored = {
    ranges: first.ranges(),
    inRangeHistory: first.history(),
    marketAtMs: START_MS + 4 * HOUR_MS,
  };
  const second = createPositionLives(pools, stored, restartMs);
  expect(second.inRangeFrac("p1")).toBeCloseTo(0.75, 6);
  watch(second, restartMs, restartMs + HOUR_MS, true);
  expect(second.inRangeFrac("p1")).toBeCloseTo(0.8, 6);
  expect(second.pairInRangeFrac()).toBeCloseTo(0.8, 6);
  expect(second.ranges()).toHaveLength(1);
  expect(second.ranges()[0]).toMatchObject({ positionId: "p1", fromAtMs: START_MS, toAtMs: null });
});

test("behavior: a position that is not readable stays open, one that left the journal is closed", () => {
  const lives = createPositionLives(pools, null, START_MS);
  lives.note({ known: [known("p1", START_MS - HOUR_MS)], seen: [], nowMs: START_MS });
  expect(lives.ranges()[0]).toMatchObject({ fromAtMs: START_MS - HOUR_MS, toAtMs: null });
  expect(lives.inRangeFrac("p1")).toBeNull();
  lives.note({ known: [], seen: [], nowMs: START_MS + MINUTE_MS });
  expect(lives.ranges()[0]).toMatchObject({ toAtMs: START_MS + MINUTE_MS });
});

test("behavior: a look that is older than the mint ends no life for good", () => {
  const lives = createPositionLives(pools, null, START_MS);
  lives.note({ known: [known("p1", START_MS)], seen: [], nowMs: START_MS });
  lives.note({ known: [], seen: [], nowMs: START_MS + MINUTE_MS });
  lives.note({ known: [known("p1", START_MS)], seen: [], nowMs: START_MS + 2 * MINUTE_MS });
  expect(lives.ranges()).toHaveLength(1);
  expect(lives.ranges()[0]).toMatchObject({ fromAtMs: START_MS, toAtMs: null });
});

test("behavior: what is older than a day is forgotten, another market's past is not taken up", () => {
  const lives = createPositionLives(pools, null, START_MS);
  watch(lives, START_MS, START_MS + 2 * HOUR_MS, false);
  watch(lives, START_MS + 2 * HOUR_MS, START_MS + 27 * HOUR_MS, true);
  expect(lives.inRangeFrac("p1")).toBe(1);
  const stored = { ranges: lives.ranges(), inRangeHistory: lives.history(), marketAtMs: START_MS + 27 * HOUR_MS };
  const reset = createPositionLives(pools, stored, START_MS);
  expect(reset.ranges()).toEqual([]);
  expect(reset.pairInRangeFrac()).toBeNull();
});
