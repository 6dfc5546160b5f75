// Strategy twins: the same evaluate and decide that run live, with the account's own positions and what an epoch before left.
import { decide, evaluate, NO_MEMORY, type Decision, type Evaluation, type StrategyParams } from "@/lib/strategy";
import { planOfDecision, viewPaper } from "./paper-view";
import type { TwinName } from "./report";
import type { Twin, TwinVerdict } from "./twin";

interface StrategyTwinInput {
  readonly name: TwinName;
  readonly title: string;
  readonly rule: string;
  readonly params: StrategyParams;
  readonly ignoresShifts?: boolean;
  /** Told every evaluation and decision, for records and tests. */
  readonly onDecision?: (evaluation: Evaluation, decision: Decision) => void;
}

export function createStrategyTwin(input: StrategyTwinInput): Twin {
  let memory = NO_MEMORY;
  return {
    name: input.name,
    title: input.title,
    rule: input.rule,
    start: () => null,
    decide(moment, state) {
      const snapshot = viewPaper(moment.snapshot(), state);
      const { params } = input;
      const evaluation = evaluate({
        snapshot,
        params,
        memory,
        market: moment.reading(),
        tuningBars: moment.tuningBars,
      });
      memory = evaluation.memory;
      if (evaluation.regime.suppressed) {
        state.suppressUntilEpoch = Math.max(state.suppressUntilEpoch, evaluation.regime.suppressUntilEpoch);
      }
      const decision = decide({ snapshot, evaluation, params });
      input.onDecision?.(evaluation, decision);
      return verdictOf(evaluation, decision, input.ignoresShifts === true);
    },
  };
}

function verdictOf(evaluation: Evaluation, decision: Decision, ignoresShifts: boolean): TwinVerdict {
  const { reason } = decision;
  if (decision.kind === "RS" && ignoresShifts)
    return { kind: "HOLD", reason: "no_shift", detail: `${reason} is switched off in this twin`, plan: null };
  return { kind: decision.kind, reason, detail: describe(evaluation, decision), plan: planOfDecision(decision) };
}

/** The numbers behind a decision, in words. */
function describe(evaluation: Evaluation, decision: Decision): string {
  const parts: string[] = [];
  if (decision.kind === "HOLD") {
    if (reasonIsRegime(decision.reason)) parts.push(evaluation.regime.reason);
    if (decision.detail !== null) parts.push(`${decision.detail.input} broke ${decision.detail.rule}`);
  } else {
    parts.push(
      `expected net ${usd(evaluation.currentNetUsdPerYear)} now, ${usd(evaluation.targetNetUsdPerYear)} at the target per year`,
    );
  }
  const rates = evaluation.pools[0]?.rates;
  if (rates !== undefined && rates.kappa !== null) parts.push(`kappa ${rates.kappa.toFixed(2)} (${rates.source})`);
  if (evaluation.killSwitch !== null) parts.push(`kill switch ${evaluation.killSwitch}`);
  return parts.join("; ");
}

function reasonIsRegime(reason: string): boolean {
  return reason === "regime";
}

function usd(value: number): string {
  return `${value.toFixed(2)} USD`;
}
