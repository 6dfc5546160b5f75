// Vectors of ticks, liquidity and amounts (strategy.md section 5): exact integers.
import * as z from "zod";
import { amountsForLiquidity, burnMins, liquidityForAmounts, mintMins, type PoolAmounts } from "@/lib/amm/liquidity";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import { rangeToTicks, ticksToRange } from "@/lib/amm/ticks";
import { defineRunner, hasKeys, looseNumber, type CaseRunner, type VectorCase } from "./case-runner";
import { expectClose } from "./compare";

/** The lists of the ticks file are compared exactly, its effective prices relative to this. */
const EFFECTIVE_TOLERANCE = 1e-10;

const frameSchema = z.object({ decBase: z.number(), decQuote: z.number(), baseIsToken0: z.boolean() });
const ticksOutSchema = z.array(
  z.object({ tickLower: z.number(), tickUpper: z.number(), effMin: z.number(), effMax: z.number() }).nullable(),
);

/** Accepts a list whose first entry passes, or an empty list under the runner's own name. */
function listOf(name: string, fits: (first: unknown) => boolean): (entry: VectorCase) => boolean {
  return (entry) => {
    if (!Array.isArray(entry.in)) return false;
    return entry.in.length === 0 ? entry.name.startsWith(name) : fits(entry.in[0]);
  };
}

function amountTexts(amounts: PoolAmounts): string[] {
  return [amounts.amount0.toString(), amounts.amount1.toString()];
}

export const AMM_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "ticks",
    accepts: listOf("sqrtAtTick", (first) => typeof first === "number"),
    in: z.array(z.number()),
    check: (ticks, entry) =>
      expectClose(
        ticks.map((tick) => sqrtAtTick(tick).toString()),
        entry.out,
        0,
      ),
  }),
  defineRunner({
    topic: "ticks",
    accepts: listOf("tickAtSqrt", (first) => typeof first === "string"),
    in: z.array(z.string()),
    check: (roots, entry) =>
      expectClose(
        roots.map((root) => tickAtSqrt(BigInt(root))),
        entry.out,
        0,
      ),
  }),
  defineRunner({
    topic: "ticks",
    accepts: listOf("priceToSqrt", (first) => hasKeys(["price", "decBase", "decQuote"])({ in: first })),
    in: z.array(frameSchema.extend({ price: looseNumber })),
    check: (inputs, entry) =>
      expectClose(
        inputs.map((input) => {
          const root = priceToSqrt(input.price, input);
          return root === null ? null : { sqrtX96: root.toString(), tick: tickAtSqrt(root) };
        }),
        entry.out,
        0,
      ),
  }),
  defineRunner({
    topic: "ticks",
    accepts: listOf("rangeToTicks", (first) => hasKeys(["min", "max", "spacing"])({ in: first })),
    in: z.array(frameSchema.extend({ min: looseNumber, max: looseNumber, spacing: z.number() })),
    check: (inputs, entry) => {
      const out = ticksOutSchema.parse(entry.out);
      if (inputs.length !== out.length) {
        throw new Error(`out: expected one entry per input (${inputs.length}), the file has ${out.length}`);
      }
      inputs.forEach((input, index) => {
        const ticks = rangeToTicks({ min: input.min, max: input.max }, input.spacing, input);
        const expected = out[index] ?? null;
        if (expected === null) {
          expectClose(ticks, null, 0, `out[${index}]`);
          return;
        }
        const { effMin, effMax, ...exact } = expected;
        expectClose(ticks, exact, 0, `out[${index}]`);
        const effective = ticks === null ? null : ticksToRange(ticks.tickLower, ticks.tickUpper, input);
        expectClose(effective, { min: effMin, max: effMax }, EFFECTIVE_TOLERANCE, `out[${index}].effective`);
      });
    },
  }),
  defineRunner({
    topic: "liquidity",
    accepts: hasKeys(["sqrtP", "tickLower", "tickUpper", "amount0", "amount1", "slippageBps"]),
    in: z.object({
      sqrtP: z.string(),
      tickLower: z.number(),
      tickUpper: z.number(),
      amount0: z.string(),
      amount1: z.string(),
      slippageBps: z.number(),
    }),
    check: (input, entry, tolerance) => {
      const sqrtP = BigInt(input.sqrtP);
      const bounds = { sqrtAX96: sqrtAtTick(input.tickLower), sqrtBX96: sqrtAtTick(input.tickUpper) };
      const desired = { amount0: BigInt(input.amount0), amount1: BigInt(input.amount1) };
      const liquidity = liquidityForAmounts(sqrtP, bounds, desired);
      const computed = {
        liquidity: liquidity.toString(),
        amountsDown: amountTexts(amountsForLiquidity(sqrtP, bounds, liquidity, "down")),
        amountsUp: amountTexts(amountsForLiquidity(sqrtP, bounds, liquidity, "up")),
        mintMins: amountTexts(mintMins(sqrtP, bounds, desired, input.slippageBps)),
        burnMins: amountTexts(burnMins(sqrtP, bounds, liquidity, input.slippageBps)),
      };
      expectClose(computed, entry.out, tolerance);
    },
  }),
];
