// One pair at one venue: newest candles first, then history backwards, resumable from what the store holds; one writer at a time.
import { ok, type Result } from "@/lib/errors/result";
import { StoreError, type SourceError } from "@/lib/errors/tidegate-error";
import { candleRows, normaliseCandles, sliceCandles, type CandleSeries } from "@/lib/market/candle";
import type { Venue } from "@/lib/registry/schema";
import { MINUTE_MS } from "@/lib/units";
import type { CollectorDeps, FeedKey, FeedMeta } from "./ports";

/** Rows per call as measured (services.md section 3). */
const PAGE_ROWS: Readonly<Record<Venue, number>> = {
  binance: 1000,
  bybit: 1000,
  okx: 300,
  mexc: 500,
  gate: 999,
  bitget: 1000,
};
/** History behind the newest candle; venues serve about this much at minute resolution. */
export const BACKFILL_MS = 30 * 86_400_000;
/** A gap longer than this is not walked forwards page by page: the newest page comes first, then history as at a first start. */
const MAX_FORWARD_GAP_MS = 2 * 86_400_000;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

export interface FeedStatus {
  readonly feed: FeedKey;
  readonly lastTs: number | null;
  readonly coverageFrom: number | null;
  readonly failuresInARow: number;
  readonly error: string | null;
  readonly isBackfilled: boolean;
}

export interface Feed {
  status(): FeedStatus;
  /** Fetches what closed since the last stored minute. */
  advance(nowMs: number): Promise<void>;
  /** Fetches one page of history; false when there is nothing (more) to do now. */
  backfill(nowMs: number): Promise<boolean>;
}

export function createFeed(deps: CollectorDeps, feed: FeedKey, stored: FeedMeta | null): Feed {
  let lastTs = stored?.lastTs ?? null;
  let coverageFrom = stored?.coverageFrom ?? null;
  let failuresInARow = 0;
  let error: string | null = null;
  let retryAtMonoMs = 0;
  let isHistoryEnded = false;
  let hasMeta = stored !== null;
  let turn: Promise<unknown> = Promise.resolve();
  const pageMs = PAGE_ROWS[feed.venue] * MINUTE_MS;

  /** Head and history never write at the same time. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const next = turn.then(run, run);
    turn = next;
    return next;
  }

  function isBackingOff(): boolean {
    return deps.wall.monotonicMs() < retryAtMonoMs;
  }

  async function fetchRange(sinceMs: number, nowMs: number): Promise<Result<CandleSeries, SourceError>> {
    const page = await deps.fetchPage(feed, sinceMs);
    return page.ok ? ok(normaliseCandles(page.value, nowMs)) : page;
  }

  async function fail(problem: SourceError | StoreError, nowMs: number): Promise<void> {
    failuresInARow += 1;
    // Backing off spares a venue; the own store is asked again as soon as it may be back.
    const doublings = problem instanceof StoreError ? 0 : Math.min(failuresInARow - 1, 6);
    retryAtMonoMs = deps.wall.monotonicMs() + Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** doublings);
    const isNew = error !== problem.message;
    error = problem.message;
    if (isNew) {
      deps.log.warn("collector.feed-failed", { pairId: feed.pairId, venue: feed.venue, detail: problem.message });
      deps.publishServiceChange(`cex:${feed.venue}:${feed.pairId}`, "degraded", problem.message);
    }
    // Going on is safe: the meta only tells readers why the feed is behind, and its age tells the same.
    await keepMeta(nowMs);
  }

  /** A store that has lost what it held (flushed, a new one) is filled again from the start. */
  async function keepMeta(nowMs: number): Promise<void> {
    const written = await deps.writeMeta(feed, meta(nowMs));
    if (!written.ok) return;
    if (hasMeta && written.value === "added") {
      lastTs = null;
      coverageFrom = null;
      isHistoryEnded = false;
      deps.log.warn("collector.store-emptied", { pairId: feed.pairId, venue: feed.venue });
    }
    hasMeta = true;
  }

  function succeed(): void {
    if (error !== null) deps.publishServiceChange(`cex:${feed.venue}:${feed.pairId}`, "ok", "candles arrive again");
    failuresInARow = 0;
    error = null;
    retryAtMonoMs = 0;
  }

  function meta(nowMs: number): FeedMeta {
    return { lastTs, coverageFrom, fetchedAtMarketMs: nowMs, fetchedAtWallMs: deps.wall.nowMs(), error };
  }

  async function advanceOnce(nowMs: number): Promise<void> {
    const newestClosedTs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    if (lastTs !== null && newestClosedTs - lastTs > MAX_FORWARD_GAP_MS) {
      lastTs = null;
      coverageFrom = null;
      isHistoryEnded = false;
    }
    while (lastTs === null || lastTs < newestClosedTs) {
      const sinceMs: number = lastTs === null ? newestClosedTs + MINUTE_MS - pageMs : lastTs + MINUTE_MS;
      const series = await fetchRange(sinceMs, nowMs);
      if (!series.ok) return fail(series.error, nowMs);
      const fresh = after(series.value, lastTs ?? Number.NEGATIVE_INFINITY);
      if (fresh.length === 0) break;
      const written = await deps.writeRows(feed, packed(fresh));
      if (!written.ok) return fail(written.error, nowMs);
      const isFirst = lastTs === null;
      coverageFrom ??= fresh.openAtMs[0] ?? null;
      lastTs = fresh.openAtMs[fresh.length - 1] ?? lastTs;
      for (const row of candleRows(isFirst ? last(fresh, 1) : fresh)) deps.emitCandle(feed, row);
      if (fresh.length < 2) break;
    }
    succeed();
    await keepMeta(nowMs);
  }

  async function backfillOnce(nowMs: number): Promise<boolean> {
    if (coverageFrom === null || isHistoryEnded || coverageFrom <= nowMs - BACKFILL_MS) return false;
    const until: number = coverageFrom;
    const series = await fetchRange(Math.max(until - pageMs, nowMs - BACKFILL_MS), nowMs);
    if (!series.ok) {
      await fail(series.error, nowMs);
      return false;
    }
    const older = before(series.value, until);
    if (older.length === 0) {
      // The venue has nothing older (or refuses it): asked again only after the next start.
      isHistoryEnded = true;
      return false;
    }
    const written = await deps.writeRows(feed, packed(older));
    if (!written.ok) {
      await fail(written.error, nowMs);
      return false;
    }
    coverageFrom = older.openAtMs[0] ?? coverageFrom;
    succeed();
    await keepMeta(nowMs);
    return true;
  }

  return {
    status: () => ({
      feed,
      lastTs,
      coverageFrom,
      failuresInARow,
      error,
      isBackfilled: isHistoryEnded,
    }),
    advance: (nowMs) => (isBackingOff() ? Promise.resolve() : inTurn(() => advanceOnce(nowMs))),
    backfill: (nowMs) => (isBackingOff() ? Promise.resolve(false) : inTurn(() => backfillOnce(nowMs))),
  };
}

function after(series: CandleSeries, ts: number): CandleSeries {
  const start = series.openAtMs.findIndex((openAtMs) => openAtMs > ts);
  return start < 0 ? sliceCandles(series, series.length, series.length) : sliceCandles(series, start, series.length);
}

function before(series: CandleSeries, ts: number): CandleSeries {
  const end = series.openAtMs.findIndex((openAtMs) => openAtMs >= ts);
  return end < 0 ? series : sliceCandles(series, 0, end);
}

function last(series: CandleSeries, count: number): CandleSeries {
  return sliceCandles(series, Math.max(0, series.length - count), series.length);
}

function packed(series: CandleSeries): Float64Array {
  const rows = new Float64Array(series.length * 6);
  candleRows(series).forEach((row, index) => rows.set(row, index * 6));
  return rows;
}
