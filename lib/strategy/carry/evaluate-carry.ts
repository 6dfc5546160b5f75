// Evaluate by carry: widths from what each pool pays and costs, money over the pools, positions against both (strategy-carry).
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { Allocation } from "@/lib/strategy/allocation";
import { assessPools, type AssessedPool } from "@/lib/strategy/assess-pools";
import { computeImprovement } from "@/lib/strategy/decision-rules";
import { splitIncome } from "@/lib/strategy/economics";
import type { EvaluateInput } from "@/lib/strategy/evaluate-input";
import type {
  CashChoice,
  Evaluation,
  PoolEvaluation,
  PoolExclusion,
  PositionEvaluation,
} from "@/lib/strategy/evaluation";
import { computeKillSwitch } from "@/lib/strategy/kill-switch";
import { readMarket, type MarketReading } from "@/lib/strategy/market-reading";
import type { CarryParams, StrategyParams } from "@/lib/strategy/params";
import { computeRange, MIN_WIDTH_FLOOR } from "@/lib/strategy/range";
import { computeRegime, type Regime } from "@/lib/strategy/regime";
import { buildTargets, computeTransitionCost } from "@/lib/strategy/targets";
import { NO_MEMORY } from "@/lib/strategy/tuning";
import type { PoolKey } from "@/lib/units";
import { allocateCarry, isEligiblePool, openUsdPerYear, startUsd, type CarryPool } from "./allocate-carry";
import { assessCarryPosition, centredTarget, poolTermsOf, ratePool, type Lean, type RatedPool } from "./assess-carry";
import { isWorthEntering } from "./decision-rules";
import { baseShareOf } from "./re-range";
import { bestWidthOn, type BestWidth } from "./width";

/** A reallocation leaves a position alone within these (strategy-carry section 8). */
const KEEP_SIZE_FRAC = 0.1;
const KEEP_WIDTH_RATIO = 2;

/** Everything about one epoch under the carry policy. Pure; invalid data gives neutral results. */
export function evaluateCarry(input: EvaluateInput): Evaluation {
  const { snapshot, params } = input;
  const { price, quoteUsd, observedAtMs, epoch, capital, history } = snapshot;
  const market = input.market ?? readMarket(snapshot);
  const { forces, sigmaPerYear } = market;
  const regime = regimeOf(snapshot, market);
  const capitalUsd = Math.min(nonNegative(capital.totalUsd), params.maxCapitalUsd ?? Number.POSITIVE_INFINITY);
  const lean = leanOf(snapshot, params, market);

  // What needs no width of its own comes from the same assessment as under forces.
  const pools = assessPools({
    snapshot,
    params,
    rangeParams: params.range,
    forces,
    widenFactor: 1,
    sigmaPerYear,
  }).map((assessed) => ratePool(assessed, snapshot, params, forces.valid ? sigmaPerYear : 0));
  const poolByKey = new Map(pools.map((pool) => [pool.state.poolKey, pool]));
  const seen = snapshot.positions.map((position) =>
    assessCarryPosition(position, poolByKey.get(position.poolKey) ?? null, snapshot, lean),
  );

  const untouchedUsd = seen.reduce((sum, entry) => sum + (entry.keptByAllocation ? nonNegative(entry.valueUsd) : 0), 0);
  const deployableUsd = Math.max(0, capitalUsd * (1 - params.cashReserveFrac) - untouchedUsd);
  const rated = pools.flatMap((pool) => {
    const carryPool = toCarryPool(pool);
    return carryPool === null || isBarred(pool.assessed) ? [] : [{ pool, carryPool }];
  });
  const { allocation, widths, triedUsd } = allocateCarry({
    pools: rated.map(({ carryPool }) => carryPool),
    capitalUsd: deployableUsd,
    maxPools: params.maxPools,
    chainCapsUsd: params.chainCapsUsd,
    allowCash: params.allowCash,
    poolCapFrac: params.poolCapFrac,
    amortizeDays: params.amortizeDays,
    carry: params.carry,
  });

  const chosen = pools.map((pool) =>
    choose({ pool, widths, triedUsd, deployableUsd, params, lean, count: rated.length }),
  );
  const assessed = chosen.map((entry) => entry.assessed);
  const kept = keptPools(seen, allocation, chosen, params.carry);
  const positions = seen.map((entry) => (kept.has(entry.poolKey) ? { ...entry, keptByAllocation: true } : entry));
  const targets = buildTargets({ assessed, allocation, positions });
  const closePositionIds = positions.filter((entry) => !entry.keptByAllocation).map((entry) => entry.positionId);
  const transitionCost = computeTransitionCost({ snapshot, params, assessed, positions, targets });

  const currentNetUsdPerYear = positions.reduce(
    (sum, entry) => sum + (entry.isInRange ? (entry.carry?.netNowUsdPerYear ?? 0) : 0),
    0,
  );
  const targetNetUsdPerYear = allocation.valueUsdPerYear;
  const largest = targets[0]?.target.requested ?? null;
  const killSwitch = computeKillSwitch({
    epochNetUsd: history.epochNetUsd,
    cycleSec: snapshot.cycleSec,
    rangeShiftAtMs: history.rangeShiftAtMs,
    nowMs: observedAtMs,
    width: largest?.width ?? MIN_WIDTH_FLOOR,
    minWidth: MIN_WIDTH_FLOOR,
    gas24hUsd: history.gas24hUsd,
    valueUsd: capitalUsd,
  });
  return {
    pairId: snapshot.pairId,
    policy: "carry",
    epoch,
    observedAtMs,
    price,
    quoteUsd,
    forces,
    sigmaPerYear,
    regime,
    // Shown only: this policy has no tuned parameters that the defaults could replace.
    killSwitch,
    paramsUsed: killSwitch === null ? params.range : params.defaultRange,
    tuning: null,
    memory: input.memory ?? NO_MEMORY,
    cash: chooseCash(chosen, allocation, params),
    target: largest ?? bestTarget(chosen),
    pools: chosen.map((entry) => describePool(entry, allocation.amountsUsd[entry.pool.state.poolKey] ?? 0, params)),
    allocation,
    targets,
    closePositionIds,
    positions,
    capitalUsd,
    deployableUsd,
    // Idle capital above the pair's limit is not the strategy's to deploy.
    idleUsd: nonNegative(Math.min(capital.idleUsd, capitalUsd - capital.positionsUsd)),
    currentNetUsdPerYear,
    targetNetUsdPerYear,
    ...computeImprovement({ currentNetUsdPerYear, targetNetUsdPerYear, capitalUsd }),
    transitionCost,
  };
}

/** Where the venues' price step is known, a spike must exceed what two steps look like (strategy-carry section 9). */
function regimeOf(snapshot: MarketSnapshot, market: MarketReading): Regime {
  const priceStep = snapshot.priceStep ?? null;
  if (priceStep === null || market.regime.reason !== "vol_spike") return market.regime;
  return computeRegime({
    candles: snapshot.candles,
    nowMs: snapshot.observedAtMs,
    epoch: snapshot.epoch,
    isStablePair: snapshot.isStablePair,
    pegPrice: snapshot.pegPrice,
    priceStep,
  });
}

/** Confidence and market type are shown as the forces say them; they move nothing here. */
function leanOf(snapshot: MarketSnapshot, params: StrategyParams, market: MarketReading): Lean {
  const range = market.forces.valid
    ? computeRange({
        price: snapshot.price,
        forces: market.forces,
        params: params.range,
        widenFactor: 1,
        minWidth: MIN_WIDTH_FLOOR,
      })
    : null;
  return { confidence: range?.confidence ?? 0, type: range?.type ?? "neutral" };
}

/** Reasons to leave a pool out that no rate changes. */
function isBarred(assessed: AssessedPool): boolean {
  return assessed.exclusion === "stale" || assessed.exclusion === "low_tvl";
}

function toCarryPool(pool: RatedPool): CarryPool | null {
  if (pool.width === null) return null;
  return {
    id: pool.state.poolKey,
    chain: String(pool.state.chainId),
    source: pool.usable.source,
    kappa: pool.usable.kappa,
    width: pool.width,
    isOpen: pool.assessed.hasOpenPosition,
    gasOpenUsd: pool.state.gasOpenUsd,
  };
}

interface ChosenPool {
  readonly pool: RatedPool;
  readonly carryPool: CarryPool | null;
  /** With the carry policy's range, terms and reason to be left out. */
  readonly assessed: AssessedPool;
  /** Best half-width at `amountUsd`: what the pool gets, or what it was looked at with. */
  readonly best: BestWidth | null;
  readonly amountUsd: number;
}

function choose(input: {
  readonly pool: RatedPool;
  readonly widths: ReadonlyMap<string, BestWidth>;
  readonly triedUsd: ReadonlyMap<string, number>;
  readonly deployableUsd: number;
  readonly params: StrategyParams;
  readonly lean: Lean;
  readonly count: number;
}): ChosenPool {
  const { pool, params } = input;
  const key = pool.state.poolKey;
  const carryPool = toCarryPool(pool);
  const amountUsd =
    input.triedUsd.get(key) ??
    (pool.width === null ? 0 : startUsd(pool.width, input.deployableUsd, params.maxPools, input.count));
  const best = input.widths.get(key) ?? (pool.grid === null ? null : bestWidthOn(pool.grid, amountUsd));
  const target = best === null ? null : centredTarget(best.width, pool, input.lean);
  const terms =
    best === null || target === null || pool.width === null || carryPool === null
      ? null
      : poolTermsOf(
          pool.width,
          best,
          openUsdPerYear(carryPool, params.amortizeDays),
          baseShareOf(pool.poolPrice, target.effective),
        );
  return {
    pool,
    carryPool,
    best,
    amountUsd,
    assessed: {
      ...pool.assessed,
      target,
      terms,
      isDepthEstimated: pool.usable.source === "estimated" && pool.assessed.isDepthEstimated,
      exclusion: excludeBy(pool, carryPool, terms !== null, params),
    },
  };
}

function excludeBy(
  pool: RatedPool,
  carryPool: CarryPool | null,
  hasTerms: boolean,
  params: StrategyParams,
): PoolExclusion | null {
  if (isBarred(pool.assessed)) return pool.assessed.exclusion;
  if (carryPool === null) return "no_rates";
  if (!isEligiblePool(carryPool, params.allowCash, params.carry)) {
    return carryPool.source === "estimated" ? "no_rates" : "low_kappa";
  }
  return hasTerms ? null : "no_range";
}

/** Pools that stay in the set at about their size, every position in range and near the best width. */
function keptPools(
  positions: readonly PositionEvaluation[],
  allocation: Allocation,
  chosen: readonly ChosenPool[],
  { reallocatesInPlace }: CarryParams,
): ReadonlySet<PoolKey> {
  const kept = new Set<PoolKey>();
  for (const { pool, best } of chosen) {
    const key = pool.state.poolKey;
    const amountUsd = allocation.amountsUsd[key] ?? 0;
    const inPool = positions.filter((entry) => entry.poolKey === key);
    if (!(amountUsd > 0) || inPool.length === 0 || best === null) continue;
    const heldUsd = inPool.reduce((sum, entry) => sum + (entry.carry?.amountUsd ?? 0), 0);
    const isSameSize = Math.abs(amountUsd - heldUsd) < KEEP_SIZE_FRAC * heldUsd;
    const isNear = inPool.every((entry) => {
      const width = entry.carry?.halfWidth ?? Number.NaN;
      return entry.isInRange && Math.max(width / best.width, best.width / width) < KEEP_WIDTH_RATIO;
    });
    if (isSameSize && (isNear || !reallocatesInPlace)) kept.add(key);
  }
  return kept;
}

function describePool(entry: ChosenPool, allocatedUsd: number, params: StrategyParams): PoolEvaluation {
  const { pool, assessed, best, amountUsd } = entry;
  const { state, usable } = pool;
  const { terms } = assessed;
  const hasSize = terms !== null && amountUsd > 0;
  return {
    poolKey: state.poolKey,
    chainId: state.chainId,
    family: state.family,
    dexName: state.dexName,
    feeFrac: assessed.feeFrac,
    tvlUsd: state.tvlUsd,
    volumeUsdPerDay: assessed.volumeUsdPerDay,
    minWidth: assessed.minWidth,
    target: assessed.target,
    terms,
    isDepthEstimated: assessed.isDepthEstimated,
    hasOpenPosition: assessed.hasOpenPosition,
    exclusion: assessed.exclusion,
    allocatedUsd,
    income: terms !== null && allocatedUsd > 0 ? splitIncome(terms, allocatedUsd) : null,
    standaloneUsd: hasSize && assessed.exclusion === null ? amountUsd : 0,
    standaloneIncome: hasSize && assessed.exclusion === null ? splitIncome(terms, amountUsd) : null,
    rates: pool.rates,
    carry: {
      halfWidth: best?.width ?? null,
      mode: best?.mode ?? null,
      netUsdPerYear: best?.netUsdPerYear ?? null,
      exitYears: best?.exitYears ?? null,
      cycleYears: best?.cycleYears ?? null,
      amountUsd,
      kappa: usable.kappa,
      isWorthEntering: isWorthEntering(
        { source: usable.source, kappa: usable.kappa, bestNetUsdPerYear: best?.netUsdPerYear ?? null, amountUsd },
        params,
      ),
    },
  };
}

/** The range of the pool that pays best for what it costs, to show where a first position would lie. */
function bestTarget(chosen: readonly ChosenPool[]): Evaluation["target"] {
  let best: ChosenPool | null = null;
  for (const entry of chosen) {
    if (entry.assessed.target === null) continue;
    if (best === null || (entry.pool.usable.kappa ?? 0) > (best.pool.usable.kappa ?? 0)) best = entry;
  }
  return best?.assessed.target?.requested ?? null;
}

/** The pool nearest to being worth it when all capital stays cash. */
function chooseCash(chosen: readonly ChosenPool[], allocation: Allocation, params: StrategyParams): CashChoice | null {
  if (!params.allowCash || Object.keys(allocation.amountsUsd).length > 0) return null;
  let nearest: CashChoice = { nearestPoolKey: null, nearestNetUsdPerYear: null, nearestUsd: null, shortfallFrac: null };
  for (const { pool, best, carryPool, amountUsd } of chosen) {
    if (best === null || carryPool === null || isBarred(pool.assessed)) continue;
    const netUsd = Math.min(0, best.netUsdPerYear - openUsdPerYear(carryPool, params.amortizeDays));
    const shortfallFrac = -netUsd / amountUsd + 0;
    const known = nearest.shortfallFrac ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(shortfallFrac) || !(shortfallFrac < known)) continue;
    nearest = {
      nearestPoolKey: pool.state.poolKey,
      nearestNetUsdPerYear: netUsd,
      nearestUsd: amountUsd,
      shortfallFrac,
    };
  }
  return nearest;
}

function nonNegative(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}
