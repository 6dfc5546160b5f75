// Candle index: what is computed once about a long history that never changes, so that each window over it costs little.
import type { CandleSeries } from "./candle";

/** Bars of one timeframe over the whole history, and which of its minutes each one holds: [startIndex, endIndex). */
export interface FrameIndex {
  readonly bars: CandleSeries;
  readonly startIndex: Int32Array;
  readonly endIndex: Int32Array;
}

export interface CandleIndex {
  readonly series: CandleSeries;
  /** By minutes of the timeframe, made when first asked for. */
  readonly frames: Map<number, FrameIndex>;
  /** Numbers of the hour of bars that ends before that index; NaN until first asked for. */
  readonly hourSigmaLog: Float64Array;
  readonly hourVolume: Float64Array;
}

const INDEXES = new WeakMap<ArrayBufferLike, CandleIndex>();

/**
 * Promises that this series is never written to again: from now on resampling and regime read windows of it (`sliceCandles`) from
 * an index. The results are the same bits as without, and no window sees a minute outside itself.
 */
export function indexCandles(series: CandleSeries): void {
  if (INDEXES.has(series.high.buffer)) return;
  const unknown = (): Float64Array => new Float64Array(series.length + 1).fill(Number.NaN);
  INDEXES.set(series.high.buffer, { series, frames: new Map(), hourSigmaLog: unknown(), hourVolume: unknown() });
}

/** The index behind a window and where the window begins in it; null when its history was never indexed. */
export function findCandleIndex(window: CandleSeries): { readonly index: CandleIndex; readonly offset: number } | null {
  const index = INDEXES.get(window.high.buffer);
  if (index === undefined) return null;
  const offset = (window.high.byteOffset - index.series.high.byteOffset) / Float64Array.BYTES_PER_ELEMENT;
  return offset >= 0 && offset + window.length <= index.series.length ? { index, offset } : null;
}
