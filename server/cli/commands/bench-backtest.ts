// Figure of a backtest year: 525 600 minutes of one synthetic pair through the live evaluate and decide, and what bounds it.
import { buildCandleMarket } from "@/lib/backtest/build-market";
import type { BacktestMarket } from "@/lib/backtest/market";
import { runBacktest } from "@/lib/backtest/run-backtest";
import { BACKTEST_DEFAULTS } from "@/lib/backtest/settings";
import { DEFAULT_DEPTH_USD, DEFAULT_MODEL_KAPPA, DEFAULT_MODEL_MEMORY_DAYS } from "@/lib/backtest/volume-model";
import { generateSeries } from "@/lib/market/generate-bars";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { pairId, poolKey } from "@/lib/units";

const MINUTE_MS = 60_000;
const YEAR_MINUTES = 525_600;
const T0_MS = 1_700_006_400_000;
/** 60 % a year: 0.6 / sqrt(525 600). */
const SIGMA_PER_MINUTE = 8.3e-4;

function buildYear(): BacktestMarket {
  const candles = generateSeries({
    seed: 6,
    n: YEAR_MINUTES,
    p0: 2_000,
    sig: SIGMA_PER_MINUTE,
    tfMs: MINUTE_MS,
    t0: T0_MS,
    volBase: 10,
    sub: 4,
  });
  const built = buildCandleMarket(
    {
      pairId: pairId("WETH-USDC"),
      poolKey: poolKey(1, "uniswap-v3", "0x1000000000000000000000000000000000000001"),
      chainId: 1,
      family: "uniswap-v3",
      dexName: "Uniswap V3",
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
    },
    {
      candles,
      priceStep: null,
      data: { rows: candles.length, dropped: [], droppedCount: 0, filledMinutes: 0, holes: 0 },
      notes: [],
    },
    {
      kappa: DEFAULT_MODEL_KAPPA,
      memoryDays: DEFAULT_MODEL_MEMORY_DAYS,
      depthUsd: DEFAULT_DEPTH_USD,
      shape: "moves",
    },
  );
  if (!built.ok) throw new Error(built.message);
  return built.market;
}

/** One run each (a median of years would take minutes): with the search at its default cadence, and without. */
export function benchBacktest(
  print: (name: string, value: number, unit: string) => void,
  note: (text: string) => void,
): void {
  const market = buildYear();
  const run = (optimizerEnabled: boolean): { readonly sec: number; readonly searches: number } => {
    let searches = 0;
    let lastSearchEpoch: number | null = null;
    const startedAtMs = performance.now();
    const report = runBacktest({
      market,
      settings: {
        ...BACKTEST_DEFAULTS,
        params: { ...OTHER_PAIR_PARAMS, optimizerEnabled },
        twins: ["forces"],
        fromMs: null,
        toMs: null,
      },
      onDecision: (_, evaluation) => {
        const ranAtEpoch = evaluation.tuning?.ranAtEpoch ?? null;
        if (ranAtEpoch !== null && ranAtEpoch !== lastSearchEpoch) searches += 1;
        lastSearchEpoch = ranAtEpoch ?? lastSearchEpoch;
      },
    });
    if (report === null) throw new Error("the backtest stopped before its end");
    return { sec: (performance.now() - startedAtMs) / 1_000, searches };
  };
  const plain = run(false);
  print("backtest_year_no_search_s", plain.sec, "s");
  const full = run(true);
  print("backtest_year_s", full.sec, "s");
  note(
    `backtest_year_s: one run, twin "forces", an epoch every 15 minutes, ${full.searches} searches (every ${OTHER_PAIR_PARAMS.optimizerEveryEpochs} epochs); the searches bound it: ${(full.sec - plain.sec).toFixed(1)} of ${full.sec.toFixed(1)} s, ${(((full.sec - plain.sec) * 1_000) / Math.max(1, full.searches)).toFixed(1)} ms each`,
  );
}
