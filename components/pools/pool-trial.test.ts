// The backtest of a pool before it is added: the days that are walked, what it says about its data, and no number where there is nothing to walk.
import { describe, expect, it } from "vitest";
import { runLab } from "@/components/lab/run-lab";
import type { SettingsAnswer } from "@/components/settings/settings-api";
import { packCandles, unpackCandles } from "@/lib/api/candle-columns";
import { createCandleSeries } from "@/lib/market/candle";
import { planTrial, type TrialInput } from "./pool-trial";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 8, 1);

type Answer = SettingsAnswer<"poolTrial">;

function answer(days: number, change: Partial<Answer> = {}): Answer {
  const series = createCandleSeries(MINUTE_MS, Math.round((days * DAY_MS) / MINUTE_MS));
  for (let index = 0; index < series.length; index += 1) {
    const price = 3_000 * (1 + 0.02 * Math.sin(index / 700));
    series.openAtMs[index] = START_MS + index * MINUTE_MS;
    for (const column of ["open", "high", "low", "close"] as const) series[column][index] = price;
    series.volume[index] = 1;
  }
  return {
    facts: {
      poolKey: "1:uniswap-v3:0x1",
      pairId: "WETH-USDC",
      chainId: 1,
      chainName: "Ethereum",
      address: "0x1",
      family: "uniswap-v3",
      dexName: "Uniswap V3",
      isStandIn: false,
      base: { symbol: "WETH", address: "0x2", decimals: 18 },
      quote: { symbol: "USDC", address: "0x3", decimals: 6 },
      baseIsToken0: true,
      feePips: 3_000,
      tickSpacing: 60,
    },
    isPegged: false,
    isQuoteUsd: true,
    from: "collector",
    venues: ["binance", "okx"],
    candles: packCandles(series),
    notes: [],
    ...change,
  };
}

const INPUT: TrialInput = { capitalUsd: "10000", gasUsdPerTx: "0.2", market: { feePips: 500, depthUsd: 250_000 } };

describe("planTrial", () => {
  it("happy: the last 30 days are walked, with the fee and the depth that the check read", () => {
    const planned = planTrial(answer(61), INPUT);
    if (!planned.ok) throw new Error(planned.message);
    const { request, data, sentence } = planned.trial;
    expect(((request.toMs ?? 0) - (request.fromMs ?? 0)) / DAY_MS).toBe(30);
    expect(request).toMatchObject({ feePips: 500, depthUsd: 250_000, capitalUsd: 10_000, gasUsdPerTx: 0.2 });
    expect(data.kind).toBe("recorded");
    expect(sentence).toMatch(/^30\.0 days, .* recorded by this system from binance, okx; .*looks back on 31\.0 days/);
    expect(sentence).toMatch(/fees are an estimate/);
  });

  it("behavior: fewer days are walked and said, with a quarter of them to look back on", () => {
    const planned = planTrial(answer(8, { from: "pool", venues: [], notes: ["By GeckoTerminal."] }), INPUT);
    if (!planned.ok) throw new Error(planned.message);
    expect(planned.trial.sentence).toMatch(/^6\.0 days of the 30 asked for: there is no more data/);
    expect(planned.trial.sentence).toMatch(/looks back on 2\.0 days/);
    expect(planned.trial.data).toMatchObject({ kind: "pool", notes: ["By GeckoTerminal."] });
  });

  it.each([null, 0])("edge: without a depth (%s) it is said that a mid-sized pool's stands in", (depthUsd) => {
    const planned = planTrial(answer(8), { ...INPUT, market: { feePips: 500, depthUsd } });
    if (!planned.ok) throw new Error(planned.message);
    expect(planned.trial.request).not.toHaveProperty("depthUsd");
    expect(planned.trial.sentence).toMatch(/an estimate beside a mid-sized pool's liquidity/);
  });

  it("behavior: a quote that is no dollar is walked in dollars at its price of now, and that is said", () => {
    const facts = { ...answer(1).facts, pairId: "WBTC-WETH", quote: { symbol: "WETH", address: "0x3", decimals: 18 } };
    const planned = planTrial(answer(8, { facts, isQuoteUsd: false, quoteUsd: 3_000 }), INPUT);
    if (!planned.ok) throw new Error(planned.message);
    expect(planned.trial.request).toMatchObject({ base: "WETH", quote: "USD", quoteDecimals: 18 });
    expect(planned.trial.sentence).toMatch(
      /Prices are in dollars, with 1 WETH at \$3,000\S* throughout: what WETH itself did against the dollar is not in the result\.$/,
    );
  });

  it("behavior: the lab's engine runs it, net of costs beside holding, and calls the fees an estimate", () => {
    const planned = planTrial(answer(8), INPUT);
    if (!planned.ok) throw new Error(planned.message);
    const { request, data } = planned.trial;
    if (data.kind !== "recorded") throw new Error("expected recorded candles");
    const candles = unpackCandles(data.candles);
    if (candles === null) throw new Error("the columns do not fit");
    const outcome = runLab(
      request,
      {
        candles: {
          candles,
          priceStep: null,
          data: { rows: candles.length, dropped: [], droppedCount: 0, filledMinutes: 0, holes: 0 },
          notes: [],
        },
        poolMinutes: null,
      },
      {},
    );
    if (!outcome.ok) throw new Error(outcome.message);
    const { report } = outcome;
    expect(report.twins.map(({ name }) => name)).toEqual(["hold", "full_range", "forces", "carry"]);
    expect(report.fees.isEstimate).toBe(true);
    expect(report.fees.sentence).toContain("250000 USD");
    for (const twin of report.twins) {
      expect(twin.netUsd).toBeCloseTo(twin.feesUsd + twin.markUsd - twin.gasUsd - twin.swapCostUsd, 6);
    }
  });

  it("error: nothing to walk is a sentence and never a number", () => {
    const refusals = [
      planTrial(answer(0, { from: "none", notes: ["No collector runs for this pair yet."] }), INPUT),
      planTrial(answer(1.5), INPUT),
      planTrial(answer(61, { isQuoteUsd: false, quoteUsd: null }), INPUT),
      planTrial(answer(61), { ...INPUT, capitalUsd: "much" }),
      planTrial({ ...answer(61), facts: { ...answer(1).facts, feePips: null } }, { ...INPUT, market: null }),
    ].map((planned) => (planned.ok ? "a plan" : planned.message));
    expect(refusals[0]).toBe("There are no candles to walk. No collector runs for this pair yet.");
    expect(refusals[1]).toMatch(/^Only .* of candles are there .*two days are the least/);
    expect(refusals[2]).toMatch(/no pair that runs here tells what USDC is worth/);
    expect(refusals[3]).toMatch(/Capital in US dollars: expected a number/);
    expect(refusals[4]).toMatch(/fee was not read/);
  });
});
