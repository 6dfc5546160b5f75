// Reading of recorded pool events: order, refusals by line, times.
import { describe, expect, it } from "vitest";
import { parsePoolEvents } from "./events";

const SWAP = {
  block_number: "18937382",
  block_timestamp: "2024-01-05 00:00:23",
  tx_type: "SWAP",
  pool_log_index: "169",
  amount0: "-22686110",
  amount1: "10000000000000000",
  total_liquidity: "12453647101533358277",
  sqrtPriceX96: "1662995104975155420368771254341874",
  current_tick: "199045.0",
  tick_lower: "",
  tick_upper: "",
  liquidity: "",
};
const MINT = {
  ...SWAP,
  tx_type: "MINT",
  pool_log_index: "36",
  tick_lower: "199060.0",
  tick_upper: "199070.0",
  liquidity: "389297572651811471360",
};

describe("parsePoolEvents", () => {
  it("default: rows become events in the order of block and log", () => {
    const { events, dropped } = parsePoolEvents([SWAP, MINT, { ...SWAP, block_number: "18937381" }]);
    expect(dropped).toEqual([]);
    expect(events.map((event) => [event.block, event.logIndex, event.kind])).toEqual([
      [18_937_381, 169, "swap"],
      [18_937_382, 36, "mint"],
      [18_937_382, 169, "swap"],
    ]);
    expect(events[2]).toEqual({
      kind: "swap",
      block: 18_937_382,
      logIndex: 169,
      atMs: 1_704_412_823_000,
      amount0: -22_686_110n,
      amount1: 10_000_000_000_000_000n,
      sqrtPriceX96: 1_662_995_104_975_155_420_368_771_254_341_874n,
      tick: 199_045,
      liquidity: 12_453_647_101_533_358_277n,
    });
  });

  it("behavior: times are UTC, also around a leap day and before 1970", () => {
    const times = [
      ["2024-02-29 23:59:59", 1_709_251_199_000],
      ["2000-03-01 00:00:00", 951_868_800_000],
      ["1999-12-31T12:30:00.250Z", 946_643_400_250],
      ["1969-07-20 20:17:40", -14_182_940_000],
    ] as const;
    for (const [text, atMs] of times) {
      expect(parsePoolEvents([{ ...SWAP, block_timestamp: text }]).events[0]?.atMs).toBe(atMs);
    }
    for (const text of ["2023-02-29 00:00:00", "2024-04-31 00:00:00", "2024-13-01 00:00:00", "2024-01-05 24:00:00"]) {
      expect(parsePoolEvents([{ ...SWAP, block_timestamp: text }]).dropped.length).toBe(1);
    }
  });

  it("behavior: what cannot be read is left out and named by line and column", () => {
    const { events, dropped } = parsePoolEvents([
      SWAP,
      { ...SWAP, pool_log_index: "170", current_tick: "" },
      { ...SWAP, pool_log_index: "171", amount0: "1e9" },
      { ...SWAP, pool_log_index: "172", block_timestamp: "yesterday" },
      { ...SWAP, pool_log_index: "173", amount1: "-1" },
      { ...SWAP, pool_log_index: "174", tx_type: "FLASH" },
      { ...MINT, tick_upper: "199060" },
      SWAP,
    ]);
    expect(events.length).toBe(1);
    expect(dropped.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(dropped.map(({ reason }) => reason.split(" ")[0])).toEqual([
      "current_tick",
      "amount0",
      "block_timestamp",
      "a",
      "tx_type",
      "tick_lower",
      "block",
    ]);
  });
});
