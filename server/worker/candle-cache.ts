// Merged minute candles of the pair, kept between epochs: the whole history once, afterwards only the tail that can still change.
import {
  CANDLE_BUFFER_DAYS,
  createCandleSeries,
  fillCandles,
  sliceCandles,
  type CandleSeries,
} from "@/lib/market/candle";
import { mergeVenues } from "@/lib/market/merge-venues";
import { err, ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import { MINUTE_MS } from "@/lib/units";
import type { CandlePort, VenueFeed } from "./ports";

const DAY_MS = 86_400_000;
/** The optimizer's 60 days and what the forces of their first bars look back on (strategy.md section 2). */
const HISTORY_MS = CANDLE_BUFFER_DAYS * DAY_MS;
/** Venues may deliver late: this much of the end is merged anew each time. */
const OVERLAP_MS = 3 * 3_600_000;
/** Days merged at once, so that the first load does not hold all venues in memory. */
const CHUNK_MS = 3 * DAY_MS;
const COLUMNS = 6;

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

  async function mergeWindow(
    feeds: readonly VenueFeed[],
    fromMs: number,
    toMs: number,
  ): Promise<Result<CandleSeries, StoreError>> {
    const venues: { readonly weight: number; readonly candles: CandleSeries }[] = [];
    for (const feed of feeds) {
      const rows = await port.readRows(feed.venue, fromMs, toMs);
      if (!rows.ok) return err(rows.error);
      venues.push({ weight: feed.weight, candles: fillCandles(unpack(rows.value)) });
    }
    return ok(mergeVenues(venues));
  }

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
        parts.push(between(merged, wantedFromMs, fromMs));
      }
      for (let atMs = fromMs; atMs < toMs; atMs += CHUNK_MS) {
        const part = await mergeWindow(feeds.value, atMs, Math.min(toMs, atMs + CHUNK_MS));
        if (!part.ok) return part;
        parts.push(part.value);
      }
      merged = concat(parts);
      oldestCoverageMs = Math.min(oldestCoverageMs, coverage);
      return ok({ candles: merged, feeds: feeds.value });
    },
  };
}

function unpack(rows: Float64Array): CandleSeries {
  const series = createCandleSeries(MINUTE_MS, Math.floor(rows.length / COLUMNS));
  for (let index = 0; index < series.length; index += 1) {
    const at = index * COLUMNS;
    series.openAtMs[index] = rows[at] ?? 0;
    series.open[index] = rows[at + 1] ?? 0;
    series.high[index] = rows[at + 2] ?? 0;
    series.low[index] = rows[at + 3] ?? 0;
    series.close[index] = rows[at + 4] ?? 0;
    series.volume[index] = rows[at + 5] ?? 0;
  }
  return series;
}

/** Bars with fromMs <= open time < toMs. */
function between(series: CandleSeries, fromMs: number, toMs: number): CandleSeries {
  return sliceCandles(series, firstAtOrAfter(series, fromMs), firstAtOrAfter(series, toMs));
}

function firstAtOrAfter(series: CandleSeries, atMs: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((series.openAtMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function concat(parts: readonly CandleSeries[]): CandleSeries {
  const out = createCandleSeries(
    MINUTE_MS,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    out.openAtMs.set(part.openAtMs, at);
    out.open.set(part.open, at);
    out.high.set(part.high, at);
    out.low.set(part.low, at);
    out.close.set(part.close, at);
    out.volume.set(part.volume, at);
    out.marks.set(part.marks, at);
    at += part.length;
  }
  return out;
}
