// Rates: what a pool paid a unit of others' liquidity and what providing it lost, over the last 72 h (strategy-carry section 1).
import type { PoolSample } from "@/lib/market/pool-sample";
import { POOL_SAMPLE_MS } from "@/lib/market/pool-sample";
import { unitHoldings } from "@/lib/portfolio/valuation";
import { EPOCH_MS } from "@/lib/units";
import { NO_RATES, type PoolRates } from "@/lib/strategy/pool-rates";
import { readSamples, type SampleFrame, type SampleReading } from "./sample-reading";

/** What an estimate needs when too little was measured; a number that is not known is NaN. */
export interface RatesFallback {
  readonly volumeUsdPerDay: number;
  /** Live fee of the pool, fraction. */
  readonly feeFrac: number;
  readonly protocolShareFrac: number;
  /** Yearly volatility of the blended vforce. */
  readonly sigmaPerYear: number;
  readonly quoteUsd: number;
}

/** What a reading of the pool now says when no sample is fresh: enough for an estimate, not for a measurement. */
export interface PoolReadingNow {
  /** Square root of the human price, QUOTE per BASE; NaN when unknown. */
  readonly sqrtPrice: number;
  /** Human liquidity of others; null when unknown, then `tvlUsd` stands in for it. */
  readonly othersLiquidity: number | null;
  readonly tvlUsd: number | null;
  /** Half-width over which the TVL is assumed to lie, log price. */
  readonly tvlSpread: number;
}

export interface GridRatesInput {
  readonly frame: SampleFrame;
  /** Ascending in time; only the first valid one of each epoch counts. */
  readonly samples: readonly PoolSample[];
  readonly nowMs: number;
  readonly fallback: RatesFallback | null;
}

export interface PoolRatesInput extends GridRatesInput {
  readonly now?: PoolReadingNow;
  /** Window of the intervals, ms; 72 h when missing. A shorter one counts as measured from nine tenths of it. */
  readonly windowMs?: number;
}

const HOUR_MS = 3_600_000;
const WINDOW_MS = 72 * HOUR_MS;
const LONGEST_INTERVAL_MS = HOUR_MS;
const MEASURED_MS = 24 * HOUR_MS;
const MAX_AGE_MS = 45 * 60_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const DAYS_PER_YEAR = 365;
const GRIDS = EPOCH_MS / POOL_SAMPLE_MS;

/** Rates from one grid: the first valid sample of every epoch. */
export function computeGridRates(input: GridRatesInput): PoolRates {
  const grid = measure(firstPerEpoch(readSamples(input.samples, input.frame, input.nowMs)), input.nowMs);
  if (grid === null) return NO_RATES;
  const { newest, coveredMs, intervals } = grid;
  const covered = { coveredMs, intervals };
  if (grid.coveredMs >= MEASURED_MS) return measuredRates([grid], newest, covered);
  return estimatedRates(newest.sqrtPrice, newest.othersLiquidity, input.fallback, covered);
}

/**
 * Rates from the three grids of samples 5 minutes apart (subsampling): f and l are the means over the grids that are measured.
 * Without any the newest fresh sample gives an estimate, and without that the reading of the pool itself.
 */
export function computePoolRates(input: PoolRatesInput): PoolRates {
  const readings = readSamples(input.samples, input.frame, input.nowMs);
  const windowMs = input.windowMs ?? WINDOW_MS;
  const measuredMs = Math.min(MEASURED_MS, 0.9 * windowMs);
  const grids: MeasuredGrid[] = [];
  for (let index = 0; index < GRIDS; index += 1) {
    const grid = measure(firstPerEpoch(readings, index), input.nowMs, windowMs);
    if (grid !== null) grids.push(grid);
  }
  let newest: SampleReading | null = null;
  let coveredMs = 0;
  let intervals = 0;
  for (const grid of grids) {
    if (newest === null || grid.newest.atMs > newest.atMs) newest = grid.newest;
    coveredMs = Math.max(coveredMs, grid.coveredMs);
    intervals += grid.intervals;
  }
  const covered = { coveredMs, intervals };
  const full = grids.filter((grid) => grid.coveredMs >= measuredMs);
  if (newest !== null && full.length > 0) return measuredRates(full, newest, covered);
  if (newest !== null) return estimatedRates(newest.sqrtPrice, newest.othersLiquidity, input.fallback, covered);
  if (input.now === undefined) return NO_RATES;
  const { now } = input;
  return estimatedRates(
    now.sqrtPrice,
    now.othersLiquidity ?? liquidityOfTvl(now, input.fallback),
    input.fallback,
    covered,
  );
}

interface MeasuredGrid {
  readonly newest: SampleReading;
  /** f and l as sums over the covered time; divide by the years. */
  readonly feeSum: number;
  readonly lossSum: number;
  readonly coveredMs: number;
  readonly intervals: number;
}

/** The first sample of every epoch, of all samples or of those a given number of sample steps into the epoch. */
function firstPerEpoch(readings: readonly SampleReading[], grid?: number): readonly SampleReading[] {
  const first: SampleReading[] = [];
  let lastEpoch = -1;
  for (const reading of readings) {
    const epoch = Math.floor(reading.atMs / EPOCH_MS);
    if (epoch === lastEpoch) continue;
    if (grid !== undefined && Math.floor((reading.atMs - epoch * EPOCH_MS) / POOL_SAMPLE_MS) !== grid) continue;
    lastEpoch = epoch;
    first.push(reading);
  }
  return first;
}

/** Sums over the intervals of the window; null when the newest sample is missing or too old. */
function measure(readings: readonly SampleReading[], nowMs: number, windowMs = WINDOW_MS): MeasuredGrid | null {
  const newest = readings.at(-1);
  if (newest === undefined || !(nowMs - newest.atMs <= MAX_AGE_MS)) return null;
  const fromMs = newest.atMs - windowMs;
  let feeSum = 0;
  let lossSum = 0;
  let coveredMs = 0;
  let intervals = 0;
  for (let index = 1; index < readings.length; index += 1) {
    const earlier = readings[index - 1]!;
    const later = readings[index]!;
    const lengthMs = later.atMs - earlier.atMs;
    if (earlier.atMs < fromMs || !(lengthMs > 0) || lengthMs > LONGEST_INTERVAL_MS) continue;
    const fees = later.feesSince(earlier);
    if (fees === null) continue;
    const move = later.sqrtPrice - earlier.sqrtPrice;
    feeSum += fees.base * later.sqrtPrice * later.sqrtPrice + fees.quote;
    lossSum += (move * move) / earlier.sqrtPrice;
    coveredMs += lengthMs;
    intervals += 1;
  }
  return { newest, feeSum, lossSum, coveredMs, intervals };
}

interface Covered {
  readonly coveredMs: number;
  readonly intervals: number;
}

/** Means over grids that cover enough time. A grid whose price never moved measures nothing. */
function measuredRates(grids: readonly MeasuredGrid[], newest: SampleReading, covered: Covered): PoolRates {
  const moved = grids.filter(
    (grid) => grid.lossSum > 0 && Number.isFinite(grid.lossSum) && Number.isFinite(grid.feeSum),
  );
  if (moved.length === 0) return { ...NO_RATES, ...covered };
  let fee = 0;
  let loss = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const grid of moved) {
    const years = grid.coveredMs / YEAR_MS;
    fee += grid.feeSum / years;
    loss += grid.lossSum / years;
    const kappa = grid.feeSum / grid.lossSum;
    least = Math.min(least, kappa);
    most = Math.max(most, kappa);
  }
  fee /= moved.length;
  loss /= moved.length;
  const kappa = fee / loss;
  if (!Number.isFinite(kappa)) return { ...NO_RATES, ...covered };
  return {
    source: "measured",
    feePerLiquidityYear: fee,
    lossPerLiquidityYear: loss,
    kappa,
    kappaSpread: moved.length > 1 ? { min: least, max: most } : null,
    sigmaPerYear: Math.sqrt((4 * loss) / newest.sqrtPrice),
    sqrtPrice: newest.sqrtPrice,
    othersLiquidity: newest.othersLiquidity,
    ...covered,
  };
}

/** Rates from volume and volatility; `none` when an input is missing or not positive. */
function estimatedRates(
  sqrtPrice: number,
  othersLiquidity: number,
  fallback: RatesFallback | null,
  covered: Covered,
): PoolRates {
  const none = { ...NO_RATES, ...covered };
  if (fallback === null || !(sqrtPrice > 0) || !(othersLiquidity > 0)) return none;
  const { volumeUsdPerDay, feeFrac, protocolShareFrac, sigmaPerYear, quoteUsd } = fallback;
  if (!(sigmaPerYear > 0) || !(quoteUsd > 0) || !(volumeUsdPerDay >= 0)) return none;
  if (!(feeFrac >= 0) || !(protocolShareFrac >= 0 && protocolShareFrac <= 1)) return none;
  const fee = (volumeUsdPerDay * DAYS_PER_YEAR * feeFrac * (1 - protocolShareFrac)) / (othersLiquidity * quoteUsd);
  const loss = ((sigmaPerYear * sigmaPerYear) / 4) * sqrtPrice;
  const kappa = fee / loss;
  if (!Number.isFinite(fee) || !Number.isFinite(loss) || !Number.isFinite(kappa)) return none;
  return {
    source: "estimated",
    feePerLiquidityYear: fee,
    lossPerLiquidityYear: loss,
    kappa,
    kappaSpread: null,
    sigmaPerYear,
    sqrtPrice,
    othersLiquidity,
    ...covered,
  };
}

/** Liquidity that a TVL would be if it lay evenly around the price; NaN when it is not known either. */
function liquidityOfTvl(now: PoolReadingNow, fallback: RatesFallback | null): number {
  if (now.tvlUsd === null || fallback === null) return Number.NaN;
  const price = now.sqrtPrice * now.sqrtPrice;
  const { value } = unitHoldings(price, price * Math.exp(-now.tvlSpread), price * Math.exp(now.tvlSpread));
  return now.tvlUsd / (value * fallback.quoteUsd);
}
