// Strategy figures of `npm run bench`: objective, optimizer, forces, regime, allocation, a whole evaluation and a year of backtest.
import { benchBacktest } from "./bench-backtest";
import { createFitness, prepareFitnessBars, type Fitness } from "@/lib/strategy/fitness";
import { computeForces } from "@/lib/strategy/forces";
import { optimizeRangeParams } from "@/lib/strategy/optimizer";
import { RANGE_PARAM_BOUNDS, rangeParamsOfCube } from "@/lib/strategy/params";
import { computeRegime } from "@/lib/strategy/regime";
import { computeSigmaPerBar, computeVforce } from "@/lib/strategy/volatility";
import { allocate, type AllocationPool } from "@/lib/strategy/allocation";
import { evaluate, NO_MEMORY } from "@/lib/strategy";
import { rawAmount } from "@/lib/amm/human-units";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import { generateSeries } from "@/lib/market/generate-bars";
import type { MarketSnapshot, TickPoolState } from "@/lib/market/snapshot";
import { mulberry32 } from "@/lib/math/rng";
import { computeCapital } from "@/lib/portfolio/valuation";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { epochOf, pairId, poolKey } from "@/lib/units";

/** Prints one figure; `note` goes to the people, on stderr. */
export type PrintFigure = (name: string, value: number, unit: string) => void;

const MINUTE_MS = 60_000;
const T0_MS = 1_700_006_400_000;
const HISTORY_MINUTES = 74 * 1_440;
const M15_BARS = 5_760;
/** Runs before the clock starts, so that the figure is that of warm code. */
const WARM_UP = 30;
const ROUNDS = 11;
const TUNING_SEED = 2;

function note(text: string): void {
  console.error(text);
}

/** Median over rounds of the time of one call, ms; each round runs the call `calls` times. */
function medianMs(calls: number, run: (call: number) => unknown, warmUp = WARM_UP): number {
  for (let call = 0; call < warmUp; call += 1) run(call);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAtMs = performance.now();
    for (let call = 0; call < calls; call += 1) run(round * calls + call);
    rounds.push((performance.now() - startedAtMs) / calls);
  }
  return rounds.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? Number.NaN;
}

/** The objective over 5 760 M15 bars of a 60 % asset, with the vforce each bar really had. */
function buildFitness(): Fitness {
  const bars = generateSeries({
    seed: TUNING_SEED,
    n: M15_BARS,
    p0: 2_000,
    sig: 3.2e-3,
    tfMs: 15 * MINUTE_MS,
    t0: T0_MS,
    volBase: 10,
    sub: 6,
  });
  const draw = mulberry32(TUNING_SEED);
  const vforce = new Float64Array(bars.length);
  const bias = new Float64Array(bars.length);
  for (let index = 0; index < bars.length; index += 1) {
    vforce[index] = computeVforce(computeSigmaPerBar(sliceCandles(bars, index - 23, index + 1)), 15);
    bias[index] = 0.6 * (draw() - 0.5);
  }
  return createFitness(prepareFitnessBars(bars, vforce, bias), {
    capitalUsd: 10_000,
    othersLiquidity: 1e6,
    feeUsdPerDay: 20_000,
    gasRsUsd: 0.2,
    swapCostFrac: 0.001,
    minGapBars: 4,
    minWidth: 1e-3,
  });
}

function buildMinutes(): CandleSeries {
  return generateSeries({
    seed: 1,
    n: HISTORY_MINUTES,
    p0: 2_000,
    sig: 8e-4,
    tfMs: MINUTE_MS,
    t0: T0_MS,
    volBase: 10,
    sub: 6,
  });
}

function buildAllocationPools(): readonly AllocationPool[] {
  const draw = mulberry32(3);
  return Array.from({ length: 50 }, (_, index) => ({
    id: `p${String(index).padStart(2, "0")}`,
    chain: String(index % 4),
    revenueUsdPerYear: 1e5 * draw(),
    depthUsd: 1e5 * draw() + 1_000,
    costPerYear: 0.2 * draw(),
    fixedUsdPerYear: 20 * draw(),
    minUsd: 100,
    capUsd: 1e5,
  }));
}

/** A pair with 40 pools of different fee, depth and volume on four chains, at the price of the candles. */
function buildSnapshot(candles: CandleSeries): MarketSnapshot {
  const observedAtMs = T0_MS + candles.length * MINUTE_MS;
  const price = candles.close.at(-1) ?? 2_000;
  const frame = { decBase: 18, decQuote: 6, baseIsToken0: false };
  const sqrtPriceX96 = priceToSqrt(price, frame) ?? 0n;
  const base = { symbol: "WETH", address: "0xc000000000000000000000000000000000000001", decimals: 18 } as const;
  const quote = { symbol: "USDC", address: "0xa000000000000000000000000000000000000002", decimals: 6 } as const;
  const draw = mulberry32(4);
  const fees = [
    { feePips: 100, tickSpacing: 1 },
    { feePips: 500, tickSpacing: 10 },
    { feePips: 3_000, tickSpacing: 60 },
    { feePips: 10_000, tickSpacing: 200 },
  ] as const;
  const pools = Array.from({ length: 40 }, (_, index): TickPoolState => {
    const fee = fees[index % fees.length] ?? fees[0];
    const address = `0x10000000000000000000000000000000000000${String(index).padStart(2, "0")}` as const;
    const volumeUsd = 1e6 * (0.1 + 50 * draw());
    return {
      kind: "ticks",
      poolKey: poolKey(1 + (index % 4), "uniswap-v3", address),
      chainId: 1 + (index % 4),
      family: "uniswap-v3",
      dexName: "Uniswap V3",
      address,
      base,
      quote,
      baseIsToken0: false,
      ...fee,
      protocolShareFrac: 0,
      tvlUsd: 5e6,
      volumeH1Usd: volumeUsd / 24,
      volumeH6Usd: volumeUsd / 4,
      volumeH24Usd: volumeUsd,
      gasOpenUsd: 0.5,
      gasCloseUsd: 0.3,
      gasRsUsd: 0.8,
      observedAtMs,
      blockNumber: 100n,
      sqrtPriceX96,
      tick: tickAtSqrt(sqrtPriceX96),
      activeLiquidityRaw: BigInt(Math.round(1e6 * (0.1 + 5 * draw()))) * 10n ** 12n,
      ownLiquidityInRangeRaw: 0n,
    };
  });
  const wallets = [1, 2, 3, 4].map((chainId) => ({
    chainId,
    base,
    quote,
    baseRaw: rawAmount(5, 18),
    quoteRaw: rawAmount(10_000, 6),
    nativeRaw: 10n ** 18n,
    nativeUsd: price,
  }));
  return {
    pairId: pairId("WETH-USDC"),
    epoch: epochOf(observedAtMs),
    observedAtMs,
    price,
    quoteUsd: 1,
    isStablePair: false,
    pegPrice: null,
    cycleSec: 900,
    candles,
    pools,
    poolSamples: {},
    positions: [],
    capital: computeCapital({ wallets, positions: [], pools, price, quoteUsd: 1 }),
    history: {
      lastPraAtMs: null,
      lastCloseEpochs: {},
      rangeShiftAtMs: [],
      epochNetUsd: [],
      gas24hUsd: 0,
      suppressUntilEpoch: 0,
    },
    freshness: [],
  };
}

/** Prints the figures one after the other; the year of backtest comes last because it takes longest. */
export function benchStrategy(print: PrintFigure): void {
  const startedAtMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  const fitness = buildFitness();
  const draw = mulberry32(5);
  const points = Array.from({ length: 64 }, () => rangeParamsOfCube(RANGE_PARAM_BOUNDS.map(() => draw())));
  const defaults = OTHER_PAIR_PARAMS.range;
  const evaluationMs = medianMs(200, (call) => fitness.score(points[call % points.length] ?? defaults), 300);
  print("objective_evals_per_s", 1_000 / evaluationMs, "1/s");
  note("objective_evals_per_s: J over 5 760 M15 bars, 64 parameter sets drawn over the whole cube in turn");

  let evals = 0;
  const optimizerMs = medianMs(
    2,
    (call) => {
      const result = optimizeRangeParams({
        fitness,
        pairId: pairId("WETH-USDC"),
        epoch: 1_900_000 + call,
        defaults,
        incumbent: null,
        warmStart: RANGE_PARAM_BOUNDS.map(() => 0.5),
      });
      evals = result.evals;
    },
    3,
  );
  print("optimizer_ms", optimizerMs, "ms");
  note(`optimizer_ms: ${evals} evaluations from three starts, the warm one included`);

  const minutes = buildMinutes();
  const nowMs = T0_MS + minutes.length * MINUTE_MS;
  const forcesMs = medianMs(10, () => computeForces(minutes, nowMs));
  print("forces_cold_ms", forcesMs, "ms");
  const tail = 500;
  const nextMs = medianMs(10, (call) => {
    const length = minutes.length - tail + (call % tail);
    return computeForces(sliceCandles(minutes, 0, length), T0_MS + length * MINUTE_MS);
  });
  print("forces_incremental_ms", nextMs, "ms");
  note(
    "forces_incremental_ms: the same function one minute later; it reads the newest 30 days only, nothing is kept between calls",
  );

  const regimeMs = medianMs(10, () =>
    computeRegime({ candles: minutes, nowMs, epoch: epochOf(nowMs), isStablePair: false, pegPrice: null }),
  );
  print("regime_ms", regimeMs, "ms");

  const pools = buildAllocationPools();
  const allocation = { pools, capitalUsd: 1e5, maxPools: 3, chainCapsUsd: {}, allowCash: true };
  print(
    "allocation_50_pools_ms",
    medianMs(20, () => allocate(allocation)),
    "ms",
  );
  const capped = { ...allocation, chainCapsUsd: { "0": 2e4, "1": 1e4, "2": 3e4, "3": 5e3 } };
  print(
    "allocation_50_pools_chain_caps_ms",
    medianMs(10, () => allocate(capped)),
    "ms",
  );

  const snapshot = buildSnapshot(minutes);
  const evaluateMs = medianMs(1, () => evaluate({ snapshot, params: OTHER_PAIR_PARAMS, memory: NO_MEMORY }), 3);
  print("evaluate_ms", evaluateMs, "ms");
  const verdict = evaluate({ snapshot, params: OTHER_PAIR_PARAMS, memory: NO_MEMORY }).tuning;
  note(
    verdict === null
      ? "evaluate_ms: 40 pools; NO search ran, so this figure leaves the optimizer out"
      : `evaluate_ms: 40 pools, 74 days of minutes, with a search of ${verdict.evals} evaluations over ${verdict.bars} bars (${verdict.verdict})`,
  );

  benchBacktest(print, note);
  const cpu = process.cpuUsage(cpuAtStart);
  const cpuFrac = (cpu.user + cpu.system) / 1_000 / (performance.now() - startedAtMs);
  note(
    `all figures are wall time; this process had ${Math.round(100 * cpuFrac)} % of a core while it measured${cpuFrac < 0.9 ? ": the machine was busy, an idle one is faster by about that factor" : ""}`,
  );
}
