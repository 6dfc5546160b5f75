// Decide by forces: the rules of strategy.md section 11 on an evaluation and its snapshot, with every gate's number and threshold.
import type { PositionId } from "@/lib/units";
import { listCounterfactuals } from "./counterfactual";
import type { DecideInput, Decision, DecisionBase, ShiftTarget } from "./decision";
import type { Evaluation } from "./evaluation";
import { applyDecisionRules } from "./decision-rules";
import { findUntrustedInput, type UntrustedInput } from "./untrusted-input";

/** The decision of one epoch (strategy.md section 11). Never throws: what cannot be trusted gives HOLD. */
export function decideForces(input: DecideInput): Decision {
  const { snapshot, evaluation, params } = input;
  const untrusted = findUntrustedInput(snapshot.freshness) ?? findUnreadPosition(evaluation);
  const { history } = snapshot;
  const outcome = applyDecisionRules({
    untrusted,
    epoch: snapshot.epoch,
    regime: evaluation.regime,
    suppressUntilEpoch: history.suppressUntilEpoch,
    forcesValid: evaluation.forces.valid,
    frameCount: Object.keys(evaluation.forces.frames).length,
    capitalUsd: evaluation.capitalUsd,
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
    allowCash: params.allowCash,
    idleUsd: evaluation.idleUsd,
    rsThreshold: evaluation.paramsUsed.rsThreshold,
    positions: evaluation.positions.map((position) => ({
      positionId: position.positionId,
      divergence: position.divergence,
      isInRange: position.isInRange,
      deltaNetUsdPerYear: position.target === null ? Number.NaN : position.deltaNetUsdPerYear,
      lifeYears: position.lifeYears,
      shiftCostUsd: position.shiftCostUsd,
      ageMs: position.ageMs,
    })),
  });
  const base: DecisionBase = {
    epoch: snapshot.epoch,
    gainUsdPerYear: outcome.gainUsdPerYear,
    improvementFrac: outcome.improvementFrac,
    killSwitch: evaluation.killSwitch,
    gates: outcome.gates,
    counterfactual: listCounterfactuals(outcome.gates),
  };
  switch (outcome.reason) {
    case "regime":
    case "no_data":
    case "no_gain":
      return {
        ...base,
        kind: "HOLD",
        reason: outcome.reason,
        detail: outcome.reason === "no_data" ? (untrusted ?? NO_FORCES) : null,
      };
    case "range_shift":
      return {
        ...base,
        kind: "RS",
        reason: "range_shift",
        positionIds: outcome.shiftPositionIds,
        shifts: shiftTargets(evaluation, outcome.shiftPositionIds),
      };
    case "better_allocation":
    case "deploy_idle":
      return {
        ...base,
        kind: "PRA",
        reason: outcome.reason,
        targets: evaluation.targets,
        closePositionIds: evaluation.closePositionIds,
        keepPositionIds: evaluation.positions
          .filter((entry) => entry.keptByAllocation)
          .map((entry) => entry.positionId),
        restoreMixFrac: null,
      };
    case "to_cash":
      return {
        ...base,
        kind: "PRA",
        reason: "to_cash",
        targets: [],
        closePositionIds: evaluation.positions.map((entry) => entry.positionId),
        keepPositionIds: [],
        restoreMixFrac: null,
      };
  }
}

/** The candles are there and fresh, but no timeframe has enough closed bars. */
const NO_FORCES: UntrustedInput = { input: "candles", rule: "min_bars", ageMs: null };

/** A position whose income now is unknown cannot be compared with anything. */
function findUnreadPosition(evaluation: Evaluation): UntrustedInput | null {
  const unread = evaluation.forces.valid ? evaluation.positions.find((entry) => entry.incomeNow === null) : undefined;
  return unread === undefined ? null : { input: `pool:${unread.poolKey}`, rule: "pool_state", ageMs: null };
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
      keepsMix: false,
    });
  }
  return shifts;
}
