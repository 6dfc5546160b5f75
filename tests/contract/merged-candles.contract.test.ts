// Merged candles out of the store: read in chunks, they are what the strategy's rules give on each venue's whole history at once.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { candleRows, fillCandles, normaliseCandles, type RawCandle } from "@/lib/market/candle";
import { mergeVenues } from "@/lib/market/merge-venues";
import { MINUTE_MS } from "@/lib/units";
import { CANDLE_COLUMNS, writeCandles } from "@/server/infra/store/candles";
import { createStoreClient, type StoreClient } from "@/server/infra/store/client";
import { storeKeys } from "@/server/infra/store/keys";
import { readMergedCandles } from "@/server/infra/store/merged-candles";
import { makeTempDir, startEmbeddedStore, type RunningServer } from "@/tests/support/embedded-servers";
import { TEST_SEED } from "@/tests/support/seed";

const DAY_MS = 86_400_000;
const START_MS = 1_790_000_000_000 - (1_790_000_000_000 % DAY_MS);
const DAYS = 7;
const SOURCES = [
  { venue: "alpha", weight: 3 },
  { venue: "beta", weight: 2 },
  { venue: "gamma", weight: 1 },
];

let server: RunningServer;
let store: StoreClient;

beforeAll(async () => {
  server = await startEmbeddedStore({ dataDir: makeTempDir("merged-candles") });
  store = createStoreClient({ url: server.url, name: "merged-candles-test" });
  expect(await store.waitReady(5_000)).toBe(true);
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

/** Numbers in [0, 1), the same for the same seed. */
function drawer(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A week of minutes with holes of 1 to 40 minutes, some across the edges where a chunk may end. */
function history(seed: number): RawCandle[] {
  const draw = drawer(seed);
  const rows: RawCandle[] = [];
  let price = 2_000;
  let holeLeft = 0;
  for (let minute = 0; minute < DAYS * 1_440; minute += 1) {
    const untilDay = 1_440 - (minute % 1_440);
    if (holeLeft === 0 && (draw() < 0.003 || (untilDay < 8 && draw() < 0.1))) holeLeft = 1 + Math.floor(draw() * 40);
    price *= 1 + (draw() - 0.5) * 0.002;
    if (holeLeft > 0) {
      holeLeft -= 1;
      continue;
    }
    rows.push([
      START_MS + minute * MINUTE_MS,
      price,
      price * 1.001,
      price * 0.999,
      price * (1 + draw() * 1e-4),
      draw(),
    ]);
  }
  return rows;
}

describe("merged candles", () => {
  it(`property: chunks, days and the tail leave no seam (seed ${TEST_SEED})`, async () => {
    const endMs = START_MS + DAYS * DAY_MS;
    const venues = SOURCES.map((source, index) => ({ ...source, rows: history(TEST_SEED + index) }));
    for (const { venue, rows } of venues) {
      const packed = new Float64Array(rows.length * CANDLE_COLUMNS);
      rows.forEach((row, index) => packed.set(row.map(Number), index * CANDLE_COLUMNS));
      expect((await writeCandles(store, { pairId: "WETH-USDC", venue, rows: packed })).ok).toBe(true);
    }
    const knownAt = (nowMs: number) =>
      candleRows(
        mergeVenues(
          venues.map(({ weight, rows }) => ({ weight, candles: fillCandles(normaliseCandles(rows, nowMs)) })),
        ),
      );
    const draw = drawer(TEST_SEED);
    const windows = [
      [START_MS, endMs],
      ...Array.from({ length: 12 }, () => {
        const fromMs = START_MS + Math.floor(draw() * (DAYS - 1) * 1_440) * MINUTE_MS;
        return [fromMs, Math.min(endMs, fromMs + Math.ceil(draw() * DAYS * 1_440) * MINUTE_MS)];
      }),
    ] as const;
    for (const [fromMs = 0, toMs = 0] of windows) {
      const read = await readMergedCandles(store, { pairId: "WETH-USDC", sources: SOURCES, fromMs, toMs });
      if (!read.ok) throw read.error;
      expect(read.value.problems).toEqual([]);
      expect(candleRows(read.value.candles)).toEqual(knownAt(toMs).filter(([atMs]) => atMs >= fromMs));
    }
  });

  it("error: a venue whose stored day is garbled is named and left out, the others go on", async () => {
    const rows = history(TEST_SEED).slice(0, 60);
    const packed = new Float64Array(rows.length * CANDLE_COLUMNS);
    rows.forEach((row, index) => packed.set(row.map(Number), index * CANDLE_COLUMNS));
    for (const { venue } of SOURCES) await writeCandles(store, { pairId: "LINK-WETH", venue, rows: packed });
    const garbled = await store.call("garble", (redis) =>
      redis.set(storeKeys.candleTail("LINK-WETH", "beta"), "no rows"),
    );
    expect(garbled.ok).toBe(true);
    const window = { pairId: "LINK-WETH", sources: SOURCES, fromMs: START_MS, toMs: START_MS + 3_600_000 };
    const read = await readMergedCandles(store, window);
    if (!read.ok) throw read.error;
    expect(read.value.venues).toEqual(["alpha", "gamma"]);
    expect(read.value.problems.map(({ code }) => code)).toEqual(["bad_data"]);
    expect(read.value.candles.length).toBeGreaterThan(0);
  });
});
