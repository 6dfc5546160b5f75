// Evaluate by forces: range from volatility, trend and momentum, parameters from the optimizer (strategy.md).
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { allocate, standaloneAmountUsd } from "./allocation";
import { areUsableTerms, splitIncome } from "./economics";
import { computeImprovement } from "./decision-rules";
import type { Evaluation, PoolEvaluation } from "./evaluation";
import { assessPools, toAllocationPool, type AssessedPool, type MeasuredPool } from "./assess-pools";
import { assessPositions } from "./assess-positions";
import type { EvaluateInput } from "./evaluate-input";
import { chooseCash } from "./cash-choice";
import { computeKillSwitch, type KillReason } from "./kill-switch";
import { readMarket } from "./market-reading";
import type { RangeParams, StrategyParams } from "./params";
import type { PoolRates } from "./pool-rates";
import { computeRange, MIN_WIDTH_FLOOR } from "./range";
import { buildTargets, computeTransitionCost } from "./targets";
import { isSearchDue, paramsInForce, tuneSteps } from "./tune";
import { NO_MEMORY } from "./tuning";
import { ratesOf } from "./rates-of";
import { cautiousRates, trustedFee } from "./trusted-rates";

/** Everything about one epoch (strategy.md sections 3 to 7, 8 to 11), in steps that each take a few milliseconds at most. */
export function* evaluateForcesSteps(input: EvaluateInput): Generator<void, Evaluation> {
  const { snapshot, params } = input;
  const { price, quoteUsd, observedAtMs, epoch, capital, history } = snapshot;
  const { forces, regime, sigmaPerYear } = input.market ?? readMarket(snapshot);
  yield;
  const capitalUsd = Math.min(nonNegative(capital.totalUsd), params.maxCapitalUsd ?? Number.POSITIVE_INFINITY);
  const deployableUsd = capitalUsd * (1 - params.cashReserveFrac);

  const { widenFactor } = regime;
  const hasMarket = forces.valid && Number.isFinite(price) && price > 0;
  const rangeOf = (range: RangeParams): Evaluation["target"] =>
    hasMarket ? computeRange({ price, forces, params: range, widenFactor, minWidth: MIN_WIDTH_FLOOR }) : null;
  const killSwitchOf = (range: RangeParams): KillReason | null =>
    computeKillSwitch({
      epochNetUsd: history.epochNetUsd,
      cycleSec: snapshot.cycleSec,
      rangeShiftAtMs: history.rangeShiftAtMs,
      nowMs: observedAtMs,
      // Without a market there is no range to judge: that is a matter of data, not of parameters.
      width: hasMarket ? (rangeOf(range)?.width ?? null) : MIN_WIDTH_FLOOR,
      minWidth: MIN_WIDTH_FLOOR,
      gas24hUsd: history.gas24hUsd,
      valueUsd: capitalUsd,
    });
  const assessWith = (rangeParams: RangeParams): readonly AssessedPool[] =>
    assessPools({
      snapshot,
      params,
      rangeParams,
      forces,
      widenFactor,
      sigmaPerYear,
      measuredOf: (pool) => measuredOf(pool, snapshot, params, sigmaPerYear),
    });

  let memory = input.memory ?? NO_MEMORY;
  let inForce = paramsInForce(params, memory);
  let killSwitch = killSwitchOf(inForce);
  let assessed = assessWith(killSwitch === null ? inForce : params.defaultRange);
  yield;
  // Neither in a suppressed market nor while a kill switch holds the defaults in force (strategy.md sections 10 and 11).
  const maySearch = hasMarket && !regime.suppressed && epoch >= history.suppressUntilEpoch && killSwitch === null;
  if (maySearch && isSearchDue(params, memory, epoch)) {
    memory = yield* tuneSteps({ snapshot, params, memory, assessed, deployableUsd, tuningBars: input.tuningBars });
    inForce = paramsInForce(params, memory);
    killSwitch = killSwitchOf(inForce);
    assessed = assessWith(killSwitch === null ? inForce : params.defaultRange);
    yield;
  }
  const paramsUsed = killSwitch === null ? inForce : params.defaultRange;

  const eligible = assessed.filter((pool) => pool.exclusion === null);
  const allocation = allocate({
    pools: eligible.map((pool) => toAllocationPool(pool, deployableUsd, params)),
    capitalUsd: deployableUsd,
    maxPools: params.maxPools,
    chainCapsUsd: params.chainCapsUsd,
    allowCash: params.allowCash,
  });
  yield;

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
    policy: "forces",
    epoch,
    observedAtMs,
    price,
    quoteUsd,
    forces,
    sigmaPerYear,
    regime,
    killSwitch,
    paramsUsed,
    tuning: params.optimizerEnabled ? memory.lastTuning : null,
    memory,
    cash: chooseCash({ assessed, allocation, deployableUsd, params }),
    target: rangeOf(paramsUsed),
    pools: assessed.map((pool) =>
      describePool(pool, {
        allocatedUsd: allocation.amountsUsd[pool.state.poolKey] ?? 0,
        deployableUsd,
        params,
        rates: ratesOf({ pool, snapshot, sigmaPerYear }),
      }),
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

/** Where a pool was measured for a day its own fees and volatility stand in for service volume and the candles' volatility. */
function measuredOf(
  pool: Pick<AssessedPool, "state" | "feeFrac" | "volumeUsdPerDay">,
  snapshot: MarketSnapshot,
  params: StrategyParams,
  sigmaPerYear: number,
): MeasuredPool | null {
  const rates = ratesOf({ pool, snapshot, sigmaPerYear });
  if (rates.source !== "measured") return null;
  const trusted = cautiousRates(pool.state, snapshot, params.carry, rates);
  const feesUsdPerYear =
    Math.max(0, trustedFee(trusted, params.carry.kappaTrust)) * (trusted.othersLiquidity ?? 0) * snapshot.quoteUsd;
  const sigma = trusted.sigmaPerYear ?? 0;
  return feesUsdPerYear > 0 && sigma > 0 ? { feesUsdPerYear, sigmaPerYear: sigma } : null;
}

function describePool(
  pool: AssessedPool,
  facts: {
    readonly allocatedUsd: number;
    readonly deployableUsd: number;
    readonly params: StrategyParams;
    readonly rates: PoolRates;
  },
): PoolEvaluation {
  const { state } = pool;
  const { allocatedUsd, deployableUsd, params } = facts;
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
    rates: facts.rates,
    carry: null,
  };
}

function nonNegative(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}
