// The rules of strategy.md section 11 in their order, on plain numbers, each leaving its gates behind.
import type { PositionId } from "@/lib/units";
import type { UntrustedInput } from "./untrusted-input";
import { buildGate, markNotReached, type Gate, type GateGroup, type GateSpec } from "./gates";
import type { Regime } from "./regime";

/** Outcomes of the forces policy (strategy.md section 11). */
export type ForcesReason =
  "regime" | "no_data" | "better_allocation" | "deploy_idle" | "to_cash" | "range_shift" | "no_gain";

/** Every outcome of either policy; the others belong to carry (strategy-carry section 8). */
export type DecisionReason =
  | ForcesReason
  | "close_to_cash"
  | "close_and_restore"
  | "range_shift_out"
  | "range_shift_width"
  | "open"
  | "min_age"
  | "low_kappa";

export interface RulePosition {
  readonly positionId: PositionId;
  readonly divergence: number;
  readonly isInRange: boolean;
  /** Income at the target range minus now, same size; NaN when there is no target. */
  readonly deltaNetUsdPerYear: number;
  readonly lifeYears: number;
  readonly shiftCostUsd: number;
  /** Market time since the mint, ms. */
  readonly ageMs: number;
}

export interface RuleInput {
  readonly untrusted: UntrustedInput | null;
  readonly epoch: number;
  readonly regime: Pick<Regime, "suppressed" | "reason" | "value" | "threshold">;
  readonly suppressUntilEpoch: number;
  readonly forcesValid: boolean;
  readonly frameCount: number;
  readonly capitalUsd: number;
  readonly currentNetUsdPerYear: number;
  readonly targetNetUsdPerYear: number;
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
  readonly rsThreshold: number;
  readonly positions: readonly RulePosition[];
}

export interface RuleOutcome {
  readonly reason: ForcesReason;
  readonly shiftPositionIds: readonly PositionId[];
  /** Null when the decision fell before gain was weighed. */
  readonly gainUsdPerYear: number | null;
  readonly improvementFrac: number | null;
  readonly gates: readonly Gate[];
}

/** Limits of section 11; kept from the ancestor system where the specification says so. */
const DAYS_PER_YEAR = 365;
const HOUR_MS = 3_600_000;
const MIN_NET_FRAC = 0.005;
const PRA_COST_FACTOR = 1.5;
const IDLE_FRAC = 0.1;
const IDLE_COST_FRAC = 0.01;
const TO_CASH_MIN_AGE_MS = 6 * HOUR_MS;
const RS_MIN_AGE_MS = HOUR_MS;
const RS_COST_FACTOR = 2;

/** Gain in US dollars per year, and the improvement it is relative to max(|current net|, 0.5 % of capital). */
export function computeImprovement(input: {
  readonly currentNetUsdPerYear: number;
  readonly targetNetUsdPerYear: number;
  readonly capitalUsd: number;
}): { readonly gainUsdPerYear: number; readonly improvementFrac: number } {
  const gainUsdPerYear = input.targetNetUsdPerYear - input.currentNetUsdPerYear;
  const scale = Math.max(Math.abs(input.currentNetUsdPerYear), MIN_NET_FRAC * input.capitalUsd);
  const improvementFrac = input.capitalUsd > 0 ? gainUsdPerYear / scale : 0;
  return { gainUsdPerYear, improvementFrac: Number.isFinite(improvementFrac) ? improvementFrac : 0 };
}

/** First rule that matches. Every gate is listed; those behind the rule that decided are `not_reached`. */
export function applyDecisionRules(input: RuleInput): RuleOutcome {
  const improvement = computeImprovement(input);
  const data = dataGates(input);
  const regime = regimeGates(input);
  const forces = forcesGates(input);
  const reallocate = reallocateGates(input, improvement);
  const deployIdle = deployIdleGates(input);
  const toCash = toCashGates(input);
  const shifts = input.positions.map((position) => ({ position, gates: rangeShiftGates(input, position) }));
  const shiftGates = shifts.flatMap((shift) => shift.gates);

  const blocks = [data, regime, forces, reallocate, deployIdle, toCash, shiftGates];
  const upTo = (last: number): readonly Gate[] =>
    blocks.flatMap((gates, index) => (index <= last ? gates : markNotReached(gates)));
  const early = (reason: ForcesReason, last: number): RuleOutcome => ({
    reason,
    shiftPositionIds: [],
    gainUsdPerYear: null,
    improvementFrac: null,
    gates: upTo(last),
  });
  const late = (reason: ForcesReason, last: number, shiftPositionIds: readonly PositionId[] = []): RuleOutcome => ({
    reason,
    shiftPositionIds,
    ...improvement,
    gates: upTo(last),
  });

  if (!allPass(data)) return early("no_data", 0);
  if (!allPass(regime)) return early("regime", 1);
  if (!allPass(forces)) return early("no_data", 2);
  if (allPass(reallocate)) return late("better_allocation", 3);
  if (allPass(deployIdle)) return late("deploy_idle", 4);
  if (allPass(toCash)) return late("to_cash", 5);
  const due = shifts.filter((shift) => allPass(shift.gates)).map((shift) => shift.position.positionId);
  return due.length > 0 ? late("range_shift", 6, due) : late("no_gain", 6);
}

function allPass(gates: readonly Gate[]): boolean {
  return gates.every((gate) => gate.status === "pass");
}

/** Builds gates of one group. */
function group(name: GateGroup, specs: readonly Omit<GateSpec, "group">[]): readonly Gate[] {
  return specs.map((spec) => buildGate({ ...spec, group: name }));
}

function dataGates(input: RuleInput): readonly Gate[] {
  const { untrusted } = input;
  return group("data", [
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

function regimeGates(input: RuleInput): readonly Gate[] {
  const { regime } = input;
  return group("regime", [
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

function forcesGates(input: RuleInput): readonly Gate[] {
  return group("data", [
    {
      id: "data.forces",
      label: "A timeframe has enough closed bars",
      value: input.frameCount,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.forcesValid,
    },
  ]);
}

function reallocateGates(
  input: RuleInput,
  improvement: { readonly gainUsdPerYear: number; readonly improvementFrac: number },
): readonly Gate[] {
  const { gainUsdPerYear, improvementFrac } = improvement;
  const earnedUsd = (gainUsdPerYear * input.amortizeDays) / DAYS_PER_YEAR;
  return group("reallocate", [
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

function deployIdleGates(input: RuleInput): readonly Gate[] {
  return group("deploy_idle", [
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

function toCashGates(input: RuleInput): readonly Gate[] {
  let youngestMs = Number.POSITIVE_INFINITY;
  let everyAgeKnown = true;
  for (const position of input.positions) {
    if (Number.isNaN(position.ageMs)) everyAgeKnown = false;
    youngestMs = Math.min(youngestMs, position.ageMs);
  }
  return group("to_cash", [
    {
      id: "to_cash.cash_allowed",
      label: "Settings allow all capital to be cash",
      value: input.allowCash ? 1 : 0,
      threshold: 1,
      unit: "count",
      comparison: "=",
      passes: input.allowCash,
      detail: input.allowCash ? "allowCash is on" : "allowCash is off",
    },
    {
      id: "to_cash.no_targets",
      label: "No pool is worth holding",
      value: input.targetCount,
      threshold: 0,
      unit: "count",
      comparison: "=",
      passes: input.targetCount === 0,
    },
    {
      id: "to_cash.positions",
      label: "Open positions",
      value: input.positions.length,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: input.positions.length >= 1,
    },
    {
      id: "to_cash.age",
      label: "Age of the youngest position",
      value: youngestMs,
      threshold: TO_CASH_MIN_AGE_MS,
      unit: "ms",
      comparison: ">=",
      passes: everyAgeKnown && youngestMs >= TO_CASH_MIN_AGE_MS,
    },
    {
      id: "to_cash.loss",
      label: "Expected net of the open positions",
      value: input.currentNetUsdPerYear,
      threshold: -MIN_NET_FRAC * input.capitalUsd,
      unit: "usdPerYear",
      comparison: "<",
      passes: input.capitalUsd > 0 && input.currentNetUsdPerYear < -MIN_NET_FRAC * input.capitalUsd,
    },
  ]);
}

function rangeShiftGates(input: RuleInput, position: RulePosition): readonly Gate[] {
  const { positionId, divergence, deltaNetUsdPerYear, shiftCostUsd } = position;
  const years = Math.min(input.amortizeDays / DAYS_PER_YEAR, position.lifeYears);
  const earnedUsd = deltaNetUsdPerYear * years;
  return group("range_shift", [
    {
      id: "range_shift.age",
      positionId,
      label: "Age of the position",
      value: position.ageMs,
      threshold: RS_MIN_AGE_MS,
      unit: "ms",
      comparison: ">=",
      passes: position.ageMs >= RS_MIN_AGE_MS,
    },
    {
      id: "range_shift.divergence",
      positionId,
      label: "Divergence from the target range",
      value: divergence,
      threshold: input.rsThreshold,
      unit: "score",
      comparison: ">",
      passes: divergence > input.rsThreshold || !position.isInRange,
      detail: position.isInRange ? "in range" : "out of range: a shift is due at any divergence",
    },
    {
      id: "range_shift.gain",
      positionId,
      label: "Income at the target range above income now",
      value: deltaNetUsdPerYear,
      threshold: 0,
      unit: "usdPerYear",
      comparison: ">",
      passes: deltaNetUsdPerYear > 0,
    },
    {
      id: "range_shift.cost",
      positionId,
      label: "Cost of the shift against what it earns while it lasts",
      value: shiftCostUsd,
      threshold: earnedUsd / RS_COST_FACTOR,
      unit: "usd",
      comparison: "<=",
      passes: earnedUsd >= RS_COST_FACTOR * shiftCostUsd,
    },
  ]);
}
