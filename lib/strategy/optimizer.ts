// Optimizer: searches the unit cube of the five range parameters and accepts a result only when unseen bars agree.
import { mulberry32, fnv1a32 } from "@/lib/math/rng";
import { drain } from "@/lib/math/drain";
import {
  NELDER_MEAD_F_TOLERANCE,
  NELDER_MEAD_STEP,
  NELDER_MEAD_X_TOLERANCE,
  nelderMeadSteps,
} from "@/lib/math/nelder-mead";
import type { PairId } from "@/lib/units";
import type { Fitness } from "./fitness";
import { cubeOfRangeParams, isCubePoint, RANGE_PARAM_BOUNDS, rangeParamsOfCube, type RangeParams } from "./params";

export interface OptimizerInput {
  readonly fitness: Fitness;
  readonly pairId: PairId;
  readonly epoch: number;
  readonly defaults: RangeParams;
  /** Last accepted parameters; null at first. */
  readonly incumbent: RangeParams | null;
  /** Point of the unit cube the last search ended on; ignored when its length or an entry is invalid. */
  readonly warmStart: readonly number[] | null;
}

export type OptimizerVerdict = "accepted" | "kept_incumbent" | "defaults" | "too_few_bars";

export interface OptimizerResult {
  readonly params: RangeParams;
  readonly verdict: OptimizerVerdict;
  /** Best point of the search in the unit cube, to warm start the next one. */
  readonly warmStart: readonly number[] | null;
  /** Objective of the best point, the defaults and the incumbent; null when nothing was searched. */
  readonly objective: number | null;
  readonly objectiveDefaults: number | null;
  readonly holdout: number | null;
  readonly holdoutIncumbent: number | null;
  readonly evals: number;
}

/** Below this many M15 bars (10 days) the defaults serve. */
const MIN_BARS = 960;
const WARM_EVALS = 150;
const DEFAULT_EVALS = 75;
const RANDOM_EVALS = 75;

/** Deterministic: the same bars, pair, epoch and starts give the same result (strategy.md sections 8 and 9). */
export function optimizeRangeParams(input: OptimizerInput): OptimizerResult {
  return drain(optimizeRangeParamsSteps(input));
}

/** The same search, pausing after each evaluation of the objective: results are bit-equal. */
export function* optimizeRangeParamsSteps(input: OptimizerInput): Generator<void, OptimizerResult> {
  const { fitness, defaults, incumbent } = input;
  if (fitness.length < MIN_BARS) {
    return {
      params: defaults,
      verdict: "too_few_bars",
      warmStart: null,
      objective: null,
      objectiveDefaults: null,
      holdout: null,
      holdoutIncumbent: null,
      evals: 0,
    };
  }
  const loss = (point: readonly number[]): number => -fitness.score(rangeParamsOfCube(point)).objective;
  let best: { readonly x: readonly number[]; readonly f: number } | null = null;
  let evals = 0;
  for (const start of searchStarts(input)) {
    const result = yield* nelderMeadSteps(loss, start.point, {
      maxEvals: start.evals,
      step: NELDER_MEAD_STEP,
      fTolerance: NELDER_MEAD_F_TOLERANCE,
      xTolerance: NELDER_MEAD_X_TOLERANCE,
    });
    evals += result.evals;
    if (best === null || result.f < best.f) best = result;
  }
  const point = best?.x ?? cubeOfRangeParams(defaults);
  const params = rangeParamsOfCube(point);
  const reference = incumbent ?? defaults;
  const objective = fitness.score(params).objective;
  const objectiveDefaults = fitness.score(defaults).objective;
  yield;
  const holdout = fitness.holdout(params);
  const holdoutIncumbent = fitness.holdout(reference);
  yield;
  const report = { warmStart: point, objective, objectiveDefaults, holdout, holdoutIncumbent, evals };
  if (objective > objectiveDefaults && holdout >= holdoutIncumbent) return { params, verdict: "accepted", ...report };
  if (incumbent !== null && fitness.score(incumbent).objective >= objectiveDefaults) {
    return { params: incumbent, verdict: "kept_incumbent", ...report };
  }
  return { params: defaults, verdict: "defaults", ...report };
}

/** Warm start when there is a valid one, the defaults, and one point drawn from pair and epoch. */
function searchStarts(input: OptimizerInput): readonly { readonly point: readonly number[]; readonly evals: number }[] {
  const { warmStart } = input;
  const draw = mulberry32(fnv1a32(input.pairId) ^ input.epoch);
  const starts = [
    { point: cubeOfRangeParams(input.defaults), evals: DEFAULT_EVALS },
    { point: RANGE_PARAM_BOUNDS.map(() => draw()), evals: RANDOM_EVALS },
  ];
  return warmStart !== null && isCubePoint(warmStart) ? [{ point: warmStart, evals: WARM_EVALS }, ...starts] : starts;
}
