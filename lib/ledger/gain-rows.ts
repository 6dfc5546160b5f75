// Realised gains as rows of a file: method, currency and the price of each row are said in the row, what is not known is empty.
import { formatIso } from "@/lib/format/time";
import type { ExportTable } from "./export-rows";
import type { GainReport } from "./gains";

/** In order; new ones are only ever added at the end. */
const GAIN_COLUMNS = [
  "seq",
  "market_at_utc",
  "event",
  "pair",
  "token",
  "amount",
  "lot",
  "lot_at_utc",
  "proceeds",
  "cost",
  "gain",
  "currency",
  "method",
  "price",
  "price_source",
  "price_at_utc",
  "usd_per_currency",
  "plan_id",
  "tx_hash",
] as const;

export function gainTable({ rows, currency, method }: Pick<GainReport, "rows" | "currency" | "method">): ExportTable {
  return {
    columns: GAIN_COLUMNS,
    rows: rows.map((row) => ({
      seq: row.seq,
      market_at_utc: formatIso(row.atMs),
      event: row.event,
      pair: row.pairId,
      token: row.token,
      amount: row.amount,
      lot: row.lotId ?? (method === "average" && row.cost !== null ? "average" : "unknown"),
      lot_at_utc: row.lotAtMs === null ? null : formatIso(row.lotAtMs),
      proceeds: precise(row.proceeds),
      cost: precise(row.cost),
      gain: precise(row.gain),
      currency,
      method,
      price: precise(row.price?.price ?? null),
      price_source: row.price?.source ?? "none",
      price_at_utc: row.price === null ? null : formatIso(row.price.atMs),
      usd_per_currency: precise(row.price?.usdPerUnit ?? null),
      plan_id: row.planId,
      tx_hash: row.txHash,
    })),
  };
}

/** How to read the figures; written into the file and beside it on the screen. */
export function gainNote({ method, currency }: Pick<GainReport, "method" | "currency">): string {
  const lots =
    method === "fifo" ? "The oldest lot leaves first." : "What leaves takes the average cost of what is held.";
  const unit =
    currency === "USD"
      ? "US dollars by the price each entry was booked with."
      : `${currency} by the prices each entry was booked with: US dollars of the token through US dollars of ${currency}.`;
  return `${lots} ${unit} price_source says which: the exchange median at the operation, that of the epoch before it, or the pool's own at an exit. Without a price the figure is empty and counted as unknown. A swap sells for what was got, so its cost is in the gain; liquidity that goes into a pool is no sale, what a pool traded meanwhile counts when it comes out; a move between own chains is no sale; gas and what bridges keep are costs; what came without an operation counts from when a pair took it. Unrealised is at the newest booked price. No tax advice.`;
}

/** Twelve significant digits, which a number keeps, and no exponent that a spreadsheet would misread. */
function precise(value: number | null): number | string | null {
  if (value === null) return null;
  if (!Number.isFinite(value)) return null;
  const rounded = Number(value.toPrecision(12));
  const text = String(rounded);
  return text.includes("e") ? rounded.toFixed(20).replace(/\.?0+$/, "") : rounded + 0;
}
