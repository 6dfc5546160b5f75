// Gates: the named comparisons behind a decision, as data that a screen can show and a test can read.
import type { PositionId } from "@/lib/units";

export type GateStatus = "pass" | "fail" | "not_reached";
export type GateComparison = ">" | ">=" | "<" | "<=" | "=";
export type GateUnit = "ms" | "epoch" | "count" | "usd" | "usdPerYear" | "frac" | "ratio" | "score";
/** Which rule of section 11 the gate belongs to. All gates of a group (per position for range_shift) must pass for its action. */
export type GateGroup =
  | "data"
  | "regime"
  | "reallocate"
  | "deploy_idle"
  | "to_cash"
  | "range_shift"
  | "close_to_cash"
  | "close_and_restore"
  | "range_shift_out"
  | "range_shift_width"
  | "open";

export interface Gate {
  /** Stable id, e.g. `reallocate.improvement`, `range_shift.divergence:<positionId>`. */
  readonly id: string;
  readonly group: GateGroup;
  readonly positionId: PositionId | null;
  readonly label: string;
  /** Null when the number does not exist (never happened, not computable). */
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: GateUnit;
  /** The gate passes when `value comparison threshold`, or for the reason `detail` names. */
  readonly comparison: GateComparison;
  /** `not_reached`: an earlier rule decided; value and threshold still tell what it would have seen. */
  readonly status: GateStatus;
  readonly detail: string;
}

export interface GateSpec {
  readonly id: string;
  readonly group: GateGroup;
  readonly label: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly unit: GateUnit;
  readonly comparison: GateComparison;
  readonly passes: boolean;
  readonly detail?: string;
  readonly positionId?: PositionId;
}

/** A gate that was reached. Numbers that are not finite become null. */
export function buildGate(spec: GateSpec): Gate {
  return {
    id: spec.positionId === undefined ? spec.id : `${spec.id}:${spec.positionId}`,
    group: spec.group,
    positionId: spec.positionId ?? null,
    label: spec.label,
    value: finiteOrNull(spec.value),
    threshold: finiteOrNull(spec.threshold),
    unit: spec.unit,
    comparison: spec.comparison,
    status: spec.passes ? "pass" : "fail",
    detail: spec.detail ?? "",
  };
}

/** The same gates, marked as never asked. */
export function markNotReached(gates: readonly Gate[]): readonly Gate[] {
  return gates.map((gate) => ({ ...gate, status: "not_reached" as const }));
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
