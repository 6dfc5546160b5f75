// A decision's gates and what would change it, as the desk words them.
import { reasonWords } from "@/components/shell/words";
import type { GateItem } from "@/components/ui/gate-list";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { shortHex } from "@/lib/format/address";
import { formatGateValue } from "@/lib/format/gate-value";
import { UNKNOWN } from "@/lib/format/number";
import { formatDayMinutes } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";

type Decision = NonNullable<EpochRecord["decision"]>;
type Gate = Decision["gates"][number];
type Counterfactual = Decision["counterfactual"][number];

const STATE = { pass: "met", fail: "unmet", not_reached: "unreached" } as const;

export function gateItems(decision: Decision, mode: EpochRecord["mode"]): readonly GateItem[] {
  const manyPositions = new Set(decision.gates.map((gate) => gate.positionId).filter((id) => id !== null)).size > 1;
  const items = decision.gates.map((gate) => gateItem(gate, manyPositions));
  return [...items, modeItem(decision, mode)];
}

function gateItem(gate: Gate, namesPosition: boolean): GateItem {
  const tokenId = gate.positionId?.split(":").at(-1);
  return {
    id: gate.id,
    label: namesPosition && tokenId !== undefined ? `${gate.label}, position #${tokenId}` : gate.label,
    detail: reasonWords(withoutPoolKey(gate.detail)),
    ...gateNumbers(gate),
    state: STATE[gate.status],
    bar: barOf(gate),
  };
}

/** A pool's key is for machines: chain, family and the whole address. */
function withoutPoolKey(detail: string): string {
  return detail.replace(/pool:\d+:[\w-]+:(0x[0-9a-f]{40,64})/gi, (_, id: string) => `pool ${shortHex(id)}`);
}

/** An epoch is an instant to people; threshold 0 of one means that nothing was set. What must equal a count is a statement: yes or no. */
export function gateNumbers({
  value,
  threshold,
  unit,
  comparison,
}: Pick<Gate, "value" | "threshold" | "unit" | "comparison">): Pick<GateItem, "value" | "threshold"> {
  if (isStatement(unit, comparison)) return { value: truthOf(value, threshold), threshold: null };
  if (unit !== "epoch") {
    const limit = threshold === null ? null : `${sign(comparison)}${formatGateValue(threshold, unit)}`;
    return { value: formatGateValue(value, unit), threshold: limit };
  }
  if (threshold === null || threshold <= 0) return { value: "none set", threshold: null };
  return {
    value: value === null ? UNKNOWN : formatDayMinutes(value * EPOCH_MS),
    threshold: `from ${formatDayMinutes(threshold * EPOCH_MS)}`,
  };
}

/** Its label says what has to be so. */
function isStatement(unit: string, comparison: string): boolean {
  return unit === "count" && comparison === "=";
}

/** With the count where it says more than yes or no. */
function truthOf(value: number | null, needed: number | null): string {
  if (value === null || needed === null) return UNKNOWN;
  const how = value === needed ? "yes" : "no";
  return value > 1 ? `${how}, ${formatGateValue(value, "count")}` : how;
}

/** Where the comparison is not the usual "at least", its sign stands before the threshold. */
function sign(comparison: string): string {
  return comparison === "<" ? "< " : comparison === "<=" ? "≤ " : comparison === "=" ? "= " : "";
}

function barOf(gate: Gate): GateItem["bar"] {
  const { value, threshold, unit } = gate;
  if (value === null || threshold === null || unit === "epoch" || unit === "count") return null;
  if (!(threshold > 0) || value < 0) return null;
  const full = Math.max(value, threshold);
  return { valueFrac: value / full, thresholdFrac: threshold / full };
}

function modeItem(decision: Decision, mode: EpochRecord["mode"]): GateItem {
  const acts = decision.kind !== "HOLD";
  const detail = {
    observe: "decides and shows, sends nothing",
    approve: acts ? "a person signs; otherwise HOLD" : "a plan would wait for a person",
    auto: acts ? "acts on its own" : "would act on its own",
  }[mode];
  return {
    id: "mode",
    label: "Mode",
    detail,
    value: mode.toUpperCase(),
    threshold: null,
    state: mode === "approve" && acts ? "waits" : mode === "observe" && acts ? "unmet" : "met",
    bar: null,
  };
}

/** A label that says what has to be so, not what is measured. */
const IS_STATEMENT = /\b(is|has|allows?|asks?)\b/;

const ACTION: Readonly<Record<string, string>> = {
  RS: "shift the range",
  PRA: "move capital",
  RESUME: "decide again",
};

/** `Would shift the range if RS: divergence reached 0.55 (now 0.42).` */
export function counterfactualSentence(counterfactual: Counterfactual): string {
  const action = ACTION[counterfactual.action] ?? counterfactual.action;
  const conditions = counterfactual.conditions.map(({ label, comparison, currentValue, neededValue, unit }) => {
    if (isStatement(unit, comparison)) return `${inSentence(label)} (now ${truthOf(currentValue, neededValue)})`;
    if (IS_STATEMENT.test(label)) {
      const numbers = gateNumbers({ value: currentValue, threshold: neededValue, unit, comparison });
      return `${inSentence(label)} (now ${numbers.value}, needs ${numbers.threshold ?? "nothing"})`;
    }
    const verb = comparison.startsWith("<") ? "fell to" : comparison === "=" ? "were" : "reached";
    const now = currentValue === null ? "not known now" : `now ${formatGateValue(currentValue, unit)}`;
    const needed = neededValue === null ? UNKNOWN : formatGateValue(neededValue, unit);
    return `${inSentence(label)} ${verb} ${needed} (${now})`;
  });
  return conditions.length === 0 ? "" : `Would ${action} if ${conditions.join(" and ")}.`;
}

/** `Idle capital` in the middle of a sentence; `RS: divergence` as it is. */
function inSentence(label: string): string {
  return /^[A-Z][a-z]/.test(label) ? `${label.charAt(0).toLowerCase()}${label.slice(1)}` : label;
}

const VERDICT: Readonly<Record<string, string>> = {
  better_allocation: "Move capital to better pools",
  deploy_idle: "Deploy idle capital",
  to_cash: "Go to cash",
  close_to_cash: "Close to cash",
  close_and_restore: "Close and restore the mix",
  open: "Open a position",
  range_shift_width: "Change the width",
};

/** The verdict in words. */
export function verdictOf(decision: Pick<Decision, "kind" | "reason">): string {
  if (decision.kind === "HOLD") return "Hold";
  return VERDICT[decision.reason] ?? (decision.kind === "RS" ? "Shift the range" : "Reallocate");
}
