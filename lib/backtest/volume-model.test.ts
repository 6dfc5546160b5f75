// The volume model: a pool without recorded swaps follows the exchange to within its fee and pays what its past says, never its future.
import { describe, expect, it } from "vitest";
import { marketOfCandles, simulateCandles, simulateMarket, withOtherFuture } from "@/tests/support/build-backtest";

const DAY = 1_440;

describe("volume model", () => {
  it("default: over its memory the pool pays about the stated kappa, and less when the market turns wild", () => {
    const calm = { minutes: 30 * DAY, sigmaPerMinute: 8e-4, model: { kappa: 1.2, memoryDays: 7 } };
    const market = simulateMarket(calm);
    expect(kappaOf(market, 10 * DAY, 30 * DAY)).toBeCloseTo(1.2, 0);
  });

  it("behavior: the pool's price never leaves the exchange's by more than the fee, and stays while it need not move", () => {
    const { candles, track } = simulateMarket({ minutes: 2 * DAY, pool: { feePips: 3_000 } });
    let stayed = 0;
    for (let index = 1; index < candles.length; index += 1) {
      const price = track.price[index] ?? Number.NaN;
      const close = candles.close[index] ?? Number.NaN;
      expect(Math.abs(price / close - 1)).toBeLessThanOrEqual(0.003 + 1e-12);
      expect(track.low[index]).toBeLessThanOrEqual(price);
      expect(track.high[index]).toBeGreaterThanOrEqual(price);
      if (price === track.price[index - 1]) stayed += 1;
    }
    expect(stayed).toBeGreaterThan(candles.length / 2);
  });

  it("behavior: fees of a minute do not depend on any later minute", () => {
    const candles = simulateCandles({ minutes: 12 * DAY });
    const from = 9 * DAY;
    const model = { kappa: 1.2, memoryDays: 7 };
    const one = marketOfCandles(candles, { model }).track;
    const other = marketOfCandles(withOtherFuture(candles, from), { model }).track;
    for (let index = 0; index < from; index += 1) expect(other.feeQuote[index]).toBe(one.feeQuote[index]);
    expect(other.feeQuote[from + DAY]).not.toBe(one.feeQuote[from + DAY]);
  });
});

/** Fees over loss between two bars, on the 15-minute grid. */
function kappaOf(market: ReturnType<typeof simulateMarket>, from: number, to: number): number {
  const { track } = market;
  let fees = 0;
  let loss = 0;
  let previous = Math.sqrt(track.price[from] ?? Number.NaN);
  for (let index = from + 1; index < to; index += 1) {
    fees += (track.feeQuote[index] ?? 0) + (track.feeBase[index] ?? 0) * (track.price[index] ?? 0);
    if ((index - from) % 15 !== 0) continue;
    const root = Math.sqrt(track.price[index] ?? Number.NaN);
    loss += (root - previous) ** 2 / previous;
    previous = root;
  }
  return fees / loss;
}
