// Gates that both policies ask in the same words: inputs, regime, reallocation and idle capital (strategy.md section 11).
import { buildGate, type Gate, type GateGroup, type GateSpec } from "./gates";
import type { Regime } from "./regime";
import type { UntrustedInput } from "./untrusted-input";

export interface SharedRuleInput {
  readonly untrusted: UntrustedInput | null;
  readonly epoch: number;
  readonly regime: Pick<Regime, "suppressed" | "reason" | "value" | "threshold">;
  readonly suppressUntilEpoch: number;
  readonly capitalUsd: number;
  readonly targetCount: number;
  /** Positions a reallocation would open or close; 0 when it would keep everything as it is. */
  readonly moveCount: number;
  readonly praThreshold: number;
  readonly amortizeDays: number;
  readonly minHoldMs: number;
  readonly transitionCostUsd: number;
  /** Market time since the last reallocation, ms; null when there was none. */
  readonly sincePraMs: number | null;
  readonly allowCash: boolean;
  readonly idleUsd: number;
}

/** Limits of section 11; kept from the ancestor system where the specification says so. */
export const DAYS_PER_YEAR = 365;
const PRA_COST_FACTOR = 1.5;
const IDLE_FRAC = 0.1;
const IDLE_COST_FRAC = 0.01;

export function allPass(gates: readonly Gate[]): boolean {
  return gates.every((gate) => gate.status === "pass");
}

/** Builds gates of one group. */
export function gateGroup(name: GateGroup, specs: readonly Omit<GateSpec, "group">[]): readonly Gate[] {
  return specs.map((spec) => buildGate({ ...spec, group: name }));
}

export function dataGates(input: SharedRuleInput): readonly Gate[] {
  const { untrusted } = input;
  return gateGroup("data", [
    {
      id: "data.trust",
      label: "Every input is fresh and trusted",
      value: untrusted === null ? 0 : 1,
      threshold: 0,
      unit: "count",
      comparison: "=",
      passes: untrusted === null,
      detail:
        untrusted === null
          ? ""
          : `${untrusted.input} broke the rule ${untrusted.rule}${untrusted.ageMs === null ? "" : ` at an age of ${Math.round(untrusted.ageMs / 1000)} s`}`,
    },
  ]);
}

export function regimeGates(input: SharedRuleInput): readonly Gate[] {
  const { regime } = input;
  return gateGroup("regime", [
    {
      id: "regime.calm",
      label: "Market regime allows action",
      value: regime.value,
      threshold: regime.threshold,
      unit: "ratio",
      comparison: "<=",
      passes: !regime.suppressed,
      detail: regime.reason,
    },
    {
      id: "regime.window",
      label: "Suppression window is over",
      value: input.epoch,
      threshold: input.suppressUntilEpoch,
      unit: "epoch",
      comparison: ">=",
      passes: !(input.epoch < input.suppressUntilEpoch),
    },
  ]);
}

export function reallocateGates(
  input: SharedRuleInput,
  improvement: { readonly gainUsdPerYear: number; readonly improvementFrac: number },
): readonly Gate[] {
  const { gainUsdPerYear, improvementFrac } = improvement;
  const earnedUsd = (gainUsdPerYear * input.amortizeDays) / DAYS_PER_YEAR;
  return gateGroup("reallocate", [
    {
      id: "reallocate.min_hold",
      label: "Minimum hold since the last reallocation",
      value: input.sincePraMs,
      threshold: input.minHoldMs,
      unit: "ms",
      comparison: ">=",
      passes: input.sincePraMs === null || input.sincePraMs >= input.minHoldMs,
      detail: input.sincePraMs === null ? "never reallocated" : "",
    },
    {
      id: "reallocate.targets",
      label: "Pools worth holding",
      value: input.targetCount,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.targetCount >= 1,
    },
    {
      id: "reallocate.moves",
      label: "Positions to open or close",
      value: input.moveCount,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.moveCount >= 1,
    },
    {
      id: "reallocate.gain",
      label: "Expected gain per year",
      value: gainUsdPerYear,
      threshold: 0,
      unit: "usdPerYear",
      comparison: ">",
      passes: gainUsdPerYear > 0,
    },
    {
      id: "reallocate.improvement",
      label: "Improvement over the current allocation",
      value: improvementFrac,
      threshold: input.praThreshold,
      unit: "frac",
      comparison: ">",
      passes: improvementFrac > input.praThreshold,
    },
    {
      id: "reallocate.cost",
      label: `Cost of moving against the gain of ${input.amortizeDays} days`,
      value: input.transitionCostUsd,
      threshold: earnedUsd / PRA_COST_FACTOR,
      unit: "usd",
      comparison: "<=",
      passes: earnedUsd >= PRA_COST_FACTOR * input.transitionCostUsd,
    },
  ]);
}

export function deployIdleGates(input: SharedRuleInput): readonly Gate[] {
  return gateGroup("deploy_idle", [
    {
      id: "deploy_idle.cash_not_allowed",
      label: "Settings ask for all capital to be deployed",
      value: input.allowCash ? 1 : 0,
      threshold: 0,
      unit: "count",
      comparison: "=",
      passes: !input.allowCash,
      detail: input.allowCash ? "allowCash is on" : "allowCash is off",
    },
    {
      id: "deploy_idle.targets",
      label: "Pools worth holding",
      value: input.targetCount,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.targetCount >= 1,
    },
    {
      id: "deploy_idle.moves",
      label: "Positions to open or close",
      value: input.moveCount,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.moveCount >= 1,
    },
    {
      id: "deploy_idle.idle",
      label: "Idle capital",
      value: input.idleUsd,
      threshold: IDLE_FRAC * input.capitalUsd,
      unit: "usd",
      comparison: ">",
      passes: input.idleUsd > IDLE_FRAC * input.capitalUsd,
    },
    {
      id: "deploy_idle.cost",
      label: "Cost of deploying the idle capital",
      value: input.transitionCostUsd,
      threshold: IDLE_COST_FRAC * input.idleUsd,
      unit: "usd",
      comparison: "<=",
      passes: input.transitionCostUsd <= IDLE_COST_FRAC * input.idleUsd,
    },
  ]);
}
