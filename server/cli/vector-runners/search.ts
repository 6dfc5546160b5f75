// Vectors of the simplex search and of the objective it serves (strategy.md sections 8 and 9).
import * as z from "zod";
import { sliceCandles } from "@/lib/market/candle";
import { generateSeries } from "@/lib/market/generate-bars";
import { nelderMead } from "@/lib/math/nelder-mead";
import { mulberry32 } from "@/lib/math/rng";
import { createFitness, prepareFitnessBars } from "@/lib/strategy/fitness";
import { computeSigmaPerBar, computeVforce } from "@/lib/strategy/volatility";
import { defineRunner, hasKeys, looseNumber, type CaseRunner } from "./case-runner";
import { expectClose } from "./compare";
import { generatorSchema, rangeParamsSchema } from "./shapes";

const NAN = Number.NaN;
const M15_MINUTES = 15;

/** Functions the vectors name; each is described in the README of the vectors. */
const TEST_FUNCTIONS: Readonly<Record<string, (x: readonly number[]) => number>> = {
  sphere5: (x) => x.reduce((sum, value) => sum + (value - 0.3) ** 2, 0),
  ellipsoid5: (x) => x.reduce((sum, value, index) => sum + 10 ** index * (value - 0.1 * (index + 1)) ** 2, 0),
  rosenbrock2: (x) => {
    const y = x.map((value) => 4 * value - 2);
    let sum = 0;
    for (let index = 0; index + 1 < y.length; index += 1) {
      const here = y[index] ?? NAN;
      const next = y[index + 1] ?? NAN;
      sum += 100 * (next - here * here) ** 2 + (1 - here) ** 2;
    }
    return sum;
  },
  corner3: (x) => x.reduce((sum, value) => sum + value, 0),
  plateau3: (x) => {
    const [a = NAN, b = NAN, c = NAN] = x;
    return a < 0.4 ? NAN : (a - 0.4) ** 2 + (b - 0.5) ** 2 + c;
  },
};

/** Long runs only have to arrive: two implementations may differ in the last bit of a step. */
const arrivalSchema = z.looseObject({ fMax: z.number(), evalsMax: z.number() });

export const SEARCH_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "neldermead",
    accepts: hasKeys(["f", "x0", "maxEvals"]),
    in: z.object({
      f: z.string(),
      x0: z.array(looseNumber),
      maxEvals: z.number(),
      step: z.number(),
      ftol: z.number(),
      xtol: z.number(),
    }),
    check: (input, entry, tolerance) => {
      const objective = TEST_FUNCTIONS[input.f];
      if (objective === undefined) {
        throw new Error(`no function "${input.f}" is described; known are ${Object.keys(TEST_FUNCTIONS).join(", ")}`);
      }
      const result = nelderMead(objective, input.x0, {
        maxEvals: input.maxEvals,
        step: input.step,
        fTolerance: input.ftol,
        xTolerance: input.xtol,
      });
      const arrival = arrivalSchema.safeParse(entry.out);
      if (!arrival.success) {
        const computed = { x: result.x, f: result.f, evals: result.evals, iters: result.iterations };
        expectClose(computed, entry.out, tolerance);
        return;
      }
      const { fMax, evalsMax } = arrival.data;
      if (!(result.f <= fMax)) throw new Error(`f: expected at most ${fMax}, got ${result.f}`);
      if (!(result.evals <= evalsMax)) throw new Error(`evals: expected at most ${evalsMax}, got ${result.evals}`);
    },
  }),
  defineRunner({
    topic: "objective",
    accepts: hasKeys(["gen", "vfLookback", "ctx", "params"]),
    in: z.object({
      gen: generatorSchema,
      vfLookback: z.number(),
      biasSeed: z.number().nullish(),
      ctx: z.object({
        capital: looseNumber,
        minGapBars: looseNumber,
        poolL: looseNumber,
        feeDay: looseNumber,
        gasRs: looseNumber,
        swapCost: looseNumber,
        minWidth: looseNumber,
      }),
      params: rangeParamsSchema,
    }),
    check: ({ gen, vfLookback, biasSeed, ctx, params }, entry, tolerance) => {
      const series = generateSeries(gen);
      const vforce = new Float64Array(series.length);
      const bias = new Float64Array(series.length);
      const draw = typeof biasSeed === "number" ? mulberry32(biasSeed) : null;
      for (let index = 0; index < series.length; index += 1) {
        const window = sliceCandles(series, index - vfLookback + 1, index + 1);
        vforce[index] = computeVforce(computeSigmaPerBar(window), M15_MINUTES);
        bias[index] = draw === null ? 0 : 0.6 * (draw() - 0.5);
      }
      const fitness = createFitness(prepareFitnessBars(series, vforce, bias), {
        capitalUsd: ctx.capital,
        minGapBars: ctx.minGapBars,
        othersLiquidity: ctx.poolL,
        feeUsdPerDay: ctx.feeDay,
        gasRsUsd: ctx.gasRs,
        swapCostFrac: ctx.swapCost,
        minWidth: ctx.minWidth,
      });
      const full = fitness.simulate(params, 0, series.length);
      const score = fitness.score(params);
      const computed = {
        J: score.objective,
        folds: score.folds,
        holdout: fitness.holdout(params),
        full: {
          net: full.netPerYear,
          fee: full.feePerYear,
          lvr: full.lvrPerYear,
          cost: full.costPerYear,
          rs: full.rangeShifts,
        },
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
];
