// Compute in the worker: a full search leaves the event loop free, says where the parameters come from, and gives what backtest and browser get.
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { epochRecordSchema, memoryRecordSchema } from "@/lib/epoch/epoch-record";
import { POOL_SAMPLE_MS, type TickPoolSample } from "@/lib/market/pool-sample";
import type { MarketSnapshot, TickPoolState } from "@/lib/market/snapshot";
import { DEFAULT_LIMITS, type PairSettings } from "@/lib/registry/pair-settings";
import { resolveParams } from "@/lib/registry/resolve-params";
import {
  createTuningHistory,
  decide,
  evaluate,
  NO_MEMORY,
  readMarket,
  type Decision,
  type Evaluation,
} from "@/lib/strategy/index";
import { pairId } from "@/lib/units";
import { runSlices, type SliceDeps } from "@/server/worker/run-slices";
import { encodeJson } from "@/server/infra/store/codec";
import { buildPool, buildPosition, buildSnapshot, withPositions } from "@/tests/support/build-snapshot";
import { computeEvaluation, computeInForce, type ComputeInput } from "./compute";

const DAY_MINUTES = 1_440;

function pairState(params: PairSettings["params"] = {}): ComputeInput["pairState"] {
  return {
    settings: {
      pairId: pairId("WETH-USDC"),
      pools: [],
      params,
      limits: DEFAULT_LIMITS,
      planExpiryMs: 60_000,
    },
  };
}

/** One pool, one open position, 40 days of minutes: everything a decision weighs, and bars enough to search on. */
function richSnapshot(): MarketSnapshot {
  const empty = buildSnapshot({ minutes: 40 * DAY_MINUTES, pools: [buildPool()] });
  const pool = empty.pools[0];
  if (pool?.kind !== "ticks") throw new Error("the builder makes tick pools");
  const at = Math.round(pool.tick / 10) * 10;
  return withPositions(empty, [buildPosition(empty, pool, { tickLower: at - 900, tickUpper: at + 400, usd: 9_000 })]);
}

const snapshot = richSnapshot();
const input: ComputeInput = { snapshot, pairState: pairState(), isPegged: false, memory: NO_MEMORY };
const free: SliceDeps = { monotonicMs: () => 0, nextTurn: () => Promise.resolve() };

/** A clock on which each look costs a millisecond, so that turns do not depend on the machine. */
function countedDeps(): SliceDeps & { readonly turns: () => number } {
  let nowMs = 0;
  let turns = 0;
  return {
    monotonicMs: () => (nowMs += 1),
    nextTurn: () => {
      turns += 1;
      return nextTurn();
    },
    turns: () => turns,
  };
}

function* broken(): Generator<void, number> {
  yield;
  throw new Error("expected a price, came none");
}

describe("computeEvaluation", () => {
  it("behavior: a full search is cut into slices and the loop turns between them", async () => {
    const deps = countedDeps();
    let served = 0;
    let isRunning = true;
    const serve = (): void => {
      served += 1;
      if (isRunning) setImmediate(serve);
    };
    setImmediate(serve);
    const { evaluation } = await computeEvaluation(deps, input);
    isRunning = false;
    expect(evaluation.tuning?.evals ?? 0).toBeGreaterThanOrEqual(150);
    // 8 looks at the clock per slice: one turn per at most 9 steps.
    expect(deps.turns()).toBeGreaterThanOrEqual(Math.floor((evaluation.tuning?.evals ?? 0) / 9));
    // Others had their turn between any two slices.
    expect(served).toBeGreaterThanOrEqual(deps.turns());
  });

  it("behavior: the slices change nothing", async () => {
    const sliced = await computeEvaluation(countedDeps(), input);
    const whole = await computeEvaluation(free, input);
    expect(sliced).toEqual(whole);
  });

  it("behavior: an error of a step reaches the caller", async () => {
    await expect(runSlices(countedDeps(), broken())).rejects.toThrow("expected a price, came none");
  });

  it("behavior: says where the parameters in force come from", async () => {
    const tuned = await computeEvaluation(free, input);
    expect(tuned.evaluation.tuning?.verdict).toBe("accepted");
    expect(tuned.source).toBe("optimizer");

    const own = await computeEvaluation(free, { ...input, pairState: pairState({ baseMax: 0.2 }) });
    expect(own.params.optimizerEnabled).toBe(false);
    expect(own.source).toBe("operator");
    expect(own.evaluation.paramsUsed.baseMax).toBe(0.2);
    expect(own.evaluation.tuning).toBeNull();

    const off = await computeEvaluation(free, { ...input, pairState: pairState({ optimizerEnabled: false }) });
    expect(off.source).toBe("defaults");

    const shifts = Array.from({ length: 9 }, (_, index) => snapshot.observedAtMs - index * 60_000);
    const killed = await computeEvaluation(free, {
      ...input,
      snapshot: { ...snapshot, history: { ...snapshot.history, rangeShiftAtMs: shifts } },
      memory: tuned.evaluation.memory,
    });
    expect(killed.source).toBe("defaults");
  });

  it("behavior: a shift by hand gets the range in force and searches nothing", async () => {
    const { evaluation } = await computeEvaluation(free, input);
    const later = { ...input, snapshot: { ...snapshot, epoch: snapshot.epoch + 100 }, memory: evaluation.memory };
    const byHand = computeInForce(later).evaluation;
    expect(byHand.paramsUsed).toEqual(evaluation.paramsUsed);
    expect(byHand.memory).toEqual(evaluation.memory);
    expect(byHand.positions.map(({ target }) => target)).toEqual(evaluation.positions.map(({ target }) => target));
    expect(computeInForce(input).evaluation.paramsUsed).toEqual(resolveParams(false, {}).params.range);
  });

  it("behavior: the memory comes back from the JSON of the record, and a record without one still parses", async () => {
    const { evaluation } = await computeEvaluation(free, input);
    const stored = memoryRecordSchema.parse(JSON.parse(encodeJson(evaluation.memory)));
    expect(stored).toEqual(evaluation.memory);
    const next = { ...input, snapshot: { ...snapshot, epoch: snapshot.epoch + 16 } };
    const fromStore = await computeEvaluation(free, { ...next, memory: stored });
    const fromProcess = await computeEvaluation(free, { ...next, memory: evaluation.memory });
    expect(fromStore).toEqual(fromProcess);
    expect(epochRecordSchema.shape.memory.parse(undefined)).toBeUndefined();
    expect(epochRecordSchema.shape.tuning.parse(undefined)).toBeUndefined();
  });
});

/** Two days of samples: fees grow steadily, the price walks a little, our own part changes. */
function samplesUntil(pool: TickPoolState, nowMs: number): readonly TickPoolSample[] {
  const count = (48 * 3_600_000) / POOL_SAMPLE_MS;
  return Array.from({ length: count }, (_, index): TickPoolSample => {
    const swing = BigInt(Math.round(1e6 * (1 + 2e-3 * Math.sin(index / 9) + 4e-4 * Math.sin(index * 2.3))));
    return {
      kind: "ticks",
      observedAtMs: nowMs - (count - 1 - index) * POOL_SAMPLE_MS,
      sqrtPriceX96: (pool.sqrtPriceX96 * swing) / 1_000_000n,
      feeGrowthGlobal0X128: BigInt(index) * 2n ** 100n,
      feeGrowthGlobal1X128: BigInt(index) * 2n ** 128n,
      liquidityRaw: pool.activeLiquidityRaw ?? 0n,
      ownLiquidityRaw: BigInt(index) * 10n ** 12n,
    };
  });
}

describe("one snapshot through worker, backtest and browser", () => {
  const pool = snapshot.pools[0];
  if (pool?.kind !== "ticks") throw new Error("the builder makes tick pools");
  const sampled = { ...snapshot, poolSamples: { [pool.poolKey]: samplesUntil(pool, snapshot.observedAtMs) } };

  it.each(["forces", "carry"] as const)(
    "behavior: under %s the same evaluation and decision, as JSON, byte for byte",
    async (policy) => {
      const texts: string[] = [];
      const keep = (evaluation: Evaluation, decision: Decision): void => {
        texts.push(encodeJson({ evaluation, decision }));
      };

      const live = { ...input, snapshot: sampled, pairState: pairState({ policy }) };
      const computed = await computeEvaluation(countedDeps(), live);
      keep(
        computed.evaluation,
        decide({ snapshot: sampled, evaluation: computed.evaluation, params: computed.params }),
      );

      // Backtest: whole, with the reading and the bars it shares between twins.
      const { params } = resolveParams(false, { policy });
      const history = createTuningHistory(sampled.candles);
      const tested = evaluate({
        snapshot: sampled,
        params,
        memory: NO_MEMORY,
        market: readMarket(sampled),
        tuningBars: () => history.window(sampled.candles.openAtMs[0] ?? 0, sampled.observedAtMs),
      });
      keep(tested, decide({ snapshot: sampled, evaluation: tested, params }));

      // Browser: the snapshot arrives as a structured clone, as from a worker of the page.
      const cloned = structuredClone(sampled);
      const shown = evaluate({ snapshot: cloned, params: structuredClone(params) });
      keep(shown, decide({ snapshot: cloned, evaluation: structuredClone(shown), params }));

      expect(tested.policy).toBe(policy);
      expect(tested.pools[0]?.rates.source).toBe("measured");
      expect(tested.tuning?.verdict).toBe(policy === "forces" ? "accepted" : undefined);
      expect(texts[0]?.length).toBeGreaterThan(4_000);
      expect(texts[1]).toBe(texts[0]);
      expect(texts[2]).toBe(texts[0]);
    },
  );
});
