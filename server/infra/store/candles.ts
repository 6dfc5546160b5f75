// Candles of a pair and venue as packed binary: one Float64Array per UTC day, plus a short tail for the current hour.
import * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { badData } from "./codec";
import { readJsonHash, type JsonHash } from "./json-values";
import { storeKeys } from "./keys";
import { execAll } from "./transaction";

/** Numbers per row: [ts, open, high, low, close, volume]; ts is market time in ms at the start of the minute. */
export const CANDLE_COLUMNS = 6;
const ROW_BYTES = CANDLE_COLUMNS * 8;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const candleVenueMetaSchema = z.object({
  /** Start of the newest stored minute; null before the first. */
  lastTs: z.number().nullable(),
  /** Start of the oldest stored minute of the unbroken history. */
  coverageFrom: z.number().nullable(),
  fetchedAtMarketMs: z.number(),
  fetchedAtWallMs: z.number(),
  /** Why the last fetch failed; null when it did not. */
  error: z.string().nullable(),
});

export type CandleVenueMeta = z.infer<typeof candleVenueMetaSchema>;

/** UTC day of a market time as yyyymmdd. */
export function candleDayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10).replaceAll("-", "");
}

export function encodeCandleRows(rows: Float64Array): Buffer {
  const buffer = Buffer.allocUnsafe(rows.length * 8);
  rows.forEach((value, index) => buffer.writeDoubleLE(value, index * 8));
  return buffer;
}

/** error bad_data when the length or the order of the minutes is wrong. */
export function decodeCandleRows(where: string, buffer: Buffer): Result<Float64Array, StoreError> {
  if (buffer.length % ROW_BYTES !== 0) {
    return { ok: false, error: badData(where, `has ${buffer.length} bytes, expected a multiple of ${ROW_BYTES}`) };
  }
  const rows = new Float64Array(buffer.length / 8);
  for (let index = 0; index < rows.length; index += 1) rows[index] = buffer.readDoubleLE(index * 8);
  for (let row = 0; row < rows.length; row += CANDLE_COLUMNS) {
    const ts = rows[row] ?? Number.NaN;
    const previousTs = row === 0 ? 0 : (rows[row - CANDLE_COLUMNS] ?? 0);
    if (!(Number.isFinite(ts) && ts > previousTs)) {
      return { ok: false, error: badData(where, `has minute ${ts} after ${previousTs}, expected rising minutes`) };
    }
  }
  return ok(rows);
}

/** Both sorted by minute; on the same minute the row of `newer` wins. */
export function mergeCandleRows(older: Float64Array, newer: Float64Array): Float64Array {
  const merged = new Float64Array(older.length + newer.length);
  let left = 0;
  let right = 0;
  let end = 0;
  const take = (source: Float64Array, at: number): void => {
    merged.set(source.subarray(at, at + CANDLE_COLUMNS), end);
    end += CANDLE_COLUMNS;
  };
  while (left < older.length || right < newer.length) {
    const leftTs = older[left] ?? Number.POSITIVE_INFINITY;
    const rightTs = newer[right] ?? Number.POSITIVE_INFINITY;
    if (leftTs < rightTs) {
      take(older, left);
      left += CANDLE_COLUMNS;
    } else {
      if (leftTs === rightTs) left += CANDLE_COLUMNS;
      take(newer, right);
      right += CANDLE_COLUMNS;
    }
  }
  return merged.slice(0, end);
}

/** Rows with fromMs <= ts < toMs. */
export function sliceCandleRows(rows: Float64Array, fromMs: number, toMs: number): Float64Array {
  let first = 0;
  while (first < rows.length && (rows[first] ?? 0) < fromMs) first += CANDLE_COLUMNS;
  let last = rows.length;
  while (last > first && (rows[last - CANDLE_COLUMNS] ?? 0) >= toMs) last -= CANDLE_COLUMNS;
  return rows.slice(first, last);
}

/**
 * Adds rows (sorted, closed minutes). Rows of the newest hour go to the tail, older ones into their day.
 * One writer per pair and venue (the collector); a reader sees each row in at least one of the two places.
 */
export async function writeCandles(
  store: StoreClient,
  input: { readonly pairId: string; readonly venue: string; readonly rows: Float64Array },
): Promise<Result<true, StoreError>> {
  const { pairId, venue } = input;
  if (input.rows.length === 0) return ok(true);
  const tailKey = storeKeys.candleTail(pairId, venue);
  const tail = await readRows(store, tailKey);
  if (!tail.ok && tail.error.code !== "bad_data") return tail;
  // A garbled tail is dropped here and its rows come back with the next fetch.
  const all = mergeCandleRows(tail.ok ? tail.value : new Float64Array(), input.rows);
  const newestTs = all[all.length - CANDLE_COLUMNS] ?? 0;
  const hourStartMs = Math.floor(newestTs / HOUR_MS) * HOUR_MS;
  const writes: (readonly [string, Buffer])[] = [];
  const older = sliceCandleRows(all, 0, hourStartMs);
  for (let at = 0; at < older.length;) {
    const dayStartMs = Math.floor((older[at] ?? 0) / DAY_MS) * DAY_MS;
    const ofDay = sliceCandleRows(older, dayStartMs, dayStartMs + DAY_MS);
    at += ofDay.length;
    const dayKey = storeKeys.candleDay(pairId, venue, candleDayOf(dayStartMs));
    const stored = await readRows(store, dayKey);
    if (!stored.ok && stored.error.code !== "bad_data") return stored;
    writes.push([dayKey, encodeCandleRows(mergeCandleRows(stored.ok ? stored.value : new Float64Array(), ofDay))]);
  }
  writes.push([tailKey, encodeCandleRows(sliceCandleRows(all, hourStartMs, Number.POSITIVE_INFINITY))]);
  const reply = await store.call(`write candles of ${venue} for ${pairId}`, (redis) => {
    const transaction = redis.multi();
    for (const [key, blob] of writes) transaction.set(key, blob);
    return execAll(transaction);
  });
  return reply.ok ? ok(true) : reply;
}

/** Rows with fromMs <= ts < toMs, sorted, each minute once. */
export async function readCandles(
  store: StoreClient,
  input: { readonly pairId: string; readonly venue: string; readonly fromMs: number; readonly toMs: number },
): Promise<Result<Float64Array, StoreError>> {
  const { pairId, venue, fromMs, toMs } = input;
  const keys: string[] = [];
  for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS; dayMs < toMs; dayMs += DAY_MS) {
    keys.push(storeKeys.candleDay(pairId, venue, candleDayOf(dayMs)));
  }
  keys.push(storeKeys.candleTail(pairId, venue));
  const reply = await store.call(`read candles of ${venue} for ${pairId}`, (redis) => redis.mgetBuffer(keys));
  if (!reply.ok) return reply;
  const parts: Float64Array[] = [];
  for (const [index, blob] of reply.value.entries()) {
    if (blob === null) continue;
    const rows = decodeCandleRows(keys[index] ?? "", blob);
    if (!rows.ok) return rows;
    parts.push(rows.value);
  }
  const tail = reply.value.at(-1) === null ? undefined : parts.pop();
  const days = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => {
    days.set(part, at);
    return at + part.length;
  }, 0);
  return ok(sliceCandleRows(tail === undefined ? days : mergeCandleRows(days, tail), fromMs, toMs));
}

/** Removes whole days; `days` are yyyymmdd. */
export async function deleteCandleDays(
  store: StoreClient,
  input: { readonly pairId: string; readonly venue: string; readonly days: readonly string[] },
): Promise<Result<number, StoreError>> {
  if (input.days.length === 0) return ok(0);
  const keys = input.days.map((day) => storeKeys.candleDay(input.pairId, input.venue, day));
  return store.call("delete old candles", (redis) => redis.unlink(keys));
}

/** `added`: the store held no meta of this venue; a writer that wrote some before knows by it that the store was emptied. */
export async function writeCandleMeta(
  store: StoreClient,
  input: { readonly pairId: string; readonly venue: string; readonly meta: CandleVenueMeta },
): Promise<Result<"added" | "kept", StoreError>> {
  const key = storeKeys.candleMeta(input.pairId);
  const reply = await store.call(`write ${key} ${input.venue}`, (redis) =>
    redis.hset(key, input.venue, JSON.stringify(input.meta)),
  );
  return reply.ok ? ok(reply.value === 0 ? "kept" : "added") : reply;
}

export function readCandleMeta(
  store: StoreClient,
  pairId: string,
): Promise<Result<JsonHash<CandleVenueMeta>, StoreError>> {
  return readJsonHash(store, storeKeys.candleMeta(pairId), candleVenueMetaSchema);
}

async function readRows(store: StoreClient, key: string): Promise<Result<Float64Array, StoreError>> {
  const reply = await store.call(`read ${key}`, (redis) => redis.getBuffer(key));
  if (!reply.ok) return reply;
  return reply.value === null ? ok(new Float64Array()) : decodeCandleRows(key, reply.value);
}
