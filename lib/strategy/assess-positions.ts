// Assess positions: what each open position is worth and earns now, what it would earn at the target range, and whether to keep it.
import type { MarketSnapshot, ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { effectiveRangeOf } from "@/lib/portfolio/position";
import { baseShareFrac, valuePosition } from "@/lib/portfolio/valuation";
import type { PoolKey } from "@/lib/units";
import type { Allocation } from "./allocation";
import type { AssessedPool } from "./assess-pools";
import { areUsableTerms, splitIncome, type IncomeSplit, type PoolTerms } from "./economics";
import type { PositionEvaluation } from "./evaluation";
import type { StrategyParams } from "./params";
import { computeDivergence } from "./range";

export interface AssessPositionsInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly pools: readonly AssessedPool[];
  readonly sigmaPerYear: number;
  readonly rsThreshold: number;
  readonly allocation: Allocation;
}

/** A reallocation leaves a position alone when its size changes by less than this fraction (strategy.md section 11). */
const KEEP_SIZE_FRAC = 0.1;

export function assessPositions(input: AssessPositionsInput): readonly PositionEvaluation[] {
  const { snapshot, pools } = input;
  const poolByKey = new Map(pools.map((pool) => [pool.state.poolKey, pool]));
  const assessed = snapshot.positions.map((position) => {
    const pool = poolByKey.get(position.poolKey);
    return pool === undefined ? unreadable(position, snapshot) : assessPosition(position, pool, snapshot);
  });
  const kept = keptPools(assessed, input);
  return assessed.map((entry) => (kept.has(entry.poolKey) ? { ...entry, keptByAllocation: true } : entry));
}

function assessPosition(position: ObservedPosition, pool: AssessedPool, snapshot: MarketSnapshot): PositionEvaluation {
  const { price, quoteUsd } = snapshot;
  const { state, target } = pool;
  const value = valuePosition(position, state, price, quoteUsd);
  const current = effectiveRangeOf(position.range, state);
  const shareNow = current === null ? 0 : baseShareFrac(price, current.min, current.max);
  const shareThen = target === null ? null : baseShareFrac(price, target.effective.min, target.effective.max);
  const incomeNow = current === null ? null : incomeOf(pool.openTermsOf(current), value.valueUsd);
  const targetTerms = target === null ? null : pool.openTermsOf(target.effective);
  const incomeAtTarget = targetTerms === null ? null : incomeOf(targetTerms, value.valueUsd);
  return {
    positionId: position.positionId,
    poolKey: position.poolKey,
    position,
    current,
    target,
    isInRange: isInRange(position, state),
    divergence: current === null || target === null ? 1 : computeDivergence(current, target.effective),
    valueUsd: value.valueUsd,
    feesUsd: value.feesUsd,
    baseShareFrac: shareNow,
    targetBaseShareFrac: shareThen,
    incomeNow,
    incomeAtTarget,
    deltaNetUsdPerYear:
      incomeNow === null || incomeAtTarget === null ? 0 : incomeAtTarget.netUsdPerYear - incomeNow.netUsdPerYear,
    lifeYears: targetTerms?.lifeYears ?? 0,
    shiftCostUsd:
      state.gasRsUsd + pool.swapCostFrac * value.valueUsd * (shareThen === null ? 0 : Math.abs(shareThen - shareNow)),
    ageMs: snapshot.observedAtMs - position.openedAtMs,
    keptByAllocation: false,
  };
}

/** A position whose pool was not read: nothing is known but that it exists. `decide` holds because of it. */
function unreadable(position: ObservedPosition, snapshot: MarketSnapshot): PositionEvaluation {
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
    ageMs: snapshot.observedAtMs - position.openedAtMs,
    keptByAllocation: false,
  };
}

/** Whether the pool's own price lies inside the position: then it earns fees. */
function isInRange(position: ObservedPosition, pool: PoolState): boolean {
  const { range } = position;
  if (range.kind === "ticks")
    return pool.kind === "ticks" && range.tickLower <= pool.tick && pool.tick < range.tickUpper;
  return pool.kind === "bins" && range.lowerBinId <= pool.activeBinId && pool.activeBinId <= range.upperBinId;
}

function incomeOf(terms: PoolTerms, amountUsd: number): IncomeSplit | null {
  if (!areUsableTerms(terms) || !Number.isFinite(amountUsd)) return null;
  const income = splitIncome(terms, amountUsd);
  // A term that is finite alone may still overflow with the others.
  return Number.isFinite(income.netUsdPerYear) && Number.isFinite(income.costsUsdPerYear) ? income : null;
}

/** Pools that stay in the allocation at about their size and whose every position is near its target. */
function keptPools(positions: readonly PositionEvaluation[], input: AssessPositionsInput): ReadonlySet<PoolKey> {
  const kept = new Set<PoolKey>();
  for (const { poolKey } of positions) {
    const amountUsd = input.allocation.amountsUsd[poolKey] ?? 0;
    if (!(amountUsd > 0)) continue;
    const inPool = positions.filter((entry) => entry.poolKey === poolKey);
    const valueUsd = inPool.reduce((sum, entry) => sum + entry.valueUsd, 0);
    const isSameSize = Math.abs(amountUsd - valueUsd) < KEEP_SIZE_FRAC * valueUsd;
    if (isSameSize && inPool.every((entry) => entry.divergence <= input.rsThreshold)) kept.add(poolKey);
  }
  return kept;
}
