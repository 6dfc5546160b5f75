// A feed against a store in memory: goes on from what is held, fills an emptied store again, and asks a lost store again soon.
import { describe, expect, it } from "vitest";
import { err, ok } from "@/lib/errors/result";
import { SourceError, StoreError } from "@/lib/errors/tidegate-error";
import type { RawCandle } from "@/lib/market/candle";
import { MINUTE_MS } from "@/lib/units";
import { createFeed } from "./feed";
import type { CollectorDeps, FeedMeta } from "./ports";

const FEED = { pairId: "WETH-USDC", venue: "okx", base: "WETH", quote: "USDC" } as const;
const START_MS = 1_700_000_040_000;
const PAGE = 300;

function world() {
  const state = {
    meta: null as FeedMeta | null,
    rows: new Map<number, true>(),
    monoMs: 0,
    storeAway: false,
    venueAway: false,
    fetches: 0,
  };
  const away = new StoreError({ code: "unreachable", message: "the store is away", retryable: true });
  const deps: CollectorDeps = {
    wall: { nowMs: () => START_MS, monotonicMs: () => state.monoMs },
    market: { nowMs: () => START_MS, onTick: () => () => undefined, ack: () => Promise.resolve() },
    fetchPage: (_feed, sinceMs) => {
      state.fetches += 1;
      if (state.venueAway) {
        return Promise.resolve(err(new SourceError({ code: "unreachable", message: "okx is away", retryable: true })));
      }
      const rows = Array.from({ length: PAGE }, (_, index): RawCandle => [sinceMs + index * MINUTE_MS, 1, 1, 1, 1, 1]);
      return Promise.resolve(ok(rows));
    },
    readMeta: () => Promise.resolve(ok(new Map())),
    writeMeta: (_feed, meta) => {
      if (state.storeAway) return Promise.resolve(err(away));
      const answer = state.meta === null ? ("added" as const) : ("kept" as const);
      state.meta = meta;
      return Promise.resolve(ok(answer));
    },
    writeRows: (_feed, rows) => {
      if (state.storeAway) return Promise.resolve(err(away));
      for (let at = 0; at < rows.length; at += 6) state.rows.set(rows[at] ?? 0, true);
      return Promise.resolve(ok(true));
    },
    writeState: () => Promise.resolve(ok(true)),
    writeHeartbeat: () => Promise.resolve(ok(true)),
    emitCandle: () => undefined,
    publishServiceChange: () => undefined,
    rssBytes: () => 0,
    pid: 1,
    log: { info: () => undefined, warn: () => undefined },
  };
  return { state, feed: createFeed(deps, FEED, null) };
}

describe("feed", () => {
  it("behavior: after FLUSHALL the newest page and the history are fetched again", async () => {
    const { state, feed } = world();
    await feed.advance(START_MS);
    await feed.backfill(START_MS);
    const before = state.rows.size;
    expect(before).toBe(2 * PAGE);
    state.rows.clear();
    state.meta = null;
    await feed.advance(START_MS + MINUTE_MS);
    await feed.advance(START_MS + 2 * MINUTE_MS);
    await feed.backfill(START_MS + 2 * MINUTE_MS);
    expect(state.rows.size).toBeGreaterThanOrEqual(before);
    expect(feed.status().error).toBeNull();
  });

  it("error: a lost store is asked again every second, a lost venue ever more rarely", async () => {
    for (const [key, mostFetches, fewestFetches] of [
      ["storeAway", 61, 50],
      ["venueAway", 8, 5],
    ] as const) {
      const { state, feed } = world();
      state[key] = true;
      for (let second = 0; second < 60; second += 1) {
        state.monoMs = second * 1_000;
        await feed.advance(START_MS);
      }
      expect(state.fetches).toBeLessThanOrEqual(mostFetches);
      expect(state.fetches).toBeGreaterThanOrEqual(fewestFetches);
    }
  });
});
