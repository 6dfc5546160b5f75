// Candles of a pool from GeckoTerminal's wire form: pages, direction, quiet quarters, rows that are no numbers, and answers that are none.
import { describe, expect, it } from "vitest";
import { readPoolCandles, type PoolCandleDeps, type PoolCandleInput } from "./pool-candles";

const QUARTER_SEC = 900;
const START_SEC = 1_790_000_100;
const BASE = "0xc000000000000000000000000000000000000001";
const QUOTE = "0xa000000000000000000000000000000000000002";

type Row = readonly unknown[];

function answer(rows: readonly Row[], meta: { readonly base: string; readonly quote: string }): unknown {
  return {
    data: { id: "x", type: "ohlcv_request_response", attributes: { ohlcv_list: rows } },
    meta: { base: { symbol: "A", address: meta.base }, quote: { symbol: "B", address: meta.quote } },
  };
}

/** A service that keeps `rows` and pages them as the real one does: newest first, before a time. */
function service(rows: readonly Row[], meta = { base: BASE, quote: QUOTE }, limit = 1_000) {
  const asked: URL[] = [];
  const serve = async (input: string | URL | Request): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    asked.push(url);
    const before = Number(url.searchParams.get("before_timestamp"));
    const found = rows
      .filter(([sec]) => Number(sec) < before)
      .toSorted((left, right) => Number(right[0]) - Number(left[0]));
    return Response.json(answer(found.slice(0, limit), meta));
  };
  return { asked, serve };
}

function quarters(count: number): Row[] {
  return Array.from({ length: count }, (_, at) => [START_SEC + at * QUARTER_SEC, 2_000, 2_010, 1_990, 2_005, 50_125]);
}

const input = (quarterCount: number, change: Partial<PoolCandleInput> = {}): PoolCandleInput => ({
  network: "eth",
  pool: "0x1000000000000000000000000000000000000001",
  base: BASE,
  quote: QUOTE,
  fromMs: START_SEC * 1_000,
  toMs: (START_SEC + quarterCount * QUARTER_SEC) * 1_000,
  ...change,
});

function deps(serve: typeof fetch, change: Partial<PoolCandleDeps> = {}): PoolCandleDeps {
  return {
    baseUrl: "https://gecko.example/api/v2/",
    takeSlot: async () => true,
    sleep: async () => undefined,
    isGone: () => false,
    fetch: serve,
    ...change,
  };
}

const hidden = async (): Promise<Response> => Response.json({ status: { error_code: 429, error_message: "too many" } });
const away = async (): Promise<Response> => Response.json({ errors: [] }, { status: 404 });

describe("readPoolCandles", () => {
  it("happy: pages of quarter hours become one series of minutes, the oldest first, nothing twice", async () => {
    const { serve, asked } = service(quarters(250), undefined, 100);
    const read = await readPoolCandles(deps(serve), input(250));
    if (!read.ok) throw read.error;
    const { series } = read.value;
    expect(asked).toHaveLength(3);
    expect(asked[0]?.pathname).toBe(
      "/api/v2/networks/eth/pools/0x1000000000000000000000000000000000000001/ohlcv/minute",
    );
    expect(asked[0]?.searchParams.get("aggregate")).toBe("15");
    expect(series.length).toBe(249 * 15 + 1);
    expect([series.open[0], series.high[0], series.low[0], series.close[0]]).toEqual([2_000, 2_010, 1_990, 2_005]);
    expect(series.volume[0]).toBeCloseTo(25, 9);
    // The minutes that no quarter began in are flat, without volume, and marked.
    expect([series.close[14], series.volume[14], series.marks[14], series.marks[15]]).toEqual([2_005, 0, 1, 0]);
  });

  it("behavior: a service that prices our quote in our base is turned around, highs and lows with it", async () => {
    const { serve } = service([[START_SEC, 0.0005, 0.00052, 0.0004, 0.0005, 3]], { base: QUOTE, quote: BASE });
    const read = await readPoolCandles(deps(serve), input(1));
    if (!read.ok) throw read.error;
    const { open, high, low, volume } = read.value.series;
    expect(open[0]).toBeCloseTo(2_000, 6);
    expect(high[0]).toBeCloseTo(2_500, 6);
    expect(low[0]).toBeCloseTo(1_923.0769, 3);
    expect(volume[0]).toBe(3);
  });

  it("edge: quiet quarters keep the price and are counted; more than a day of silence stays a hole", async () => {
    const rows = [0, 3, 203].map((at): Row => [START_SEC + at * QUARTER_SEC, 1, 1, 1, 1, 5]);
    const read = await readPoolCandles(deps(service(rows).serve), input(204));
    if (!read.ok) throw read.error;
    expect(read.value.notes.join(" ")).toContain("2 quarter hours without a trade");
    const { series } = read.value;
    expect((series.openAtMs[series.length - 1] ?? 0) - (series.openAtMs[series.length - 2] ?? 0)).toBe(200 * 900_000);
  });

  it("edge: a quarter that is not over, or before the window, is left out", async () => {
    const { serve } = service(quarters(10));
    const read = await readPoolCandles(
      deps(serve),
      input(10, { fromMs: (START_SEC + QUARTER_SEC) * 1_000, toMs: (START_SEC + 4.5 * QUARTER_SEC) * 1_000 }),
    );
    if (!read.ok) throw read.error;
    expect(read.value.series.openAtMs[0]).toBe((START_SEC + QUARTER_SEC) * 1_000);
    expect(read.value.series.length).toBe(2 * 15 + 1);
  });

  it("error: rows that are no prices are left out and counted, and are never zeros", async () => {
    const bad: Row[] = [
      [START_SEC, "2000", 1, 1, 1, 1],
      [START_SEC + QUARTER_SEC, 0, 1, 1, 1, 1],
      [START_SEC + 2 * QUARTER_SEC, null, 1, 1, 1, 1],
      [START_SEC + 3 * QUARTER_SEC, 2, 2, 2, 2, -1],
    ];
    const read = await readPoolCandles(deps(service([...bad, ...quarters(6).slice(4)]).serve), input(6));
    if (!read.ok) throw read.error;
    expect(read.value.notes.join(" ")).toContain("4 rows of GeckoTerminal were not usable");
    expect(Math.min(...read.value.series.low)).toBe(1_990);
  });

  it("error: other tokens, an error under status 200, a status and a rate that leaves no turn are sentences", async () => {
    const other = service(quarters(2), { base: QUOTE, quote: QUOTE }).serve;
    const messages: string[] = [];
    for (const given of [deps(other), deps(hidden), deps(away), deps(other, { takeSlot: async () => false })]) {
      const read = await readPoolCandles(given, input(2));
      messages.push(read.ok ? "candles" : read.error.message);
    }
    expect(messages[0]).toMatch(/expected 0xc0.* and 0xa0/);
    expect(messages[1]).toMatch(/answered no candles of a pool/);
    expect(messages[2]).toMatch(/answered 404/);
    expect(messages[3]).toMatch(/no turn came free/);
  });
});
