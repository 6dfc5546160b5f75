// Minute candles on the wire: columns instead of rows and steps instead of times, so that a month of minutes stays a small answer.
import * as z from "zod";
import { createCandleSeries, type CandleSeries } from "@/lib/market/candle";

const prices = z.array(z.number());

export const candleColumnsSchema = z.object({
  timeframeMs: z.number().int().positive(),
  count: z.number().int().min(0),
  /** Open time of the first candle; null when there is none. */
  firstAtMs: z.number().nullable(),
  /** Bars from each candle to the next one: 1 where none is missing; one entry fewer than candles. */
  steps: z.array(z.number().int().positive()),
  open: prices,
  high: prices,
  low: prices,
  close: prices,
  /** In base units. */
  volume: prices,
  /** Indexes of minutes that no venue traded in and that were filled. */
  filled: z.array(z.number().int().min(0)),
});
export type CandleColumns = z.infer<typeof candleColumnsSchema>;

/** M1 only: in longer timeframes `marks` counts minutes. */
export function packCandles(series: CandleSeries): CandleColumns {
  const steps: number[] = [];
  const filled: number[] = [];
  for (let index = 0; index < series.length; index += 1) {
    if (series.marks[index] === 1) filled.push(index);
    if (index === 0) continue;
    steps.push(((series.openAtMs[index] ?? 0) - (series.openAtMs[index - 1] ?? 0)) / series.timeframeMs);
  }
  return {
    timeframeMs: series.timeframeMs,
    count: series.length,
    firstAtMs: series.openAtMs[0] ?? null,
    steps,
    open: [...series.open],
    high: [...series.high],
    low: [...series.low],
    close: [...series.close],
    volume: [...series.volume],
    filled,
  };
}

/** Null when the columns do not fit each other. */
export function unpackCandles(columns: CandleColumns): CandleSeries | null {
  const { count } = columns;
  const parts = [columns.open, columns.high, columns.low, columns.close, columns.volume];
  const hasSteps = columns.steps.length === Math.max(0, count - 1);
  if (!hasSteps || parts.some((part) => part.length !== count) || (count > 0 && columns.firstAtMs === null))
    return null;
  const series = createCandleSeries(columns.timeframeMs, count);
  let atMs = columns.firstAtMs ?? 0;
  for (let index = 0; index < count; index += 1) {
    if (index > 0) atMs += (columns.steps[index - 1] ?? 1) * columns.timeframeMs;
    series.openAtMs[index] = atMs;
  }
  series.open.set(columns.open);
  series.high.set(columns.high);
  series.low.set(columns.low);
  series.close.set(columns.close);
  series.volume.set(columns.volume);
  for (const index of columns.filled) if (index < count) series.marks[index] = 1;
  return series;
}
