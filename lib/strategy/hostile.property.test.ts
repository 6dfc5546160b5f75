// Hostile inputs: whatever comes in, candles to decision give a defined result, never NaN and never a throw, and the same one twice.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillCandles, normaliseCandles, type CandleSeries, type RawCandle } from "@/lib/market/candle";
import { mergeVenues } from "@/lib/market/merge-venues";
import { H1_MINUTES, H4_MINUTES, M15_MINUTES, resampleCandles } from "@/lib/market/resample";
import type { MarketSnapshot, ObservedPosition, TickPoolState } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { pairId, poolKey } from "@/lib/units";
import { buildPool, buildPosition, buildSnapshot } from "@/tests/support/build-snapshot";
import { TEST_SEED } from "@/tests/support/seed";
import { allocate } from "./allocation";
import { decide } from "./decide";
import type { Decision } from "./decision";
import { computePoolTerms, computeVolumeUsdPerDay, depthOfLiquidityUsd, depthOfTvlUsd, splitIncome } from "./economics";
import { evaluate } from "./evaluate";
import type { Evaluation } from "./evaluation";
import { createFitness, prepareFitnessBars } from "./fitness";
import { computeForces } from "./forces";
import { computeKillSwitch } from "./kill-switch";
import { optimizeRangeParams } from "./optimizer";
import { cubeOfRangeParams, rangeParamsOfCube, type RangeParams, type StrategyParams } from "./params";
import { computeDivergence, computeRange } from "./range";
import { computeRegime } from "./regime";
import { NO_MEMORY } from "./tuning";
import { sigmaPerYearOf } from "./volatility";

const RUNS = { seed: TEST_SEED, numRuns: 300 };
const NOW_MS = 1_700_092_800_000;
const MINUTE_MS = 60_000;

/** Any number, and the ones that break code more often than chance would bring them. */
const hostileNumber = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0, 1, -1, 1e-300, 1e300, 5e-324, Number.MAX_VALUE, 1e18, 0.5, 2_000) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  },
  { weight: 1, arbitrary: fc.double() },
);
/** Settings are parsed before they come here: they may be absurd, but they are numbers of this world. */
const absurdNumber = hostileNumber.filter((value) => Math.abs(value) <= 1e18);
const usually = (usual: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: absurdNumber });
/** A number that is hostile now and then. */
const mostly = (usual: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: hostileNumber });
const hostileBigint = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 1n << 160n }) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, -1n, (1n << 128n) - 1n, (1n << 256n) - 1n, 4_295_128_739n) },
);
const mostlyBig = (usual: bigint): fc.Arbitrary<bigint> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: hostileBigint });

/** Times in order, doubled, torn, in seconds, in the future, or no times at all. */
const hostileTime = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 3_000 }).map((minute) => NOW_MS - minute * MINUTE_MS) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000 }).map((minute) => (NOW_MS - minute * MINUTE_MS) / 1_000) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3_000 }).map((minute) => NOW_MS + minute * MINUTE_MS) },
  { weight: 1, arbitrary: hostileNumber },
);
const maybe = (usual: fc.Arbitrary<number>): fc.Arbitrary<number | null | undefined> =>
  fc.oneof(
    { weight: 8, arbitrary: usual },
    { weight: 1, arbitrary: hostileNumber },
    { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
  );
const price = fc.double({ min: 0.5, max: 4_000, noNaN: true });
const hostileRow: fc.Arbitrary<RawCandle> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.tuple(maybe(hostileTime), maybe(price), maybe(price), maybe(price), maybe(price), maybe(price)),
  },
  { weight: 1, arbitrary: fc.array(hostileNumber, { maxLength: 7 }) },
);
/** Rows that are mostly hostile, or a sane run of minutes with hostile ones strewn in. */
const hostileRows: fc.Arbitrary<RawCandle[]> = fc.oneof(
  fc.array(hostileRow, { maxLength: 200 }),
  fc
    .tuple(fc.integer({ min: 1, max: 3_000 }), fc.array(hostileRow, { maxLength: 30 }), hostileNumber)
    .map(([count, strewn, level]) => {
      const rows: RawCandle[] = Array.from({ length: count }, (_, index) => {
        const close = (Number.isFinite(level) && level > 0 ? level : 2_000) * (1 + 1e-4 * Math.sin(index));
        return [NOW_MS - (count - index) * MINUTE_MS, close, close * 1.0002, close * 0.9998, close, index % 7];
      });
      return [...rows, ...strewn];
    }),
);
const hostileNow = fc.oneof(
  { weight: 8, arbitrary: fc.constant(NOW_MS) },
  { weight: 1, arbitrary: fc.constant(NOW_MS / 1_000) },
  { weight: 1, arbitrary: hostileNumber },
);

/** Paths of numbers that are not a number, through arrays and objects. */
function findNaN(value: unknown, path = "$"): readonly string[] {
  if (typeof value === "number") return Number.isNaN(value) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => findNaN(inner, `${path}.${key}`));
}

function expectDefined(value: unknown): void {
  expect(findNaN(value)).toEqual([]);
}

/** JSON with the numbers JSON cannot say and with bigints, to compare two results. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "bigint" ? `${inner}n` : typeof inner === "number" && !Number.isFinite(inner) ? `${inner}` : inner,
  );
}

/** One epoch, from snapshot to decision. */
function run(input: { readonly snapshot: MarketSnapshot; readonly params: StrategyParams }): {
  readonly evaluation: Evaluation;
  readonly decision: Decision;
} {
  const evaluation = evaluate({ ...input, memory: NO_MEMORY });
  return { evaluation, decision: decide({ ...input, evaluation }) };
}

function seriesOf(rows: readonly RawCandle[], nowMs: number): CandleSeries {
  return fillCandles(normaliseCandles(rows, nowMs));
}

describe(`hostile inputs (seed ${TEST_SEED})`, () => {
  it("property: candles come out finite, ascending and closed, in every timeframe", () => {
    fc.assert(
      fc.property(hostileRows, hostileNow, (rows, nowMs) => {
        const series = seriesOf(rows, nowMs);
        const merged = mergeVenues([
          { weight: 1, candles: series },
          { weight: Number.NaN, candles: series },
          { weight: 0.4, candles: normaliseCandles(rows.toReversed(), nowMs) },
        ]);
        for (const each of [
          series,
          merged,
          ...[M15_MINUTES, H1_MINUTES, H4_MINUTES].map((minutes) => resampleCandles(series, minutes, nowMs)),
        ]) {
          for (let index = 0; index < each.length; index += 1) {
            const open = each.open[index] ?? 0;
            const high = each.high[index] ?? 0;
            const low = each.low[index] ?? 0;
            const close = each.close[index] ?? 0;
            const atMs = each.openAtMs[index] ?? Number.NaN;
            const isSane = low > 0 && low <= Math.min(open, close) && Math.max(open, close) <= high && high < Infinity;
            const isClosed = atMs + each.timeframeMs <= nowMs;
            const isAfter = index === 0 || atMs > (each.openAtMs[index - 1] ?? Number.NaN);
            if (!isSane || !isClosed || !isAfter) {
              throw new Error(`bar ${index} of ${each.timeframeMs}: ${[atMs, open, high, low, close].join(" ")}`);
            }
          }
        }
      }),
      RUNS,
    );
  });

  it("property: forces and regime of any candles are defined", () => {
    fc.assert(
      fc.property(
        hostileRows,
        hostileNow,
        hostileNumber,
        hostileNumber,
        fc.boolean(),
        (rows, nowMs, epoch, peg, stable) => {
          const candles = seriesOf(rows, nowMs);
          const forces = computeForces(candles, nowMs);
          expectDefined(forces);
          expectDefined(sigmaPerYearOf(forces.v));
          expectDefined(computeRegime({ candles, nowMs, epoch, isStablePair: stable, pegPrice: peg }));
        },
      ),
      RUNS,
    );
  });

  it("property: range, divergence, volume and kill switches are defined for any numbers", () => {
    fc.assert(
      fc.property(fc.array(hostileNumber, { minLength: 12, maxLength: 12 }), (numbers) => {
        const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0, k = 0] = numbers;
        const params: RangeParams = { baseMin: a, baseMax: b, vforceExp: c, vforceDivider: d, rsThreshold: e };
        const range = computeRange({ price: f, forces: { v: g, m: h, t: i }, params, widenFactor: j, minWidth: k });
        expectDefined(range);
        if (range !== null) {
          expect(range.min).toBeGreaterThan(0);
          expect(range.max).toBeLessThan(Number.POSITIVE_INFINITY);
          expect(range.min).toBeLessThan(range.max);
        }
        const divergence = computeDivergence({ min: a, max: b }, { min: c, max: d });
        expect(divergence).toBeGreaterThanOrEqual(0);
        expect(divergence).toBeLessThanOrEqual(1);
        expectDefined(computeVolumeUsdPerDay({ h1: a, h6: b, h24: c }));
        expect(computeVolumeUsdPerDay({ h1: a, h6: b, h24: c })).toBeGreaterThanOrEqual(0);
        expectDefined(cubeOfRangeParams(rangeParamsOfCube([a, b, c, d, e])));
        expectDefined(
          computeKillSwitch({
            epochNetUsd: [a, b, c],
            cycleSec: d,
            rangeShiftAtMs: [e, f],
            nowMs: g,
            width: h,
            minWidth: i,
            gas24hUsd: j,
            valueUsd: k,
          }),
        );
      }),
      { ...RUNS, numRuns: 2_000 },
    );
  });

  it("property: terms that are shown as usable give a finite income", () => {
    fc.assert(
      fc.property(fc.array(mostly(0.5), { minLength: 14, maxLength: 14 }), hostileNumber, (numbers, amountUsd) => {
        const [p = 0, lo = 0, hi = 0, s = 0, d = 0, v = 0, f = 0, q = 0, w = 0, rs = 0, op = 0, days = 0, l = 0] =
          numbers;
        const range = { min: lo, max: hi };
        const terms = computePoolTerms({
          price: p,
          range,
          sigmaPerYear: s,
          depthUsd: d,
          volumeUsdPerDay: v,
          feeFrac: f,
          protocolShareFrac: q,
          swapCostFrac: w,
          gasRsUsd: rs,
          gasOpenUsd: op,
          isOpen: amountUsd > 0,
          amortizeDays: days,
        });
        depthOfLiquidityUsd(l, p, range, q);
        depthOfTvlUsd(l, p, range, "other");
        const result = allocate({
          pools: [1, 2, 3].map((id) => ({
            id: String(id),
            chain: "1",
            revenueUsdPerYear: terms.revenueUsdPerYear * id,
            depthUsd: terms.depthUsd,
            costPerYear: terms.costPerYear,
            fixedUsdPerYear: terms.fixedUsdPerYear,
            minUsd: rs,
            capUsd: v,
          })),
          capitalUsd: amountUsd,
          maxPools: days,
          chainCapsUsd: { "1": op },
          allowCash: s > 0,
        });
        expectDefined(result);
        for (const amount of Object.values(result.amountsUsd))
          expectDefined(
            splitIncome(
              {
                ...terms,
                revenueUsdPerYear: 1,
                depthUsd: 1,
                costPerYear: 0,
                fixedUsdPerYear: 0,
                lvrPerYear: 0,
                inRangeFrac: 1,
              },
              amount,
            ),
          );
      }),
      { ...RUNS, numRuns: 2_000 },
    );
  });

  it("property: objective and search are defined on any bars, context and parameters", () => {
    fc.assert(
      fc.property(
        hostileRows,
        fc.array(hostileNumber, { minLength: 5, maxLength: 5 }),
        fc.array(mostly(10), { minLength: 7, maxLength: 7 }),
        fc.array(hostileNumber, { maxLength: 6 }),
        (rows, paramNumbers, contextNumbers, warmStart) => {
          const m1 = seriesOf(rows, NOW_MS);
          const [capital = 0, others = 0, fee = 0, gas = 0, swap = 0, gap = 0, width = 0] = contextNumbers;
          const [a = 0, b = 0, c = 0, d = 0, e = 0] = paramNumbers;
          const forced = new Float64Array(m1.length).fill(a);
          // Minutes stand in for quarters of an hour here: long enough to be searched, hostile enough to matter.
          const fitness = createFitness(prepareFitnessBars(m1, forced, new Float64Array(m1.length).fill(b)), {
            capitalUsd: capital,
            othersLiquidity: others,
            feeUsdPerDay: fee,
            gasRsUsd: gas,
            swapCostFrac: swap,
            minGapBars: gap,
            minWidth: width,
          });
          const params: RangeParams = { baseMin: a, baseMax: b, vforceExp: c, vforceDivider: d, rsThreshold: e };
          expectDefined(fitness.score(params));
          expectDefined(fitness.holdout(params));
          expectDefined(fitness.simulate(params, 0, m1.length));
          const input = {
            fitness,
            pairId: pairId("WETH-USDC"),
            epoch: 1,
            defaults: OTHER_PAIR_PARAMS.defaultRange,
            incumbent: null,
            warmStart,
          };
          const result = optimizeRangeParams(input);
          expectDefined(result);
          expect(textOf(optimizeRangeParams(input))).toBe(textOf(result));
        },
      ),
      { ...RUNS, numRuns: 25 },
    );
  });

  it("property: evaluate and decide are defined and the same twice, and after a copy", () => {
    const base = buildSnapshot({ minutes: 2_000 });
    const basePool = base.pools[0];
    if (basePool === undefined || basePool.kind !== "ticks") throw new Error("expected one pool with ticks");
    const basePosition = buildPosition(base, basePool, {
      tickLower: Math.floor(basePool.tick / 10) * 10 - 300,
      tickUpper: Math.floor(basePool.tick / 10) * 10 + 300,
      usd: 5_000,
    });
    const usual = buildPool();
    const hostilePool: fc.Arbitrary<TickPoolState> = fc
      .record({
        index: fc.integer({ min: 1, max: 3 }),
        feePips: mostly(usual.feePips),
        protocolShareFrac: mostly(0),
        tvlUsd: mostly(5e6),
        volumeH1Usd: mostly(2e6),
        volumeH6Usd: mostly(12e6),
        volumeH24Usd: mostly(48e6),
        gasOpenUsd: mostly(0.5),
        gasCloseUsd: mostly(0.3),
        gasRsUsd: mostly(0.8),
        observedAtMs: usually(base.observedAtMs),
        tickSpacing: mostly(10),
        tick: mostly(basePool.tick),
        sqrtPriceX96: mostlyBig(basePool.sqrtPriceX96),
        activeLiquidityRaw: mostlyBig(3n * 10n ** 18n),
        ownLiquidityInRangeRaw: mostlyBig(0n),
      })
      .map(({ index, ...fields }) => ({
        ...basePool,
        ...fields,
        poolKey: poolKey(31_337, "uniswap-v3", `0x100000000000000000000000000000000000000${index}`),
      }));
    const hostilePosition: fc.Arbitrary<ObservedPosition> = fc
      .record({
        liquidityRaw: mostlyBig(basePosition.liquidityRaw),
        baseRaw: mostlyBig(basePosition.baseRaw),
        quoteRaw: mostlyBig(basePosition.quoteRaw),
        uncollectedBaseRaw: mostlyBig(0n),
        uncollectedQuoteRaw: mostlyBig(0n),
        openedAtMs: usually(basePosition.openedAtMs),
        range: fc.record({
          kind: fc.constant("ticks" as const),
          tickLower: mostly(basePosition.range.kind === "ticks" ? basePosition.range.tickLower : 0),
          tickUpper: mostly(basePosition.range.kind === "ticks" ? basePosition.range.tickUpper : 0),
        }),
      })
      .map((fields) => ({ ...basePosition, ...fields }));
    const hostileParams: fc.Arbitrary<StrategyParams> = fc
      .record({
        praThreshold: usually(0.05),
        amortizeDays: usually(7),
        minHoldMs: usually(43_200_000),
        maxPools: usually(3),
        cashReserveFrac: usually(0.05),
        poolCapFrac: usually(1),
        maxPoolShareFrac: usually(0.25),
        minTvlUsd: usually(50_000),
        routerFeeFrac: usually(0.0025),
        expectedSlippageFrac: usually(0.0005),
        swapPoolFeeFrac: fc.option(absurdNumber),
        maxCapitalUsd: fc.option(absurdNumber),
        maxPoolAgeMs: usually(2_700_000),
        optimizerEveryEpochs: usually(16),
        allowCash: fc.boolean(),
        optimizerEnabled: fc.boolean(),
        range: fc.record({
          baseMin: usually(5e-4),
          baseMax: usually(0.15),
          vforceExp: usually(1),
          vforceDivider: usually(50),
          rsThreshold: usually(0.5),
        }),
        policy: fc.constantFrom("forces" as const, "carry" as const),
      })
      .map((fields) => ({ ...OTHER_PAIR_PARAMS, ...fields }));
    const hostileFields = fc.record({
      rows: fc.option(hostileRows),
      price: mostly(base.price),
      quoteUsd: mostly(1),
      pegPrice: fc.option(hostileNumber),
      isStablePair: fc.boolean(),
      cycleSec: mostly(900),
      epoch: usually(base.epoch),
      observedAtMs: usually(base.observedAtMs),
      pools: fc.array(hostilePool, { maxLength: 3 }),
      positions: fc.array(hostilePosition, { maxLength: 2 }),
      idleUsd: mostly(20_000),
      positionsUsd: mostly(5_000),
      totalUsd: mostly(25_000),
      lastPraAtMs: fc.option(hostileNumber),
      rangeShiftAtMs: fc.array(hostileNumber, { maxLength: 10 }),
      epochNetUsd: fc.array(hostileNumber, { maxLength: 30 }),
      gas24hUsd: mostly(0),
      suppressUntilEpoch: mostly(0),
    });
    // The snapshot is built inside the property, so that a counterexample shows the fields and not 74 days of candles.
    const snapshotOf = (
      fields: typeof hostileFields extends fc.Arbitrary<infer Fields> ? Fields : never,
    ): MarketSnapshot => ({
      ...base,
      candles: fields.rows === null ? base.candles : seriesOf(fields.rows, fields.observedAtMs),
      price: fields.price,
      quoteUsd: fields.quoteUsd,
      pegPrice: fields.pegPrice,
      isStablePair: fields.isStablePair,
      cycleSec: fields.cycleSec,
      epoch: fields.epoch,
      observedAtMs: fields.observedAtMs,
      pools: fields.pools,
      positions: fields.positions,
      capital: {
        ...base.capital,
        idleUsd: fields.idleUsd,
        positionsUsd: fields.positionsUsd,
        totalUsd: fields.totalUsd,
      },
      history: {
        lastPraAtMs: fields.lastPraAtMs,
        lastCloseEpochs: {},
        rangeShiftAtMs: fields.rangeShiftAtMs,
        epochNetUsd: fields.epochNetUsd,
        gas24hUsd: fields.gas24hUsd,
        suppressUntilEpoch: fields.suppressUntilEpoch,
      },
    });
    fc.assert(
      fc.property(hostileFields, hostileParams, (fields, params) => {
        const snapshot = snapshotOf(fields);
        const first = run({ snapshot, params });
        expectDefined(first.decision);
        const {
          price: _price,
          quoteUsd: _quoteUsd,
          observedAtMs: _at,
          epoch: _epoch,
          positions,
          ...rest
        } = first.evaluation;
        expectDefined(rest);
        expectDefined(positions.map(({ position: _position, ageMs: _age, ...computed }) => computed));
        const text = textOf(first);
        expect(textOf(run({ snapshot, params }))).toBe(text);
        expect(textOf(run(structuredClone({ snapshot, params })))).toBe(text);
      }),
      { ...RUNS, numRuns: 250 },
    );
  });
});
