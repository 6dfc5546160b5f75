// Decide: an evaluation and its snapshot in, HOLD, RS or PRA out, with every gate's number and threshold.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { PoolKey, PositionId } from "@/lib/units";
import { listCounterfactuals, type Counterfactual } from "./counterfactual";
import type { AllocationTarget, Evaluation, TargetRange } from "./evaluation";
import { applyDecisionRules, type DecisionReason } from "./decision-rules";
import type { Gate } from "./gates";
import type { KillReason } from "./kill-switch";
import type { StrategyParams } from "./params";
import { findUntrustedInput, type UntrustedInput } from "./untrusted-input";

interface DecisionBase {
  readonly epoch: number;
  /** Null when the decision fell before gain was weighed. */
  readonly gainUsdPerYear: number | null;
  readonly improvementFrac: number | null;
  readonly killSwitch: KillReason | null;
  /** In the order of evaluation. */
  readonly gates: readonly Gate[];
  /** Nearest first. */
  readonly counterfactual: readonly Counterfactual[];
}

export interface HoldDecision extends DecisionBase {
  readonly kind: "HOLD";
  readonly reason: Extract<DecisionReason, "regime" | "no_data" | "no_gain" | "min_age" | "low_kappa">;
  readonly detail: UntrustedInput | null;
}

/** One position to shift, with the range it goes to. */
export interface ShiftTarget {
  readonly positionId: PositionId;
  readonly poolKey: PoolKey;
  readonly target: TargetRange;
  /** USD share of BASE that the target range needs, 0..1. */
  readonly baseShareFrac: number;
  /** Mint what the tokens at hand allow and swap nothing; the rest stays idle (strategy-carry section 3). */
  readonly keepsMix: boolean;
}

export interface RangeShiftDecision extends DecisionBase {
  readonly kind: "RS";
  readonly reason: Extract<DecisionReason, "range_shift" | "range_shift_out" | "range_shift_width">;
  readonly positionIds: readonly PositionId[];
  readonly shifts: readonly ShiftTarget[];
}

export interface ReallocateDecision extends DecisionBase {
  readonly kind: "PRA";
  readonly reason: Extract<
    DecisionReason,
    "better_allocation" | "deploy_idle" | "to_cash" | "close_to_cash" | "close_and_restore" | "open"
  >;
  /** Empty for `to_cash`, `close_to_cash` and `close_and_restore`. */
  readonly targets: readonly AllocationTarget[];
  readonly closePositionIds: readonly PositionId[];
  readonly keepPositionIds: readonly PositionId[];
  /** `close_and_restore`: share of BASE by value to swap what was closed to; null = swap nothing. */
  readonly restoreMixFrac: number | null;
}

export type Decision = HoldDecision | RangeShiftDecision | ReallocateDecision;

export interface DecideInput {
  readonly snapshot: MarketSnapshot;
  readonly evaluation: Evaluation;
  readonly params: StrategyParams;
}

/** The decision of one epoch (strategy.md section 11). Never throws: what cannot be trusted gives HOLD. */
export function decide(input: DecideInput): Decision {
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
