// The carry policy's rules in their order, on plain numbers, each leaving its gates behind (strategy-carry sections 4 to 8).
import { computeImprovement } from "@/lib/strategy/decision-rules";
import { markNotReached, type Gate, type GateSpec } from "@/lib/strategy/gates";
import { SPEC_CARRY, type CarryParams } from "@/lib/strategy/params";
import type { PoolRates } from "@/lib/strategy/pool-rates";
import {
  allPass,
  dataGates,
  deployIdleGates,
  gateGroup,
  reallocateGates,
  regimeGates,
  type SharedRuleInput,
} from "@/lib/strategy/shared-gates";
import type { PositionId } from "@/lib/units";

export type CarryReason =
  | "regime"
  | "no_data"
  | "better_allocation"
  | "deploy_idle"
  | "close_to_cash"
  | "close_and_restore"
  | "range_shift_out"
  | "range_shift_width"
  | "open"
  | "min_age"
  | "low_kappa"
  | "no_gain";

/** What a rule asks of a pool. */
interface RatedPool {
  readonly source: PoolRates["source"];
  readonly kappa: number | null;
  /** U at the best half-width for this size; null without a width. */
  readonly bestNetUsdPerYear: number | null;
  /** Size that is for, US dollars; only asked when a least net is. */
  readonly amountUsd?: number;
}

export interface CarryRulePosition extends RatedPool {
  readonly positionId: PositionId;
  readonly isInRange: boolean;
  /** Epochs since the last mint. */
  readonly ageEpochs: number;
  /** Half-widths now and at best, log price. */
  readonly width: number;
  readonly bestWidth: number | null;
  /** U at the half-width it has. */
  readonly netNowUsdPerYear: number | null;
  /** Expected exit time at the best half-width, years. */
  readonly bestExitYears: number | null;
  /** Cost of re-ranging it now, US dollars. */
  readonly shiftCostUsd: number;
}

/** A pool we hold nothing in. */
export interface CarryCandidate extends RatedPool {
  readonly id: string;
  /** For people; the id when missing. */
  readonly name?: string;
  /** What the allocation gives it, US dollars. */
  readonly targetUsd: number;
  readonly minUsd: number;
  /** Epochs since our last position there was closed; null when there never was one. */
  readonly sinceCloseEpochs: number | null;
}

export interface CarryRuleInput extends SharedRuleInput {
  /** `SPEC_CARRY` when missing. */
  readonly carry?: CarryParams;
  /** The part of the idle money above the cash reserve. */
  readonly openableUsd: number;
  readonly currentNetUsdPerYear: number;
  readonly targetNetUsdPerYear: number;
  readonly positions: readonly CarryRulePosition[];
  readonly candidates: readonly CarryCandidate[];
}

export interface CarryRuleOutcome {
  readonly reason: CarryReason;
  /** Positions the action is about. */
  readonly positionIds: readonly PositionId[];
  /** US dollars per pool to open, by pool id. */
  readonly openUsd: Readonly<Record<string, number>>;
  /** Null when the decision fell before gain was weighed. */
  readonly gainUsdPerYear: number | null;
  readonly improvementFrac: number | null;
  readonly gates: readonly Gate[];
}

/** Minimum ages in epochs (section 5). */
const OUT_OF_RANGE_AGE = 2;
const WIDTH_AGE = 4;
const CLOSE_AGE = 24;
const REOPEN_AGE = 4;
const WIDTH_RATIO = 2;
const WIDTH_COST_FACTOR = 2;
const WIDTH_HORIZON_YEARS = 7 / 365;

export function hasRates(pool: Pick<RatedPool, "source" | "kappa">): boolean {
  return pool.source !== "none" && pool.kappa !== null && Number.isFinite(pool.kappa);
}

/** What decides whether money may go in. */
export interface EntryRules {
  readonly allowCash: boolean;
  readonly carry: CarryParams;
}

/** Section 6: rates, a width, and unless cash is forbidden enough net and, where measured, kappa at the entry. */
export function isWorthEntering(pool: RatedPool, rules: EntryRules): boolean {
  if (!hasRates(pool) || pool.bestNetUsdPerYear === null) return false;
  if (!rules.allowCash) return true;
  if (!(pool.bestNetUsdPerYear > leastNetUsd(pool, rules))) return false;
  return pool.source === "measured" ? (pool.kappa ?? 0) >= rules.carry.kappaEntry : rules.carry.opensOnEstimate;
}

/** Net per year that a pool must promise, US dollars. */
function leastNetUsd(pool: RatedPool, rules: EntryRules): number {
  const { minEdgePerYear } = rules.carry;
  return minEdgePerYear > 0 ? minEdgePerYear * Math.max(0, pool.amountUsd ?? 0) : 0;
}

/** First rule that matches. Every gate is listed; those behind the rule that decided are `not_reached`. */
export function applyCarryRules(input: CarryRuleInput): CarryRuleOutcome {
  const improvement = computeImprovement(input);
  const { positions, allowCash } = input;
  const entry: EntryRules = { allowCash, carry: input.carry ?? SPEC_CARRY };
  const inRange = positions.filter((position) => position.isInRange && hasRates(position));
  const outOfRange = positions.filter((position) => !position.isInRange && hasRates(position));

  const data = dataGates(input);
  const regime = regimeGates(input);
  const rates = ratesGates(input);
  const better = betterAllocationGates(input, improvement);
  const deployIdle = deployIdleGates(input);
  const rules: readonly ActionRule[] = [
    rule("close_to_cash", inRange, (position) => closeToCashGates(position, entry)),
    rule("close_and_restore", outOfRange, (position) => closeAndRestoreGates(position, entry)),
    rule("range_shift_out", [...inRange, ...outOfRange], (position) => shiftOutGates(position, entry)),
    rule("range_shift_width", inRange, (position) => shiftWidthGates(position, entry)),
  ];
  const open = openRule(input, entry);

  const blocks = [data, regime, rates, better, deployIdle, ...rules.map((each) => each.gates), open.gates];
  const upTo = (last: number): readonly Gate[] =>
    blocks.flatMap((gates, index) => (index <= last ? gates : markNotReached(gates)));
  const outcome = (reason: CarryReason, last: number, extra: Partial<CarryRuleOutcome> = {}): CarryRuleOutcome => ({
    reason,
    positionIds: [],
    openUsd: {},
    gainUsdPerYear: null,
    improvementFrac: null,
    gates: upTo(last),
    ...extra,
  });

  if (!allPass(data)) return outcome("no_data", 0);
  if (!allPass(regime)) return outcome("regime", 1);
  if (!allPass(rates)) return outcome("no_data", 2);
  if (allPass(better)) return outcome("better_allocation", 3, improvement);
  if (allPass(deployIdle)) return outcome("deploy_idle", 4, improvement);
  for (const [index, each] of rules.entries()) {
    if (each.due.length > 0) return outcome(each.reason, 5 + index, { ...improvement, positionIds: each.due });
  }
  const last = 5 + rules.length;
  if (Object.keys(open.openUsd).length > 0) return outcome("open", last, { ...improvement, openUsd: open.openUsd });
  const waits = rules.some((each) => each.isWaitingForAge) || open.isWaitingForAge;
  return outcome(
    waits ? "min_age" : isKappaLow(input, entry.carry.kappaEntry) ? "low_kappa" : "no_gain",
    last,
    improvement,
  );
}

/** Cash is right for now: nothing is open, and every pool whose rates are known pays too little. */
function isKappaLow(input: CarryRuleInput, kappaEntry: number): boolean {
  if (!input.allowCash || input.positions.length > 0) return false;
  const rated = input.candidates.filter(hasRates);
  return rated.every((pool) => pool.source === "measured" && (pool.kappa ?? 0) < kappaEntry);
}

interface ActionRule {
  readonly reason: "close_to_cash" | "close_and_restore" | "range_shift_out" | "range_shift_width";
  readonly due: readonly PositionId[];
  /** A position fails by its age alone. */
  readonly isWaitingForAge: boolean;
  readonly gates: readonly Gate[];
}

function rule(
  reason: ActionRule["reason"],
  positions: readonly CarryRulePosition[],
  gatesOf: (position: CarryRulePosition) => readonly Gate[],
): ActionRule {
  const each = positions.map((position) => ({ position, gates: gatesOf(position) }));
  return {
    reason,
    due: each.filter(({ gates }) => allPass(gates)).map(({ position }) => position.positionId),
    isWaitingForAge: each.some(({ gates }) => failsOnlyBy(gates, `${reason}.age`)),
    gates: each.flatMap(({ gates }) => gates),
  };
}

function failsOnlyBy(gates: readonly Gate[], id: string): boolean {
  const failing = gates.filter((gate) => gate.status === "fail");
  return failing.length === 1 && failing.every((gate) => gate.id === id || gate.id.startsWith(`${id}:`));
}

function ratesGates(input: CarryRuleInput): readonly Gate[] {
  const rated = input.positions.filter(hasRates).length + input.candidates.filter(hasRates).length;
  return gateGroup("data", [
    {
      id: "data.rates",
      label: "Pools whose fees and losses are known",
      value: rated,
      threshold: 1,
      unit: "count",
      comparison: ">=",
      passes: rated >= 1,
    },
  ]);
}

/** Nothing is reallocated without open positions: what is idle is opened by its own rule. */
function betterAllocationGates(
  input: CarryRuleInput,
  improvement: { readonly gainUsdPerYear: number; readonly improvementFrac: number },
): readonly Gate[] {
  return [
    ...gateGroup("reallocate", [
      {
        id: "reallocate.positions",
        label: "Open positions",
        value: input.positions.length,
        threshold: 1,
        unit: "count",
        comparison: ">=",
        passes: input.positions.length >= 1,
      },
    ]),
    ...reallocateGates(input, improvement),
  ];
}

function cashGate(id: string, position: CarryRulePosition, allowCash: boolean): Omit<GateSpec, "group"> {
  return {
    id,
    positionId: position.positionId,
    label: "Settings allow capital to be cash",
    value: allowCash ? 1 : 0,
    threshold: 1,
    unit: "count",
    comparison: "=",
    passes: allowCash,
    detail: allowCash ? "allowCash is on" : "allowCash is off",
  };
}

function ageGate(id: string, position: CarryRulePosition, epochs: number): Omit<GateSpec, "group"> {
  return {
    id,
    positionId: position.positionId,
    label: "Age of the position in epochs",
    value: position.ageEpochs,
    threshold: epochs,
    unit: "count",
    comparison: ">=",
    passes: position.ageEpochs >= epochs,
  };
}

function closeToCashGates(position: CarryRulePosition, entry: EntryRules): readonly Gate[] {
  const { positionId, kappa, source } = position;
  const isLow = source === "measured" && kappa !== null && kappa < entry.carry.kappaExit;
  return gateGroup("close_to_cash", [
    cashGate("close_to_cash.cash_allowed", position, entry.allowCash),
    {
      id: "close_to_cash.kappa",
      positionId,
      label: "Fees over losses (kappa) of the pool",
      value: kappa,
      threshold: entry.carry.kappaExit,
      unit: "ratio",
      comparison: "<",
      passes: isLow,
      detail: source === "measured" ? "" : "an estimate never closes",
    },
    ageGate("close_to_cash.age", position, CLOSE_AGE),
  ]);
}

/** Why a pool is or is not worth entering, in words. */
function worthDetail(pool: RatedPool, entry: EntryRules): string {
  if (!hasRates(pool)) return "its rates are not known";
  if (pool.bestNetUsdPerYear === null) return "no half-width is left for this size";
  if (!entry.allowCash) return "the least bad width counts: allowCash is off";
  if (pool.source === "estimated") {
    return entry.carry.opensOnEstimate
      ? "estimated: only the expected net counts"
      : "estimated: 24 h of samples are needed before money goes in";
  }
  return `measured kappa ${(pool.kappa ?? 0).toFixed(2)}, entry from ${entry.carry.kappaEntry.toFixed(1)}`;
}

function worthGate(id: string, position: CarryRulePosition, entry: EntryRules): Omit<GateSpec, "group"> {
  return {
    id,
    positionId: position.positionId,
    label: "Expected net of the best range in a pool worth entering",
    value: position.bestNetUsdPerYear,
    threshold: entry.allowCash ? leastNetUsd(position, entry) : null,
    unit: "usdPerYear",
    comparison: ">",
    passes: isWorthEntering(position, entry),
    detail: worthDetail(position, entry),
  };
}

function outOfRangeGate(id: string, position: CarryRulePosition): Omit<GateSpec, "group"> {
  return {
    id,
    positionId: position.positionId,
    label: "Price is outside the position's range",
    value: position.isInRange ? 1 : 0,
    threshold: 0,
    unit: "count",
    comparison: "=",
    passes: !position.isInRange,
    detail: position.isInRange ? "in range" : "out of range",
  };
}

function closeAndRestoreGates(position: CarryRulePosition, entry: EntryRules): readonly Gate[] {
  const { positionId, source } = position;
  return gateGroup("close_and_restore", [
    cashGate("close_and_restore.cash_allowed", position, entry.allowCash),
    outOfRangeGate("close_and_restore.out", position),
    {
      id: "close_and_restore.not_worth",
      positionId,
      label: "The pool is not worth entering again",
      value: position.bestNetUsdPerYear,
      threshold: 0,
      unit: "usdPerYear",
      comparison: "<=",
      passes: source === "measured" && !isWorthEntering(position, entry),
      detail: source === "measured" ? worthDetail(position, entry) : "an estimate never closes",
    },
    ageGate("close_and_restore.age", position, OUT_OF_RANGE_AGE),
  ]);
}

function shiftOutGates(position: CarryRulePosition, entry: EntryRules): readonly Gate[] {
  return gateGroup("range_shift_out", [
    outOfRangeGate("range_shift_out.out", position),
    worthGate("range_shift_out.worth", position, entry),
    ageGate("range_shift_out.age", position, OUT_OF_RANGE_AGE),
  ]);
}

function shiftWidthGates(position: CarryRulePosition, entry: EntryRules): readonly Gate[] {
  const { positionId, width, bestWidth, bestNetUsdPerYear, netNowUsdPerYear, bestExitYears, shiftCostUsd } = position;
  const ratio = bestWidth === null ? Number.NaN : Math.max(width / bestWidth, bestWidth / width);
  const years = Math.min(bestExitYears ?? Number.NaN, WIDTH_HORIZON_YEARS);
  const earnedUsd = ((bestNetUsdPerYear ?? Number.NaN) - (netNowUsdPerYear ?? Number.NaN)) * years;
  return gateGroup("range_shift_width", [
    worthGate("range_shift_width.worth", position, entry),
    {
      id: "range_shift_width.ratio",
      positionId,
      label: "Half-width against the best one, larger over smaller",
      value: ratio,
      threshold: WIDTH_RATIO,
      unit: "ratio",
      comparison: ">=",
      passes: ratio >= WIDTH_RATIO,
    },
    {
      id: "range_shift_width.cost",
      positionId,
      label: "Cost of the shift against what the better width earns while it lasts",
      value: shiftCostUsd,
      threshold: earnedUsd / WIDTH_COST_FACTOR,
      unit: "usd",
      comparison: "<=",
      passes: earnedUsd >= WIDTH_COST_FACTOR * shiftCostUsd,
    },
    ageGate("range_shift_width.age", position, WIDTH_AGE),
  ]);
}

interface OpenRule {
  readonly openUsd: Readonly<Record<string, number>>;
  readonly isWaitingForAge: boolean;
  readonly gates: readonly Gate[];
}

function isOldEnough(pool: CarryCandidate): boolean {
  return pool.sinceCloseEpochs === null || pool.sinceCloseEpochs >= REOPEN_AGE;
}

/** Opens target pools without a position from idle money, in proportion when there is too little. */
function openRule(input: CarryRuleInput, entry: EntryRules): OpenRule {
  const wanted = input.candidates
    .filter((pool) => pool.targetUsd > 0)
    .toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const worth = wanted.filter((pool) => isWorthEntering(pool, entry));
  const free = worth.filter(isOldEnough);
  const freeUsd = free.reduce((sum, pool) => sum + pool.targetUsd, 0);
  const idleUsd = Math.max(0, input.openableUsd);
  const amountOf = (pool: CarryCandidate, totalUsd: number): number =>
    pool.targetUsd * Math.min(1, totalUsd > 0 ? idleUsd / totalUsd : 0);

  const openUsd: Record<string, number> = {};
  let isWaitingForAge = false;
  const gates = wanted.flatMap((pool) => {
    const oldEnough = isOldEnough(pool);
    const isWorth = isWorthEntering(pool, entry);
    const amountUsd = amountOf(pool, oldEnough && isWorth ? freeUsd : freeUsd + pool.targetUsd);
    const hasMoney = amountUsd > 0 && amountUsd >= pool.minUsd;
    if (isWorth && oldEnough && hasMoney) openUsd[pool.id] = amountUsd;
    if (isWorth && !oldEnough && hasMoney) isWaitingForAge = true;
    return gateGroup("open", [
      {
        id: `open.worth:${pool.id}`,
        label: `Expected net of opening in ${pool.name ?? pool.id}`,
        value: pool.bestNetUsdPerYear,
        threshold: entry.allowCash ? leastNetUsd(pool, entry) : null,
        unit: "usdPerYear",
        comparison: ">",
        passes: isWorth,
        detail: worthDetail(pool, entry),
      },
      {
        id: `open.age:${pool.id}`,
        label: `Epochs since the last close in ${pool.name ?? pool.id}`,
        value: pool.sinceCloseEpochs,
        threshold: REOPEN_AGE,
        unit: "count",
        comparison: ">=",
        passes: oldEnough,
        detail: pool.sinceCloseEpochs === null ? "never closed there" : "",
      },
      {
        id: `open.idle:${pool.id}`,
        label: `Idle money for ${pool.name ?? pool.id} above the cash reserve`,
        value: amountUsd,
        threshold: pool.minUsd,
        unit: "usd",
        comparison: ">=",
        passes: hasMoney,
      },
    ]);
  });
  if (wanted.length > 0) return { openUsd, isWaitingForAge, gates };
  // Nothing to open: say how near the best pool is.
  const best = bestCandidate(input.candidates);
  const missing = gateGroup("open", [
    {
      id: "open.kappa",
      label: "Best fees over losses (kappa) of the pools without a position",
      value: best?.kappa ?? null,
      threshold: entry.carry.kappaEntry,
      unit: "ratio",
      comparison: ">=",
      passes: false,
      detail: best === null ? "no such pool has rates" : `${best.source} in ${best.name ?? best.id}`,
    },
  ]);
  return { openUsd, isWaitingForAge, gates: input.candidates.length === 0 ? [] : missing };
}

function bestCandidate(candidates: readonly CarryCandidate[]): CarryCandidate | null {
  let best: CarryCandidate | null = null;
  for (const pool of candidates) {
    if (hasRates(pool) && (best === null || (pool.kappa ?? 0) > (best.kappa ?? 0))) best = pool;
  }
  return best;
}
