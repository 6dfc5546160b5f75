// The rules of strategy.md section 11 in their order, on plain numbers, each leaving its gates behind.
import type { PositionId } from "@/lib/units";
import { markNotReached, type Gate } from "./gates";
import {
  allPass,
  DAYS_PER_YEAR,
  dataGates,
  deployIdleGates,
  gateGroup,
  reallocateGates,
  regimeGates,
  type SharedRuleInput,
} from "./shared-gates";

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

export interface RuleInput extends SharedRuleInput {
  readonly forcesValid: boolean;
  readonly frameCount: number;
  readonly currentNetUsdPerYear: number;
  readonly targetNetUsdPerYear: number;
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
const HOUR_MS = 3_600_000;
const MIN_NET_FRAC = 0.005;
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

function forcesGates(input: RuleInput): readonly Gate[] {
  return gateGroup("data", [
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

function toCashGates(input: RuleInput): readonly Gate[] {
  let youngestMs = Number.POSITIVE_INFINITY;
  let everyAgeKnown = true;
  for (const position of input.positions) {
    if (Number.isNaN(position.ageMs)) everyAgeKnown = false;
    youngestMs = Math.min(youngestMs, position.ageMs);
  }
  return gateGroup("to_cash", [
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
  return gateGroup("range_shift", [
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
