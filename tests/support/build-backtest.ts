// Builders of backtest markets: a simulated pair with a volume model, the same on every machine.
import { buildCandleMarket } from "@/lib/backtest/build-market";
import type { BacktestMarket, BacktestPool } from "@/lib/backtest/market";
import { BACKTEST_DEFAULTS, type BacktestSettings } from "@/lib/backtest/settings";
import type { VolumeModel } from "@/lib/backtest/volume-model";
import { invariant } from "@/lib/errors/invariant";
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import { generateSeries } from "@/lib/market/generate-bars";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { pairId, poolKey } from "@/lib/units";

const T0_MS = 1_700_006_400_000;

export function buildBacktestPool(override: Partial<BacktestPool> = {}): BacktestPool {
  return {
    pairId: pairId("WETH-USDC"),
    poolKey: poolKey(1, "uniswap-v3", "recorded"),
    chainId: 1,
    family: "uniswap-v3",
    dexName: "recorded pool",
    baseSymbol: "WETH",
    quoteSymbol: "USDC",
    baseDecimals: 18,
    quoteDecimals: 6,
    baseIsToken0: false,
    feePips: 500,
    tickSpacing: 10,
    protocolShareFrac: 0,
    isStablePair: false,
    pegPrice: null,
    quoteUsd: 1,
    ...override,
  };
}

export interface SimulatedMarket {
  readonly seed?: number;
  readonly minutes?: number;
  readonly price?: number;
  readonly sigmaPerMinute?: number;
  /** Steps inside a minute. */
  readonly sub?: number;
  readonly pool?: Partial<BacktestPool>;
  readonly model?: Partial<VolumeModel>;
}

export function simulateCandles(input: SimulatedMarket = {}): CandleSeries {
  return generateSeries({
    seed: input.seed ?? 7,
    n: input.minutes ?? 10 * 1_440,
    p0: input.price ?? 2_000,
    sig: input.sigmaPerMinute ?? 8e-4,
    tfMs: 60_000,
    t0: T0_MS,
    volBase: 10,
    sub: input.sub ?? 4,
  });
}

export function marketOfCandles(candles: CandleSeries, input: SimulatedMarket = {}): BacktestMarket {
  const built = buildCandleMarket(
    buildBacktestPool(input.pool),
    {
      candles,
      priceStep: null,
      data: { rows: candles.length, dropped: [], droppedCount: 0, filledMinutes: 0, holes: 0 },
      notes: [],
    },
    { kappa: 1.3, memoryDays: 0, depthUsd: 10_000_000, shape: "uniform", ...input.model },
  );
  invariant(built.ok, "a simulated market is a market");
  return built.market;
}

export function simulateMarket(input: SimulatedMarket = {}): BacktestMarket {
  return marketOfCandles(simulateCandles(input), input);
}

/** The same history with another end: bars from `from` on are scaled, and everything derived from them changes. */
export function withOtherFuture(candles: CandleSeries, from: number): CandleSeries {
  const copy = sliceCandles(candles, 0);
  const changed = {
    ...copy,
    open: copy.open.slice(),
    high: copy.high.slice(),
    low: copy.low.slice(),
    close: copy.close.slice(),
    volume: copy.volume.slice(),
    openAtMs: copy.openAtMs.slice(),
    marks: copy.marks.slice(),
  };
  for (let index = from; index < candles.length; index += 1) {
    const factor = 1 + 0.1 * Math.sin(index);
    for (const column of [changed.open, changed.high, changed.low, changed.close])
      column[index] = (column[index] ?? 0) * factor;
    changed.high[index] = (changed.high[index] ?? 0) * 1.02;
    changed.volume[index] = (changed.volume[index] ?? 0) * 7;
  }
  return changed;
}

export function buildBacktestSettings(override: Partial<BacktestSettings> = {}): BacktestSettings {
  return {
    ...BACKTEST_DEFAULTS,
    params: OTHER_PAIR_PARAMS,
    twins: ["hold"],
    fromMs: null,
    toMs: null,
    ...override,
  };
}
