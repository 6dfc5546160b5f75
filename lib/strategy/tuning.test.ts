// Tuning inside evaluate: what each bar knew, when a search runs, what it leaves behind, and that steps and shared readings change nothing.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { poolKey } from "@/lib/units";
import { buildPool, buildSnapshot } from "@/tests/support/build-snapshot";
import { TEST_SEED } from "@/tests/support/seed";
import { generateSeries } from "@/lib/market/generate-bars";
import { evaluate, evaluateSteps } from "./evaluate";
import type { Evaluation } from "./evaluation";
import { computeForces } from "./forces";
import { readMarket } from "./market-reading";
import { computeRange } from "./range";
import type { StrategyParams } from "./params";
import { NO_MEMORY } from "./tuning";
import { createTuningHistory, prepareTuningBars, type TuningBars } from "./tuning-bars";

const MINUTE_MS = 60_000;
const M15_MS = 900_000;
const H4_MS = 14_400_000;
const DAY_MINUTES = 1_440;
/** Not on any frame's boundary. */
const T0_MS = 1_700_006_400_000 + 37 * MINUTE_MS;
const PARAMS: StrategyParams = { ...OTHER_PAIR_PARAMS, routerFeeFrac: 0 };
/** A stale pool would end the search before it began. */
const QUICK: StrategyParams = { ...PARAMS, maxPoolAgeMs: Number.POSITIVE_INFINITY };
const tuned = buildSnapshot({ minutes: 40 * DAY_MINUTES });

function minutes(count: number, seed = 11): CandleSeries {
  return generateSeries({ seed, n: count, p0: 2_000, sig: 4e-4, tfMs: MINUTE_MS, t0: T0_MS, volBase: 10, sub: 2 });
}

/** The same series without the minutes [from, to): a hole too long to be filled. */
function withHole(series: CandleSeries, from: number, to: number): CandleSeries {
  const keep = (values: Float64Array): Float64Array =>
    Float64Array.from([...values.subarray(0, from), ...values.subarray(to)]);
  return {
    timeframeMs: series.timeframeMs,
    length: series.length - (to - from),
    openAtMs: keep(series.openAtMs),
    open: keep(series.open),
    high: keep(series.high),
    low: keep(series.low),
    close: keep(series.close),
    volume: keep(series.volume),
    marks: new Uint16Array(series.length - (to - from)),
  };
}

function indexAt(series: CandleSeries, atMs: number): number {
  const index = series.openAtMs.findIndex((openAtMs) => openAtMs >= atMs);
  return index < 0 ? series.length : index;
}

/** Forces and bias of bar `index` by the strategy's own functions, from the candles before the bar's close only. */
function known(m1: CandleSeries, bars: CandleSeries, index: number): { readonly v: number; readonly bias: number } {
  const closeAtMs = (bars.openAtMs[index] ?? 0) + M15_MS;
  const boundaryAtMs = Math.ceil((m1.openAtMs[0] ?? 0) / H4_MS) * H4_MS;
  const forces = computeForces(sliceCandles(m1, indexAt(m1, boundaryAtMs), indexAt(m1, closeAtMs)), closeAtMs);
  const range = computeRange({ price: 1, forces, params: PARAMS.range, widenFactor: 1, minWidth: 1e-5 });
  return { v: forces.v, bias: range?.bias ?? Number.NaN };
}

function expectEqualBars(left: TuningBars, right: TuningBars): void {
  expect(left.bars.length).toBe(right.bars.length);
  expect(Array.from(left.bars.openAtMs)).toEqual(Array.from(right.bars.openAtMs));
  expect(Array.from(left.vforce)).toEqual(Array.from(right.vforce));
  expect(Array.from(left.bias)).toEqual(Array.from(right.bias));
  expect(Array.from(left.fitness.volumeFactor)).toEqual(Array.from(right.fitness.volumeFactor));
  expect(Array.from(left.fitness.logVforce)).toEqual(Array.from(right.fitness.logVforce));
}

/** A pool with too little volume to pay. */
function poor(key: string, volumeUsd: number): ReturnType<typeof buildPool> {
  return buildPool({
    poolKey: poolKey(31_337, "uniswap-v3", `0x100000000000000000000000000000000000000${key}`),
    volumeH1Usd: volumeUsd / 24,
    volumeH6Usd: volumeUsd / 4,
    volumeH24Usd: volumeUsd,
  });
}

describe("prepareTuningBars", () => {
  it.each([
    ["74 days", minutes(74 * DAY_MINUTES)],
    ["12 days", minutes(12 * DAY_MINUTES)],
    ["74 days with a hole of 9 h", withHole(minutes(74 * DAY_MINUTES, 12), 60_011, 60_011 + 541)],
  ])("behavior: every bar of %s carries exactly what computeForces knew at its close", (_name, m1) => {
    const nowMs = (m1.openAtMs[m1.length - 1] ?? 0) + MINUTE_MS;
    const { bars, vforce, bias } = prepareTuningBars(m1, nowMs);
    expect(bars.length).toBeGreaterThan(900);
    expect(bars.length).toBeLessThanOrEqual(5_760);
    const sampled = [0, 1, 23, 24, 95, 96, 500, bars.length - 2, bars.length - 1];
    for (let index = 7; index < bars.length; index += 271) sampled.push(index);
    for (const index of sampled) {
      const expected = known(m1, bars, index);
      expect(vforce[index]).toBe(expected.v);
      expect(bias[index]).toBe(expected.bias);
    }
  });

  it("behavior: holds the last 60 days up to the last closed bar", () => {
    const m1 = minutes(74 * DAY_MINUTES);
    const nowMs = (m1.openAtMs[m1.length - 1] ?? 0) + MINUTE_MS;
    const { bars } = prepareTuningBars(m1, nowMs);
    expect(bars.length).toBe(5_760);
    expect((bars.openAtMs[5_759] ?? 0) + M15_MS).toBe(Math.floor(nowMs / M15_MS) * M15_MS);
  });

  it("behavior: a window of a prepared history equals preparing the candles of that window", () => {
    const m1 = minutes(120 * DAY_MINUTES, 13);
    const history = createTuningHistory(m1);
    for (const end of [76, 90.01, 90.02, 119.99]) {
      const last = Math.floor(end * DAY_MINUTES);
      const first = Math.max(0, last - 74 * DAY_MINUTES);
      const slice = sliceCandles(m1, first, last);
      const nowMs = (m1.openAtMs[last - 1] ?? 0) + MINUTE_MS + 1_234;
      expectEqualBars(history.window(m1.openAtMs[first] ?? 0, nowMs), prepareTuningBars(slice, nowMs));
    }
  });

  it("behavior: the future changes nothing", () => {
    const m1 = minutes(60 * DAY_MINUTES, 14);
    const cut = 50 * DAY_MINUTES;
    const nowMs = (m1.openAtMs[cut - 1] ?? 0) + MINUTE_MS;
    const other = minutes(60 * DAY_MINUTES, 14);
    for (let index = cut; index < other.length; index += 1) {
      other.close[index] = 9_999;
      other.high[index] = 9_999;
    }
    expectEqualBars(createTuningHistory(m1).window(T0_MS, nowMs), createTuningHistory(other).window(T0_MS, nowMs));
  });

  it.each([[0], [1], [500]])("default: %i minutes of candles give few bars or none, and no error", (count) => {
    const m1 = minutes(count);
    expect(prepareTuningBars(m1, T0_MS + count * MINUTE_MS).bars.length).toBeLessThan(40);
    expect(prepareTuningBars(m1, Number.NaN).bars.length).toBe(0);
  });
});

describe("evaluate with the optimizer", () => {
  const first = evaluate({ snapshot: tuned, params: PARAMS });

  it("behavior: the first epoch searches, reports it and leaves a memory", () => {
    const { tuning, memory, paramsUsed } = first;
    expect(tuning?.ranAtEpoch).toBe(tuned.epoch);
    // Two starts of 75; a last shrink may go over.
    expect(tuning?.evals).toBeGreaterThanOrEqual(150);
    expect(tuning?.evals).toBeLessThan(170);
    expect(tuning?.bars).toBeGreaterThan(3_800);
    expect(tuning?.params).toEqual(paramsUsed);
    expect(memory.lastTuning).toEqual(tuning);
    expect(memory.warmStart).toHaveLength(5);
    if (tuning?.verdict === "accepted") {
      expect(memory.incumbent).toEqual(paramsUsed);
      expect(tuning.objective ?? 0).toBeGreaterThan(tuning.objectiveDefaults ?? 0);
    } else {
      expect(paramsUsed).toEqual(PARAMS.defaultRange);
    }
  });

  it("behavior: what the search found is what every pool's range is made of", () => {
    const fixed = evaluate({
      snapshot: tuned,
      params: { ...PARAMS, optimizerEnabled: false, range: first.paramsUsed },
    });
    expect(first.pools.map((pool) => pool.target)).toEqual(fixed.pools.map((pool) => pool.target));
    expect(first.target).toEqual(fixed.target);
    expect(first.allocation).toEqual(fixed.allocation);
  });

  it("behavior: between two multiples of the cadence the last parameters stay, at a multiple it searches warm", () => {
    const every = 16;
    const params = { ...PARAMS, optimizerEveryEpochs: every };
    const at = (epoch: number, memory = first.memory): Evaluation =>
      evaluate({ snapshot: { ...tuned, epoch }, params, memory });
    const multiple = Math.floor(tuned.epoch / every) * every + every;
    const between = at(multiple - 1);
    expect(between.tuning).toEqual(first.tuning);
    expect(between.paramsUsed).toEqual(first.paramsUsed);
    const warm = at(multiple);
    expect(warm.tuning?.ranAtEpoch).toBe(multiple);
    expect(warm.tuning?.evals).toBeGreaterThanOrEqual(300);
    // Again in the same epoch: nothing new to learn.
    expect(at(multiple, warm.memory).memory).toEqual(warm.memory);
    // A multiple that was missed is made up for.
    expect(at(multiple + 3).tuning?.ranAtEpoch).toBe(multiple + 3);
  });

  it("behavior: no search while suppressed, under a kill switch, when switched off, or without an eligible pool", () => {
    const suppressed = evaluate({
      snapshot: { ...tuned, history: { ...tuned.history, suppressUntilEpoch: tuned.epoch + 1 } },
      params: PARAMS,
    });
    expect(suppressed.tuning).toBeNull();
    expect(suppressed.paramsUsed).toEqual(PARAMS.range);

    const shifts = Array.from({ length: 9 }, (_, index) => tuned.observedAtMs - index * MINUTE_MS);
    const killed = evaluate({
      snapshot: { ...tuned, history: { ...tuned.history, rangeShiftAtMs: shifts } },
      params: PARAMS,
      memory: first.memory,
    });
    expect(killed.killSwitch).toBe("excessive_rs");
    expect(killed.paramsUsed).toEqual(PARAMS.defaultRange);
    expect(killed.memory).toEqual(first.memory);

    const own = { ...PARAMS.range, baseMax: 0.2 };
    const off = evaluate({
      snapshot: tuned,
      params: { ...PARAMS, optimizerEnabled: false, range: own },
      memory: first.memory,
    });
    expect(off.tuning).toBeNull();
    expect(off.paramsUsed).toEqual(own);
    expect(off.memory).toEqual(first.memory);

    const barred = evaluate({ snapshot: { ...tuned, pools: [] }, params: PARAMS });
    expect(barred.memory).toEqual(NO_MEMORY);
  });

  it("behavior: fewer than 960 bars keep the defaults and what was known", () => {
    const short = buildSnapshot({ minutes: 9 * DAY_MINUTES });
    const { tuning, memory, paramsUsed } = evaluate({
      snapshot: short,
      params: PARAMS,
      memory: { ...first.memory, lastTuning: null },
    });
    expect(tuning?.verdict).toBe("too_few_bars");
    expect(tuning?.bars).toBeGreaterThan(700);
    expect(paramsUsed).toEqual(PARAMS.defaultRange);
    expect(memory.warmStart).toEqual(first.memory.warmStart);
    expect(memory.incumbent).toEqual(first.memory.incumbent);
  });

  it("behavior: in steps, with a shared reading and with prepared bars the evaluation is the same", () => {
    const steps = evaluateSteps({ snapshot: tuned, params: PARAMS });
    let pauses = 0;
    let step = steps.next();
    while (step.done !== true) {
      pauses += 1;
      step = steps.next();
    }
    expect(pauses).toBeGreaterThan(150);
    expect(step.value).toEqual(first);

    const history = createTuningHistory(tuned.candles);
    let asked = 0;
    const shared = evaluate({
      snapshot: tuned,
      params: PARAMS,
      market: readMarket(tuned),
      tuningBars: () => {
        asked += 1;
        return history.window(tuned.candles.openAtMs[0] ?? 0, tuned.observedAtMs);
      },
    });
    expect(shared).toEqual(first);
    expect(asked).toBe(1);
  });
});

describe("hostile candles", () => {
  const number = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 5e-324),
    fc.double({ min: 1_000, max: 3_000, noNaN: true }),
  );
  /** What happens to one bar: a field gets a bad number, or the bar's time moves. */
  const wound = fc.record({
    at: fc.integer({ min: 0, max: 12 * DAY_MINUTES - 1 }),
    field: fc.constantFrom("open", "high", "low", "close", "volume", "openAtMs"),
    value: number,
  });
  const healthy = buildSnapshot({ minutes: 12 * DAY_MINUTES });

  it(`behavior: no bad bar, time or order makes evaluate throw or hand out NaN (seed ${TEST_SEED})`, () => {
    let searches = 0;
    fc.assert(
      fc.property(
        fc.array(wound, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(1, 1, 1, 1, 1, 1, 1 / 1_000, 2, -1),
        fc.oneof({ weight: 8, arbitrary: fc.constant(healthy.observedAtMs) }, { weight: 2, arbitrary: number }),
        (wounds, timeScale, observedAtMs) => {
          const { candles } = healthy;
          const series: CandleSeries = {
            ...candles,
            openAtMs: candles.openAtMs.map((atMs) => atMs * timeScale),
            open: candles.open.slice(),
            high: candles.high.slice(),
            low: candles.low.slice(),
            close: candles.close.slice(),
            volume: candles.volume.slice(),
          };
          for (const { at, field, value } of wounds) series[field][at] = value;
          const snapshot = { ...healthy, candles: series, observedAtMs };
          // The market is not asked whether it may search: the search itself must stand any bars.
          const market = readMarket(healthy);
          const { tuning, memory, paramsUsed } = evaluate({ snapshot, params: QUICK, market });
          if ((tuning?.evals ?? 0) > 0) searches += 1;
          for (const value of Object.values(paramsUsed)) expect(Number.isFinite(value)).toBe(true);
          for (const value of memory.warmStart ?? []) expect(Number.isFinite(value)).toBe(true);
          for (const value of [tuning?.objective, tuning?.holdout, tuning?.objectiveDefaults]) {
            expect(Number.isNaN(value ?? 0)).toBe(false);
          }
          expect(() => evaluate({ snapshot, params: QUICK })).not.toThrow();
        },
      ),
      { seed: TEST_SEED, numRuns: 40 },
    );
    expect(searches).toBeGreaterThan(5);
  });
});

describe("cash choice", () => {
  const params = { ...PARAMS, optimizerEnabled: false };
  const evaluated = (snapshot: MarketSnapshot): Evaluation => evaluate({ snapshot, params });

  it("behavior: names the pool that lacks least, with its loss at its best size", () => {
    const { cash, pools, allocation } = evaluated(buildSnapshot({ pools: [poor("1", 20_000), poor("2", 60_000)] }));
    expect(allocation.amountsUsd).toEqual({});
    const nearest = pools.find((pool) => pool.poolKey === cash?.nearestPoolKey);
    expect(nearest?.volumeUsdPerDay).toBeCloseTo(60_000, 6);
    expect(cash?.nearestUsd).toBe(nearest?.standaloneUsd);
    expect(cash?.nearestNetUsdPerYear).toBe(nearest?.standaloneIncome?.netUsdPerYear);
    expect(cash?.nearestNetUsdPerYear ?? 0).toBeLessThan(0);
    expect(cash?.shortfallFrac).toBeCloseTo(-(cash?.nearestNetUsdPerYear ?? 0) / (cash?.nearestUsd ?? 1), 12);
  });

  it("default: none while capital is deployed or cash is not allowed, and no pool without candidates", () => {
    expect(evaluated(buildSnapshot()).cash).toBeNull();
    const forced = evaluate({
      snapshot: buildSnapshot({ pools: [poor("1", 20_000)] }),
      params: { ...params, allowCash: false },
    });
    expect(forced.cash).toBeNull();
    const { cash } = evaluated({ ...buildSnapshot(), pools: [] });
    expect(cash).toEqual({ nearestPoolKey: null, nearestNetUsdPerYear: null, nearestUsd: null, shortfallFrac: null });
  });
});
