// Runs every reference vector at the tolerance its file states; see README.md for where they come from.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { amountsForLiquidity, burnMins, liquidityForAmounts, mintMins, type PoolAmounts } from "@/lib/amm/liquidity";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import { rangeToTicks, ticksToRange } from "@/lib/amm/ticks";
import {
  candleSeriesFromRows,
  fillCandles,
  normaliseCandles,
  sliceCandles,
  type CandleSeries,
} from "@/lib/market/candle";
import { mergeVenues } from "@/lib/market/merge-venues";
import { H1_MINUTES, M15_MINUTES, resampleCandles } from "@/lib/market/resample";
import { mulberry32 } from "@/lib/math/rng";
import { nelderMead } from "@/lib/math/nelder-mead";
import { computeEpochPnl } from "@/lib/portfolio/pnl";
import { baseShareFrac, unitHoldings } from "@/lib/portfolio/valuation";
import { allocate } from "@/lib/strategy/allocation";
import { applyDecisionRules } from "@/lib/strategy/decision-rules";
import {
  computePoolTerms,
  computeVolumeUsdPerDay,
  depthOfLiquidityUsd,
  incomeUsdPerYear,
  lvrRatePerYear,
  meanExitYears,
  timeInRangeFrac,
} from "@/lib/strategy/economics";
import { createFitness, prepareFitnessBars } from "@/lib/strategy/fitness";
import { computeForces, computeFrameForces } from "@/lib/strategy/forces";
import { computeKillSwitch } from "@/lib/strategy/kill-switch";
import { computeDivergence, computeRange } from "@/lib/strategy/range";
import { computeRegime } from "@/lib/strategy/regime";
import { gapStd } from "@/lib/strategy/trend";
import { computeSigmaPerBar, computeVforce } from "@/lib/strategy/volatility";
import { positionId } from "@/lib/units";
import { generateSeries, generatorSchema } from "./generate-bars";
import { countCases, expectClose, readVectors } from "./vector-file";

const anything = z.unknown();
const nullable = z.number().nullable();
const NAN = Number.NaN;
const rowsSchema = z.array(z.array(nullable));
const rangeParamsSchema = z.object({
  baseMin: z.number(),
  baseMax: z.number(),
  vforceExp: z.number(),
  vforceDivider: z.number(),
  rsThreshold: z.number(),
});

/** Rows with their mark, the way the vectors list them. */
function rowsWithMarks(series: CandleSeries): number[][] {
  return Array.from({ length: series.length }, (_, index) =>
    [series.openAtMs, series.open, series.high, series.low, series.close, series.volume, series.marks].map(
      (column) => column[index] ?? NAN,
    ),
  );
}

function seriesOf(timeframeMs: number, rows: readonly (readonly (number | null)[])[]): CandleSeries {
  return candleSeriesFromRows(
    timeframeMs,
    rows.map((row) => row.map((value) => value ?? NAN)),
  );
}

function amountTexts(amounts: PoolAmounts): string[] {
  return [amounts.amount0.toString(), amounts.amount1.toString()];
}

/** One test per case, and a test that no case of the file was left out. */
function suite(file: string, run: () => { readonly count: number }): void {
  describe(file, () => {
    const { count } = run();
    it("behavior: every case of the file is run", () => {
      expect(count).toBe(countCases(file));
    });
  });
}

function each<In, Out>(
  file: string,
  schemas: { readonly in: z.ZodType<In>; readonly out: z.ZodType<Out> },
  run: (input: In, tolerance: number, out: Out, name: string) => unknown,
  select?: (name: string) => boolean,
): number {
  const { tolerance, cases } = readVectors(file, schemas, select);
  cases.forEach((entry, index) => {
    it(`${entry.name} (${index})`, () => {
      const actual = run(entry.in, tolerance, entry.out, entry.name);
      if (actual !== DONE) expectClose(actual, entry.out, tolerance);
    });
  });
  return cases.length;
}

/** Returned by a run that compared its output itself. */
const DONE = Symbol("compared");

suite("candles", () => {
  const single = each(
    "candles",
    { in: z.object({ rows: rowsSchema, now: z.number() }), out: anything },
    ({ rows, now }) => {
      const m1 = fillCandles(normaliseCandles(rows, now));
      return {
        m1: rowsWithMarks(m1),
        m15: rowsWithMarks(resampleCandles(m1, M15_MINUTES, now)),
        h1: rowsWithMarks(resampleCandles(m1, H1_MINUTES, now)),
      };
    },
    (name) => !name.startsWith("merge"),
  );
  const merged = each(
    "candles",
    { in: z.object({ sources: z.array(z.object({ weight: z.number(), rows: rowsSchema })) }), out: anything },
    ({ sources }) => ({
      merged: rowsWithMarks(
        mergeVenues(sources.map((source) => ({ weight: source.weight, candles: seriesOf(60_000, source.rows) }))),
      ).map((row) => row.slice(0, 6)),
    }),
    (name) => name.startsWith("merge"),
  );
  return { count: single + merged };
});

suite("forces", () => {
  const frame = each(
    "forces",
    { in: z.object({ tfMin: z.number(), bars: rowsSchema }), out: anything },
    ({ tfMin, bars }) => {
      const series = seriesOf(tfMin * 60_000, bars);
      const forces = computeFrameForces(series, tfMin);
      return { sigma: forces.sigmaPerBar, v: forces.v, m: forces.m, t: forces.t };
    },
    (name) => name !== "gap_std" && !name.startsWith("composite"),
  );
  const gap = each(
    "forces",
    { in: anything, out: z.object({ gapStd: z.record(z.string(), z.number()) }) },
    (_, __, out) => ({
      gapStd: Object.fromEntries(
        Object.keys(out.gapStd).map((key) => {
          const [shortBars = 0, longBars = 0] = key.split(",").map(Number);
          return [key, gapStd(shortBars, longBars)];
        }),
      ),
    }),
    (name) => name === "gap_std",
  );
  const composite = each(
    "forces",
    {
      in: z.object({ gen: generatorSchema, now: z.number() }),
      out: z.object({ frames: z.record(z.string(), anything) }).loose(),
    },
    ({ gen, now }, _, out) => {
      const forces = computeForces(generateSeries(gen), now);
      expect(Object.keys(forces.frames).toSorted()).toEqual(Object.keys(out.frames).toSorted());
      return forces;
    },
    (name) => name.startsWith("composite"),
  );
  return { count: frame + gap + composite };
});

suite("range", () => ({
  count: each(
    "range",
    {
      in: z.object({
        price: nullable,
        v: nullable,
        m: nullable,
        t: nullable,
        params: rangeParamsSchema,
        widen: z.number(),
        minWidth: z.number(),
      }),
      out: anything,
    },
    (input) =>
      computeRange({
        price: input.price ?? NAN,
        forces: { v: input.v ?? NAN, m: input.m ?? NAN, t: input.t ?? NAN },
        params: input.params,
        widenFactor: input.widen,
        minWidth: input.minWidth,
      }),
  ),
}));

suite("divergence", () => ({
  count: each(
    "divergence",
    { in: z.object({ a: nullable, b: nullable, c: nullable, d: nullable }), out: anything },
    ({ a, b, c, d }) => computeDivergence({ min: a ?? NAN, max: b ?? NAN }, { min: c ?? NAN, max: d ?? NAN }),
  ),
}));

suite("ticks", () => {
  const frameSchema = z.object({ decBase: z.number(), decQuote: z.number(), baseIsToken0: z.boolean() });
  const atTick = each(
    "ticks",
    { in: z.array(z.number()), out: anything },
    (ticks) => ticks.map((tick) => sqrtAtTick(tick).toString()),
    (name) => name === "sqrtAtTick",
  );
  const atSqrt = each(
    "ticks",
    { in: z.array(z.string()), out: anything },
    (roots) => roots.map((root) => tickAtSqrt(BigInt(root))),
    (name) => name === "tickAtSqrt",
  );
  const toSqrt = each(
    "ticks",
    { in: z.array(frameSchema.extend({ price: z.number() })), out: anything },
    (inputs) =>
      inputs.map((input) => {
        const root = priceToSqrt(input.price, input);
        return root === null ? null : { sqrtX96: root.toString(), tick: tickAtSqrt(root) };
      }),
    (name) => name === "priceToSqrt",
  );
  const toTicks = each(
    "ticks",
    {
      in: z.array(frameSchema.extend({ min: z.number(), max: z.number(), spacing: z.number() })),
      out: z.array(z.object({ tickLower: z.number(), tickUpper: z.number(), effMin: z.number(), effMax: z.number() })),
    },
    (inputs, _, out) => {
      expect(inputs).toHaveLength(out.length);
      inputs.forEach((input, index) => {
        const expected = out[index];
        const ticks = rangeToTicks(input, input.spacing, input);
        expect(ticks).toEqual({ tickLower: expected?.tickLower, tickUpper: expected?.tickUpper });
        if (ticks === null) return;
        const effective = ticksToRange(ticks.tickLower, ticks.tickUpper, input);
        // The README states 1e-10 relative for the effective prices, 0 for the rest of the file.
        expectClose(effective.min, expected?.effMin, 1e-10, `[${index}].effMin`);
        expectClose(effective.max, expected?.effMax, 1e-10, `[${index}].effMax`);
      });
      return DONE;
    },
    (name) => name === "rangeToTicks",
  );
  return { count: atTick + atSqrt + toSqrt + toTicks };
});

suite("liquidity", () => ({
  count: each(
    "liquidity",
    {
      in: z.object({
        sqrtP: z.string(),
        tickLower: z.number(),
        tickUpper: z.number(),
        amount0: z.string(),
        amount1: z.string(),
        slippageBps: z.number(),
      }),
      out: anything,
    },
    (input) => {
      const sqrtP = BigInt(input.sqrtP);
      const bounds = { sqrtAX96: sqrtAtTick(input.tickLower), sqrtBX96: sqrtAtTick(input.tickUpper) };
      const desired = { amount0: BigInt(input.amount0), amount1: BigInt(input.amount1) };
      const liquidity = liquidityForAmounts(sqrtP, bounds, desired);
      return {
        liquidity: liquidity.toString(),
        amountsDown: amountTexts(amountsForLiquidity(sqrtP, bounds, liquidity, "down")),
        amountsUp: amountTexts(amountsForLiquidity(sqrtP, bounds, liquidity, "up")),
        mintMins: amountTexts(mintMins(sqrtP, bounds, desired, input.slippageBps)),
        burnMins: amountTexts(burnMins(sqrtP, bounds, liquidity, input.slippageBps)),
      };
    },
  ),
}));

suite("economics", () => {
  const position = each(
    "economics",
    {
      in: z.object({ P: z.number(), pa: z.number(), pb: z.number(), sigma: z.number(), T: z.number() }),
      out: anything,
    },
    ({ P, pa, pb, sigma, T }) => {
      const unit = unitHoldings(P, pa, pb);
      return {
        unitBase: unit.base,
        unitQuote: unit.quote,
        unitValue: unit.value,
        baseShare: baseShareFrac(P, pa, pb),
        lvrRate: lvrRatePerYear(P, pa, pb, sigma),
        inRange: timeInRangeFrac(P, pa, pb, sigma, T),
        exitYears: meanExitYears(P, pa, pb, sigma),
      };
    },
    (name) => name.startsWith("pos"),
  );
  const terms = each(
    "economics",
    {
      in: z.object({
        P: z.number(),
        pa: z.number(),
        pb: z.number(),
        sig: z.number(),
        poolL: z.number(),
        volDay: z.number(),
        fee: z.number(),
        protocolShare: z.number(),
        quoteUsd: z.number(),
        swapCost: z.number(),
        gasRs: z.number(),
        gasOpen: z.number(),
        isOpen: z.boolean(),
        horizonDays: z.number(),
        xs: z.array(z.number()),
      }),
      out: anything,
    },
    (input) => {
      const range = { min: input.pa, max: input.pb };
      const computed = computePoolTerms({
        price: input.P,
        range,
        sigmaPerYear: input.sig,
        depthUsd: depthOfLiquidityUsd(input.poolL, input.P, range, input.quoteUsd),
        volumeUsdPerDay: input.volDay,
        feeFrac: input.fee,
        protocolShareFrac: input.protocolShare,
        swapCostFrac: input.swapCost,
        gasRsUsd: input.gasRs,
        gasOpenUsd: input.gasOpen,
        isOpen: input.isOpen,
        amortizeDays: input.horizonDays,
      });
      return {
        R: computed.revenueUsdPerYear,
        D: computed.depthUsd,
        c: computed.costPerYear,
        F: computed.fixedUsdPerYear,
        rho: computed.inRangeFrac,
        tau: computed.exitYears,
        income: input.xs.map((x) => incomeUsdPerYear(computed, x)),
      };
    },
    (name) => name.startsWith("terms"),
  );
  const volume = each(
    "economics",
    { in: z.object({ h1: nullable.optional(), h6: nullable.optional(), h24: nullable.optional() }), out: anything },
    ({ h1, h6, h24 }) => computeVolumeUsdPerDay({ h1: h1 ?? null, h6: h6 ?? null, h24: h24 ?? null }),
    (name) => name === "volumeDay",
  );
  return { count: position + terms + volume };
});

suite("allocation", () => ({
  count: each(
    "allocation",
    {
      in: z.object({
        pools: z.array(
          z.object({
            id: z.string(),
            chain: z.number(),
            R: nullable,
            D: nullable,
            c: nullable,
            F: nullable,
            min: z.number(),
            cap: z.number(),
          }),
        ),
        capital: z.number(),
        maxPools: z.number(),
        chainCaps: z.record(z.string(), z.number()),
        allowCash: z.boolean(),
      }),
      out: z.object({ value: z.number(), x: z.record(z.string(), z.number()), cash: z.number() }).loose(),
    },
    (input, tolerance, out) => {
      const result = allocate({
        pools: input.pools.map((pool) => ({
          id: pool.id,
          chain: String(pool.chain),
          revenueUsdPerYear: pool.R ?? NAN,
          depthUsd: pool.D ?? NAN,
          costPerYear: pool.c ?? NAN,
          fixedUsdPerYear: pool.F ?? NAN,
          minUsd: pool.min,
          capUsd: pool.cap,
        })),
        capitalUsd: input.capital,
        maxPools: input.maxPools,
        chainCapsUsd: input.chainCaps,
        allowCash: input.allowCash,
      });
      expectClose(result.valueUsdPerYear, out.value, tolerance, "value");
      expect(Object.keys(result.amountsUsd).toSorted()).toEqual(Object.keys(out.x).toSorted());
      const amountTolerance = 1e-6 * input.capital;
      for (const [id, amount] of Object.entries(out.x)) {
        expect(Math.abs((result.amountsUsd[id] ?? NAN) - amount)).toBeLessThanOrEqual(amountTolerance);
      }
      expect(Math.abs(result.cashUsd - out.cash)).toBeLessThanOrEqual(amountTolerance);
      return DONE;
    },
  ),
}));

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

suite("neldermead", () => ({
  count: each(
    "neldermead",
    {
      in: z.object({
        f: z.string(),
        x0: z.array(z.number()),
        maxEvals: z.number(),
        step: z.number(),
        ftol: z.number(),
        xtol: z.number(),
      }),
      out: z.object({ fMax: z.number().optional(), evalsMax: z.number().optional() }).loose(),
    },
    (input, _, out) => {
      const objective = TEST_FUNCTIONS[input.f];
      if (objective === undefined) throw new Error(`unknown function ${input.f}`);
      const result = nelderMead(objective, input.x0, {
        maxEvals: input.maxEvals,
        step: input.step,
        fTolerance: input.ftol,
        xTolerance: input.xtol,
      });
      if (out.fMax !== undefined && out.evalsMax !== undefined) {
        expect(result.f).toBeLessThanOrEqual(out.fMax);
        expect(result.evals).toBeLessThanOrEqual(out.evalsMax);
        return DONE;
      }
      return { x: result.x, f: result.f, evals: result.evals, iters: result.iterations };
    },
  ),
}));

suite("objective", () => ({
  count: each(
    "objective",
    {
      in: z.object({
        gen: generatorSchema,
        vfLookback: z.number(),
        biasSeed: z.number().nullable(),
        ctx: z.object({
          capital: z.number(),
          minGapBars: z.number(),
          poolL: z.number(),
          feeDay: z.number(),
          gasRs: z.number(),
          swapCost: z.number(),
          minWidth: z.number(),
        }),
        params: rangeParamsSchema,
      }),
      out: anything,
    },
    ({ gen, vfLookback, biasSeed, ctx, params }) => {
      const series = generateSeries(gen);
      const vforce = new Float64Array(series.length);
      const bias = new Float64Array(series.length);
      const draw = biasSeed === null ? null : mulberry32(biasSeed);
      for (let index = 0; index < series.length; index += 1) {
        const window = sliceCandles(series, index - vfLookback + 1, index + 1);
        vforce[index] = computeVforce(computeSigmaPerBar(window), 15);
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
      return {
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
    },
  ),
}));

suite("regime", () => ({
  count: each(
    "regime",
    {
      in: z.object({
        gen: generatorSchema,
        tail: z.null(),
        epoch: z.number(),
        stable: z.boolean(),
        peg: z.number().nullable(),
        now: z.number(),
      }),
      out: anything,
    },
    (input) => {
      const regime = computeRegime({
        candles: generateSeries(input.gen),
        nowMs: input.now,
        epoch: input.epoch,
        isStablePair: input.stable,
        pegPrice: input.peg,
      });
      return {
        reason: regime.reason,
        suppressed: regime.suppressed,
        widen: regime.widenFactor,
        suppressUntil: regime.suppressUntilEpoch,
      };
    },
  ),
}));

suite("decision", () => {
  const rules = each(
    "decision",
    {
      in: z.object({
        epoch: z.number(),
        suppressUntil: z.number(),
        suppressed: z.boolean(),
        forcesValid: z.boolean(),
        capital: z.number(),
        targetNet: z.number(),
        currentNet: z.number(),
        nTarget: z.number(),
        praThreshold: z.number(),
        amortizeDays: z.number(),
        transitionCost: z.number(),
        sinceRebalMs: z.number().nullable(),
        allowCash: z.boolean(),
        idleUsd: z.number(),
        rsThreshold: z.number(),
        positions: z.array(
          z.object({
            id: z.string(),
            divergence: z.number(),
            inRange: z.boolean(),
            deltaNet: z.number(),
            lifeYears: z.number(),
            cost: z.number(),
            sinceMintMs: z.number(),
          }),
        ),
      }),
      out: z.object({ gain: z.number().optional() }).loose(),
    },
    (input, _, out) => {
      const ids = new Map(
        input.positions.map((entry, index) => [positionId(1, "test", "0x00", BigInt(index)), entry.id]),
      );
      const outcome = applyDecisionRules({
        untrusted: null,
        epoch: input.epoch,
        regime: { suppressed: input.suppressed, reason: "normal", value: null, threshold: null },
        suppressUntilEpoch: input.suppressUntil,
        forcesValid: input.forcesValid,
        frameCount: input.forcesValid ? 3 : 0,
        capitalUsd: input.capital,
        currentNetUsdPerYear: input.currentNet,
        targetNetUsdPerYear: input.targetNet,
        targetCount: input.nTarget,
        // The vectors know no kept positions: their reallocations always move something.
        moveCount: 1,
        praThreshold: input.praThreshold,
        amortizeDays: input.amortizeDays,
        minHoldMs: 12 * 3_600_000,
        transitionCostUsd: input.transitionCost,
        sincePraMs: input.sinceRebalMs,
        allowCash: input.allowCash,
        idleUsd: input.idleUsd,
        rsThreshold: input.rsThreshold,
        positions: [...ids.keys()].map((id, index) => {
          const entry = input.positions[index];
          return {
            positionId: id,
            divergence: entry?.divergence ?? NAN,
            isInRange: entry?.inRange ?? false,
            deltaNetUsdPerYear: entry?.deltaNet ?? NAN,
            lifeYears: entry?.lifeYears ?? NAN,
            shiftCostUsd: entry?.cost ?? NAN,
            ageMs: entry?.sinceMintMs ?? NAN,
          };
        }),
      });
      if (out.gain === undefined) expect(outcome.gainUsdPerYear).toBeNull();
      const holds = ["regime", "no_data", "no_gain"].includes(outcome.reason);
      return {
        type: holds ? "HOLD" : outcome.reason === "range_shift" ? "RS" : "PRA",
        reason: outcome.reason,
        shifts: outcome.shiftPositionIds.map((id) => ids.get(id)),
        gain: outcome.gainUsdPerYear,
        improvement: outcome.improvementFrac,
      };
    },
    (name) => !name.startsWith("kill_"),
  );
  const kills = each(
    "decision",
    {
      in: z.object({
        epochNetUsd: z.array(z.number()),
        cycleSec: z.number(),
        rsTimes: z.array(z.number()),
        now: z.number(),
        width: nullable,
        minWidth: z.number(),
        gas24hUsd: z.number(),
        valueUsd: z.number(),
      }),
      out: z.string(),
    },
    (input) =>
      computeKillSwitch({
        epochNetUsd: input.epochNetUsd,
        cycleSec: input.cycleSec,
        rangeShiftAtMs: input.rsTimes,
        nowMs: input.now,
        width: input.width,
        minWidth: input.minWidth,
        gas24hUsd: input.gas24hUsd,
        valueUsd: input.valueUsd,
      }) ?? "",
    (name) => name.startsWith("kill_"),
  );
  return { count: rules + kills };
});

suite("accounting", () => ({
  count: each(
    "accounting",
    {
      in: z.object({
        quoteUsd: z.number(),
        L: z.number(),
        pa: z.number(),
        pb: z.number(),
        P0: z.number(),
        P1: z.number(),
        feesBase0: z.number(),
        feesBase1: z.number(),
        collectedBase: z.number(),
        feesQuote0: z.number(),
        feesQuote1: z.number(),
        collectedQuote: z.number(),
        swapCost: z.number(),
        txs: z.array(z.object({ gasUsed: z.number(), gasPriceWei: z.number(), nativeUsd: z.number() })),
      }),
      out: anything,
    },
    (input) => {
      const pnl = computeEpochPnl({
        liquidity: input.L,
        range: { min: input.pa, max: input.pb },
        startPrice: input.P0,
        endPrice: input.P1,
        quoteUsd: input.quoteUsd,
        uncollectedBaseStart: input.feesBase0,
        uncollectedBaseEnd: input.feesBase1,
        collectedBase: input.collectedBase,
        uncollectedQuoteStart: input.feesQuote0,
        uncollectedQuoteEnd: input.feesQuote1,
        collectedQuote: input.collectedQuote,
        swapCostUsd: input.swapCost,
        transactions: input.txs.map((tx) => ({
          gasUsed: tx.gasUsed,
          effectiveGasPriceWei: tx.gasPriceWei,
          nativeUsd: tx.nativeUsd,
        })),
      });
      return {
        valueStart: pnl.valueStartUsd,
        valueEnd: pnl.valueEndUsd,
        markPnl: pnl.markPnlUsd,
        hodlPnl: pnl.hodlPnlUsd,
        lvr: pnl.lvrUsd,
        fees: pnl.feesUsd,
        gas: pnl.gasUsd,
        swapCost: pnl.swapCostUsd,
        net: pnl.netUsd,
        alpha: pnl.alphaUsd,
      };
    },
  ),
}));
