// Which entries an export takes, their time in a chosen zone, and the sums that prove that none is missing.
import type { StatementRowDto } from "@/lib/api/money-schemas";
import type { ExportTable } from "@/lib/ledger/export-rows";

export const PERIODS = ["all", "this_year", "last_year", "last_30_days", "today"] as const;
export type Period = (typeof PERIODS)[number];

export const PERIOD_WORD: Readonly<Record<Period, string>> = {
  all: "everything",
  this_year: "this year",
  last_year: "last year",
  last_30_days: "last 30 days",
  today: "today",
};

const DAY_MS = 86_400_000;

/** Instants of a period in UTC: from inclusive, to exclusive. */
export function periodOf(period: Period, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  const dayMs = Date.UTC(year, now.getUTCMonth(), now.getUTCDate());
  switch (period) {
    case "all":
      return { fromMs: 0, toMs: Number.POSITIVE_INFINITY };
    case "this_year":
      return { fromMs: Date.UTC(year, 0, 1), toMs: Date.UTC(year + 1, 0, 1) };
    case "last_year":
      return { fromMs: Date.UTC(year - 1, 0, 1), toMs: Date.UTC(year, 0, 1) };
    case "last_30_days":
      return { fromMs: dayMs - 29 * DAY_MS, toMs: dayMs + DAY_MS };
    case "today":
      return { fromMs: dayMs, toMs: dayMs + DAY_MS };
  }
}

export function inPeriod(
  rows: readonly StatementRowDto[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly StatementRowDto[] {
  return rows.filter((row) => {
    const atMs = Date.parse(String(row.market_at_utc));
    return atMs >= fromMs && atMs < toMs;
  });
}

/** `2026-11-23 13:03:07 +01:00`: sortable, and clear without knowing where it was made. */
export function zoneTime(atUtc: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "longOffset",
  }).formatToParts(new Date(atUtc));
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  const offset = part("timeZoneName").replace("GMT", "") || "+00:00";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")} ${offset}`;
}

/** Whether this machine knows the zone: an address can name any. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    // A zone that is not known is refused by an exception and nothing else.
    return false;
  }
}

/** Columns never move; the time in the chosen zone is one more at the end. */
export function withZone(table: ExportTable, zone: string): ExportTable {
  if (zone === "UTC") return table;
  return {
    columns: [...table.columns, "at_zone"],
    rows: table.rows.map((row) => ({ ...row, at_zone: zoneTime(String(row["market_at_utc"]), zone) })),
  };
}

export interface LedgerSums {
  readonly entries: number;
  readonly transactions: number;
  /** Per chain and token, what the entries of all accounts add up to: every entry has its counterpart, so none but 0. */
  readonly unbalanced: readonly { readonly chainId: string; readonly token: string; readonly raw: string }[];
}

/** What a pair was given or gave back has its counterpart outside the pair; of one pair alone these kinds are no part of the sum. */
const BETWEEN_PAIRS: ReadonlySet<string> = new Set(["assign", "credit", "debit"]);

export function ledgerSums(rows: readonly StatementRowDto[], scope: "all" | "pair"): LedgerSums {
  const sums = new Map<string, { chainId: string; token: string; raw: bigint }>();
  const hashes = new Set<string>();
  for (const row of rows) {
    if (row.tx_hash !== null) hashes.add(String(row.tx_hash));
    if (scope === "pair" && BETWEEN_PAIRS.has(String(row.kind))) continue;
    const key = `${row.chain_id}:${row.token_address}`;
    const sum = sums.get(key) ?? { chainId: String(row.chain_id), token: String(row.token), raw: 0n };
    sums.set(key, { ...sum, raw: sum.raw + BigInt(String(row.amount_raw)) });
  }
  return {
    entries: rows.length,
    transactions: hashes.size,
    unbalanced: [...sums.values()].filter(({ raw }) => raw !== 0n).map((sum) => ({ ...sum, raw: sum.raw.toString() })),
  };
}
