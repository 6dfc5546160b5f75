// Shapes that several vector topics share: candle rows, the bar generator, range parameters.
import * as z from "zod";
import { candleSeriesFromRows, type CandleSeries } from "@/lib/market/candle";

export const rowsSchema = z.array(z.array(z.number().nullable()));

export const generatorSchema = z.object({
  seed: z.number(),
  n: z.number().int().min(0).max(10_000_000),
  p0: z.number(),
  sig: z.number(),
  tfMs: z.number(),
  t0: z.number(),
  volBase: z.number(),
  sub: z.number(),
  drift: z.number().optional(),
  events: z
    .array(
      z.object({
        at: z.number(),
        mul: z.number().optional(),
        sigMul: z.number().optional(),
        volMul: z.number().optional(),
      }),
    )
    .optional(),
});

export const rangeParamsSchema = z.object({
  baseMin: z.number(),
  baseMax: z.number(),
  vforceExp: z.number(),
  vforceDivider: z.number(),
  rsThreshold: z.number(),
});

/** Rows as a series; a missing number becomes NaN. */
export function seriesOf(timeframeMs: number, rows: readonly (readonly (number | null)[])[]): CandleSeries {
  return candleSeriesFromRows(
    timeframeMs,
    rows.map((row) => row.map((value) => value ?? Number.NaN)),
  );
}

/** Rows with their mark, the way the vectors list them. */
export function rowsWithMarks(series: CandleSeries): number[][] {
  return Array.from({ length: series.length }, (_, index) =>
    [series.openAtMs, series.open, series.high, series.low, series.close, series.volume, series.marks].map(
      (column) => column[index] ?? Number.NaN,
    ),
  );
}
