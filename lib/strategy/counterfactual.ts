// Counterfactuals: what would have to change for an action to follow, nearest first.
import type { PositionId } from "@/lib/units";
import type { Gate, GateComparison, GateGroup, GateUnit } from "./gates";

export interface CounterfactualCondition {
  readonly gateId: string;
  readonly label: string;
  readonly comparison: GateComparison;
  readonly currentValue: number | null;
  readonly neededValue: number | null;
  readonly unit: GateUnit;
}

/** The gates of one rule that fail now: all conditions must come true together. */
export interface Counterfactual {
  /** RESUME: decisions begin again; the others are what would be decided. */
  readonly action: "RESUME" | "PRA" | "RS";
  readonly group: GateGroup;
  readonly positionId: PositionId | null;
  readonly conditions: readonly CounterfactualCondition[];
}

const ACTION_OF: Readonly<Record<GateGroup, Counterfactual["action"]>> = {
  data: "RESUME",
  regime: "RESUME",
  reallocate: "PRA",
  deploy_idle: "PRA",
  to_cash: "PRA",
  range_shift: "RS",
  close_to_cash: "PRA",
  close_and_restore: "PRA",
  range_shift_out: "RS",
  range_shift_width: "RS",
  open: "PRA",
};

/** Settings, not the market, decide these: a rule they switch off is no counterfactual. */
const SETTING_GATES: ReadonlySet<string> = new Set([
  "deploy_idle.cash_not_allowed",
  "to_cash.cash_allowed",
  "close_to_cash.cash_allowed",
  "close_and_restore.cash_allowed",
]);

/** One entry per rule (and position) that was asked and failed, fewest conditions first. */
export function listCounterfactuals(gates: readonly Gate[]): readonly Counterfactual[] {
  const groups = new Map<string, Gate[]>();
  for (const gate of gates) {
    // Gates of one position, or of one pool to open, belong together; the others to their rule.
    const key = `${gate.group}|${gate.positionId ?? gate.id.split(":").slice(1).join(":")}`;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [gate]);
    else members.push(gate);
  }
  const list: Counterfactual[] = [];
  for (const members of groups.values()) {
    const failing = members.filter((gate) => gate.status === "fail");
    const first = failing[0];
    if (first === undefined || failing.some((gate) => SETTING_GATES.has(gate.id.split(":")[0] ?? gate.id))) continue;
    list.push({
      action: ACTION_OF[first.group],
      group: first.group,
      positionId: first.positionId,
      conditions: failing.map((gate) => ({
        gateId: gate.id,
        label: gate.label,
        comparison: gate.comparison,
        currentValue: gate.value,
        neededValue: gate.threshold,
        unit: gate.unit,
      })),
    });
  }
  return list.toSorted((left, right) => left.conditions.length - right.conditions.length);
}
