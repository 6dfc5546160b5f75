// Allocation under the carry policy: width and amount of several pools together, in rounds (strategy-carry section 7).
import { allocate, type Allocation } from "@/lib/strategy/allocation";
import { SPEC_CARRY, type CarryParams } from "@/lib/strategy/params";
import type { PoolRates } from "@/lib/strategy/pool-rates";
import {
  bestWidthOn,
  buildWidthGrid,
  MODES,
  symmetricUnitValue,
  widthTerms,
  type BestWidth,
  type WidthGrid,
  type WidthPool,
} from "./width";

/** A pool with its rates, its costs and whether we are in it. */
export interface CarryPool {
  readonly id: string;
  readonly chain: string;
  readonly source: PoolRates["source"];
  readonly kappa: number | null;
  readonly width: WidthPool;
  readonly isOpen: boolean;
  readonly gasOpenUsd: number;
}

export interface CarryAllocationInput {
  readonly pools: readonly CarryPool[];
  readonly capitalUsd: number;
  readonly maxPools: number;
  readonly chainCapsUsd: Readonly<Record<string, number>>;
  readonly allowCash: boolean;
  readonly poolCapFrac: number;
  readonly amortizeDays: number;
  /** Who may get money; `SPEC_CARRY` when missing. */
  readonly carry?: CarryParams;
}

export interface CarryAllocation {
  readonly allocation: Allocation;
  /** Best half-width at the amount each pool was last looked at with; a pool without one is missing. */
  readonly widths: ReadonlyMap<string, BestWidth>;
  /** The amount that is for, US dollars, of every eligible pool. */
  readonly triedUsd: ReadonlyMap<string, number>;
}

/** Terms of section 7: income(x) = R x/(x+D) - c x - F at one width and mode. */
export interface CarryTerms {
  readonly revenueUsdPerYear: number;
  readonly depthUsd: number;
  readonly costPerYear: number;
  readonly fixedUsdPerYear: number;
  /** Loss while in range, per unit of capital and year. */
  readonly lossPerYear: number;
}

const ROUNDS = 8;
const MOVE_TOLERANCE = 1e-6;
const VALUE_TOLERANCE = 1e-9;
const SHARE_TOLERANCE = 1e-6;
/**
 * From an even split the rounds may end in a split that does not carry its fixed costs where all of it in one pool
 * does. One pool alone counts when it is worth more by a margin above the error section 7 allows its own search.
 */
const ALONE_GAIN = 1.05;
const DAYS_PER_YEAR = 365;
/** Least size of a position, US dollars and fraction of capital (strategy.md section 7). */
const MIN_POSITION_USD = 50;
const MIN_POSITION_FRAC = 0.001;

/** Least amount a pool is given, US dollars. */
export function minPositionUsd(capitalUsd: number): number {
  return Math.max(MIN_POSITION_FRAC * capitalUsd, MIN_POSITION_USD);
}

/** Terms of a pool at one width and mode; `openingUsdPerYear` is the cost of opening spread over the horizon. */
export function carryTerms(
  pool: WidthPool,
  chosen: { readonly width: number; readonly mode: BestWidth["mode"] },
  openingUsdPerYear: number,
): CarryTerms {
  const modeIndex = MODES.findIndex((entry) => entry.mode === chosen.mode);
  const terms = widthTerms(pool, chosen.width, Math.max(0, modeIndex));
  const lossPerYear = pool.lossPerLiquidityYear / terms.unitValue;
  return {
    revenueUsdPerYear: terms.inRangeFrac * pool.feePerLiquidityYear * pool.othersLiquidity * pool.quoteUsd,
    depthUsd: pool.othersLiquidity * terms.unitValue * pool.quoteUsd,
    costPerYear: terms.inRangeFrac * lossPerYear + (terms.swapShare * pool.swapCostFrac) / terms.cycleYears,
    fixedUsdPerYear: pool.gasRsUsd / terms.cycleYears + openingUsdPerYear,
    lossPerYear,
  };
}

/** Yearly cost of opening a position: 0 where there is one. */
export function openUsdPerYear(pool: CarryPool, amortizeDays: number): number {
  return pool.isOpen ? 0 : (pool.gasOpenUsd * DAYS_PER_YEAR) / amortizeDays;
}

/** Whether a pool may get money at all. */
export function isEligiblePool(
  pool: Pick<CarryPool, "source" | "kappa" | "isOpen">,
  allowCash: boolean,
  carry: CarryParams,
): boolean {
  if (pool.source === "none" || pool.kappa === null) return false;
  if (!allowCash) return true;
  if (pool.source === "estimated") return carry.opensOnEstimate || pool.isOpen;
  return pool.kappa >= carry.kappaEntry || (pool.isOpen && pool.kappa >= carry.kappaExit);
}

export function allocateCarry(input: CarryAllocationInput): CarryAllocation {
  const { allowCash } = input;
  const capital = Number.isFinite(input.capitalUsd) && input.capitalUsd > 0 ? input.capitalUsd : 0;
  const allCash: Allocation = { valueUsdPerYear: 0, amountsUsd: {}, cashUsd: capital, lambda: 0 };
  const eligible = input.pools
    .filter((pool) => isEligiblePool(pool, allowCash, input.carry ?? SPEC_CARRY))
    .map((pool) => ({ pool, grid: buildWidthGrid(pool.width) }));
  const tried = new Map<string, number>();
  for (const { pool } of eligible) tried.set(pool.id, startUsd(pool.width, capital, input.maxPools, eligible.length));
  if (capital === 0 || eligible.length === 0) return { allocation: allCash, widths: new Map(), triedUsd: tried };

  let best = searchRounds(input, capital, eligible, tried);
  if (allowCash && eligible.length > 1) {
    for (const only of eligible) {
      const alone = new Map([[only.pool.id, startUsd(only.pool.width, capital, 1, 1)]]);
      const found = searchRounds(input, capital, [only], alone);
      if (found === null || found.valueUsdPerYear <= ALONE_GAIN * Math.max(0, best?.valueUsdPerYear ?? 0)) continue;
      best = found;
      for (const [id, amountUsd] of alone) tried.set(id, amountUsd);
    }
  }

  const isWorthIt = best !== null && best.usedUsd > 0 && !(allowCash && !(best.valueUsdPerYear > 0));
  const amountsUsd = best !== null && isWorthIt ? best.allocation.amountsUsd : {};
  const widths = new Map<string, BestWidth>();
  for (const { pool, grid } of eligible) {
    const amountUsd = amountsUsd[pool.id] ?? tried.get(pool.id) ?? 0;
    tried.set(pool.id, amountUsd);
    const found = grid === null ? null : bestWidthOn(grid, amountUsd);
    if (found !== null) widths.set(pool.id, found);
  }
  if (best === null || !isWorthIt) return { allocation: allCash, widths, triedUsd: tried };
  return {
    allocation: { ...best.allocation, valueUsdPerYear: best.valueUsdPerYear },
    widths,
    triedUsd: tried,
  };
}

/** The best round from one start on; `tried` ends with the amounts last looked at. */
function searchRounds(
  input: CarryAllocationInput,
  capital: number,
  eligible: readonly Candidate[],
  tried: Map<string, number>,
): Round | null {
  let best: Round | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const result = runRound(input, capital, eligible, tried);
    if (Number.isFinite(result.valueUsdPerYear) && (best === null || beats(result, best, input.allowCash)))
      best = result;
    let moved = 0;
    for (const [id, amountUsd] of Object.entries(result.allocation.amountsUsd)) {
      moved = Math.max(moved, Math.abs(amountUsd - (tried.get(id) ?? 0)));
      tried.set(id, amountUsd);
    }
    if (!(moved > MOVE_TOLERANCE * capital)) break;
  }
  return best;
}

/** Amount a pool is first looked at with: an even split, or what would make us the most we may be over the widest range. */
export function startUsd(pool: WidthPool, capitalUsd: number, maxPools: number, poolCount: number): number {
  const q = pool.maxShareFrac;
  const widest = pool.othersLiquidity * symmetricUnitValue(pool.sqrtPrice, 1) * pool.quoteUsd;
  const limitUsd = q < 1 ? (q / (1 - q)) * widest : Number.POSITIVE_INFINITY;
  return Math.min(capitalUsd / Math.max(1, Math.min(maxPools, poolCount)), limitUsd);
}

interface Candidate {
  readonly pool: CarryPool;
  readonly grid: WidthGrid | null;
}

interface Round {
  readonly allocation: Allocation;
  readonly valueUsdPerYear: number;
  readonly usedUsd: number;
  readonly capitalUsd: number;
}

function runRound(
  input: CarryAllocationInput,
  capital: number,
  eligible: readonly Candidate[],
  tried: ReadonlyMap<string, number>,
): Round {
  const pools = [];
  for (const { pool, grid } of eligible) {
    const found = grid === null ? null : bestWidthOn(grid, tried.get(pool.id) ?? 0);
    if (found === null) continue;
    const terms = carryTerms(pool.width, found, openUsdPerYear(pool, input.amortizeDays));
    const q = pool.width.maxShareFrac;
    const shareLimitUsd = q < 1 ? (q / (1 - q)) * terms.depthUsd : Number.POSITIVE_INFINITY;
    pools.push({
      id: pool.id,
      chain: pool.chain,
      revenueUsdPerYear: terms.revenueUsdPerYear,
      depthUsd: terms.depthUsd,
      costPerYear: terms.costPerYear,
      fixedUsdPerYear: terms.fixedUsdPerYear,
      minUsd: minPositionUsd(capital),
      capUsd: Math.min(input.poolCapFrac * capital, shareLimitUsd, capital),
    });
  }
  const allocation = allocate({
    pools,
    capitalUsd: capital,
    maxPools: input.maxPools,
    chainCapsUsd: input.chainCapsUsd,
    allowCash: input.allowCash,
  });
  let valueUsdPerYear = 0;
  let usedUsd = 0;
  for (const { pool, grid } of eligible) {
    const amountUsd = allocation.amountsUsd[pool.id] ?? 0;
    if (!(amountUsd > 0) || grid === null) continue;
    usedUsd += amountUsd;
    const found = bestWidthOn(grid, amountUsd);
    // An amount without a width has no worth: such a round does not count.
    valueUsdPerYear += found === null ? Number.NaN : found.netUsdPerYear - openUsdPerYear(pool, input.amortizeDays);
  }
  return { allocation, valueUsdPerYear, usedUsd, capitalUsd: capital };
}

/** Worth more; where cash is not allowed the larger deployed share comes first. */
function beats(round: Round, best: Round, allowCash: boolean): boolean {
  const isWorthMore =
    round.valueUsdPerYear > best.valueUsdPerYear + VALUE_TOLERANCE * Math.max(1, Math.abs(best.valueUsdPerYear));
  if (allowCash) return isWorthMore;
  const share = round.usedUsd / round.capitalUsd;
  const bestShare = best.usedUsd / best.capitalUsd;
  return share > bestShare + SHARE_TOLERANCE || (share >= bestShare - SHARE_TOLERANCE && isWorthMore);
}
