// Recordings of a pool as text: per minute, per hour, or every event; rows that cannot be used are named.
import { MINUTE_MS } from "@/lib/units";
import type { PoolHours, PoolMinutes, PoolSwaps } from "./build-market";
import { MAX_NAMED_ROWS, parseCsv, parseUtc, type CsvColumns, type DroppedRow } from "./csv";
import type { DataQuality } from "./market";
import { parsePoolEvents, type PoolEvent, type PoolLiquidityEvent, type PoolSwapEvent } from "./replay/events";

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const MAX_ABS_TICK = 887_272;

/** `timestamp` and the columns of a minute file (opening and extreme ticks, amounts sold into the pool, active liquidity, and token1's net flow if it is there). */
export function readPoolMinutes(text: string): Read<PoolMinutes> {
  const csv = parseCsv(text, {
    timestamp: "timestamp",
    numbers: [
      "openTick",
      "lowestTick",
      "highestTick",
      "closeTick",
      "inAmount0",
      "inAmount1",
      "currentLiquidity",
      "netAmount1?",
    ],
  });
  if (!csv.ok) return csv;
  const kept = keepRows(csv.value, (row, columns) => {
    for (const tick of [1, 2, 3, 4]) {
      if (!isTick(columns[tick]![row]!)) return `tick ${columns[tick]![row]!} is outside +-${MAX_ABS_TICK}`;
    }
    if (columns[2]![row]! > columns[3]![row]!) return "lowestTick is above highestTick";
    if (columns[5]![row]! < 0 || columns[6]![row]! < 0) return "an amount sold into the pool is negative";
    return columns[7]![row]! < 0 ? "currentLiquidity is negative" : null;
  });
  const [atMs, openTick, lowestTick, highestTick, closeTick, inAmount0, inAmount1, liquidity, netAmount1] =
    kept.columns;
  return {
    ok: true,
    value: {
      length: kept.length,
      atMs: atMs!,
      openTick: openTick!,
      lowestTick: lowestTick!,
      highestTick: highestTick!,
      closeTick: closeTick!,
      inAmount0: inAmount0!,
      inAmount1: inAmount1!,
      netAmount1: netAmount1!,
      liquidity: liquidity!,
      data: kept.data,
    },
  };
}

/** `ts_s, tick, liquidity` at full hours. */
export function readPoolHours(text: string): Read<PoolHours> {
  const csv = parseCsv(text, { numbers: ["ts_s", "tick", "liquidity"] });
  if (!csv.ok) return csv;
  const kept = keepRows(csv.value, (row, columns) => {
    if (!isTick(columns[1]![row]!)) return `tick ${columns[1]![row]!} is outside +-${MAX_ABS_TICK}`;
    return columns[2]![row]! > 0 ? null : "liquidity is not positive";
  });
  const [atSec, tick, liquidity] = kept.columns;
  return {
    ok: true,
    value: {
      length: kept.length,
      atMs: atSec!.map((seconds) => seconds * 1000),
      tick: tick!,
      liquidity: liquidity!,
      data: kept.data,
    },
  };
}

/** Columns of an event file that are read; those with a `?` may be missing: not every kind of event has them. */
const EVENT_COLUMNS = [
  "block_number",
  "pool_log_index",
  "block_timestamp",
  "tx_type",
  "amount0",
  "amount1",
  "total_liquidity",
  "sqrtPriceX96",
  "current_tick",
  "tick_lower?",
  "tick_upper?",
  "liquidity?",
] as const;

/**
 * Swaps of an event file by block and log index, with what mints and burns changed between them. A row that cannot be read is
 * left out and named by its line.
 */
export function readPoolEvents(text: string): Read<PoolSwaps> {
  const csv = parseCsv(text, { numbers: [], texts: EVENT_COLUMNS });
  if (!csv.ok) return csv;
  const names = EVENT_COLUMNS.map((name) => name.replace("?", ""));
  const { texts, lines } = csv.value;
  const records = Array.from(lines, (_, row) =>
    Object.fromEntries(names.map((name, column) => [name, texts[column]![row]!])),
  );
  const parsed = parsePoolEvents(records);
  const dropped = [
    ...csv.value.dropped,
    // The parser counts its rows as lines of a file without gaps, the heading being line 1.
    ...parsed.dropped.map(({ line, reason }) => ({ line: lines[line - 2]!, reason })),
  ].toSorted((left, right) => left.line - right.line);

  const swaps: PoolSwapEvent[] = [];
  const liquidityAtEnd: number[] = [];
  let before: PoolEvent | null = null;
  for (const event of parsed.events) {
    if (before !== null && event.atMs < before.atMs) {
      return {
        ok: false,
        message: `expected times that rise with block and log index; block ${event.block} log ${event.logIndex} is ${(before.atMs - event.atMs) / 1000} s older than the event before it (block ${before.block} log ${before.logIndex})`,
      };
    }
    before = event;
    const last = swaps.at(-1);
    if (event.kind === "swap") {
      swaps.push(event);
      liquidityAtEnd.push(Number(event.liquidity));
    } else if (event.kind !== "collect" && last !== undefined && isActiveIn(event, last)) {
      const change = Number(event.liquidity) * (event.kind === "mint" ? 1 : -1);
      liquidityAtEnd[swaps.length - 1] = Math.max(0, liquidityAtEnd[swaps.length - 1]! + change);
    }
  }
  return {
    ok: true,
    value: {
      length: swaps.length,
      atMs: Float64Array.from(swaps, (swap) => swap.atMs),
      amount0: Float64Array.from(swaps, (swap) => Number(swap.amount0)),
      amount1: Float64Array.from(swaps, (swap) => Number(swap.amount1)),
      liquidity: Float64Array.from(swaps, (swap) => Number(swap.liquidity)),
      liquidityAtEnd: Float64Array.from(liquidityAtEnd),
      sqrtPriceX96: swaps.map((swap) => swap.sqrtPriceX96),
      data: {
        rows: csv.value.rows,
        dropped: dropped.slice(0, MAX_NAMED_ROWS),
        droppedCount: csv.value.droppedCount + parsed.dropped.length,
        filledMinutes: 0,
        holes: 0,
      },
    },
  };
}

/** Whether liquidity came or went around the price that a swap left, in the swap's own minute. */
function isActiveIn(event: PoolLiquidityEvent, swap: PoolSwapEvent): boolean {
  return (
    event.tickLower <= swap.tick &&
    swap.tick < event.tickUpper &&
    Math.floor(event.atMs / MINUTE_MS) === Math.floor(swap.atMs / MINUTE_MS)
  );
}

/** Rows that pass the check, ascending in time; of equal times all are kept in file order. */
function keepRows(
  csv: CsvColumns,
  check: (row: number, columns: readonly Float64Array[]) => string | null,
): {
  readonly length: number;
  readonly columns: readonly Float64Array[];
  readonly data: DataQuality;
} {
  const dropped: DroppedRow[] = [...csv.dropped];
  let { droppedCount } = csv;
  const rows: number[] = [];
  for (let row = 0; row < csv.length; row += 1) {
    const reason = check(row, csv.columns);
    if (reason === null) {
      rows.push(row);
      continue;
    }
    droppedCount += 1;
    if (dropped.length < 2 * MAX_NAMED_ROWS) dropped.push({ line: csv.lines[row]!, reason });
  }
  const times = csv.columns[0]!;
  rows.sort((left, right) => times[left]! - times[right]!);
  return {
    length: rows.length,
    columns: csv.columns.map((column) => Float64Array.from(rows, (row) => column[row]!)),
    data: {
      rows: csv.rows,
      dropped: dropped.toSorted((left, right) => left.line - right.line).slice(0, MAX_NAMED_ROWS),
      droppedCount,
      filledMinutes: 0,
      holes: 0,
    },
  };
}

function isTick(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) <= MAX_ABS_TICK;
}

/** Instant given as unix ms or as a UTC date; null for anything else. */
export function parseInstant(text: string): number | null {
  if (/^\d{9,}$/.test(text)) return Number(text);
  return parseUtc(text);
}
