// Resample: aggregate M1 candles into longer closed bars (strategy.md section 2.3).
import { MINUTE_MS } from "@/lib/units";
import { createCandleSeries, sliceCandles, type CandleSeries } from "./candle";

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
    }
    end = start;
  }
  return write === 0 ? out : sliceCandles(out, write);
}
