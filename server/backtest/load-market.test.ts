// Recorded pools through the loader: the fees of the whole pool are those that were published with the data.
import { describe, expect, it } from "vitest";
import type { BacktestMarket } from "@/lib/backtest/market";
import { buildBacktestPool } from "@/tests/support/build-backtest";
import { loadMarket, type MarketFiles } from "./load-market";

const POLYGON = "tests/data/univ3-polygon-usdce-weth-500-minute-20230813-20230817.csv.gz";
const MINUTES = "tests/data/univ3-eth-usdc-weth-500-minute-20240105.csv.gz";
const EVENTS = "tests/data/univ3-eth-usdc-weth-500-tick-20240105.csv.gz";

async function load(files: Partial<MarketFiles>): Promise<BacktestMarket> {
  const loaded = await loadMarket(
    { candles: null, poolMinutes: null, poolHours: null, poolEvents: null, ...files },
    () => buildBacktestPool(),
    () => ({ kappa: 1.1, memoryDays: 0, depthUsd: 1e7, shape: "uniform" }),
  );
  if (!loaded.ok) throw loaded.error;
  return loaded.value;
}

/** Fees of the whole pool, whole tokens. */
function poolFees({ track }: BacktestMarket): { readonly base: number; readonly quote: number } {
  let base = 0;
  let quote = 0;
  for (const [index, liquidity] of track.servingLiquidity.entries()) {
    base += (track.feeBase[index] ?? 0) * liquidity;
    quote += (track.feeQuote[index] ?? 0) * liquidity;
  }
  return { base, quote };
}

/** Fees per unit of liquidity over the whole recording, QUOTE. */
function grown({ track }: BacktestMarket): number {
  return track.feeQuote.reduce(
    (sum, fee, index) => sum + fee + (track.feeBase[index] ?? 0) * (track.price[index] ?? 0),
    0,
  );
}

describe("loadMarket", () => {
  it("behavior: five days of Polygon pay the published fees", async () => {
    const market = await load({ poolMinutes: POLYGON });
    const fees = poolFees(market);
    expect(fees.quote).toBeCloseTo(10_724.37, 2);
    expect(fees.base).toBeCloseTo(6.8159, 4);
    expect(market.data).toMatchObject({ rows: 7_199, droppedCount: 0, filledMinutes: 1, holes: 0 });
  });

  it("behavior: a day by swaps and the same day by minutes agree per unit of liquidity within 1 %", async () => {
    const [minutes, events] = [await load({ poolMinutes: MINUTES }), await load({ poolEvents: EVENTS })];
    expect(Math.abs(grown(minutes) / grown(events) - 1)).toBeLessThan(0.01);
    expect(minutes.track.price.at(-1)).toBeCloseTo(events.track.price.at(-1) ?? 0, 0);
  });

  it("error: a file that is not there, and one of another kind", async () => {
    await expect(load({ candles: "tests/data/nothing.csv" })).rejects.toMatchObject({ code: "not_found" });
    await expect(load({ candles: POLYGON })).rejects.toMatchObject({ code: "bad_data" });
  });
});
