// The same decision computed again in the browser, from the inputs its worker kept, and what differs from the record.
import { computePreview, readPreviewInput } from "@/components/preview/preview-model";
import type { PreviewInput } from "@/lib/api/schemas";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatGateValue } from "@/lib/format/gate-value";

type Gate = NonNullable<EpochRecord["decision"]>["gates"][number];

export interface Replay {
  readonly kind: string;
  readonly reason: string;
  readonly gates: number;
  /** What is not the same, each as one sentence; empty: bit for bit the same decision. */
  readonly differences: readonly string[];
  readonly tookMs: number;
}

/** Throws with a sentence when the kept inputs cannot be read. */
export function replayDecision(input: PreviewInput, record: EpochRecord): Replay {
  const fromMs = performance.now();
  const base = readPreviewInput(input);
  const { params, decision } = record;
  const range =
    params === null
      ? {}
      : {
          baseMin: params.baseMin,
          baseMax: params.baseMax,
          vforceExp: params.vforceExp,
          vforceDivider: params.vforceDivider,
          rsThreshold: params.rsThreshold,
        };
  const policy = record.policy ?? base.knobs.policy;
  const again = computePreview(base, { ...base.knobs, ...range, policy }).decision;
  return {
    kind: again.kind,
    reason: again.reason,
    gates: again.gates.length,
    differences: decision === null ? ["the record has no decision"] : differencesOf(decision, again),
    tookMs: performance.now() - fromMs,
  };
}

interface Decided {
  readonly kind: string;
  readonly reason: string;
  readonly gates: readonly Pick<Gate, "id" | "positionId" | "label" | "value" | "threshold" | "unit" | "status">[];
}

const keyOf = (gate: Decided["gates"][number]): string => `${gate.id} ${gate.positionId ?? ""}`;

/** What of `then` is not the same in `now`, in the order of the gates. */
export function differencesOf(then: Decided, now: Decided): readonly string[] {
  const found: string[] = [];
  if (then.kind !== now.kind) found.push(`${then.kind} was decided, now ${now.kind}`);
  if (then.reason !== now.reason) found.push(`the reason was ${then.reason}, now ${now.reason}`);
  const nowByKey = new Map(now.gates.map((gate) => [keyOf(gate), gate]));
  for (const gate of then.gates) {
    const other = nowByKey.get(keyOf(gate));
    if (other === undefined) {
      found.push(`${gate.label} is not there now`);
      continue;
    }
    nowByKey.delete(keyOf(gate));
    if (gate.status !== other.status) found.push(`${gate.label} was ${words(gate.status)}, now ${words(other.status)}`);
    for (const side of ["value", "threshold"] as const) {
      if (gate[side] === other[side]) continue;
      found.push(
        `${gate.label}: ${side} ${formatGateValue(gate[side], gate.unit)}, now ${formatGateValue(other[side], other.unit)}`,
      );
    }
  }
  for (const gate of nowByKey.values()) found.push(`${gate.label} is new`);
  return found;
}

function words(status: Gate["status"]): string {
  return { pass: "met", fail: "not met", not_reached: "not reached" }[status];
}
