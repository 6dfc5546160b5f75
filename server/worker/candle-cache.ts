// Merged minute candles of the pair, kept between epochs: the whole history once, afterwards only the tail that can still change.
import {
  CANDLE_BUFFER_DAYS,
  candlesBetween,
  createCandleSeries,
  joinCandles,
  type CandleSeries,
} from "@/lib/market/candle";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import { MINUTE_MS } from "@/lib/units";
import type { CandlePort, VenueFeed } from "./ports";

const DAY_MS = 86_400_000;
/** The optimizer's 60 days and what the forces of their first bars look back on (strategy.md section 2). */
const HISTORY_MS = CANDLE_BUFFER_DAYS * DAY_MS;
/** Venues may deliver late: this much of the end is merged anew each time. */
const OVERLAP_MS = 3 * 3_600_000;

export interface MergedCandles {
  readonly candles: CandleSeries;
  readonly feeds: readonly VenueFeed[];
}

export interface CandleCache {
  refresh(nowMs: number): Promise<Result<MergedCandles, StoreError>>;
}

export function createCandleCache(port: CandlePort): CandleCache {
  let merged: CandleSeries = createCandleSeries(MINUTE_MS, 0);
  let oldestCoverageMs = Number.POSITIVE_INFINITY;

  return {
    async refresh(nowMs) {
      const feeds = await port.readFeeds();
      if (!feeds.ok) return feeds;
      const coverage = Math.min(...feeds.value.map((feed) => feed.coverageFrom ?? Number.POSITIVE_INFINITY));
      const toMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
      const wantedFromMs = Math.max(coverage, nowMs - HISTORY_MS);
      const lastMs = merged.openAtMs[merged.length - 1];
      // History grew backwards (the collector fills it after a first start) or there is none yet: load it whole.
      const isWhole = lastMs === undefined || coverage < oldestCoverageMs || toMs - lastMs > DAY_MS;
      const parts: CandleSeries[] = [];
      let fromMs = wantedFromMs;
      if (!isWhole) {
        fromMs = Math.max(wantedFromMs, lastMs - OVERLAP_MS);
        parts.push(candlesBetween(merged, wantedFromMs, fromMs));
      }
      const newest = await port.readMerged(fromMs, toMs);
      if (!newest.ok) return newest;
      merged = joinCandles([...parts, newest.value]);
      oldestCoverageMs = Math.min(oldestCoverageMs, coverage);
      return ok({ candles: merged, feeds: feeds.value });
    },
  };
}
