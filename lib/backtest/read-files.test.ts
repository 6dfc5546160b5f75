// Files of a backtest: wrong rows are named by their line, long bars bring no later knowledge, pools become minutes.
import { describe, expect, it } from "vitest";
import { buildBacktestPool } from "@/tests/support/build-backtest";
import { buildEventsMarket, buildHoursMarket, buildMinutesMarket } from "./build-market";
import { parseUtc } from "./csv";
import { priceOfRecordedTick } from "./market";
import { readCandles } from "./read-candles";
import { parseInstant, readPoolEvents, readPoolHours, readPoolMinutes } from "./read-pool";

const HEADER = "ts_ms,open,high,low,close,volume";
const T0_MS = 1_700_006_400_000;

const EVENT_HEADER =
  "block_number,pool_log_index,block_timestamp,tx_type,amount0,amount1,total_liquidity,sqrtPriceX96,current_tick,tick_lower,tick_upper,liquidity";
const L = 12_453_647_101_533_358_277n;
const S0 = 1_662_995_104_975_155_420_368_771_254_341_874n;
function timeOf(second: number): string {
  return `2024-01-05 00:0${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`;
}
const swap = (log: number, second: number, amounts: string, sqrt = S0, liquidity = L): string =>
  `10,${log},${timeOf(second)},SWAP,${amounts},${liquidity},${sqrt},199045,,,`;

function minute(index: number, text = "2,3,1,2,10"): string {
  return `${T0_MS + index * 60_000},${text}`;
}

function message(text: string): string {
  const file = readCandles(text);
  return file.ok ? "" : file.message;
}

describe("readCandles", () => {
  it("behavior: rows that cannot be used are named by line, the others stay", () => {
    const file = readCandles(
      [
        HEADER,
        minute(0),
        minute(1, "2,x,1,2,10"),
        minute(2),
        "broken",
        minute(3, "2,3,-1,2,10"),
        minute(4, "2,3,1,2,"),
      ].join("\n"),
    );
    if (!file.ok) throw new Error(file.message);
    expect(file.data).toMatchObject({ rows: 6, droppedCount: 3, filledMinutes: 2, holes: 0 });
    expect(file.data.dropped.map((row) => row.line)).toEqual([3, 5, 6]);
    expect(file.data.dropped[1]?.reason).toMatch(/1 fields where the header has 6/);
    expect(file.candles.length).toBe(5);
    expect(file.notes.join(" ")).toMatch(/1 rows have no valid volume/);
  });

  it("behavior: repeats, disorder and narrow highs follow the rules of section 2 and are counted", () => {
    const file = readCandles(
      [HEADER, minute(1), minute(0), minute(1, "5,5,5,5,1"), minute(2, "2,1,3,2,1"), minute(3)].join("\r\n"),
    );
    if (!file.ok) throw new Error(file.message);
    expect([...file.candles.close]).toEqual([2, 5, 2, 2]);
    expect([file.candles.low[2], file.candles.high[2]]).toEqual([1, 3]);
    expect(file.notes).toHaveLength(3);
  });

  it("behavior: a bar of five minutes is known in its last minute only", () => {
    const five = [0, 1, 2].map((index) => `${T0_MS + index * 300_000},${10 + index},20,5,${11 + index},7`);
    const file = readCandles([HEADER, ...five].join("\n"));
    if (!file.ok) throw new Error(file.message);
    expect(file.barMs).toBe(300_000);
    expect(file.candles.length).toBe(15);
    expect([...file.candles.close.subarray(0, 6)]).toEqual([10, 10, 10, 10, 11, 11]);
    expect([...file.candles.high.subarray(0, 5)]).toEqual([10, 10, 10, 10, 20]);
    expect([...file.candles.volume.subarray(0, 5)]).toEqual([0, 0, 0, 0, 7]);
  });

  it("error: a wrong header, an odd bar length and seconds in place of milliseconds are one sentence each", () => {
    expect(message("a,b,c\n1,2,3")).toMatch(/expected a header line with the columns ts_ms/);
    expect(message(`${HEADER}\n${T0_MS},1,1,1,1,1\n${T0_MS + 420_000},1,1,1,1,1`)).toMatch(/bars of 1, 5, 15, 30, 60/);
    expect(message(`${HEADER}\n1,1,1,1,1,1\n60001,1,1,1,1,1\n${T0_MS},1,1,1,1,1`)).toMatch(/unix milliseconds/);
    expect(message(HEADER)).toMatch(/none of 0 rows/);
  });
});

describe("readPool", () => {
  const pool = buildBacktestPool();

  it("behavior: fees of a minute are its input times the fee over the liquidity, in the right tokens", () => {
    const rows = readPoolMinutes(
      [
        "timestamp,netAmount0,netAmount1,closeTick,openTick,lowestTick,highestTick,inAmount0,inAmount1,currentLiquidity",
        "2023-08-13 00:00:00,0,0,201101,201101,201100,201105,2000000,3000000000000000000,2391553663290390168",
        "2023-08-13 00:01:00,0,0,201103,201101,201101,201103,0,0,2391553663290390168",
        "2023-08-13 00:02:00,0,0,999999999,201101,201101,201103,0,0,2391553663290390168",
        "2023-02-30 00:02:00,0,0,201101,201101,201101,201103,0,0,2391553663290390168",
      ].join("\n"),
    );
    if (!rows.ok) throw new Error(rows.message);
    expect(rows.value.data.dropped.map((row) => row.line)).toEqual([4, 5]);
    const built = buildMinutesMarket(pool, rows.value, null);
    if (!built.ok) throw new Error(built.message);
    const { track } = built.market;
    const liquidity = Number(2391553663290390168n) / 1e12;
    expect((track.feeQuote[0] ?? 0) * liquidity).toBeCloseTo(2 * 0.0005, 12);
    expect((track.feeBase[0] ?? 0) * liquidity).toBeCloseTo(3 * 0.0005, 12);
    expect(track.price[1]).toBeCloseTo(priceOfRecordedTick(201103, pool), 9);
    expect(track.low[1]).toBeLessThan(track.high[1] ?? 0);
    expect(built.market.fees.isEstimate).toBe(false);
  });

  it("behavior: hours hold their price, and say that their fees are an estimate", () => {
    const hours = [0, 1, 2, 3].map((hour) => `${1_640_995_200 + hour * 3_600},${hour},${hour % 2},1000000000000`);
    const rows = readPoolHours(["ts_s,block,tick,liquidity", ...hours].join("\n"));
    if (!rows.ok) throw new Error(rows.message);
    const stable = buildBacktestPool({ baseDecimals: 6, baseIsToken0: true, feePips: 100, tickSpacing: 1 });
    const built = buildHoursMarket(stable, rows.value, null, {
      kappa: 1.1,
      memoryDays: 0,
      depthUsd: 1,
      shape: "uniform",
    });
    if (!built.ok) throw new Error(built.message);
    const { track, candles, fees } = built.market;
    expect(fees).toMatchObject({ source: "pool_hours", isEstimate: true });
    expect(candles.length).toBe(181);
    expect(track.price[59]).toBe(track.price[0]);
    expect(track.price[60]).not.toBe(track.price[59]);
    expect(track.feeQuote[90]).toBeGreaterThan(0);
  });

  it("behavior: net flow through a still price shows liquidity that is gone at the end; without the column a note says so", () => {
    const columns = "timestamp,closeTick,openTick,lowestTick,highestTick,inAmount0,inAmount1,currentLiquidity";
    const still = "201101,201101,201101,201101,0,9000000000000000000000,2391553663290390168";
    const read = (header: string, tail: string): ReturnType<typeof buildMinutesMarket> => {
      const rows = readPoolMinutes(
        [header, `2023-08-13 00:00:00,${still}${tail}`, `2023-08-13 00:01:00,${still}${tail}`].join("\n"),
      );
      if (!rows.ok) throw new Error(rows.message);
      return buildMinutesMarket(pool, rows.value, null);
    };
    const [without, withNet] = [read(columns, ""), read(`${columns},netAmount1`, ",9000000000000000000000")];
    if (!without.ok || !withNet.ok) throw new Error("both are markets");
    const end = Number(2391553663290390168n) / 1e12;
    expect(without.market.track.servingLiquidity[1]).toBe(end);
    expect(without.market.notes.join(" ")).toMatch(/2 minutes have no netAmount1/);
    expect(withNet.market.notes.join(" ")).not.toMatch(/netAmount1/);
    // 9 000 WETH within one tick need this much liquidity.
    const depth = 9e21 / (1.0001 ** (201_102 / 2) - 1.0001 ** (201_101 / 2)) / 1e12;
    expect(withNet.market.track.servingLiquidity[1]).toBeCloseTo(depth, 0);
    expect(withNet.market.track.othersLiquidity[1]).toBe(end);
    expect((withNet.market.track.feeBase[1] ?? 0) * depth).toBeCloseTo(9_000 * 0.0005, 9);
  });

  describe("events", () => {
    it("behavior: swaps of one minute add up in the order of their logs; mints are no swaps, wrong rows are named", () => {
      const rows = readPoolEvents(
        [
          EVENT_HEADER,
          swap(3, 50, "3000000,-1"),
          swap(1, 1, "1000000,-1"),
          "",
          `10,2,${timeOf(2)},MINT,5,5,,,,199040,199050,1000`,
          swap(5, 120, "-5,1000000000000000000"),
          swap(6, 120, "5,1000000000000000000"),
          swap(5, 120, "-5,1000000000000000000"),
          `10,8,${timeOf(130)},FLASH,5,5,,,,,,`,
        ].join("\n"),
      );
      if (!rows.ok) throw new Error(rows.message);
      expect([...rows.value.amount0]).toEqual([1_000_000, 3_000_000, -5]);
      expect(rows.value.data).toMatchObject({ rows: 7, droppedCount: 3 });
      expect(rows.value.data.dropped.map((row) => row.line)).toEqual([7, 8, 9]);
      expect(rows.value.data.dropped[0]?.reason).toMatch(/one token in/);
      expect(rows.value.data.dropped[1]?.reason).toMatch(/already read/);
      expect(rows.value.data.dropped[2]?.reason).toMatch(/tx_type "FLASH"/);
      const built = buildEventsMarket(pool, rows.value, null);
      if (!built.ok) throw new Error(built.message);
      const { track } = built.market;
      const liquidity = Number(L) / 1e12;
      expect((track.feeQuote[0] ?? 0) * liquidity).toBeCloseTo(4 * 0.0005, 12);
      expect([track.feeQuote[1], track.feeBase[1]]).toEqual([0, 0]);
      expect((track.feeBase[2] ?? 0) * liquidity).toBeCloseTo(0.0005, 12);
      expect([...(track.swaps?.from ?? [])]).toEqual([0, 0, 2]);
      expect([...(track.swaps?.to ?? [])]).toEqual([2, 0, 3]);
      expect(built.market.notes.join(" ")).toMatch(/3 of 3 swaps .* do not fit the price before them/);
    });

    it("behavior: a swap is shared by the liquidity it met, not by what is left after it; burns in its minute are seen", () => {
      // WETH in, at ten times the liquidity that is recorded after it: a provider came for it and went within the block.
      const met = 10n * L;
      const s1 = S0 + S0 / 100_000n;
      const in1 = (((met * (s1 - S0)) / 2n ** 96n) * 1_000_000n) / 999_500n;
      const out0 = (met * (s1 - S0) * 2n ** 96n) / (s1 * S0);
      const rows = readPoolEvents(
        [
          EVENT_HEADER,
          swap(1, 1, "1000000,-1"),
          swap(2, 61, `-${out0},${in1}`, s1, met),
          `10,3,${timeOf(61)},BURN,5,5,,,,199040,199050,${met - L}`,
          `10,4,${timeOf(121)},BURN,5,5,,,,199040,199050,${L}`,
          swap(5, 181, "1000000,-1", s1, L),
        ].join("\n"),
      );
      if (!rows.ok) throw new Error(rows.message);
      const built = buildEventsMarket(pool, rows.value, null);
      if (!built.ok) throw new Error(built.message);
      const { track } = built.market;
      const human = Number(met) / 1e12;
      expect((track.servingLiquidity[1] ?? 0) / human).toBeCloseTo(1, 6);
      expect(((track.feeBase[1] ?? 0) * human * 1e18) / (Number(in1) * 0.0005)).toBeCloseTo(1, 6);
      // The burn of its own minute is known at its end; that of the next one is not yet.
      expect((track.othersLiquidity[1] ?? 0) / (human / 10)).toBeCloseTo(1, 9);
      expect(track.othersLiquidity[2]).toBe(track.othersLiquidity[1]);
    });

    it("error: a file without the chain's order, and times against it, are one sentence each", () => {
      const heading = readPoolEvents("block_timestamp,tx_type,amount0,amount1,total_liquidity,sqrtPriceX96\n");
      expect(heading).toMatchObject({ ok: false });
      expect(heading.ok ? "" : heading.message).toMatch(/has no block_number, pool_log_index, current_tick/);
      const against = readPoolEvents([EVENT_HEADER, swap(1, 59, "1,-1"), swap(2, 58, "1,-1")].join("\n"));
      expect(against.ok ? "" : against.message).toMatch(/expected times that rise .* block 10 log 2/);
    });
  });
});

describe("parseUtc", () => {
  it("behavior: agrees with the calendar, refuses days that do not exist", () => {
    const known: readonly (readonly [string, number])[] = [
      ["1970-01-01", 0],
      ["2000-02-29 23:59:59", 951_868_799_000],
      ["2024-12-31T12:30Z", 1_735_648_200_000],
      ["2026-03-01 00:00", 1_772_323_200_000],
      ["2100-03-01", 4_107_542_400_000],
    ];
    for (const [text, atMs] of known) expect(parseUtc(text)).toBe(atMs);
    for (const text of ["2023-02-29", "2024-13-01", "2024-01-01 24:00", "tomorrow", ""])
      expect(parseUtc(text)).toBeNull();
    expect(parseInstant("1722003360000")).toBe(1_722_003_360_000);
  });
});
