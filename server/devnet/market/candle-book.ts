// One-minute candles of one pair, packed, growing with market time; the single source of every candle the devnet serves.
import { MINUTE_MS } from "@/lib/units";

const COLUMNS = 5;
/** Candles kept, minutes: 75 days. */
const MAX_MINUTES = 75 * 1_440;

/** `[openAtMs, open, high, low, close, volume]`. */
export type BookRow = readonly [number, number, number, number, number, number];

export interface CandleBook {
  /** Adds what happened in `[fromMs, fromMs + a tick)`; minutes must not go back. */
  add(fromMs: number, price: number, volume: number): void;
  /** Widens and re-closes the running minute at a new price, for jumps from outside. */
  touch(price: number): void;
  firstMinuteAtMs(): number;
  /** Rows with `fromMs <= openAtMs <= toMs`, oldest first, at most `limit` of them counted from `fromMs`. */
  rows(fromMs: number, toMs: number, limit: number): BookRow[];
  toBuffer(): Buffer;
}

export function createCandleBook(firstMinuteAtMs: number, saved?: Buffer): CandleBook {
  let first = firstMinuteAtMs;
  let count = 0;
  let data = new Float64Array(45 * 1_440 * COLUMNS);
  let lastClose = Number.NaN;
  if (saved !== undefined) {
    const copy = new Float64Array(saved.length / 8);
    for (let index = 0; index < copy.length; index += 1) copy[index] = saved.readDoubleLE(index * 8);
    first = copy[0] ?? firstMinuteAtMs;
    count = (copy.length - 1) / COLUMNS;
    data = new Float64Array(Math.max(data.length, copy.length + 1_440 * COLUMNS));
    data.set(copy.subarray(1));
    lastClose = cell(count - 1, 3);
  }

  function cell(minute: number, column: number): number {
    return data[minute * COLUMNS + column] ?? Number.NaN;
  }

  function makeRoom(): void {
    if (count >= MAX_MINUTES) {
      const dropped = 1_440;
      data.copyWithin(0, dropped * COLUMNS, count * COLUMNS);
      count -= dropped;
      first += dropped * MINUTE_MS;
    }
    if ((count + 1) * COLUMNS > data.length) {
      const larger = new Float64Array(data.length + 10 * 1_440 * COLUMNS);
      larger.set(data.subarray(0, count * COLUMNS));
      data = larger;
    }
  }

  function widen(minute: number, price: number): void {
    const at = minute * COLUMNS;
    data[at + 1] = Math.max(cell(minute, 1), price);
    data[at + 2] = Math.min(cell(minute, 2), price);
    data[at + 3] = price;
    lastClose = price;
  }

  return {
    add(fromMs, price, volume) {
      const minute = Math.floor((fromMs - first) / MINUTE_MS);
      while (count <= minute) {
        makeRoom();
        const open = Number.isNaN(lastClose) ? price : lastClose;
        data.set([open, open, open, open, 0], count * COLUMNS);
        count += 1;
      }
      const index = Math.floor((fromMs - first) / MINUTE_MS);
      widen(index, price);
      data[index * COLUMNS + 4] = cell(index, 4) + volume;
    },
    touch(price) {
      if (count > 0) widen(count - 1, price);
    },
    firstMinuteAtMs: () => first,
    rows(fromMs, toMs, limit) {
      const start = Math.max(0, Math.ceil((fromMs - first) / MINUTE_MS));
      const end = Math.min(count - 1, Math.floor((toMs - first) / MINUTE_MS));
      const out: BookRow[] = [];
      for (let index = start; index <= end && out.length < limit; index += 1) {
        const openAtMs = first + index * MINUTE_MS;
        out.push([openAtMs, cell(index, 0), cell(index, 1), cell(index, 2), cell(index, 3), cell(index, 4)]);
      }
      return out;
    },
    toBuffer() {
      const out = Buffer.alloc((1 + count * COLUMNS) * 8);
      out.writeDoubleLE(first, 0);
      for (let index = 0; index < count * COLUMNS; index += 1) out.writeDoubleLE(data[index] ?? 0, (index + 1) * 8);
      return out;
    },
  };
}
