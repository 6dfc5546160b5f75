// Stand-ins for the public candle endpoints of six exchanges, in their native formats, reached through ccxt's `proxyUrl`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Venue } from "@/lib/registry/schema";
import type { BookRow } from "@/server/devnet/market/candle-book";
import type { PricePath } from "@/server/devnet/market/price-path";
import { PAIRS, PAIR_IDS, type DevnetPairId } from "@/server/devnet/market/setup";
import type { Fault } from "./faults";
import { replyTo, type FakeDeps, type FakeRequest, type Reply } from "./reply";
import { venueCandles } from "./venue-candles";

const MINUTE_MS = 60_000;

export interface ExchangeDeps extends FakeDeps {
  readonly path: PricePath;
}

interface Endpoint {
  readonly venue: Venue;
  readonly matches: (url: URL) => boolean;
  readonly answer: (deps: ExchangeDeps, request: FakeRequest) => Reply;
}

const host = (url: URL, domain: string) => url.hostname === domain || url.hostname.endsWith(`.${domain}`);

const ENDPOINTS: readonly Endpoint[] = [
  { venue: "binance", matches: (url) => host(url, "binance.com"), answer: answerBinance },
  { venue: "bybit", matches: (url) => host(url, "bybit.com"), answer: answerBybit },
  { venue: "okx", matches: (url) => host(url, "okx.com"), answer: answerOkx },
  { venue: "mexc", matches: (url) => host(url, "mexc.com"), answer: answerMexc },
  { venue: "gate", matches: (url) => host(url, "gateio.ws") || host(url, "gate.com"), answer: answerGate },
  { venue: "bitget", matches: (url) => host(url, "bitget.com"), answer: answerBitget },
];

/** `rest` is what follows the proxy prefix: the target URL, raw or percent-encoded as a whole. */
export async function handleExchange(
  deps: ExchangeDeps,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const target = readTarget(rest);
  const endpoint = target === undefined ? undefined : ENDPOINTS.find((one) => one.matches(target));
  if (target === undefined || endpoint === undefined) {
    const message = `No exchange stands in for "${rest.slice(0, 120)}": expected a URL of binance, bybit, okx, mexc, gate or bitget after the proxy prefix.`;
    res.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    return;
  }
  await replyTo(deps, { service: endpoint.venue, url: target, req, res }, (request) => endpoint.answer(deps, request));
}

function readTarget(rest: string): URL | undefined {
  try {
    const plain = /^https?:\/\//.test(rest) ? rest : decodeURIComponent(rest);
    return URL.canParse(plain) ? new URL(plain) : undefined;
  } catch {
    // A malformed percent sequence is simply no URL.
    return undefined;
  }
}

function answerBinance(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  if (url.pathname.endsWith("/ping")) return ok({});
  if (url.pathname.endsWith("/time")) return ok({ serverTime: deps.nowMs() });
  if (!url.pathname.endsWith("/klines")) return notFound(url, { code: -1100, msg: "Not served here" });
  const pairId = pairOf(url.searchParams.get("symbol"), "");
  const intervalMs = intervalOf(url.searchParams.get("interval"), LETTER_INTERVALS);
  if (pairId === undefined) return { status: 400, body: { code: -1121, msg: "Invalid symbol." } };
  if (intervalMs === undefined) return { status: 400, body: { code: -1120, msg: "Invalid interval." } };
  const rows = load(deps, request, {
    venue: "binance",
    pairId,
    intervalMs,
    fromMs: numberOf(url, "startTime"),
    toMs: numberOf(url, "endTime"),
    limit: limitOf(url, "limit", 500, 1000),
    keep: url.searchParams.has("startTime") ? "oldest" : "newest",
  });
  return ok(
    spoil(
      rows.map((row) => [...klineRow(row, intervalMs), 12, text(row[5] / 2), text((row[5] / 2) * row[4]), "0"]),
      request,
    ),
  );
}

function answerMexc(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  if (url.pathname.endsWith("/ping")) return ok({});
  if (url.pathname.endsWith("/time")) return ok({ serverTime: deps.nowMs() });
  if (!url.pathname.endsWith("/klines")) return notFound(url, { code: 404, msg: "Not served here" });
  const pairId = pairOf(url.searchParams.get("symbol"), "");
  const intervalMs = intervalOf(url.searchParams.get("interval"), { ...LETTER_INTERVALS, "60m": 60 });
  if (pairId === undefined) return { status: 400, body: { code: -1121, msg: "Invalid symbol." } };
  if (intervalMs === undefined) return { status: 400, body: { code: -1121, msg: "Invalid interval." } };
  const rows = load(deps, request, {
    venue: "mexc",
    pairId,
    intervalMs,
    fromMs: numberOf(url, "startTime"),
    toMs: numberOf(url, "endTime"),
    limit: limitOf(url, "limit", 500, 500),
    keep: url.searchParams.has("startTime") ? "oldest" : "newest",
  });
  return ok(
    spoil(
      rows.map((row) => klineRow(row, intervalMs)),
      request,
    ),
  );
}

function answerBybit(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  const wrap = (retCode: number, retMsg: string, result: unknown): Reply =>
    ok({ retCode, retMsg, result, retExtInfo: {}, time: deps.nowMs() });
  if (url.pathname.endsWith("/market/time")) {
    return wrap(0, "OK", { timeSecond: text(Math.floor(deps.nowMs() / 1000)), timeNano: `${deps.nowMs()}000000` });
  }
  if (!url.pathname.endsWith("/market/kline"))
    return notFound(url, { retCode: 404, retMsg: "Not served here", result: {} });
  const symbol = url.searchParams.get("symbol");
  const pairId = pairOf(symbol, "");
  const intervalMs = intervalOf(url.searchParams.get("interval"), { "1": 1, "5": 5, "15": 15, "60": 60, "240": 240 });
  if (pairId === undefined || url.searchParams.get("category") !== "spot")
    return wrap(10_001, "Not supported symbols", {});
  if (intervalMs === undefined) return wrap(10_001, "Invalid period!", {});
  const rows = load(deps, request, {
    venue: "bybit",
    pairId,
    intervalMs,
    fromMs: numberOf(url, "start"),
    toMs: numberOf(url, "end"),
    limit: limitOf(url, "limit", 200, 1000),
    keep: url.searchParams.has("start") && !url.searchParams.has("end") ? "oldest" : "newest",
  });
  const list = rows
    .map(([at, o, h, l, c, v]) => [text(at), text(o), text(h), text(l), text(c), text(v), text(v * c)])
    .toReversed();
  return wrap(0, "OK", { category: "spot", symbol, list: spoil(list, request) });
}

function answerOkx(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  if (url.pathname.endsWith("/public/time")) return okxReply("0", "", [{ ts: text(deps.nowMs()) }]);
  const isHistory = url.pathname.endsWith("/market/history-candles");
  if (!isHistory && !url.pathname.endsWith("/market/candles"))
    return notFound(url, { code: "404", msg: "Not served here", data: [] });
  const pairId = pairOf(url.searchParams.get("instId"), "-");
  const intervalMs = intervalOf(url.searchParams.get("bar") ?? "1m", { ...LETTER_INTERVALS, "1H": 60, "4H": 240 });
  if (pairId === undefined) return okxReply("51001", "Instrument ID or Spread ID does not exist.", []);
  if (intervalMs === undefined) return okxReply("51000", "Parameter bar error", []);
  // `before` means newer than and `after` older than, both exclusive.
  const newerThan = numberOf(url, "before");
  const olderThan = numberOf(url, "after");
  const rows = load(deps, request, {
    venue: "okx",
    pairId,
    intervalMs,
    fromMs: newerThan === undefined ? undefined : newerThan + 1,
    toMs: olderThan === undefined ? undefined : olderThan - 1,
    limit: limitOf(url, "limit", 100, 300),
    keep: "newest",
  });
  const data = rows.map((row) => {
    const [at, o, h, l, c, v] = row;
    return [
      text(at),
      text(o),
      text(h),
      text(l),
      text(c),
      text(v),
      text(v * c),
      text(v * c),
      at + intervalMs <= deps.nowMs() ? "1" : "0",
    ];
  });
  return okxReply("0", "", spoil(data.toReversed(), request));
}

function answerGate(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  if (url.pathname.endsWith("/spot/time")) return ok({ server_time: deps.nowMs() });
  if (!url.pathname.endsWith("/spot/candlesticks"))
    return notFound(url, { label: "NOT_FOUND", message: "Not served here" });
  const pairId = pairOf(url.searchParams.get("currency_pair"), "_");
  const intervalMs = intervalOf(url.searchParams.get("interval") ?? "30m", LETTER_INTERVALS);
  if (pairId === undefined) return gateFailure("INVALID_CURRENCY_PAIR", "Invalid currency pair");
  if (intervalMs === undefined) return gateFailure("INVALID_PARAM_VALUE", "Invalid interval");
  const fromSec = numberOf(url, "from");
  const toSec = numberOf(url, "to");
  if (url.searchParams.has("limit") && (fromSec !== undefined || toSec !== undefined)) {
    return gateFailure("INVALID_PARAM_VALUE", "limit conflicts with from and to");
  }
  if (fromSec !== undefined && ((toSec ?? deps.nowMs() / 1000) - fromSec) * 1000 > intervalMs * 1000) {
    return gateFailure("INVALID_PARAM_VALUE", "Too many points requested: at most 1000 per request");
  }
  const rows = load(deps, request, {
    venue: "gate",
    pairId,
    intervalMs,
    fromMs: fromSec === undefined ? undefined : fromSec * 1000,
    toMs: toSec === undefined ? undefined : toSec * 1000,
    limit: limitOf(url, "limit", fromSec === undefined ? 100 : 1000, 1000),
    keep: fromSec === undefined ? "newest" : "oldest",
  });
  const data = rows.map((row) => {
    const [at, o, h, l, c, v] = row;
    return [
      text(at / 1000),
      text(v * c),
      text(c),
      text(h),
      text(l),
      text(o),
      text(v),
      String(at + intervalMs <= deps.nowMs()),
    ];
  });
  return ok(spoil(data, request));
}

function answerBitget(deps: ExchangeDeps, request: FakeRequest): Reply {
  const { url } = request;
  const wrap = (data: unknown): Reply => ok({ code: "00000", msg: "success", requestTime: deps.nowMs(), data });
  const fail = (code: string, msg: string): Reply => ({
    status: 400,
    body: { code, msg, requestTime: deps.nowMs(), data: null },
  });
  if (url.pathname.endsWith("/public/time")) return wrap({ serverTime: text(deps.nowMs()) });
  const isHistory = url.pathname.endsWith("/spot/market/history-candles");
  if (!isHistory && !url.pathname.endsWith("/spot/market/candles"))
    return notFound(url, { code: "40404", msg: "Not served here", data: null });
  const symbol = url.searchParams.get("symbol");
  const pairId = pairOf(symbol, "");
  const intervalMs = intervalOf(url.searchParams.get("granularity"), {
    "1min": 1,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "1h": 60,
    "4h": 240,
  });
  if (pairId === undefined) return fail("40034", `Parameter ${symbol ?? ""} does not exist`);
  if (intervalMs === undefined) return fail("400171", "Parameter verification failed granularity");
  const endTime = numberOf(url, "endTime");
  const rows = load(deps, request, {
    venue: "bitget",
    pairId,
    intervalMs,
    fromMs: numberOf(url, "startTime"),
    // Bitget gives what lies before `endTime`, so that instant is not included.
    toMs: endTime === undefined ? undefined : endTime - 1,
    limit: limitOf(url, "limit", 100, isHistory ? 200 : 1000),
    keep: url.searchParams.has("startTime") && !url.searchParams.has("endTime") ? "oldest" : "newest",
  });
  const data = rows.map(([at, o, h, l, c, v]) => [
    text(at),
    text(o),
    text(h),
    text(l),
    text(c),
    text(v),
    text(v * c),
    text(v * c),
  ]);
  return wrap(spoil(data, request));
}

const LETTER_INTERVALS: Readonly<Record<string, number>> = {
  "1m": 1,
  "5m": 5,
  "15m": 15,
  "30m": 30,
  "1h": 60,
  "4h": 240,
};

function load(deps: ExchangeDeps, request: FakeRequest, query: Parameters<typeof venueCandles>[2]): BookRow[] {
  const stale = request.fault("stale");
  if (request.fault("empty") !== undefined) return [];
  // A stale venue goes on answering with what it knew when the fault was set.
  const nowMs = stale === undefined ? deps.nowMs() : stale.setAtMs;
  const rows = venueCandles(deps.path, nowMs, query);
  return rows.filter((row) => row[0] <= nowMs);
}

type Cell = string | number | null;

/** Content faults of candle rows. */
function spoil(rows: readonly (readonly Cell[])[], request: FakeRequest): unknown {
  let out: readonly (readonly Cell[])[] = rows;
  const has = (kind: Fault["kind"]) => request.fault(kind) !== undefined;
  if (has("missing_rows")) out = out.filter((_, index) => index % 7 !== 3);
  if (has("duplicate_rows")) out = out.flatMap((row, index) => (index % 5 === 2 ? [row, row] : [row]));
  if (has("wrong_order")) out = out.toSorted((left, right) => (Number(left[0]) % 7) - (Number(right[0]) % 7));
  if (has("null_fields"))
    out = out.map((row, index) => (index % 4 === 1 ? row.map((cell, column) => (column === 0 ? cell : null)) : row));
  if (has("wrong_data")) {
    const garbage: readonly Cell[] = ["NaN", "-1", "1e30", "garbage", "0"];
    out = out.map((row, index) =>
      row.map((cell, column) => (column === 0 ? cell : (garbage[(index + column) % garbage.length] ?? null))),
    );
  }
  return out;
}

/** `[openMs, o, h, l, c, v, closeMs, quoteV]`, the shape binance and mexc share. */
function klineRow(row: BookRow, intervalMs: number): Cell[] {
  const [at, o, h, l, c, v] = row;
  return [at, text(o), text(h), text(l), text(c), text(v), at + intervalMs - 1, text(v * c)];
}

function pairOf(id: string | null, separator: string): DevnetPairId | undefined {
  return PAIR_IDS.find((pairId) => id === `${PAIRS[pairId].cex.base}${separator}${PAIRS[pairId].cex.quote}`);
}

function intervalOf(name: string | null, minutes: Readonly<Record<string, number>>): number | undefined {
  const found = name === null ? undefined : minutes[name];
  return found === undefined ? undefined : found * MINUTE_MS;
}

function numberOf(url: URL, name: string): number | undefined {
  const raw = url.searchParams.get(name);
  if (raw === null || raw === "") return undefined;
  const value = Number(raw);
  return Number.isFinite(value) ? value : undefined;
}

function limitOf(url: URL, name: string, byDefault: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(numberOf(url, name) ?? byDefault)));
}

function text(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(8)));
}

function okxReply(code: string, msg: string, data: unknown): Reply {
  return ok({ code, msg, data });
}

function gateFailure(label: string, message: string): Reply {
  return { status: 400, body: { label, message } };
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function notFound(url: URL, body: Readonly<Record<string, unknown>>): Reply {
  return { status: 404, body: { ...body, path: url.pathname } };
}
