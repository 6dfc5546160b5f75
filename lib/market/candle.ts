// Candles: the row that sources deliver, the packed series that the strategy reads, and the rules that make rows trustworthy.
import { MINUTE_MS } from "@/lib/units";

/** `[openAtMs, open, high, low, close, volume]`, prices in QUOTE per BASE, volume in base units (strategy.md section 1). */
export type Candle = readonly [
  openAtMs: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

/** A row as it arrives from outside, before any check: every field may be missing or not a number. */
export type RawCandle = readonly (number | null | undefined)[];

/**
 * Packed candles of one timeframe, ascending in time. `marks` holds 1 for a filled minute in M1 series, and the number of
 * minutes inside the bucket in aggregated series.
 */
export interface CandleSeries {
  readonly timeframeMs: number;
  readonly length: number;
  readonly openAtMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly marks: Uint16Array;
}

/** Holes up to this many minutes are filled with flat bars; longer ones stay holes (strategy.md section 2.2). */
export const MAX_FILL_MINUTES = 15;

/** M1 history a pair needs (strategy.md section 2): 74 days. */
export const CANDLE_BUFFER_DAYS = 74;

/** Allocates a zeroed series of the given length; only the functions of this room fill it. */
export function createCandleSeries(timeframeMs: number, length: number): CandleSeries {
  return {
    timeframeMs,
    length,
    openAtMs: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
    marks: new Uint16Array(length),
  };
}

/** Packs rows as they are (no repair, no order check); a 7th field becomes the mark. */
export function candleSeriesFromRows(timeframeMs: number, rows: readonly (readonly number[])[]): CandleSeries {
  const series = createCandleSeries(timeframeMs, rows.length);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    series.openAtMs[index] = row[0]!;
    series.open[index] = row[1]!;
    series.high[index] = row[2]!;
    series.low[index] = row[3]!;
    series.close[index] = row[4]!;
    series.volume[index] = row[5]!;
    series.marks[index] = row[6] ?? 0;
  }
  return series;
}

/** Rows of a series, for display and JSON. */
export function candleRows(series: CandleSeries): Candle[] {
  const rows: Candle[] = [];
  for (let index = 0; index < series.length; index += 1) {
    rows.push([
      series.openAtMs[index]!,
      series.open[index]!,
      series.high[index]!,
      series.low[index]!,
      series.close[index]!,
      series.volume[index]!,
    ]);
  }
  return rows;
}

/** The part [start, end) of a series as views on the same memory (no copy). */
export function sliceCandles(series: CandleSeries, start: number, end: number = series.length): CandleSeries {
  const from = Math.max(0, Math.min(start, series.length));
  const to = Math.max(from, Math.min(end, series.length));
  return {
    timeframeMs: series.timeframeMs,
    length: to - from,
    openAtMs: series.openAtMs.subarray(from, to),
    open: series.open.subarray(from, to),
    high: series.high.subarray(from, to),
    low: series.low.subarray(from, to),
    close: series.close.subarray(from, to),
    volume: series.volume.subarray(from, to),
    marks: series.marks.subarray(from, to),
  };
}

/** Bars with fromMs <= open time < toMs, as views on the same memory. */
export function candlesBetween(series: CandleSeries, fromMs: number, toMs: number): CandleSeries {
  return sliceCandles(series, firstAtOrAfter(series, fromMs), firstAtOrAfter(series, toMs));
}

function firstAtOrAfter(series: CandleSeries, atMs: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.openAtMs[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One M1 series of the parts, in their order. */
export function joinCandles(parts: readonly CandleSeries[]): CandleSeries {
  const out = createCandleSeries(
    MINUTE_MS,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    for (const column of ["openAtMs", "open", "high", "low", "close", "volume", "marks"] as const) {
      out[column].set(part[column], at);
    }
    at += part.length;
  }
  return out;
}

/** A copy of the series that holds no more memory than its bars need. */
export function compactCandles(series: CandleSeries): CandleSeries {
  return {
    timeframeMs: series.timeframeMs,
    length: series.length,
    openAtMs: series.openAtMs.slice(),
    open: series.open.slice(),
    high: series.high.slice(),
    low: series.low.slice(),
    close: series.close.slice(),
    volume: series.volume.slice(),
    marks: series.marks.slice(),
  };
}

/**
 * Normalises M1 rows of one venue (strategy.md section 2.1): drops invalid rows and bars not closed at `nowMs`, floors times
 * to the minute, sorts, keeps the last received row of a minute, repairs high and low. No filling.
 */
export function normaliseCandles(rows: readonly RawCandle[], nowMs: number): CandleSeries {
  const kept: { openAtMs: number; row: RawCandle }[] = [];
  let ascending = true;
  for (const row of rows) {
    const openAtMs = row[0];
    if (!isFiniteNumber(openAtMs)) continue;
    if (!isPrice(row[1]) || !isPrice(row[2]) || !isPrice(row[3]) || !isPrice(row[4])) continue;
    const minute = Math.floor(openAtMs / MINUTE_MS) * MINUTE_MS;
    if (!(minute + MINUTE_MS <= nowMs)) continue;
    const last = kept.at(-1);
    if (last !== undefined && last.openAtMs > minute) ascending = false;
    kept.push({ openAtMs: minute, row });
  }
  // Array.prototype.sort is stable: equal minutes keep the order in which they were received.
  if (!ascending) kept.sort((left, right) => left.openAtMs - right.openAtMs);

  let count = 0;
  for (let index = 0; index < kept.length; index += 1) {
    if (index === 0 || kept[index]!.openAtMs !== kept[index - 1]!.openAtMs) count += 1;
  }
  const series = createCandleSeries(MINUTE_MS, count);
  let write = -1;
  let previousAtMs = Number.NaN;
  for (const { openAtMs, row } of kept) {
    if (openAtMs !== previousAtMs) write += 1;
    previousAtMs = openAtMs;
    const open = row[1] ?? 0;
    const close = row[4] ?? 0;
    const volume = row[5];
    series.openAtMs[write] = openAtMs;
    series.open[write] = open;
    series.high[write] = Math.max(open, row[2] ?? 0, row[3] ?? 0, close);
    series.low[write] = Math.min(open, row[2] ?? 0, row[3] ?? 0, close);
    series.close[write] = close;
    series.volume[write] = isFiniteNumber(volume) && volume >= 0 ? volume : 0;
  }
  return series;
}

/** Fills holes of 1..15 minutes with flat bars at the previous close, volume 0, mark 1 (strategy.md section 2.2). */
export function fillCandles(series: CandleSeries): CandleSeries {
  let filledCount = 0;
  for (let index = 1; index < series.length; index += 1) filledCount += missingMinutes(series, index);
  if (filledCount === 0) return series;

  const out = createCandleSeries(MINUTE_MS, series.length + filledCount);
  let write = 0;
  for (let index = 0; index < series.length; index += 1) {
    const missing = index === 0 ? 0 : missingMinutes(series, index);
    for (let step = 1; step <= missing; step += 1) {
      const close = series.close[index - 1]!;
      out.openAtMs[write] = series.openAtMs[index - 1]! + step * MINUTE_MS;
      out.open[write] = close;
      out.high[write] = close;
      out.low[write] = close;
      out.close[write] = close;
      out.marks[write] = 1;
      write += 1;
    }
    out.openAtMs[write] = series.openAtMs[index]!;
    out.open[write] = series.open[index]!;
    out.high[write] = series.high[index]!;
    out.low[write] = series.low[index]!;
    out.close[write] = series.close[index]!;
    out.volume[write] = series.volume[index]!;
    out.marks[write] = series.marks[index]!;
    write += 1;
  }
  return out;
}

/** Missing minutes between bar index-1 and index when the hole is short enough to fill, else 0. */
function missingMinutes(series: CandleSeries, index: number): number {
  const missing = (series.openAtMs[index]! - series.openAtMs[index - 1]!) / MINUTE_MS - 1;
  return missing >= 1 && missing <= MAX_FILL_MINUTES ? missing : 0;
}

function isFiniteNumber(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isPrice(value: number | null | undefined): value is number {
  return isFiniteNumber(value) && value > 0;
}
