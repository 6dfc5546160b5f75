// The ledger as a statement: one row per entry with names, decimals and US dollars by a stated price, in a column order that never changes.
import { formatIso } from "@/lib/format/time";
import type { PriceBook, PriceObservation, TokenPrice } from "./price-book";
import { NATIVE_TOKEN } from "./accounts";
import type { EntryKind } from "./entries";

/** An entry as the signer lists it; amounts are signed decimal strings of raw units. */
export interface StatementEntry {
  readonly seq: number;
  /** Wall and market time, unix ms. */
  readonly atMs: number;
  readonly marketAtMs: number;
  readonly pairId: string | null;
  readonly chainId: number;
  readonly account: string;
  readonly token: string;
  readonly amountRaw: string;
  readonly kind: EntryKind;
  readonly planId: string | null;
  readonly opId: string | null;
  readonly txHash: string | null;
  /** Prices the operation was carried out at; null or missing for what was booked without one. */
  readonly rate?: EntryRate | null | undefined;
}

/** Prices of an instant: QUOTE per BASE, US dollars per whole QUOTE token and per whole native coin. */
export interface EntryRate {
  readonly price: number;
  readonly quoteUsd: number;
  readonly nativeUsd: number;
  /** Market time of the price, unix ms. */
  readonly atMs: number;
  /** `pool`: an exit, which asks nobody but the chain; missing: the exchanges' median. */
  readonly source?: "pool" | undefined;
}

export interface StatementToken {
  readonly symbol: string;
  readonly decimals: number;
  /** Which side of the pair's price it is; null: its US dollars are not known from this pair. */
  readonly side: "base" | "quote" | null;
}

/** Columns of the export, in order. New ones are only ever added at the end. */
export const STATEMENT_COLUMNS = [
  "seq",
  "at_utc",
  "market_at_utc",
  "pair",
  "chain_id",
  "account",
  "kind",
  "token",
  "token_address",
  "decimals",
  "amount_raw",
  "amount",
  "usd",
  "usd_per_token",
  "price_source",
  "price_at_utc",
  "plan_id",
  "op_id",
  "tx_hash",
] as const;
export type StatementRow = Readonly<Record<(typeof STATEMENT_COLUMNS)[number], string | number | null>>;

export interface StatementInput {
  readonly entries: readonly StatementEntry[];
  /** Prices of a pair; null when there are none. */
  readonly pricesOf: (pairId: string) => PriceBook | null;
  /** Pair whose price a token in the shared accounts (gas, unassigned) goes by; null: its US dollars stay empty. */
  readonly sharedPairOf: (chainId: number, token: string) => string | null;
  readonly tokenOf: (chainId: number, token: string, pairId: string | null) => StatementToken;
}

/** What `price_source` says of a row with US dollars: the operation's own price where it has one. */
const OPERATION_SOURCE = "exchange median at the operation";
const POOL_SOURCE = "the pool's own price at the exit, its quote taken for 1 US dollar";
const EPOCH_SOURCE = "exchange median at the epoch before";

/** The price of the entry's own operation, null for what was booked without one. */
export function rateOf(entry: StatementEntry): PriceObservation | null {
  return entry.rate == null ? null : { atMs: entry.rate.atMs, price: entry.rate.price, quoteUsd: entry.rate.quoteUsd };
}

export function buildStatement(input: StatementInput): readonly StatementRow[] {
  return input.entries.map((entry) => {
    const pairId = entry.pairId ?? input.sharedPairOf(entry.chainId, entry.token);
    const token = input.tokenOf(entry.chainId, entry.token, pairId);
    const own = ownPrice(entry, token.side);
    const price = own ?? (pairId === null ? null : priceOf(input.pricesOf(pairId), token.side, entry.marketAtMs));
    const amount = decimalText(entry.amountRaw, token.decimals);
    return {
      seq: entry.seq,
      at_utc: formatIso(entry.atMs),
      market_at_utc: formatIso(entry.marketAtMs),
      pair: entry.pairId,
      chain_id: entry.chainId,
      account: entry.account,
      kind: entry.kind,
      token: token.symbol,
      token_address: entry.token === NATIVE_TOKEN ? "native" : entry.token,
      decimals: token.decimals,
      amount_raw: entry.amountRaw,
      amount,
      usd: price === null ? null : round(Number(amount) * price.usd),
      usd_per_token: price === null ? null : round(price.usd),
      price_source: price === null ? "none" : own === null ? EPOCH_SOURCE : operationSource(entry),
      price_at_utc: price === null ? null : formatIso(price.atMs),
      plan_id: entry.planId,
      op_id: entry.opId,
      tx_hash: entry.txHash,
    };
  });
}

function operationSource({ rate }: StatementEntry): string {
  return rate?.source === "pool" ? POOL_SOURCE : OPERATION_SOURCE;
}

/** By the price of the entry's own operation. */
function ownPrice(entry: StatementEntry, side: StatementToken["side"]): TokenPrice | null {
  const { rate } = entry;
  if (rate == null) return null;
  if (entry.token === NATIVE_TOKEN) return { usd: rate.nativeUsd, atMs: rate.atMs };
  if (side === null) return null;
  return { usd: side === "base" ? rate.price * rate.quoteUsd : rate.quoteUsd, atMs: rate.atMs };
}

/** US dollars per whole token of a side of the pair at an instant; null when not known. */
function priceOf(book: PriceBook | null, side: StatementToken["side"], atMs: number): TokenPrice | null {
  const observation = side === null ? null : (book?.at(atMs) ?? null);
  if (observation === null) return null;
  const usd = side === "base" ? observation.price * observation.quoteUsd : observation.quoteUsd;
  return Number.isFinite(usd) ? { usd, atMs: observation.atMs } : null;
}

/** Raw units as an exact decimal number, without rounding. */
export function decimalText(amountRaw: string, decimals: number): string {
  const isNegative = amountRaw.startsWith("-");
  const digits = (isNegative ? amountRaw.slice(1) : amountRaw).padStart(decimals + 1, "0");
  const whole = decimals === 0 ? digits : digits.slice(0, -decimals);
  const fraction = decimals === 0 ? "" : digits.slice(-decimals).replace(/0+$/, "");
  return `${isNegative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A millionth of a dollar is beyond what the price says. */
function round(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
