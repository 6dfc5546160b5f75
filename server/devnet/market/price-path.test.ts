// The price path: the same by seed, whatever the step sizes, and continued by a saved state.
import { describe, expect, it } from "vitest";
import { createPricePath } from "./price-path";
import { createReplay, parseOhlcvCsv } from "./replay";
import { MARKET_START_AT_MS, TICK_MS } from "./setup";

const HOUR_MS = 3_600_000;

describe("createPricePath", () => {
  it("default: 30 days of gapless candles end at the market start", () => {
    const book = createPricePath({ seed: 7 }).book("WETH-USDC");
    const rows = book.rows(0, MARKET_START_AT_MS, 100_000);
    expect(rows).toHaveLength(30 * 1_440);
    expect(rows.at(-1)?.[0]).toBe(MARKET_START_AT_MS - 60_000);
    for (const [index, [atMs, open, high, low, close, volume]] of rows.entries()) {
      const previous = rows[index - 1];
      if (previous !== undefined && (atMs - previous[0] !== 60_000 || open !== previous[4]))
        throw new Error(`gap at row ${index}`);
      if (!(high >= Math.max(open, close) && low <= Math.min(open, close) && low > 0 && volume > 0))
        throw new Error(`bad row ${index}`);
    }
  });

  it("behavior: step sizes do not change the path, another seed does", () => {
    const [coarse, fine, other] = [
      createPricePath({ seed: 7 }),
      createPricePath({ seed: 7 }),
      createPricePath({ seed: 8 }),
    ];
    coarse.advanceTo(MARKET_START_AT_MS + HOUR_MS);
    other.advanceTo(MARKET_START_AT_MS + HOUR_MS);
    for (let atMs = MARKET_START_AT_MS; atMs <= MARKET_START_AT_MS + HOUR_MS; atMs += TICK_MS) fine.advanceTo(atMs);
    expect(fine.price("WETH-USDC")).toBe(coarse.price("WETH-USDC"));
    expect(fine.price("USDC-USDT")).toBe(coarse.price("USDC-USDT"));
    expect(other.price("WETH-USDC")).not.toBe(coarse.price("WETH-USDC"));
  });

  it("behavior: a saved path continues exactly like one that never stopped", () => {
    const whole = createPricePath({ seed: 3 });
    const first = createPricePath({ seed: 3 });
    first.advanceTo(MARKET_START_AT_MS + 2 * HOUR_MS);
    const saved = {
      state: first.state(),
      books: { "WETH-USDC": first.book("WETH-USDC").toBuffer(), "USDC-USDT": first.book("USDC-USDT").toBuffer() },
    };
    const second = createPricePath({ seed: 999, saved });
    const untilMs = MARKET_START_AT_MS + 9 * HOUR_MS;
    whole.advanceTo(untilMs);
    second.advanceTo(untilMs);
    expect(second.state()).toEqual(whole.state());
    expect(second.book("WETH-USDC").rows(0, untilMs, 100_000)).toEqual(
      whole.book("WETH-USDC").rows(0, untilMs, 100_000),
    );
  });

  it("behavior: a move is there at once, in the running candle and for good", () => {
    const path = createPricePath({ seed: 5 });
    path.advanceTo(MARKET_START_AT_MS + 36_000);
    const before = path.price("WETH-USDC");
    path.move("WETH-USDC", 0.05);
    expect(path.price("WETH-USDC") / before).toBeCloseTo(1.05, 10);
    expect(path.book("WETH-USDC").rows(MARKET_START_AT_MS, MARKET_START_AT_MS, 1)[0]?.[4]).toBe(
      path.price("WETH-USDC"),
    );
    path.advanceTo(MARKET_START_AT_MS + 10 * 60_000);
    expect(path.price("WETH-USDC") / before).toBeGreaterThan(1.03);
  });

  it("behavior: calm, trend, spike and depeg all occur in the first two days", () => {
    const path = createPricePath({ seed: 11 });
    const seen = new Set<string>();
    for (let atMs = MARKET_START_AT_MS; atMs < MARKET_START_AT_MS + 48 * HOUR_MS; atMs += 300_000) {
      path.advanceTo(atMs);
      seen.add(path.phase("WETH-USDC").name).add(path.phase("USDC-USDT").name);
    }
    expect([...seen].toSorted()).toEqual(["calm", "depeg", "spike", "trend"]);
  });
});

describe("replay", () => {
  it("behavior: replayed candles equal the file, around the market start", () => {
    const lines = ["openMs,open,high,low,close,volume"];
    for (let minute = 0; minute < 120; minute += 1) {
      const open = 2_000 + minute;
      lines.push([1_700_000_040_000 + minute * 60_000, open, open + 3, open - 2, open + 1, 50].join(","));
    }
    const path = createPricePath({ seed: 1, replay: createReplay(parseOhlcvCsv(lines.join("\n"), "test.csv")) });
    path.advanceTo(MARKET_START_AT_MS + 30 * 60_000);
    const rows = path.book("WETH-USDC").rows(MARKET_START_AT_MS - 59 * 60_000, MARKET_START_AT_MS + 29 * 60_000, 200);
    expect(rows).toHaveLength(89);
    for (const [index, row] of rows.entries()) {
      const open = 2_001 + index;
      expect(row[2]).toBeCloseTo(open + 3, 6);
      expect(row[3]).toBeCloseTo(open - 2, 6);
      expect(row[4]).toBeCloseTo(open + 1, 6);
      expect(row[5]).toBeCloseTo(50, 6);
    }
    expect(path.phase("WETH-USDC").name).toBe("replay");
  });

  it("error: bad_input names the line", () => {
    expect(() => parseOhlcvCsv("1700000040000,1,2,0.5,1,10\n1700000100000,1,x,0.5,1,10", "bad.csv")).toThrow(
      /bad\.csv, line 2/,
    );
  });
});
