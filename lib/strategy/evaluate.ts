// Evaluate: one snapshot and one set of parameters in, every number a decision or a screen needs out.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { allocate, standaloneAmountUsd } from "./allocation";
import { areUsableTerms, splitIncome } from "./economics";
import { computeForces } from "./forces";
import { computeImprovement } from "./decision-rules";
import type { Evaluation, PoolEvaluation } from "./evaluation";
import { assessPools, toAllocationPool, type AssessedPool } from "./assess-pools";
import { assessPositions } from "./assess-positions";
import { computeKillSwitch } from "./kill-switch";
import type { StrategyParams } from "./params";
import { computeRange, MIN_WIDTH_FLOOR } from "./range";
import { computeRegime } from "./regime";
import { buildTargets, computeTransitionCost } from "./targets";
import { NO_MEMORY, type StrategyMemory } from "./tuning";
import { NO_RATES } from "./pool-rates";
import { sigmaPerYearOf } from "./volatility";

export interface EvaluateInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  /** What the evaluation before this one left; `NO_MEMORY` at first. */
  readonly memory?: StrategyMemory;
}

/** Everything about one epoch (strategy.md sections 3 to 7, 10 and 11). Pure; invalid data gives neutral results. */
export function evaluate(input: EvaluateInput): Evaluation {
  const { snapshot, params } = input;
  const { price, quoteUsd, observedAtMs, epoch, capital, history } = snapshot;
  const forces = computeForces(snapshot.candles, observedAtMs);
  const regime = computeRegime({
    candles: snapshot.candles,
    nowMs: observedAtMs,
    epoch,
    isStablePair: snapshot.isStablePair,
    pegPrice: snapshot.pegPrice,
  });
  const capitalUsd = Math.min(nonNegative(capital.totalUsd), params.maxCapitalUsd ?? Number.POSITIVE_INFINITY);

  const { widenFactor } = regime;
  const hasMarket = forces.valid && Number.isFinite(price) && price > 0;
  const rangeOf = (range: StrategyParams["range"]): Evaluation["target"] =>
    hasMarket ? computeRange({ price, forces, params: range, widenFactor, minWidth: MIN_WIDTH_FLOOR }) : null;
  const killSwitch = computeKillSwitch({
    epochNetUsd: history.epochNetUsd,
    cycleSec: snapshot.cycleSec,
    rangeShiftAtMs: history.rangeShiftAtMs,
    nowMs: observedAtMs,
    // Without a market there is no range to judge: that is a matter of data, not of parameters.
    width: hasMarket ? (rangeOf(params.range)?.width ?? null) : MIN_WIDTH_FLOOR,
    minWidth: MIN_WIDTH_FLOOR,
    gas24hUsd: history.gas24hUsd,
    valueUsd: capitalUsd,
  });
  const paramsUsed = killSwitch === null ? params.range : params.defaultRange;
  const sigmaPerYear = sigmaPerYearOf(forces.v);

  const assessed = assessPools({ snapshot, params, rangeParams: paramsUsed, forces, widenFactor, sigmaPerYear });
  const deployableUsd = capitalUsd * (1 - params.cashReserveFrac);
  const eligible = assessed.filter((pool) => pool.exclusion === null);
  const allocation = allocate({
    pools: eligible.map((pool) => toAllocationPool(pool, deployableUsd, params)),
    capitalUsd: deployableUsd,
    maxPools: params.maxPools,
    chainCapsUsd: params.chainCapsUsd,
    allowCash: params.allowCash,
  });

  const positions = assessPositions({
    snapshot,
    params,
    pools: assessed,
    sigmaPerYear,
    rsThreshold: paramsUsed.rsThreshold,
    allocation,
  });
  const targets = buildTargets({ assessed, allocation, positions });
  const closePositionIds = positions.filter((entry) => !entry.keptByAllocation).map((entry) => entry.positionId);
  const transitionCost = computeTransitionCost({ snapshot, params, assessed, positions, targets });

  const currentNetUsdPerYear = positions.reduce((sum, entry) => sum + (entry.incomeNow?.netUsdPerYear ?? 0), 0);
  const targetNetUsdPerYear = allocation.valueUsdPerYear;
  return {
    pairId: snapshot.pairId,
    policy: params.policy,
    epoch,
    observedAtMs,
    price,
    quoteUsd,
    forces,
    sigmaPerYear,
    regime,
    killSwitch,
    paramsUsed,
    tuning: null,
    memory: input.memory ?? NO_MEMORY,
    cash: null,
    target: rangeOf(paramsUsed),
    pools: assessed.map((pool) =>
      describePool(pool, allocation.amountsUsd[pool.state.poolKey] ?? 0, deployableUsd, params),
    ),
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

function describePool(
  pool: AssessedPool,
  allocatedUsd: number,
  deployableUsd: number,
  params: StrategyParams,
): PoolEvaluation {
  const { state } = pool;
  const terms = pool.terms !== null && areUsableTerms(pool.terms) ? pool.terms : null;
  const standaloneUsd =
    pool.exclusion === null ? standaloneAmountUsd(toAllocationPool(pool, deployableUsd, params), deployableUsd) : 0;
  return {
    poolKey: state.poolKey,
    chainId: state.chainId,
    family: state.family,
    dexName: state.dexName,
    feeFrac: pool.feeFrac,
    tvlUsd: state.tvlUsd,
    volumeUsdPerDay: pool.volumeUsdPerDay,
    minWidth: pool.minWidth,
    target: pool.target,
    terms,
    isDepthEstimated: pool.isDepthEstimated,
    hasOpenPosition: pool.hasOpenPosition,
    exclusion: pool.exclusion,
    allocatedUsd,
    income: terms !== null && allocatedUsd > 0 ? splitIncome(terms, allocatedUsd) : null,
    standaloneUsd,
    standaloneIncome: terms !== null && standaloneUsd > 0 ? splitIncome(terms, standaloneUsd) : null,
    rates: NO_RATES,
    carry: null,
  };
}

function nonNegative(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}
