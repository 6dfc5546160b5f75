// The fake exchanges read by the real ccxt clients, routed by `proxyUrl` exactly as in production.
import { createServer, type Server } from "node:http";
import ccxt, { type Exchange } from "ccxt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VENUES, type Venue } from "@/lib/registry/schema";
import { createPricePath } from "@/server/devnet/market/price-path";
import { MARKET_START_AT_MS } from "@/server/devnet/market/setup";
import { handleExchange } from "./exchange";
import { createFaultBoard } from "./faults";
import { createRequestLog } from "./request-log";

const MINUTE = 60_000;
const NOW = MARKET_START_AT_MS + 90 * MINUTE + 36_000;
const path = createPricePath({ seed: 7 });
path.advanceTo(NOW);
const faults = createFaultBoard();
const requests = createRequestLog();
let server: Server;
let proxyUrl = "";

beforeAll(async () => {
  server = createServer((req, res) => {
    void handleExchange({ faults, requests, nowMs: () => NOW, path }, (req.url ?? "").slice("/cex/".length), req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  proxyUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/cex/`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const IDS: Readonly<Record<Venue, readonly [string, string]>> = {
  binance: ["ETHUSDC", "USDCUSDT"],
  bybit: ["ETHUSDC", "USDCUSDT"],
  okx: ["ETH-USDC", "USDC-USDT"],
  mexc: ["ETHUSDC", "USDCUSDT"],
  gate: ["ETH_USDC", "USDC_USDT"],
  bitget: ["ETHUSDC", "USDCUSDT"],
};

const market = (id: string, base: string, quote: string) => ({
  id,
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
});

function client(venue: Venue): Exchange {
  const exchange = new ccxt[venue]({ proxyUrl, enableRateLimit: false, timeout: 3_000 });
  exchange.milliseconds = () => NOW;
  exchange.seconds = () => Math.floor(NOW / 1000);
  exchange.setMarkets([
    market(IDS[venue][0], "ETH", "USDC"),
    market(IDS[venue][1], "USDC", "USDT"),
    market("NOPE", "NO", "PE"),
  ]);
  return exchange;
}

/** Most rows one call gives, services.md section 3. */
const PER_CALL: Readonly<Record<Venue, number>> = {
  binance: 1000,
  bybit: 1000,
  okx: 300,
  mexc: 500,
  gate: 1000,
  bitget: 1000,
};

describe.each(VENUES)("fake %s through ccxt", (venue) => {
  it("default: the newest candles follow the path, the open one last", async () => {
    const rows = await client(venue).fetchOHLCV("ETH/USDC", "1m", undefined, 50);
    expect(rows.length).toBeGreaterThanOrEqual(49);
    const openMinute = Math.floor(NOW / MINUTE) * MINUTE;
    expect(rows.at(-1)?.[0]).toBe(openMinute);
    for (const row of rows) {
      const truth = path.book("WETH-USDC").rows(Number(row[0]), Number(row[0]), 1)[0];
      expect(Number(row[4]) / (truth?.[4] ?? Number.NaN)).toBeCloseTo(1, 3);
      expect(Number(row[2])).toBeGreaterThanOrEqual(Math.max(Number(row[1]), Number(row[4])));
      expect(Number(row[3])).toBeLessThanOrEqual(Math.min(Number(row[1]), Number(row[4])));
      expect(Number(row[5])).toBeGreaterThan(0);
    }
  });

  it("behavior: history pages from `since` without holes until now", async () => {
    const exchange = client(venue);
    let since = MARKET_START_AT_MS - 2 * 24 * 60 * MINUTE;
    const minutes = new Set<number>();
    for (let call = 0; call < 20; call += 1) {
      const rows = await exchange.fetchOHLCV("USDC/USDT", "1m", since, PER_CALL[venue]);
      expect(rows.length).toBeLessThanOrEqual(PER_CALL[venue]);
      const last = rows.at(-1)?.[0];
      if (last === undefined || minutes.has(last)) break;
      for (const row of rows) minutes.add(Number(row[0]));
      since = last + MINUTE;
    }
    const sorted = [...minutes].toSorted((left, right) => left - right);
    expect(sorted[0]).toBe(MARKET_START_AT_MS - 2 * 24 * 60 * MINUTE);
    expect(sorted.at(-1)).toBe(Math.floor(NOW / MINUTE) * MINUTE);
    expect(sorted).toHaveLength(2 * 24 * 60 + 91);
  });

  it("error: an unknown symbol is refused by the client's own error", async () => {
    await expect(client(venue).fetchOHLCV("NO/PE", "1m", undefined, 10)).rejects.toThrow();
  });

  it("behavior: faults of the connection reach the client as errors, then end", async () => {
    const exchange = client(venue);
    for (const kind of ["rate_limit", "server_error", "cut"] as const) {
      faults.add({ service: venue, kind, ms: 0, status: 503, resetSec: 1, count: 5 }, NOW);
      await expect(exchange.fetchOHLCV("ETH/USDC", "1m", undefined, 5), kind).rejects.toThrow();
      faults.remove({ service: venue });
    }
    await expect(exchange.fetchOHLCV("ETH/USDC", "1m", undefined, 5)).resolves.not.toHaveLength(0);
  });

  it("behavior: a stale venue repeats what it knew", async () => {
    faults.add({ service: venue, kind: "stale", ms: 0, status: 503, resetSec: 1 }, NOW - 30 * MINUTE);
    const rows = await client(venue).fetchOHLCV("ETH/USDC", "1m", undefined, 20);
    faults.remove({ service: venue });
    expect(rows.at(-1)?.[0]).toBe(Math.floor((NOW - 30 * MINUTE) / MINUTE) * MINUTE);
  });
});

it("behavior: exchanges differ by a little, the same at every request", async () => {
  const closes = await Promise.all(
    VENUES.map(async (venue) => Number((await client(venue).fetchOHLCV("ETH/USDC", "1m", undefined, 5)).at(-2)?.[4])),
  );
  const again = await Promise.all(
    VENUES.map(async (venue) => Number((await client(venue).fetchOHLCV("ETH/USDC", "1m", undefined, 5)).at(-2)?.[4])),
  );
  expect(again).toEqual(closes);
  expect(new Set(closes).size).toBeGreaterThan(2);
  expect(Math.max(...closes) / Math.min(...closes) - 1).toBeLessThan(3e-4);
});
