// Which gates decided: what blocks the nearest action of a HOLD, what an action passed most narrowly, and the mode where it stops one.
import type { GateItem } from "@/components/ui/gate-list";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { gateItems } from "./gate-items";

type Decision = NonNullable<EpochRecord["decision"]>;
type Gate = Decision["gates"][number];

/** More is no answer any more. */
const MOST = 3;
/** Rules whose gates are named otherwise than their reason. */
const GROUP_OF: Readonly<Record<string, string>> = { better_allocation: "reallocate" };

export interface Deciding {
  /** What they have in common. */
  readonly title: string;
  readonly items: readonly GateItem[];
}

export function decidingGates(decision: Decision, mode: EpochRecord["mode"]): Deciding {
  const all = gateItems(decision, mode);
  const find = (ids: readonly string[]): readonly GateItem[] =>
    ids.flatMap((id) => all.find((item) => item.id === id) ?? []);
  if (decision.kind === "HOLD") {
    const blocked = blockedIds(decision);
    return blocked.length > 0
      ? { title: "Held by", items: find(blocked) }
      : { title: "Nearest to its threshold", items: find(narrowest(decision.gates).slice(0, MOST)) };
  }
  const stop = all.filter((item) => item.id === "mode" && item.state !== "met");
  const passed = narrowest(passedBy(decision)).slice(0, MOST - stop.length);
  return { title: "Decided by, narrowest first", items: [...find(passed), ...stop] };
}

/** The gates that fail in the rule that lacks least, and in the next rules while there is room for all of theirs. */
function blockedIds({ counterfactual, gates }: Decision): readonly string[] {
  const ids: string[] = [];
  for (const { conditions } of counterfactual) {
    const more = conditions.map(({ gateId }) => gateId).filter((id) => !ids.includes(id));
    if (ids.length > 0 && ids.length + more.length > MOST) break;
    ids.push(...more);
  }
  const found = ids.length > 0 ? ids : gates.filter(({ status }) => status === "fail").map(({ id }) => id);
  return found.slice(0, MOST);
}

/** Gates of the rule that acted, for the positions or pools for which all of them passed. */
function passedBy({ reason, gates }: Decision): readonly Gate[] {
  const group = GROUP_OF[reason] ?? reason;
  const members = gates.filter((gate) => gate.group === group);
  const subjectOf = (gate: Gate): string => gate.positionId ?? gate.id.split(":").slice(1).join(":");
  const failed = new Set(members.filter(({ status }) => status !== "pass").map(subjectOf));
  return members.filter((gate) => !failed.has(subjectOf(gate)));
}

/** Ids, the smallest share of its scale between value and threshold first; what is no measure comes last. */
function narrowest(gates: readonly Gate[]): readonly string[] {
  return gates
    .filter(({ status }) => status === "pass")
    .toSorted((left, right) => marginOf(left) - marginOf(right))
    .map(({ id }) => id);
}

function marginOf({ value, threshold, unit }: Gate): number {
  if (value === null || threshold === null || unit === "count" || unit === "epoch") return Number.MAX_VALUE;
  const scale = Math.max(Math.abs(value), Math.abs(threshold));
  return scale === 0 ? 0 : Math.abs(value - threshold) / scale;
}
