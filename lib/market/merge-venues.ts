// Merge: one M1 series out of several venues, by the weighted lower median of each price (strategy.md section 2.4).
import { weightedLowerMedian } from "@/lib/math/stats";
import { MINUTE_MS } from "@/lib/units";
import { compactCandles, createCandleSeries, sliceCandles, type CandleSeries } from "./candle";

export interface VenueCandles {
  /** Weight of the venue, > 0; venues with an invalid weight are left out. */
  readonly weight: number;
  /** Normalised M1 candles, ascending. */
  readonly candles: CandleSeries;
}

/**
 * Merges venues minute by minute over the venues present: weighted lower median of open, high, low and close, high and low
 * widened to contain open and close, volumes summed. A minute is marked filled only when it was filled at every venue present.
 */
export function mergeVenues(venues: readonly VenueCandles[]): CandleSeries {
  const usable = venues.filter(
    (venue) => Number.isFinite(venue.weight) && venue.weight > 0 && venue.candles.length > 0,
  );
  const capacity = usable.reduce((sum, venue) => sum + venue.candles.length, 0);
  const out = createCandleSeries(MINUTE_MS, capacity);
  const cursor = usable.map(() => 0);
  let write = 0;
  // Emptied for each minute, not made anew: months of minutes pass through here.
  const weights: number[] = [];
  const open: number[] = [];
  const high: number[] = [];
  const low: number[] = [];
  const close: number[] = [];
  for (;;) {
    let atMs = Number.POSITIVE_INFINITY;
    for (let venue = 0; venue < usable.length; venue += 1) {
      const { candles } = usable[venue]!;
      if (cursor[venue]! < candles.length) atMs = Math.min(atMs, candles.openAtMs[cursor[venue]!]!);
    }
    if (atMs === Number.POSITIVE_INFINITY) break;

    for (const list of [weights, open, high, low, close]) list.length = 0;
    let volume = 0;
    let isFilledEverywhere = true;
    for (let venue = 0; venue < usable.length; venue += 1) {
      const { candles, weight } = usable[venue]!;
      const at = cursor[venue]!;
      if (at >= candles.length || candles.openAtMs[at]! !== atMs) continue;
      cursor[venue] = at + 1;
      weights.push(weight);
      open.push(candles.open[at]!);
      high.push(candles.high[at]!);
      low.push(candles.low[at]!);
      close.push(candles.close[at]!);
      volume += candles.volume[at]!;
      if (candles.marks[at] !== 1) isFilledEverywhere = false;
    }
    const mergedOpen = weightedLowerMedian(open, weights) ?? 0;
    const mergedClose = weightedLowerMedian(close, weights) ?? 0;
    out.openAtMs[write] = atMs;
    out.open[write] = mergedOpen;
    out.close[write] = mergedClose;
    out.high[write] = Math.max(weightedLowerMedian(high, weights) ?? 0, mergedOpen, mergedClose);
    out.low[write] = Math.min(weightedLowerMedian(low, weights) ?? 0, mergedOpen, mergedClose);
    out.volume[write] = volume;
    out.marks[write] = isFilledEverywhere ? 1 : 0;
    write += 1;
  }
  return compactCandles(sliceCandles(out, 0, write));
}
