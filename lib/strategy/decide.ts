// Decide: an evaluation and its snapshot in, HOLD, RS or PRA out, with every gate's number and threshold.
import type { PoolKey, PositionId } from "@/lib/units";
import type { AllocationTarget, TargetRange } from "./evaluate";
import type { KillReason } from "./kill-switch";

export type DecisionReason =
  "regime" | "no_data" | "better_allocation" | "deploy_idle" | "to_cash" | "range_shift" | "no_gain";

export type GateStatus = "pass" | "fail" | "not_reached";
export type GateComparison = ">" | ">=" | "<" | "<=" | "=";
export type GateUnit = "ms" | "epoch" | "count" | "usd" | "usdPerYear" | "frac" | "ratio" | "score";
/** Which rule of section 11 the gate belongs to. All gates of a group must pass for its action. */
export type GateGroup = "data" | "regime" | "reallocate" | "deploy_idle" | "to_cash" | "range_shift";

export interface Gate {
  /** Stable id, e.g. `reallocate.improvement`, `range_shift.divergence:<positionId>`. */
  readonly id: string;
  readonly group: GateGroup;
  readonly positionId: PositionId | null;
  readonly label: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: GateUnit;
  /** The gate passes when `value comparison threshold`. */
  readonly comparison: GateComparison;
  readonly status: GateStatus;
  readonly detail: string;
}

/** What would have to change for an action to follow: the gates of one group that fail now. */
export interface Counterfactual {
  readonly action: "PRA" | "RS" | "RESUME";
  readonly group: GateGroup;
  readonly positionId: PositionId | null;
  readonly conditions: readonly {
    readonly gateId: string;
    readonly label: string;
    readonly comparison: GateComparison;
    readonly currentValue: number | null;
    readonly neededValue: number | null;
    readonly unit: GateUnit;
  }[];
}

/** The input that may not be trusted, the rule it broke, and its age. */
export interface UntrustedInput {
  readonly input: string;
  readonly rule: string;
  readonly ageMs: number | null;
}

interface DecisionBase {
  readonly epoch: number;
  /** Null when the decision fell before gain was weighed. */
  readonly gainUsdPerYear: number | null;
  readonly improvementFrac: number | null;
  readonly killSwitch: KillReason | null;
  readonly gates: readonly Gate[];
  readonly counterfactual: readonly Counterfactual[];
}

export interface HoldDecision extends DecisionBase {
  readonly kind: "HOLD";
  readonly reason: "regime" | "no_data" | "no_gain";
  readonly detail: UntrustedInput | null;
}

/** One position to shift, with the range it goes to. */
export interface ShiftTarget {
  readonly positionId: PositionId;
  readonly poolKey: PoolKey;
  readonly target: TargetRange;
  readonly baseShareFrac: number;
}

export interface RangeShiftDecision extends DecisionBase {
  readonly kind: "RS";
  readonly reason: "range_shift";
  readonly positionIds: readonly PositionId[];
  readonly shifts: readonly ShiftTarget[];
}

export interface ReallocateDecision extends DecisionBase {
  readonly kind: "PRA";
  readonly reason: "better_allocation" | "deploy_idle" | "to_cash";
  /** Empty for `to_cash`. */
  readonly targets: readonly AllocationTarget[];
  readonly closePositionIds: readonly PositionId[];
  readonly keepPositionIds: readonly PositionId[];
}

export type Decision = HoldDecision | RangeShiftDecision | ReallocateDecision;
