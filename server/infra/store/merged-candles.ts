// Minute candles of a pair out of what the collector stored per venue: filled venue by venue, then merged, the one way for decisions, charts and backtests.
import {
  candlesBetween,
  createCandleSeries,
  fillCandles,
  joinCandles,
  MAX_FILL_MINUTES,
  type CandleSeries,
} from "@/lib/market/candle";
import { mergeVenues, type VenueCandles } from "@/lib/market/merge-venues";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import { MINUTE_MS } from "@/lib/units";
import { CANDLE_COLUMNS, readCandles } from "./candles";
import type { StoreClient } from "./client";

/** Merged at once, so that all venues of a quarter are never in memory together, and nobody waits for more than that. */
const CHUNK_MS = 3 * 86_400_000;
/** Read on both sides of a chunk: a hole across its edge is filled as if there were none. What comes after the window is never looked at. */
const MARGIN_MS = (MAX_FILL_MINUTES + 1) * MINUTE_MS;

export interface MergedCandlesInput {
  readonly pairId: string;
  readonly sources: readonly { readonly venue: string; readonly weight: number }[];
  /** Bars with fromMs <= open time < toMs, market time. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface MergedCandles {
  readonly candles: CandleSeries;
  /** Those with a bar in the window. */
  readonly venues: readonly string[];
  /** Stored values that could not be read; their venue is missing in that part of the window. */
  readonly problems: readonly StoreError[];
}

/** An error only when the store is away; other work gets its turn between two chunks. */
export async function readMergedCandles(
  store: StoreClient,
  { pairId, sources, fromMs, toMs }: MergedCandlesInput,
): Promise<Result<MergedCandles, StoreError>> {
  const parts: CandleSeries[] = [];
  const present = new Set<string>();
  const problems: StoreError[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += CHUNK_MS) {
    const endMs = Math.min(toMs, atMs + CHUNK_MS);
    const venues: VenueCandles[] = [];
    for (const { venue, weight } of sources) {
      const widened = { fromMs: atMs - MARGIN_MS, toMs: Math.min(toMs, endMs + MARGIN_MS) };
      const rows = await readCandles(store, { pairId, venue, ...widened });
      if (!rows.ok) {
        if (rows.error.code !== "bad_data") return rows;
        problems.push(rows.error);
        continue;
      }
      const candles = candlesBetween(fillCandles(unpack(rows.value)), atMs, endMs);
      if (candles.length === 0) continue;
      present.add(venue);
      venues.push({ weight, candles });
    }
    if (venues.length > 0) parts.push(mergeVenues(venues));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ok({ candles: joinCandles(parts), venues: [...present], problems });
}

function unpack(rows: Float64Array): CandleSeries {
  const series = createCandleSeries(MINUTE_MS, Math.floor(rows.length / CANDLE_COLUMNS));
  for (let index = 0; index < series.length; index += 1) {
    const at = index * CANDLE_COLUMNS;
    series.openAtMs[index] = rows[at] ?? 0;
    series.open[index] = rows[at + 1] ?? 0;
    series.high[index] = rows[at + 2] ?? 0;
    series.low[index] = rows[at + 3] ?? 0;
    series.close[index] = rows[at + 4] ?? 0;
    series.volume[index] = rows[at + 5] ?? 0;
  }
  return series;
}
