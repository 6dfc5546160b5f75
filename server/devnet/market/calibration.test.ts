// Does the simulated market keep its promises: deploying pays, and the trend asks for a range shift in time?
import { describe, expect, it } from "vitest";
import { normaliseCandles } from "@/lib/market/candle";
import { PEGGED_PAIR_PARAMS, OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { computeDivergence, computeForces, computeRange, computeRegime, sigmaPerYearOf } from "@/lib/strategy";
import { computePoolTerms, splitIncome } from "@/lib/strategy/economics";
import { unitHoldings } from "@/lib/portfolio/valuation";
import { amountsAround } from "./pool-price";
import { createPricePath, type PricePath } from "./price-path";
import { MARKET_START_AT_MS, POOLS, type DevnetPairId } from "./setup";

const EPOCH_MS = 900_000;
const HOUR_MS = 3_600_000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 11, 99, 12_345];
const POSITION_USD = 100_000;

function observe(path: PricePath, pairId: DevnetPairId, nowMs: number) {
  const isStable = pairId === "USDC-USDT";
  const params = (isStable ? PEGGED_PAIR_PARAMS : OTHER_PAIR_PARAMS).range;
  const book = path.book(pairId);
  const candles = normaliseCandles(book.rows(book.firstMinuteAtMs(), nowMs, 200_000), nowMs);
  const forces = computeForces(candles, nowMs);
  const regime = computeRegime({
    candles,
    nowMs,
    epoch: Math.floor(nowMs / EPOCH_MS),
    isStablePair: isStable,
    pegPrice: isStable ? 1 : null,
  });
  const price = path.price(pairId);
  const range = computeRange({
    price,
    forces,
    params,
    widenFactor: regime.widenFactor,
    minWidth: isStable ? 0.0002 : 0.001,
  });
  if (range === null) throw new Error(`no range for ${pairId} at ${nowMs}`);
  return { forces, regime, price, range, params };
}

function incomeOf(poolKey: string, price: number, range: { min: number; max: number }, sigmaPerYear: number) {
  const pool = POOLS.find((one) => one.key === poolKey);
  if (pool === undefined) throw new Error(poolKey);
  const unit = unitHoldings(price, range.min, range.max);
  // Human liquidity of the other providers, from the same amounts the deployment mints.
  const others = pool.providers.reduce((sum, { halfWidth, usd }) => {
    const { quote } = amountsAround(price, halfWidth, usd);
    return sum + quote / (Math.sqrt(price) - Math.sqrt(price * Math.exp(-halfWidth)));
  }, 0);
  const terms = computePoolTerms({
    price,
    range,
    sigmaPerYear,
    depthUsd: others * unit.value,
    volumeUsdPerDay: pool.noiseUsdPerDay,
    feeFrac: pool.feePips / 1e6,
    protocolShareFrac: 0,
    swapCostFrac: 0.0005 + pool.feePips / 1e6 + 0.0005,
    gasRsUsd: 1,
    gasOpenUsd: 1,
    isOpen: false,
    amortizeDays: 7,
  });
  return splitIncome(terms, POSITION_USD);
}

describe("market calibration", () => {
  for (const seed of SEEDS) {
    it(`behavior: at the start a calm market pays more than it costs (seed ${seed})`, () => {
      const path = createPricePath({ seed });
      for (const pairId of ["WETH-USDC", "USDC-USDT"] as const) {
        const { forces, regime, price, range } = observe(path, pairId, MARKET_START_AT_MS);
        expect(forces.valid).toBe(true);
        expect(regime.suppressed, `${pairId} ${regime.reason} ${String(regime.value)}`).toBe(false);
        const incomes = POOLS.filter((pool) => pool.pairId === pairId).map((pool) =>
          incomeOf(pool.key, price, range, sigmaPerYearOf(forces.v)),
        );
        const best = Math.max(
          ...incomes.map((income) => income.feesUsdPerYear / (income.lvrUsdPerYear + income.costsUsdPerYear)),
        );
        expect(best, `${pairId}: fees against costs`).toBeGreaterThan(2);
      }
    });

    it(`behavior: within five hours of market time the trend leaves the first range (seed ${seed})`, () => {
      const path = createPricePath({ seed });
      const openedAtMs = MARKET_START_AT_MS + EPOCH_MS;
      path.advanceTo(openedAtMs);
      const first = observe(path, "WETH-USDC", openedAtMs);
      let shiftAtMs = Number.POSITIVE_INFINITY;
      let heldUntilMs = 0;
      for (let atMs = openedAtMs + EPOCH_MS; atMs <= MARKET_START_AT_MS + 5 * HOUR_MS; atMs += EPOCH_MS) {
        path.advanceTo(atMs);
        const now = observe(path, "WETH-USDC", atMs);
        if (now.regime.suppressed) heldUntilMs = atMs + 4 * EPOCH_MS;
        const isOut = now.price < first.range.min || now.price > first.range.max;
        const diverged = computeDivergence(first.range, now.range) > now.params.rsThreshold;
        if (atMs >= heldUntilMs && atMs >= openedAtMs + HOUR_MS && (isOut || diverged)) {
          shiftAtMs = atMs;
          break;
        }
      }
      expect((shiftAtMs - MARKET_START_AT_MS) / HOUR_MS).toBeLessThan(4.51);
    });
  }
});
