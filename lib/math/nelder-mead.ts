// Nelder-Mead on the unit cube with Gao-Han coefficients, deterministic (strategy.md section 8).
import { drain } from "./drain";

export interface NelderMeadOptions {
  readonly maxEvals: number;
  /** Edge of the first simplex. */
  readonly step: number;
  /** Stop when the spread of f is at most this ... */
  readonly fTolerance: number;
  /** ... and no coordinate is farther than this from the best point. */
  readonly xTolerance: number;
}

export interface NelderMeadResult {
  readonly x: readonly number[];
  readonly f: number;
  readonly evals: number;
  readonly iterations: number;
}

export const NELDER_MEAD_STEP = 0.1;
export const NELDER_MEAD_F_TOLERANCE = 1e-9;
export const NELDER_MEAD_X_TOLERANCE = 1e-6;

/** Stands for an invalid function value: worse than any real one. */
const INVALID_F = 1e300;

interface Vertex {
  readonly x: readonly number[];
  readonly f: number;
}

/** Minimises `objective` over [0,1]^n from `start`. Coordinates that are not numbers start at 0.5. */
export function nelderMead(
  objective: (x: readonly number[]) => number,
  start: readonly number[],
  options: NelderMeadOptions,
): NelderMeadResult {
  return drain(nelderMeadSteps(objective, start, options));
}

/** The same search, pausing after each evaluation of `objective`: results are bit-equal. */
export function* nelderMeadSteps(
  objective: (x: readonly number[]) => number,
  start: readonly number[],
  options: NelderMeadOptions,
): Generator<void, NelderMeadResult> {
  const n = start.length;
  let evals = 0;
  function* evaluate(x: readonly number[]): Generator<void, Vertex> {
    evals += 1;
    const f = objective(x);
    yield;
    return { x, f: Number.isFinite(f) ? f : INVALID_F };
  }
  const origin = start.map((value) => (Number.isFinite(value) ? clampUnit(value) : 0.5));
  const first = yield* evaluate(origin);
  if (n === 0) return { x: origin, f: first.f, evals, iterations: 0 };

  const alpha = 1;
  const beta = 1 + 2 / n;
  const gamma = 0.75 - 1 / (2 * n);
  const delta = 1 - 1 / n;

  const simplex: Vertex[] = [first];
  for (let dimension = 0; dimension < n; dimension += 1) {
    const x = origin.slice();
    const moved = origin[dimension]! + options.step;
    x[dimension] = clampUnit(moved > 1 ? origin[dimension]! - options.step : moved);
    simplex.push(yield* evaluate(x));
  }

  let iterations = 0;
  for (;;) {
    simplex.sort((left, right) => left.f - right.f);
    const best = simplex[0]!;
    const worst = simplex[n]!;
    if (evals >= options.maxEvals) break;
    if (worst.f - best.f <= options.fTolerance && largestDistance(simplex) <= options.xTolerance) break;
    iterations += 1;

    const centroid = Array.from({ length: n }, (_, dimension) => {
      let sum = 0;
      for (let vertex = 0; vertex < n; vertex += 1) sum += simplex[vertex]!.x[dimension]!;
      return sum / n;
    });
    const move = (factor: number): Generator<void, Vertex> =>
      evaluate(centroid.map((centre, dimension) => clampUnit(centre + factor * (centre - worst.x[dimension]!))));

    const reflected = yield* move(alpha);
    if (reflected.f < best.f) {
      const expanded = yield* move(alpha * beta);
      simplex[n] = expanded.f < reflected.f ? expanded : reflected;
      continue;
    }
    if (reflected.f < simplex[n - 1]!.f) {
      simplex[n] = reflected;
      continue;
    }
    if (reflected.f < worst.f) {
      const outside = yield* move(alpha * gamma);
      if (outside.f <= reflected.f) {
        simplex[n] = outside;
        continue;
      }
    } else {
      const inside = yield* move(-gamma);
      if (inside.f < worst.f) {
        simplex[n] = inside;
        continue;
      }
    }
    for (let index = 1; index <= n; index += 1) {
      const { x } = simplex[index]!;
      simplex[index] = yield* evaluate(x.map((value, d) => clampUnit(best.x[d]! + delta * (value - best.x[d]!))));
    }
  }
  const best = simplex[0]!;
  return { x: best.x, f: best.f, evals, iterations };
}

/** Largest coordinate distance of any vertex to the best one. */
function largestDistance(simplex: readonly Vertex[]): number {
  const best = simplex[0]!;
  let largest = 0;
  for (const vertex of simplex) {
    for (let dimension = 0; dimension < best.x.length; dimension += 1) {
      largest = Math.max(largest, Math.abs(vertex.x[dimension]! - best.x[dimension]!));
    }
  }
  return largest;
}

function clampUnit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
