// Real pools as a reference: ticks of 6 046 swaps against our TickMath, and fees of whole days against published sums.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";

function rows(name: string): Record<string, string>[] {
  const [head = "", ...lines] = gunzipSync(readFileSync(`tests/data/${name}`))
    .toString("utf8")
    .trim()
    .split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.map((column, index) => [column, values[index] ?? ""]));
  });
}

function sum(list: readonly Record<string, string>[], column: string): bigint {
  return list.reduce((total, row) => total + BigInt(Math.trunc(Number(row[column] ?? "0"))), 0n);
}

describe("recorded pools", () => {
  it("behavior: the tick of every recorded swap follows from its square root price", () => {
    const swaps = rows("univ3-eth-usdc-weth-500-tick-20240105.csv.gz").filter((row) => row["tx_type"] === "SWAP");
    expect(swaps.length).toBe(6_046);
    for (const swap of swaps) {
      const sqrt = BigInt(swap["sqrtPriceX96"] ?? "0");
      const tick = Number(swap["current_tick"]);
      const ours = tickAtSqrt(sqrt);
      // A pool that stops exactly on a tick while the price falls stands one below it (UniswapV3Pool.swap).
      const isOnTick = sqrt === sqrtAtTick(ours);
      expect(isOnTick ? [ours, ours - 1] : [ours]).toContain(tick);
      expect(sqrtAtTick(tick) <= sqrt && sqrt <= sqrtAtTick(tick + 1)).toBe(true);
    }
  });

  it("behavior: minutes add up to the published sums of the whole pool", () => {
    const polygon = rows("univ3-polygon-usdce-weth-500-minute-20230813-20230817.csv.gz");
    expect(polygon.length).toBe(7_199);
    // Fees are 0.05 % of what was sold into the pool.
    expect(humanAmount(sum(polygon, "inAmount0"), 6) * 0.0005).toBeCloseTo(10_724.37, 1);
    expect(humanAmount(sum(polygon, "inAmount1"), 18) * 0.0005).toBeCloseTo(6.8159, 3);
    const ethereum = rows("univ3-eth-usdc-weth-500-minute-20240105.csv.gz");
    expect(humanAmount(sum(ethereum, "inAmount0"), 6) / 1e6).toBeCloseTo(124.709, 2);
  });
});
