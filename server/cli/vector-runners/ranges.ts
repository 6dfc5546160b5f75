// Vectors of ranges and their divergence (strategy.md section 4).
import * as z from "zod";
import { computeDivergence, computeRange } from "@/lib/strategy/range";
import { defineRunner, hasKeys, looseNumber, type CaseRunner } from "./case-runner";
import { expectClose } from "./compare";
import { rangeParamsSchema } from "./shapes";

export const RANGE_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "range",
    accepts: hasKeys(["price", "v", "m", "t", "params", "widen", "minWidth"]),
    in: z.object({
      price: looseNumber,
      v: looseNumber,
      m: looseNumber,
      t: looseNumber,
      params: rangeParamsSchema,
      widen: looseNumber,
      minWidth: looseNumber,
    }),
    check: ({ price, v, m, t, params, widen, minWidth }, entry, tolerance) => {
      const range = computeRange({ price, forces: { v, m, t }, params, widenFactor: widen, minWidth });
      expectClose(range, entry.out, tolerance);
    },
  }),
  defineRunner({
    topic: "divergence",
    accepts: hasKeys(["a", "b", "c", "d"]),
    in: z.object({ a: looseNumber, b: looseNumber, c: looseNumber, d: looseNumber }),
    check: ({ a, b, c, d }, entry, tolerance) =>
      expectClose(computeDivergence({ min: a, max: b }, { min: c, max: d }), entry.out, tolerance),
  }),
];
