// Recorded events of a V3 pool (every swap, mint, burn and collect) as typed values in the order of the chain.
import * as z from "zod";
import { MAX_SQRT_X96, MIN_SQRT_X96 } from "@/lib/amm/tick-math";
import { MAX_TICK, MIN_TICK } from "@/lib/units";

interface EventPlace {
  readonly block: number;
  /** Index of the log in its block. */
  readonly logIndex: number;
  readonly atMs: number;
  /** Raw, pool order. Of a swap signed from the pool's view: positive was paid in. */
  readonly amount0: bigint;
  readonly amount1: bigint;
}

export interface PoolSwapEvent extends EventPlace {
  readonly kind: "swap";
  /** Price, tick and active liquidity after it. */
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
}

export interface PoolLiquidityEvent extends EventPlace {
  readonly kind: "mint" | "burn";
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidity: bigint;
}

export interface PoolCollectEvent extends EventPlace {
  readonly kind: "collect";
  readonly tickLower: number;
  readonly tickUpper: number;
}

export type PoolEvent = PoolSwapEvent | PoolLiquidityEvent | PoolCollectEvent;

export interface DroppedRow {
  /** Line of the file, the heading being line 1. */
  readonly line: number;
  readonly reason: string;
}

const integer = z
  .string()
  .regex(/^-?\d+(\.0+)?$/, "is not a whole number")
  .transform((text) => BigInt(text.split(".")[0] ?? ""));
const count = integer.refine((value) => value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER), "is out of range");
const tick = integer
  .refine((value) => value >= BigInt(MIN_TICK) && value <= BigInt(MAX_TICK), "is no tick of a pool")
  .transform(Number);
const sqrtPrice = integer.refine((value) => value >= MIN_SQRT_X96 && value < MAX_SQRT_X96, "is no price of a pool");
const liquidity = integer.refine((value) => value >= 0n && value < 1n << 128n, "is no liquidity");
const instant = z.string().transform((text, context) => {
  const atMs = utcMs(text);
  if (atMs !== null) return atMs;
  context.addIssue("is not a time like 2024-01-05 00:00:23");
  return z.NEVER;
});

const place = {
  block_number: count.transform(Number),
  pool_log_index: count.transform(Number),
  block_timestamp: instant,
  amount0: integer,
  amount1: integer,
};
const range = { tick_lower: tick, tick_upper: tick };

const rowSchema = z.discriminatedUnion("tx_type", [
  z.object({
    ...place,
    tx_type: z.literal("SWAP"),
    sqrtPriceX96: sqrtPrice,
    current_tick: tick,
    total_liquidity: liquidity,
  }),
  z.object({ ...place, ...range, tx_type: z.enum(["MINT", "BURN"]), liquidity }),
  z.object({ ...place, ...range, tx_type: z.literal("COLLECT") }),
]);
type EventRow = z.output<typeof rowSchema>;

/**
 * Rows as their file has them (column name to text; columns as in the recorded pools: block_number, block_timestamp, tx_type,
 * pool_log_index, amount0, amount1, total_liquidity, sqrtPriceX96, current_tick, tick_lower, tick_upper, liquidity) to events
 * by block and log index. A row that cannot be read is left out and named by its line; nothing is repaired.
 */
export function parsePoolEvents(rows: readonly Readonly<Record<string, string>>[]): {
  readonly events: readonly PoolEvent[];
  readonly dropped: readonly DroppedRow[];
} {
  const dropped: DroppedRow[] = [];
  const seen = new Set<string>();
  const events: PoolEvent[] = [];
  for (const [index, row] of rows.entries()) {
    const line = index + 2;
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) {
      dropped.push({ line, reason: reasonOf(parsed.error, row) });
      continue;
    }
    const event = toEvent(parsed.data);
    const refusal = refusalOf(event);
    const key = `${event.block}:${event.logIndex}`;
    if (refusal !== null) dropped.push({ line, reason: refusal });
    else if (seen.has(key)) {
      dropped.push({ line, reason: `block ${event.block} log ${event.logIndex} was already read on an earlier line` });
    } else {
      seen.add(key);
      events.push(event);
    }
  }
  return { events: events.toSorted((a, b) => a.block - b.block || a.logIndex - b.logIndex), dropped };
}

function toEvent(row: EventRow): PoolEvent {
  const at = {
    block: row.block_number,
    logIndex: row.pool_log_index,
    atMs: row.block_timestamp,
    amount0: row.amount0,
    amount1: row.amount1,
  };
  if (row.tx_type === "SWAP") {
    const { sqrtPriceX96, current_tick, total_liquidity } = row;
    return { kind: "swap", ...at, sqrtPriceX96, tick: current_tick, liquidity: total_liquidity };
  }
  const ticks = { tickLower: row.tick_lower, tickUpper: row.tick_upper };
  if (row.tx_type === "COLLECT") return { kind: "collect", ...at, ...ticks };
  return { kind: row.tx_type === "MINT" ? "mint" : "burn", ...at, ...ticks, liquidity: row.liquidity };
}

function refusalOf(event: PoolEvent): string | null {
  if (event.kind === "swap") {
    return (event.amount0 > 0n && event.amount1 > 0n) || (event.amount0 <= 0n && event.amount1 <= 0n)
      ? `a swap pays one token in: amount0 ${event.amount0}, amount1 ${event.amount1}`
      : null;
  }
  return event.tickLower < event.tickUpper
    ? null
    : `tick_lower ${event.tickLower} is not below tick_upper ${event.tickUpper}`;
}

function reasonOf(error: z.ZodError, row: Readonly<Record<string, string>>): string {
  const issue = error.issues[0];
  const column = String(issue?.path[0] ?? "row");
  const value = row[column];
  return value === undefined
    ? `column ${column} is missing`
    : `${column} "${value}": ${issue?.message ?? "cannot be read"}`;
}

/** Unix ms of "2024-01-05 00:00:23" (UTC; "T", "Z" and fractions of a second are understood), null for anything else. */
function utcMs(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?(?:Z|\+00:00)?$/.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59 || day < 1 || day > daysOfMonth(year, month)) return null;
  // Days since 1970 with the year beginning in March, so that the leap day is a year's last.
  const shifted = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const days =
    365 * shifted +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    Math.floor((153 * monthFromMarch + 2) / 5) +
    (day - 1) -
    719_468;
  const ms = Number((match[7] ?? "0").padEnd(3, "0"));
  return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + ms;
}

/** 0 for a month that does not exist. */
function daysOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
