// Decide by carry: the rules of strategy-carry section 8 on an evaluation and its snapshot, with every gate's number and threshold.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { listCounterfactuals } from "@/lib/strategy/counterfactual";
import type { DecideInput, Decision, DecisionBase, ShiftTarget } from "@/lib/strategy/decision";
import type { AllocationTarget, Evaluation, PositionEvaluation } from "@/lib/strategy/evaluation";
import { findUntrustedInput, type UntrustedInput } from "@/lib/strategy/untrusted-input";
import type { PositionId } from "@/lib/units";
import { minPositionUsd } from "./allocate-carry";
import { applyCarryRules, type CarryCandidate, type CarryRulePosition } from "./decision-rules";

/** The decision of one epoch under the carry policy. Never throws: what cannot be trusted gives HOLD. */
export function decideCarry(input: DecideInput): Decision {
  const { snapshot, evaluation, params } = input;
  const untrusted = findUntrustedInput(snapshot.freshness);
  const { history } = snapshot;
  const reserveUsd = params.cashReserveFrac * evaluation.capitalUsd;
  const outcome = applyCarryRules({
    untrusted,
    epoch: snapshot.epoch,
    regime: evaluation.regime,
    suppressUntilEpoch: history.suppressUntilEpoch,
    allowCash: params.allowCash,
    carry: params.carry,
    capitalUsd: evaluation.capitalUsd,
    idleUsd: evaluation.idleUsd,
    openableUsd: Math.max(0, evaluation.idleUsd - reserveUsd),
    currentNetUsdPerYear: evaluation.currentNetUsdPerYear,
    targetNetUsdPerYear: evaluation.targetNetUsdPerYear,
    targetCount: evaluation.targets.length,
    moveCount:
      evaluation.closePositionIds.length +
      evaluation.targets.filter((target) => target.keepPositionIds.length === 0).length,
    praThreshold: params.praThreshold,
    amortizeDays: params.amortizeDays,
    minHoldMs: params.minHoldMs,
    transitionCostUsd: evaluation.transitionCost.totalUsd,
    sincePraMs: history.lastPraAtMs === null ? null : snapshot.observedAtMs - history.lastPraAtMs,
    positions: evaluation.positions.map(toRulePosition),
    candidates: candidatesOf(evaluation, snapshot),
  });
  const base: DecisionBase = {
    epoch: snapshot.epoch,
    gainUsdPerYear: outcome.gainUsdPerYear,
    improvementFrac: outcome.improvementFrac,
    killSwitch: evaluation.killSwitch,
    gates: outcome.gates,
    counterfactual: listCounterfactuals(outcome.gates),
  };
  const keepPositionIds = (closed: readonly PositionId[]): readonly PositionId[] =>
    evaluation.positions.map((entry) => entry.positionId).filter((id) => !closed.includes(id));
  switch (outcome.reason) {
    case "regime":
    case "no_data":
    case "no_gain":
    case "min_age":
    case "low_kappa":
      return {
        ...base,
        kind: "HOLD",
        reason: outcome.reason,
        detail: outcome.reason === "no_data" ? (untrusted ?? NO_POOL_RATES) : null,
      };
    case "range_shift_out":
    case "range_shift_width":
      return {
        ...base,
        kind: "RS",
        reason: outcome.reason,
        positionIds: outcome.positionIds,
        shifts: shiftTargets(evaluation, outcome.positionIds),
      };
    case "better_allocation":
    case "deploy_idle":
      return {
        ...base,
        kind: "PRA",
        reason: outcome.reason,
        targets: evaluation.targets,
        closePositionIds: evaluation.closePositionIds,
        keepPositionIds: keepPositionIds(evaluation.closePositionIds),
        restoreMixFrac: null,
      };
    case "close_to_cash":
    case "close_and_restore":
      return {
        ...base,
        kind: "PRA",
        reason: outcome.reason,
        targets: [],
        closePositionIds: outcome.positionIds,
        keepPositionIds: keepPositionIds(outcome.positionIds),
        restoreMixFrac:
          outcome.reason === "close_and_restore" || params.carry.restoresAlways ? params.restoreMixFrac : null,
      };
    case "open":
      return {
        ...base,
        kind: "PRA",
        reason: "open",
        targets: openTargets(evaluation, outcome.openUsd),
        closePositionIds: [],
        keepPositionIds: keepPositionIds([]),
        restoreMixFrac: null,
      };
  }
}

/** Everything is fresh, but no pool has samples or volume enough to say what it pays. */
const NO_POOL_RATES: UntrustedInput = { input: "poolSamples", rule: "rates", ageMs: null };

function toRulePosition(position: PositionEvaluation): CarryRulePosition {
  const { carry } = position;
  return {
    positionId: position.positionId,
    // Without a target there is nothing to shift to, whatever the width would pay.
    source: carry?.rates.source ?? "none",
    kappa: carry?.rates.kappa ?? null,
    bestNetUsdPerYear: position.target === null ? null : (carry?.bestNetUsdPerYear ?? null),
    amountUsd: carry?.amountUsd ?? 0,
    isInRange: position.isInRange,
    ageEpochs: carry?.ageEpochs ?? Number.NaN,
    width: carry?.halfWidth ?? Number.NaN,
    bestWidth: carry?.bestHalfWidth ?? null,
    netNowUsdPerYear: carry?.netNowUsdPerYear ?? null,
    bestExitYears: carry?.bestExitYears ?? null,
    shiftCostUsd: position.shiftCostUsd,
  };
}

/** Pools we hold nothing in and may enter. */
function candidatesOf(evaluation: Evaluation, snapshot: MarketSnapshot): readonly CarryCandidate[] {
  const candidates: CarryCandidate[] = [];
  for (const pool of evaluation.pools) {
    if (pool.hasOpenPosition || pool.exclusion === "stale" || pool.exclusion === "low_tvl") continue;
    const closedAt = snapshot.history.lastCloseEpochs[pool.poolKey];
    candidates.push({
      id: pool.poolKey,
      name: `${pool.dexName} ${Number((pool.feeFrac * 100).toFixed(4))} %`,
      source: pool.rates.source,
      kappa: pool.carry?.kappa ?? pool.rates.kappa,
      bestNetUsdPerYear: pool.target === null ? null : (pool.carry?.netUsdPerYear ?? null),
      amountUsd: pool.carry?.amountUsd ?? 0,
      targetUsd: evaluation.targets.find((target) => target.poolKey === pool.poolKey)?.amountUsd ?? 0,
      minUsd: minPositionUsd(evaluation.deployableUsd),
      sinceCloseEpochs: closedAt === undefined ? null : snapshot.epoch - closedAt,
    });
  }
  return candidates;
}

function shiftTargets(evaluation: Evaluation, positionIds: readonly PositionId[]): readonly ShiftTarget[] {
  const shifts: ShiftTarget[] = [];
  for (const position of evaluation.positions) {
    if (position.target === null || !positionIds.includes(position.positionId)) continue;
    shifts.push({
      positionId: position.positionId,
      poolKey: position.poolKey,
      target: position.target,
      baseShareFrac: position.targetBaseShareFrac ?? 0,
      keepsMix: position.carry?.swapShareFrac === 0,
    });
  }
  return shifts;
}

/** Targets of the pools to open, at what idle money allows, largest first. */
function openTargets(evaluation: Evaluation, openUsd: Readonly<Record<string, number>>): readonly AllocationTarget[] {
  const opened = evaluation.targets.flatMap((target) => {
    const amountUsd = openUsd[target.poolKey];
    return amountUsd === undefined ? [] : [{ ...target, amountUsd }];
  });
  return opened
    .map((target) => {
      const onChainUsd = opened
        .filter((other) => other.chainId === target.chainId)
        .reduce((sum, other) => sum + other.amountUsd, 0);
      return { ...target, chainShareFrac: target.amountUsd / onChainUsd };
    })
    .toSorted((left, right) => right.amountUsd - left.amountUsd);
}
