// What tokens cost in a chosen currency, by nothing but the prices that the ledger's own rows were booked with.
import { parseIso } from "@/lib/format/time";
import { createPriceBook, type PriceBook } from "./price-book";
import type { StatementRow } from "./statement";

/** US dollars, or the symbol of a token or coin that the ledger has prices of. */
export type Currency = string;
export const US_DOLLARS: Currency = "USD";

/** A price with its origin, as a file states it. */
export interface UnitPrice {
  /** Currency per whole token. */
  readonly price: number;
  readonly source: string;
  /** Market time of the token's price, unix ms. */
  readonly atMs: number;
  /** US dollars per whole unit of the currency; 1 for US dollars. */
  readonly usdPerUnit: number;
}

export interface UnitPrices {
  /** The price that a row was booked with; null when there is none, or none of the currency in the day before. */
  ofRow(row: StatementRow): UnitPrice | null;
  /** The newest price that a token was booked with before an instant, however old. */
  newest(token: string, beforeMs: number): UnitPrice | null;
}

/** Currencies in which something of these rows can be told: US dollars first, then what has a price. */
export function currenciesOf(rows: readonly StatementRow[]): readonly Currency[] {
  const priced = new Set<string>();
  for (const row of rows) if (typeof row.usd_per_token === "number") priced.add(String(row.token));
  return [US_DOLLARS, ...[...priced].toSorted()];
}

interface BookedPrice {
  readonly atMs: number;
  readonly usd: number;
  readonly source: string;
}

export function createUnitPrices(rows: readonly StatementRow[], currency: Currency): UnitPrices {
  const byToken = new Map<string, BookedPrice[]>();
  for (const row of rows) {
    const booked = bookedPrice(row);
    if (booked === null) continue;
    const list = byToken.get(String(row.token));
    if (list === undefined) byToken.set(String(row.token), [booked]);
    else list.push(booked);
  }
  for (const list of byToken.values()) list.sort((left, right) => left.atMs - right.atMs);
  const unit: PriceBook | null =
    currency === US_DOLLARS
      ? null
      : createPriceBook((byToken.get(currency) ?? []).map(({ atMs, usd }) => ({ atMs, price: usd, quoteUsd: 1 })));

  function usdPerUnit(atMs: number): number | null {
    if (unit === null) return 1;
    const usd = unit.at(atMs)?.price ?? null;
    return usd === null || usd <= 0 ? null : usd;
  }
  function inCurrency(token: string, booked: BookedPrice | null): UnitPrice | null {
    if (booked === null) return null;
    const perUnit = usdPerUnit(booked.atMs);
    if (perUnit === null) return null;
    // A unit of the currency is one, whatever the second figure of it says.
    const price = token === currency ? 1 : booked.usd / perUnit;
    return { price, source: booked.source, atMs: booked.atMs, usdPerUnit: perUnit };
  }
  return {
    ofRow: (row) => inCurrency(String(row.token), bookedPrice(row)),
    newest: (token, beforeMs) => inCurrency(token, byToken.get(token)?.findLast(({ atMs }) => atMs < beforeMs) ?? null),
  };
}

function bookedPrice(row: StatementRow): BookedPrice | null {
  const { usd_per_token: usd, price_at_utc: at } = row;
  if (typeof usd !== "number" || typeof at !== "string" || !Number.isFinite(usd)) return null;
  const atMs = parseIso(at);
  return atMs === null ? null : { atMs, usd, source: String(row.price_source) };
}
