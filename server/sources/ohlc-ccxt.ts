// M1 candles of six exchanges through ccxt, one exchange file at a time; only the collector process may load this (memory).
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError, errorText } from "@/lib/errors/tidegate-error";
import type { Venue } from "@/lib/registry/schema";
import { MINUTE_MS } from "@/lib/units";
import { excerpt } from "@/server/infra/http";

/** `[openAtMs, open, high, low, close, volume]`, every field a finite number, prices above 0, volume in base units. */
export type CandleRow = readonly [number, number, number, number, number, number];

/** A pair's instrument at one exchange: `ETH`/`USDC`. */
export interface VenueInstrument {
  readonly venue: Venue;
  readonly base: string;
  readonly quote: string;
}

export interface OhlcSource {
  /** One page from the minute of `sinceMs` on, oldest first, closed minutes only; empty when the venue has none. */
  fetchPage(instrument: VenueInstrument, sinceMs: number): Promise<Result<readonly CandleRow[], SourceError>>;
  /** All pages from `sinceMs` up to (not including) `untilMs`. */
  fetchCandles(input: {
    readonly instrument: VenueInstrument;
    readonly sinceMs: number;
    readonly untilMs: number;
  }): Promise<Result<readonly CandleRow[], SourceError>>;
}

export interface OhlcSettings {
  /** A local server or a proxy that all requests go through; null asks the exchanges directly. */
  readonly proxyUrl: string | null;
  readonly marketNowMs: () => number;
  readonly timeoutMs?: number;
  readonly sleep?: (durationMs: number) => Promise<void>;
}

/** Rows per call as each venue serves them (services.md section 3, measured). */
const PAGE_LIMIT: Readonly<Record<Venue, number>> = {
  binance: 1000,
  bybit: 1000,
  okx: 300,
  mexc: 500,
  gate: 999,
  bitget: 1000,
};
const DEFAULT_TIMEOUT_MS = 10_000;
/** One immediate second try, for a lost connection only. */
const RETRY_WAIT_MS = 250;
const MAX_PAGES = 2_000;

/** The part of a ccxt exchange that is used here. */
interface Exchange {
  milliseconds: () => number;
  seconds: () => number;
  /** Called by ccxt for each answer before it is read: status first, body text and its parsed form last. */
  handleErrors: (...answer: readonly unknown[]) => unknown;
  setMarkets(markets: readonly unknown[]): unknown;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<unknown>;
}
type ExchangeClass = new (config: Readonly<Record<string, unknown>>) => Exchange;

export function createOhlcSource(settings: OhlcSettings): OhlcSource {
  const exchanges = new Map<string, Promise<Exchange>>();

  function exchangeFor(instrument: VenueInstrument): Promise<Exchange> {
    const key = `${instrument.venue}:${instrument.base}/${instrument.quote}`;
    let exchange = exchanges.get(key);
    if (exchange === undefined) {
      exchange = openExchange(settings, instrument);
      exchanges.set(key, exchange);
    }
    return exchange;
  }

  async function ask(instrument: VenueInstrument, sinceMs: number): Promise<Result<unknown, SourceError>> {
    const symbol = `${instrument.base}/${instrument.quote}`;
    try {
      const exchange = await exchangeFor(instrument);
      return ok(await exchange.fetchOHLCV(symbol, "1m", sinceMs, PAGE_LIMIT[instrument.venue]));
    } catch (error) {
      return err(toSourceError(error, instrument));
    }
  }

  async function fetchPage(
    instrument: VenueInstrument,
    sinceMs: number,
  ): Promise<Result<readonly CandleRow[], SourceError>> {
    const alignedMs = Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS;
    let answer = await ask(instrument, alignedMs);
    if (!answer.ok && (answer.error.code === "unreachable" || answer.error.code === "timeout")) {
      await (settings.sleep ?? wait)(RETRY_WAIT_MS);
      answer = await ask(instrument, alignedMs);
    }
    return answer.ok
      ? checkRows({ answer: answer.value, instrument, sinceMs: alignedMs, nowMs: settings.marketNowMs() })
      : answer;
  }

  return {
    fetchPage,
    async fetchCandles({ instrument, sinceMs, untilMs }) {
      const rows: CandleRow[] = [];
      let fromMs = sinceMs;
      for (let page = 0; page < MAX_PAGES && fromMs < untilMs; page += 1) {
        const next = await fetchPage(instrument, fromMs);
        if (!next.ok) return next;
        const last = next.value.at(-1);
        if (last === undefined || last[0] < fromMs) break;
        for (const row of next.value) if (row[0] < untilMs) rows.push(row);
        fromMs = last[0] + MINUTE_MS;
      }
      return ok(rows);
    },
  };
}

/** Keeps closed, finite, positive rows from `sinceMs` on, ascending; an answer with rows of which none is usable is `bad_data`. */
function checkRows(input: {
  readonly answer: unknown;
  readonly instrument: VenueInstrument;
  readonly sinceMs: number;
  readonly nowMs: number;
}): Result<readonly CandleRow[], SourceError> {
  const { answer, instrument, sinceMs, nowMs } = input;
  if (!Array.isArray(answer)) return err(badData(instrument, "no list of candles", answer));
  const rows: CandleRow[] = [];
  let wellFormed = 0;
  let inRange = 0;
  for (const entry of answer) {
    const row = toRow(entry);
    if (row === null) continue;
    wellFormed += 1;
    if (row[0] < sinceMs || row[0] > nowMs + MINUTE_MS) continue;
    inRange += 1;
    if (row[0] + MINUTE_MS <= nowMs) rows.push(row);
  }
  if (answer.length > 0 && wellFormed === 0) {
    return err(
      badData(instrument, `${answer.length} rows of which none is [ms, o, h, l, c, v] with prices above 0`, answer[0]),
    );
  }
  // Rows from another time than asked for: an old page served again is "nothing new", rows from the future are a lie.
  if (wellFormed > 0 && inRange === 0 && rows.length === 0) {
    const newest = Math.max(...answer.map((entry) => toRow(entry)?.[0] ?? 0));
    if (newest > nowMs + MINUTE_MS) {
      return err(badData(instrument, `candles from ${newest - nowMs} ms in the future`, answer[0]));
    }
  }
  return ok(rows.toSorted((left, right) => left[0] - right[0]));
}

function toRow(entry: unknown): CandleRow | null {
  if (!Array.isArray(entry) || entry.length < 5) return null;
  const [openAtMs, open, high, low, close, volume]: unknown[] = entry;
  if (!isPositive(openAtMs) || !isPositive(open) || !isPositive(high) || !isPositive(low) || !isPositive(close)) {
    return null;
  }
  return [openAtMs, open, high, low, close, isPositive(volume) ? volume : 0];
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

/** ccxt exports its root only, so the one file is addressed by place; the exact version is pinned and a test guards this. */
async function openExchange(settings: OhlcSettings, instrument: VenueInstrument): Promise<Exchange> {
  const root = createRequire(import.meta.url)
    .resolve("ccxt")
    .replace(/([\\/]node_modules[\\/]ccxt)[\\/].*$/, "$1");
  const file = new URL(`js/src/${instrument.venue}.js`, `${pathToFileURL(root).href}/`);
  const loaded: unknown = await import(/* @vite-ignore */ file.href);
  const ExchangeOf = readClass(loaded);
  if (ExchangeOf === null)
    throw new Error(`${file.pathname} exports no exchange class; the pinned ccxt version changed`);
  const exchange = new ExchangeOf({
    timeout: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    enableRateLimit: true,
    ...(settings.proxyUrl === null ? {} : { proxyUrl: `${settings.proxyUrl.replace(/\/+$/, "")}/` }),
  });
  // Four of the six compare times with their own clock: give all of them market time.
  exchange.milliseconds = () => settings.marketNowMs();
  exchange.seconds = () => Math.floor(settings.marketNowMs() / 1000);
  const { base, quote } = instrument;
  const handleErrors = exchange.handleErrors.bind(exchange);
  exchange.handleErrors = (...answer) => {
    checkAnswer(instrument, answer);
    return handleErrors(...answer);
  };
  // A market given by hand spares every list call (up to 11 per exchange).
  exchange.setMarkets([
    {
      id: marketId(instrument),
      symbol: `${base}/${quote}`,
      base,
      quote,
      baseId: base,
      quoteId: quote,
      type: "spot",
      spot: true,
      active: true,
      contract: false,
      precision: {},
      limits: {},
      info: {},
    },
  ]);
  return exchange;
}

/** Status and form before an exchange's own reading of them: some report a 429 or a 503 as any error, or a garbled body as no candles. */
function checkAnswer(instrument: VenueInstrument, answer: readonly unknown[]): void {
  const [status, , , , , body, parsed] = answer;
  const { venue, base, quote } = instrument;
  const fail = (code: SourceError["code"], retryable: boolean, what: string): SourceError =>
    new SourceError({
      code,
      retryable,
      message: `${venue} ${what} for ${base}/${quote}: ${excerpt(typeof body === "string" ? body : "(no body)")}`,
      details: { venue, base, quote, status: typeof status === "number" ? status : null },
    });
  if (status === 429 || status === 418) throw fail("rate_limited", true, `answered ${status}, too many requests,`);
  if (typeof status === "number" && status >= 500) throw fail("unreachable", true, `answered ${status}`);
  if (typeof parsed !== "object" || parsed === null) {
    throw fail("bad_data", false, `answered ${String(status)} with a body that is no JSON`);
  }
}

function marketId({ venue, base, quote }: VenueInstrument): string {
  switch (venue) {
    case "okx":
      return `${base}-${quote}`;
    case "gate":
      return `${base}_${quote}`;
    case "binance":
    case "bybit":
    case "mexc":
    case "bitget":
      return `${base}${quote}`;
  }
}

function readClass(loaded: unknown): ExchangeClass | null {
  if (typeof loaded !== "object" || loaded === null || !("default" in loaded)) return null;
  return isExchangeClass(loaded.default) ? loaded.default : null;
}

function isExchangeClass(value: unknown): value is ExchangeClass {
  if (typeof value !== "function") return false;
  const prototype: unknown = value.prototype;
  return (
    typeof prototype === "object" &&
    prototype !== null &&
    "fetchOHLCV" in prototype &&
    "setMarkets" in prototype &&
    "handleErrors" in prototype
  );
}

/** ccxt's classes by name, nearest first: the file is loaded by place, so its classes cannot be imported for instanceof. */
function classNames(error: unknown): readonly string[] {
  const names: string[] = [];
  let prototype: unknown = error;
  while (typeof prototype === "object" && prototype !== null) {
    prototype = Object.getPrototypeOf(prototype);
    if (typeof prototype === "object" && prototype !== null && typeof prototype.constructor === "function") {
      names.push(prototype.constructor.name);
    }
  }
  return names;
}

function toSourceError(error: unknown, instrument: VenueInstrument): SourceError {
  if (error instanceof SourceError) return error;
  const names = classNames(error);
  const { venue, base, quote } = instrument;
  // ccxt puts the whole address, and with it a proxy's credentials, into its texts.
  const text = excerpt(errorText(error).replaceAll(/https?:\/\/\S+/g, "(address)"));
  const make = (code: SourceError["code"], retryable: boolean, what: string): SourceError =>
    new SourceError({
      code,
      retryable,
      message: `${venue} ${what} for ${base}/${quote}: ${text}`,
      details: { venue, base, quote },
    });
  if (names.includes("RateLimitExceeded") || names.includes("DDoSProtection")) {
    return make("rate_limited", true, "refused, too many requests,");
  }
  if (names.includes("RequestTimeout")) return make("timeout", true, "did not answer in time");
  if (names.includes("BadSymbol")) return make("not_found", false, "does not know the instrument");
  if (names.includes("NetworkError")) return make("unreachable", true, "could not be reached");
  return make("bad_data", false, "answered something that is no candle list");
}

function badData(instrument: VenueInstrument, what: string, came: unknown): SourceError {
  const { venue, base, quote } = instrument;
  return new SourceError({
    code: "bad_data",
    retryable: false,
    message: `${venue} answered ${what} for ${base}/${quote}; came ${excerpt(JSON.stringify(came) ?? "nothing")}`,
    details: { venue, base, quote },
  });
}

function wait(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
