// Assess for carry: each pool with its rates and best width at the size it gets, and each position at its width and at the best one.
import { humanAmount } from "@/lib/amm/human-units";
import type { MarketSnapshot, ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { effectiveRangeOf } from "@/lib/portfolio/position";
import { valuePosition } from "@/lib/portfolio/valuation";
import { mintableRange, type AssessedPool } from "@/lib/strategy/assess-pools";
import { splitIncome, type IncomeSplit, type PoolTerms } from "@/lib/strategy/economics";
import type { CarryPositionEvaluation, PositionEvaluation, TargetRange } from "@/lib/strategy/evaluation";
import type { StrategyParams } from "@/lib/strategy/params";
import { NO_RATES, type PoolRates } from "@/lib/strategy/pool-rates";
import { computeDivergence, type PriceRange } from "@/lib/strategy/range";
import { poolPriceOf, ratesOf } from "@/lib/strategy/rates-of";
import { cautiousRates, trustedFee } from "@/lib/strategy/trusted-rates";
import { epochOf } from "@/lib/units";
import { carryTerms } from "./allocate-carry";
import { hasRates } from "./decision-rules";
import { baseShareOf, computeReRange, fitReRange, halfWidthOf } from "./re-range";
import { bestWidthOn, buildWidthGrid, utilityAt, type WidthGrid, type WidthPool, type WidthUtility } from "./width";

/** A pool as the carry policy sees it before money is spread. */
export interface RatedPool {
  readonly assessed: AssessedPool;
  readonly state: PoolState;
  /** What is shown. */
  readonly rates: PoolRates;
  /** What rules may use: nothing from a pool whose state is stale. */
  readonly usable: PoolRates;
  /** The pool's own price, QUOTE per BASE. */
  readonly poolPrice: number;
  /** Null without usable rates. */
  readonly width: WidthPool | null;
  /** Null when no half-width exists. */
  readonly grid: WidthGrid | null;
}

/** What a range needs that no width can say. */
export interface Lean {
  readonly confidence: number;
  readonly type: PriceRange["type"];
}

export function ratePool(
  assessed: AssessedPool,
  snapshot: MarketSnapshot,
  params: StrategyParams,
  sigmaPerYear: number,
): RatedPool {
  const { state } = assessed;
  const rates = ratesOf({ pool: assessed, snapshot, sigmaPerYear });
  const usable =
    assessed.exclusion === "stale" || !hasRates(rates) ? NO_RATES : cautiousRates(state, snapshot, params.carry, rates);
  const width: WidthPool | null =
    usable.source === "none"
      ? null
      : {
          feePerLiquidityYear: trustedFee(usable, params.carry.kappaTrust),
          lossPerLiquidityYear: usable.lossPerLiquidityYear ?? Number.NaN,
          sqrtPrice: usable.sqrtPrice ?? Number.NaN,
          othersLiquidity: usable.othersLiquidity ?? Number.NaN,
          quoteUsd: snapshot.quoteUsd,
          gasRsUsd: state.gasRsUsd,
          swapCostFrac: assessed.swapCostFrac,
          minWidth: assessed.minWidth,
          maxShareFrac: params.maxPoolShareFrac,
        };
  const grid = width === null ? null : buildWidthGrid(width);
  return { assessed, state, rates, usable, poolPrice: poolPriceOf(state), width, grid };
}

/** A range as it would be minted; null when the pool cannot hold it. */
export function mintTarget(
  bounds: { readonly min: number; readonly max: number },
  halfWidth: number,
  pool: RatedPool,
  lean: Lean,
): TargetRange | null {
  const requested: PriceRange = {
    min: bounds.min,
    max: bounds.max,
    width: halfWidth,
    // The sign of the bias carried no information: ranges lean only as their tokens do (strategy-carry section 9).
    bias: 0,
    confidence: lean.confidence,
    type: lean.type,
    breadth: (bounds.max - bounds.min) / pool.poolPrice,
  };
  const range = mintableRange(requested, pool.state);
  const effective = range === null ? null : effectiveRangeOf(range, pool.state);
  return range === null || effective === null ? null : { requested, range, effective };
}

/** The first range of a position: the best half-width to both sides. */
export function centredTarget(halfWidth: number, pool: RatedPool, lean: Lean): TargetRange | null {
  const { poolPrice } = pool;
  if (!(poolPrice > 0) || !Number.isFinite(poolPrice)) return null;
  const bounds = { min: poolPrice * Math.exp(-halfWidth), max: poolPrice * Math.exp(halfWidth) };
  return mintTarget(bounds, halfWidth, pool, lean);
}

/** Terms of a width as every policy shows them. */
export function poolTermsOf(
  pool: WidthPool,
  chosen: Pick<WidthUtility, "width" | "mode" | "exitYears" | "cycleYears" | "inRangeFrac">,
  openingUsdPerYear: number,
  shareFrac: number,
): PoolTerms {
  const terms = carryTerms(pool, chosen, openingUsdPerYear);
  return {
    revenueUsdPerYear: terms.revenueUsdPerYear,
    depthUsd: terms.depthUsd,
    costPerYear: terms.costPerYear,
    fixedUsdPerYear: terms.fixedUsdPerYear,
    inRangeFrac: chosen.inRangeFrac,
    exitYears: chosen.exitYears,
    lifeYears: chosen.cycleYears,
    lvrPerYear: terms.lossPerYear,
    baseShareFrac: shareFrac,
  };
}

const NO_INCOME: IncomeSplit = {
  feesUsdPerYear: 0,
  lvrUsdPerYear: 0,
  costsUsdPerYear: 0,
  netUsdPerYear: 0,
  netAprFrac: null,
};

/** A position without a reallocation's verdict: `keptByAllocation` says only whether it must be left alone. */
export function assessCarryPosition(
  position: ObservedPosition,
  pool: RatedPool | null,
  snapshot: MarketSnapshot,
  lean: Lean,
): PositionEvaluation {
  // A position whose mint is not known counts as new: nothing that asks for an age happens to it.
  const ageMs = finiteOr(snapshot.observedAtMs - position.openedAtMs, 0);
  const ageEpochs = finiteOr(snapshot.epoch - epochOf(position.openedAtMs), 0);
  if (pool === null) return leftAlone(position, ageMs, ageEpochs);
  const { state, poolPrice, width, usable } = pool;
  const value = valuePosition(position, state, snapshot.price, snapshot.quoteUsd);
  const current = effectiveRangeOf(position.range, state);
  const tokens = tokensOf(position, state);
  const amountUsd = (tokens.base * poolPrice + tokens.quote) * snapshot.quoteUsd;
  const isInRange = current !== null && poolPrice > current.min && poolPrice < current.max;
  const shown = {
    ...leftAlone(position, ageMs, ageEpochs),
    current,
    isInRange,
    valueUsd: value.valueUsd,
    feesUsd: value.feesUsd,
    baseShareFrac: current === null ? 0 : baseShareOf(poolPrice, current),
  };
  if (width === null || current === null || !Number.isFinite(amountUsd)) return shown;

  const halfWidth = halfWidthOf(current);
  const best = pool.grid === null ? null : bestWidthOn(pool.grid, amountUsd);
  const now = utilityAt(width, amountUsd, halfWidth);
  const shift =
    best === null
      ? null
      : computeReRange({
          price: poolPrice,
          base: tokens.base,
          quote: tokens.quote,
          width: best.width,
          mode: best.mode,
        });
  const target = shift === null || best === null ? null : mintTarget(shift, best.width, pool, lean);
  const fit = shift === null || target === null ? null : fitReRange(shift, target.effective, poolPrice);
  const netNow = isInRange ? (now?.netUsdPerYear ?? null) : 0;
  const carry: CarryPositionEvaluation = {
    rates: { source: usable.source, kappa: usable.kappa },
    amountUsd,
    halfWidth,
    bestHalfWidth: best?.width ?? null,
    mode: best?.mode ?? null,
    netNowUsdPerYear: now?.netUsdPerYear ?? null,
    bestNetUsdPerYear: best?.netUsdPerYear ?? null,
    bestExitYears: best?.exitYears ?? null,
    swapShareFrac: fit?.swapShare ?? null,
    ageEpochs,
  };
  return {
    ...shown,
    target,
    divergence: target === null ? 1 : computeDivergence(current, target.effective),
    targetBaseShareFrac: fit?.shareEffective ?? null,
    incomeNow: now === null ? null : isInRange ? incomeAt(width, now, amountUsd, shown.baseShareFrac) : NO_INCOME,
    incomeAtTarget: best === null ? null : incomeAt(width, best, amountUsd, fit?.shareEffective ?? 0),
    deltaNetUsdPerYear: best === null || netNow === null ? 0 : best.netUsdPerYear - netNow,
    lifeYears: best?.exitYears ?? 0,
    shiftCostUsd: width.gasRsUsd + width.swapCostFrac * amountUsd * (fit?.swapShare ?? 0),
    keptByAllocation: false,
    carry,
  };
}

function incomeAt(pool: WidthPool, chosen: WidthUtility, amountUsd: number, shareFrac: number): IncomeSplit {
  return splitIncome(poolTermsOf(pool, chosen, 0, shareFrac), amountUsd);
}

/** Everything a position brings to its next range: principal, uncollected fees, what its last mint left over. */
function tokensOf(position: ObservedPosition, state: PoolState): { readonly base: number; readonly quote: number } {
  const baseRaw = position.baseRaw + position.uncollectedBaseRaw + (position.leftBaseRaw ?? 0n);
  const quoteRaw = position.quoteRaw + position.uncollectedQuoteRaw + (position.leftQuoteRaw ?? 0n);
  return { base: humanAmount(baseRaw, state.base.decimals), quote: humanAmount(quoteRaw, state.quote.decimals) };
}

/** A position whose pool says nothing: it exists, and nobody touches it. */
function leftAlone(position: ObservedPosition, ageMs: number, ageEpochs: number): PositionEvaluation {
  return {
    positionId: position.positionId,
    poolKey: position.poolKey,
    position,
    current: null,
    target: null,
    isInRange: false,
    divergence: 1,
    valueUsd: 0,
    feesUsd: 0,
    baseShareFrac: 0,
    targetBaseShareFrac: null,
    incomeNow: null,
    incomeAtTarget: null,
    deltaNetUsdPerYear: 0,
    lifeYears: 0,
    shiftCostUsd: 0,
    ageMs,
    keptByAllocation: true,
    carry: {
      rates: { source: "none", kappa: null },
      amountUsd: 0,
      halfWidth: null,
      bestHalfWidth: null,
      mode: null,
      netNowUsdPerYear: null,
      bestNetUsdPerYear: null,
      bestExitYears: null,
      swapShareFrac: null,
      ageEpochs,
    },
  };
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}
