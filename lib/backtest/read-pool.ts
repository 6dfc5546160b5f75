// Recordings of a pool as text: per minute, per hour, or every event; rows that cannot be used are named.
import type { PoolHours, PoolMinutes, PoolSwaps } from "./build-market";
import { MAX_NAMED_ROWS, parseCsv, parseUtc, type CsvColumns, type DroppedRow } from "./csv";
import type { DataQuality } from "./market";

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const MAX_ABS_TICK = 887_272;

/** `timestamp` and the columns of a minute file (opening and extreme ticks, amounts sold into the pool, active liquidity). */
export function readPoolMinutes(text: string): Read<PoolMinutes> {
  const csv = parseCsv(text, {
    timestamp: "timestamp",
    numbers: ["openTick", "lowestTick", "highestTick", "closeTick", "inAmount0", "inAmount1", "currentLiquidity"],
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
  const [atMs, openTick, lowestTick, highestTick, closeTick, inAmount0, inAmount1, liquidity] = kept.columns;
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

/** Swaps of an event file (`block_timestamp, tx_type, amount0, amount1, total_liquidity, sqrtPriceX96`); other events are skipped. */
export function readPoolEvents(text: string): Read<PoolSwaps> {
  const csv = parseCsv(text, {
    timestamp: "block_timestamp",
    numbers: ["amount0?", "amount1?", "total_liquidity?"],
    texts: ["tx_type", "sqrtPriceX96"],
  });
  if (!csv.ok) return csv;
  const [types, roots] = csv.value.texts;
  const isSwap = (row: number): boolean => types![row] === "SWAP";
  const kept = keepRows(
    csv.value,
    (row, columns) => {
      if (!/^\d+$/.test(roots![row] ?? "")) return `sqrtPriceX96 "${roots![row] ?? ""}" is no whole number`;
      if (!Number.isFinite(columns[1]![row]!) || !Number.isFinite(columns[2]![row]!)) return "a swap without amounts";
      return columns[3]![row]! > 0 ? null : "a swap without active liquidity";
    },
    isSwap,
  );
  const [atMs, amount0, amount1, liquidity] = kept.columns;
  return {
    ok: true,
    value: {
      length: kept.length,
      atMs: atMs!,
      amount0: amount0!,
      amount1: amount1!,
      liquidity: liquidity!,
      sqrtPriceX96: kept.rows.map((row) => BigInt(roots![row]!)),
      data: kept.data,
    },
  };
}

/** Rows that pass the check, ascending in time; of equal times all are kept in file order. */
function keepRows(
  csv: CsvColumns,
  check: (row: number, columns: readonly Float64Array[]) => string | null,
  isWanted: (row: number) => boolean = () => true,
): {
  readonly length: number;
  readonly rows: readonly number[];
  readonly columns: readonly Float64Array[];
  readonly data: DataQuality;
} {
  const dropped: DroppedRow[] = [...csv.dropped];
  let { droppedCount } = csv;
  const rows: number[] = [];
  for (let row = 0; row < csv.length; row += 1) {
    if (!isWanted(row)) continue;
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
    rows,
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
