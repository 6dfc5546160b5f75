// Stand-in for GeckoTerminal's pool endpoints: volumes and candles from the pools' real swaps, reserves from their balances.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ChainNode } from "@/server/devnet/chain/node";
import type { PricePath } from "@/server/devnet/market/price-path";
import { MARKET_START_AT_MS, PAIRS, TOKENS } from "@/server/devnet/market/setup";
import type { VolumeBook } from "@/server/devnet/market/volume-book";
import type { PoolReader, PoolView } from "./pool-reader";
import { replyTo, type FakeDeps, type FakeRequest, type Reply } from "./reply";

const MINUTE_MS = 60_000;
/** Free tier of the real service. */
const CALLS_PER_MINUTE = 30;
const WINDOWS: readonly (readonly [string, number])[] = [
  ["m5", 5],
  ["m15", 15],
  ["m30", 30],
  ["h1", 60],
  ["h6", 360],
  ["h24", 1_440],
];

export interface GeckoDeps extends FakeDeps {
  readonly nodes: readonly ChainNode[];
  readonly path: PricePath;
  readonly volumes: VolumeBook;
  readonly reader: PoolReader;
}

export interface GeckoApi {
  handle(rest: string, req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export function createGeckoApi(deps: GeckoDeps): GeckoApi {
  let callsAtMs: number[] = [];
  let frozen: { readonly faultId: number; readonly views: readonly PoolView[] } | undefined;
  const views = async (request: FakeRequest) => {
    const stale = request.fault("stale");
    if (stale === undefined) return deps.reader.read();
    // A stale service repeats what it saw when the fault first met a request.
    if (frozen?.faultId !== stale.id) frozen = { faultId: stale.id, views: await deps.reader.read() };
    return frozen.views;
  };
  const overLimit = () => {
    const now = performance.now();
    callsAtMs = [...callsAtMs.filter((at) => at > now - MINUTE_MS), now];
    return callsAtMs.length > CALLS_PER_MINUTE;
  };
  return {
    handle: (rest, req, res) =>
      replyTo(deps, { service: "gecko", url: new URL(rest, "https://api.geckoterminal.com"), req, res }, (request) =>
        overLimit() ? tooMany() : answer(deps, request, views),
      ),
  };
}

async function answer(
  deps: GeckoDeps,
  request: FakeRequest,
  read: (request: FakeRequest) => Promise<readonly PoolView[]>,
): Promise<Reply> {
  const parts = request.url.pathname.split("/").filter((part) => part !== "");
  const [, , networks, network, pools, first, second] = parts;
  if (networks === "networks" && network === undefined) {
    return ok({
      data: deps.nodes.map(({ setup }) => ({
        id: setup.geckoSlug,
        type: "network",
        attributes: { name: setup.name, coingecko_asset_platform_id: null },
      })),
    });
  }
  const node = deps.nodes.find(({ setup }) => setup.geckoSlug === network);
  if (networks !== "networks" || node === undefined || pools !== "pools" || first === undefined) {
    return notFound("Unknown network or path");
  }
  const views = await read(request);
  const nowMs = request.fault("stale")?.setAtMs ?? deps.nowMs();
  const find = (address: string) =>
    views.find((view) => view.node === node && view.pool.address.toLowerCase() === address.toLowerCase());
  if (first === "multi") {
    const wanted = (second ?? "").split(",").filter((address) => address !== "");
    if (wanted.length > 30)
      return { status: 422, body: { errors: [{ status: "422", title: "Exceeded maximum number of addresses: 30" }] } };
    const found = wanted.map(find).filter((view) => view !== undefined);
    return ok({
      data: request.fault("empty") === undefined ? found.map((view) => poolData(deps, view, nowMs, request)) : [],
    });
  }
  const view = find(first);
  if (view === undefined) return notFound("Pool not found");
  if (second === "ohlcv") return ohlcv(deps, view, parts[7] ?? "", nowMs, request);
  return ok({ data: poolData(deps, view, nowMs, request) });
}

function poolData(deps: GeckoDeps, view: PoolView, nowMs: number, request: FakeRequest): unknown {
  const { setup, node, pool } = view;
  const network = node.setup.geckoSlug;
  const pair = PAIRS[setup.pairId];
  const window = (minutes: number) => deps.volumes.window(view.pool.key, nowMs, minutes * MINUTE_MS);
  const figure = (value: number) => {
    if (request.fault("wrong_data") !== undefined) return "NaN";
    return request.fault("null_fields") === undefined ? decimal(value) : null;
  };
  const tokenId = (symbol: keyof typeof TOKENS) => `${network}_${node.deployment.tokens[symbol].toLowerCase()}`;
  const percent = pool.entry.fee === null ? null : String(pool.entry.fee / 10_000);
  const day = window(1_440);
  return {
    id: `${network}_${view.pool.address.toLowerCase()}`,
    type: "pool",
    attributes: {
      address: view.pool.address.toLowerCase(),
      name: `${pair.base} / ${pair.quote}${percent === null ? "" : ` ${percent}%`}`,
      pool_name: `${pair.base} / ${pair.quote}`,
      pool_fee_percentage: percent,
      pool_created_at: new Date(MARKET_START_AT_MS).toISOString(),
      base_token_price_usd: figure(view.baseUsd),
      quote_token_price_usd: figure(view.quoteUsd),
      base_token_price_quote_token: figure(view.price),
      quote_token_price_base_token: figure(1 / view.price),
      base_token_balance: figure(view.baseBalance),
      quote_token_balance: figure(view.quoteBalance),
      reserve_in_usd: figure(view.reserveUsd),
      fdv_usd: null,
      market_cap_usd: null,
      price_change_percentage: Object.fromEntries(
        WINDOWS.map(([name, minutes]) => [name, change(deps, view, nowMs, minutes)]),
      ),
      transactions: {
        h24: { buys: day.buys, sells: day.sells, buyers: Math.ceil(day.buys / 3), sellers: Math.ceil(day.sells / 3) },
      },
      volume_usd: Object.fromEntries(WINDOWS.map(([name, minutes]) => [name, figure(window(minutes).usd)])),
    },
    relationships: {
      base_token: { data: { id: tokenId(pair.base), type: "token" } },
      quote_token: { data: { id: tokenId(pair.quote), type: "token" } },
      dex: { data: { id: setup.dex, type: "dex" } },
    },
  };
}

function change(deps: GeckoDeps, view: PoolView, nowMs: number, minutes: number): string {
  const atMs = nowMs - minutes * MINUTE_MS;
  const row = deps.path.book(view.pool.pairId).rows(Math.floor(atMs / MINUTE_MS) * MINUTE_MS, atMs, 1)[0];
  return row === undefined ? "0" : ((view.price / row[1] - 1) * 100).toFixed(3);
}

function ohlcv(deps: GeckoDeps, view: PoolView, timeframe: string, nowMs: number, request: FakeRequest): Reply {
  const query = request.url.searchParams;
  const unit = { minute: 1, hour: 60, day: 1_440 }[timeframe];
  const aggregate = Number(query.get("aggregate") ?? "1");
  const allowed = { minute: [1, 5, 15], hour: [1, 4, 12], day: [1] }[timeframe];
  if (unit === undefined || allowed === undefined || !allowed.includes(aggregate)) {
    return { status: 400, body: { errors: [{ status: "400", title: "Invalid timeframe or aggregate" }] } };
  }
  const intervalMs = unit * aggregate * MINUTE_MS;
  const limit = Math.max(1, Math.min(1_000, Number(query.get("limit") ?? "100") || 100));
  const beforeMs = Number(query.get("before_timestamp") ?? nowMs / 1000) * 1000;
  const pair = PAIRS[view.pool.pairId];
  const side = query.get("token") === "quote" ? pair.quote : pair.base;
  const isInverse = side === pair.quote;
  const perQuote = query.get("currency") === "token" ? 1 : view.quoteUsd;
  const rows: [number, number, number, number, number, number][] = [];
  for (const bucket of deps.volumes.minutes(view.pool.key)) {
    if (bucket.m >= Math.min(beforeMs, nowMs)) continue;
    const at = (Math.floor(bucket.m / intervalMs) * intervalMs) / 1000;
    const value = (price: number) => (isInverse ? 1 / price : price) * perQuote;
    const prices = [value(bucket.h), value(bucket.l)];
    const last = rows.at(-1);
    if (last !== undefined && last[0] === at) {
      // Minutes come newest first: an older one moves the open, never the close.
      last[1] = value(bucket.o);
      last[2] = Math.max(last[2], ...prices);
      last[3] = Math.min(last[3], ...prices);
      last[5] += bucket.usd;
      continue;
    }
    if (rows.length >= limit) break;
    rows.push([at, value(bucket.o), Math.max(...prices), Math.min(...prices), value(bucket.c), bucket.usd]);
  }
  const meta = (symbol: keyof typeof TOKENS) => ({
    symbol,
    name: TOKENS[symbol].name,
    address: view.node.deployment.tokens[symbol].toLowerCase(),
    coingecko_coin_id: null,
  });
  return ok({
    data: { id: view.pool.key, type: "ohlcv_request_response", attributes: { ohlcv_list: rows } },
    meta: { base: meta(pair.base), quote: meta(pair.quote) },
  });
}

function decimal(value: number): string {
  return Number.isFinite(value) ? value.toFixed(12).replace(/\.?0+$/, "") : "0";
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function notFound(title: string): Reply {
  return { status: 404, body: { errors: [{ status: "404", title }] } };
}

function tooMany(): Reply {
  return {
    status: 429,
    headers: { "retry-after": "60" },
    body: {
      status: { error_code: 429, error_message: "You've exceeded the Rate Limit. Please visit the API pricing page." },
    },
  };
}
