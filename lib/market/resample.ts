// Resample: aggregate M1 candles into longer closed bars (strategy.md section 2.3).
import { MINUTE_MS } from "@/lib/units";
import { createCandleSeries, sliceCandles, type CandleSeries } from "./candle";
import { findCandleIndex, type CandleIndex, type FrameIndex } from "./candle-index";

export const M15_MINUTES = 15;
export const H1_MINUTES = 60;
export const H4_MINUTES = 240;

/**
 * Aggregates an ascending M1 series to `minutes`-minute bars, bucket = floor(ts / ms) * ms. Only buckets closed at `nowMs`
 * with at least half of their minutes appear; `marks` holds the count. With `lastBars` only the newest that many are made.
 */
export function resampleCandles(
  m1: CandleSeries,
  minutes: number,
  nowMs: number,
  lastBars: number = Number.POSITIVE_INFINITY,
): CandleSeries {
  const indexed = findCandleIndex(m1);
  const window = indexed === null ? null : resampleIndexed(indexed.index, indexed.offset, m1, minutes, nowMs, lastBars);
  return window ?? aggregate(m1, minutes, nowMs, lastBars, null);
}

/** Bars of a window of an indexed history; null when a bucket at its edge lies only partly inside and must be aggregated anew. */
function resampleIndexed(
  index: CandleIndex,
  offset: number,
  window: CandleSeries,
  minutes: number,
  nowMs: number,
  lastBars: number,
): CandleSeries | null {
  let frame = index.frames.get(minutes);
  if (frame === undefined) {
    frame = buildFrame(index.series, minutes);
    index.frames.set(minutes, frame);
  }
  const { bars, startIndex, endIndex } = frame;
  const bucketMs = minutes * MINUTE_MS;
  const windowEnd = offset + window.length;
  let end = countAtMost(endIndex, bars.length, windowEnd);
  if (end < bars.length && startIndex[end]! < windowEnd && bars.openAtMs[end]! + bucketMs <= nowMs) return null;
  while (end > 0 && !(bars.openAtMs[end - 1]! + bucketMs <= nowMs)) end -= 1;
  const first = countAtMost(startIndex, bars.length, offset - 1);
  const wanted = Math.max(0, Math.min(lastBars, window.length));
  if (end - first >= wanted) return sliceCandles(bars, end - wanted, end);
  return first > 0 && endIndex[first - 1]! > offset ? null : sliceCandles(bars, first, end);
}

function buildFrame(series: CandleSeries, minutes: number): FrameIndex {
  const spans: [number, number][] = [];
  const bars = aggregate(series, minutes, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, spans);
  spans.reverse();
  return {
    bars,
    startIndex: Int32Array.from(spans, (span) => span[0]),
    endIndex: Int32Array.from(spans, (span) => span[1]),
  };
}

/** How many of the first `length` ascending values are at most `limit`. */
function countAtMost(values: Int32Array, length: number, limit: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The aggregation itself; `spans` receives the minutes of each bar, newest first. */
function aggregate(
  m1: CandleSeries,
  minutes: number,
  nowMs: number,
  lastBars: number,
  spans: [number, number][] | null,
): CandleSeries {
  const bucketMs = minutes * MINUTE_MS;
  const wanted = Math.max(0, Math.min(lastBars, Math.ceil(m1.length)));
  const capacity = Math.min(wanted, Math.floor(m1.length / Math.max(1, Math.ceil(minutes / 2))) + 1);
  const out = createCandleSeries(bucketMs, capacity);
  const { openAtMs, open, high, low, close, volume } = m1;

  // Newest first, written from the end, so that a short window does not read the whole history.
  let write = capacity;
  let end = m1.length;
  while (end > 0 && write > 0) {
    const bucket = Math.floor(openAtMs[end - 1]! / bucketMs) * bucketMs;
    let start = end - 1;
    while (start > 0 && openAtMs[start - 1]! >= bucket) start -= 1;
    const count = end - start;
    if (bucket + bucketMs <= nowMs && count * 2 >= minutes) {
      write -= 1;
      let top = high[start]!;
      let bottom = low[start]!;
      let sum = 0;
      for (let index = start; index < end; index += 1) {
        if (high[index]! > top) top = high[index]!;
        if (low[index]! < bottom) bottom = low[index]!;
        sum += volume[index]!;
      }
      out.openAtMs[write] = bucket;
      out.open[write] = open[start]!;
      out.high[write] = top;
      out.low[write] = bottom;
      out.close[write] = close[end - 1]!;
      out.volume[write] = sum;
      out.marks[write] = count;
      spans?.push([start, end]);
    }
    end = start;
  }
  return write === 0 ? out : sliceCandles(out, write);
}
