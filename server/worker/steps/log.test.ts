// The epoch record: what the evaluation found is on it as JSON that its own schema reads, and a new worker goes on from it.
import { describe, expect, it } from "vitest";
import { epochRecordSchema, type EpochRecord } from "@/lib/epoch/epoch-record";
import { ok } from "@/lib/errors/result";
import { DEFAULT_LIMITS, type PairSettings } from "@/lib/registry/pair-settings";
import { NO_MEMORY } from "@/lib/strategy/index";
import { pairId } from "@/lib/units";
import { encodeJson } from "@/server/infra/store/codec";
import { restoreMemory } from "@/server/worker/strategy-memory";
import { buildPool, buildSnapshot } from "@/tests/support/build-snapshot";
import { computeEvaluation, type Computed } from "./compute";
import { logCycle, type LogDeps } from "./log";

const PAIR_ID = pairId("WETH-USDC");

function noop(): void {
  // Nothing listens here.
}

/** Ports that keep what is pushed as the store's text. */
function createDeps(): LogDeps & { readonly texts: string[] } {
  const texts: string[] = [];
  return {
    texts,
    pairId: PAIR_ID,
    wall: { nowMs: () => 1_000, monotonicMs: () => 0 },
    market: { nowMs: () => 2_000, speed: () => 1 },
    log: { debug: noop, info: noop, warn: noop, error: noop },
    record: {
      pushEpoch: (record) => {
        texts.push(encodeJson(record));
        return Promise.resolve(ok(true));
      },
      writeInputs: () => Promise.resolve(ok(true)),
      recentEpochs: () => Promise.resolve(ok([])),
      emitEpoch: noop,
      publish: noop,
      writeState: () => Promise.resolve(ok(true)),
      readState: () => Promise.resolve(null),
      writeSource: noop,
    },
  };
}

async function recordOf(computed: Computed | null): Promise<EpochRecord> {
  const deps = createDeps();
  await logCycle(deps, {
    epoch: 7,
    cycleId: "c",
    fetched: null,
    computed,
    decided: null,
    executed: null,
    failure: computed === null ? { step: "fetch", error: new Error("no answer") } : null,
    flows: null,
    durations: { fetchMs: 0, computeMs: 0, decideMs: 0, executeMs: 0, logMs: 0 },
    latenessMs: 0,
  });
  return epochRecordSchema.parse(JSON.parse(deps.texts[0] ?? ""));
}

function compute(params: PairSettings["params"], volumeUsd: number): Promise<Computed> {
  const pool = buildPool({ volumeH1Usd: volumeUsd / 24, volumeH6Usd: volumeUsd / 4, volumeH24Usd: volumeUsd });
  return computeEvaluation(
    { monotonicMs: () => 0, nextTurn: () => Promise.resolve() },
    {
      snapshot: buildSnapshot({ minutes: 12 * 1_440, pools: [pool] }),
      pairState: {
        settings: { pairId: PAIR_ID, pools: [], params, limits: DEFAULT_LIMITS, planExpiryMs: 60_000 },
      },
      isPegged: false,
      memory: NO_MEMORY,
    },
  );
}

describe("logCycle", () => {
  it("behavior: the search, its memory, the policy and each pool's rates are on record", async () => {
    const computed = await compute({}, 48e6);
    const record = await recordOf(computed);
    expect(record.policy).toBe("forces");
    expect(record.tuning).toEqual(computed.evaluation.tuning);
    expect(record.tuning?.evals ?? 0).toBeGreaterThan(100);
    expect(record.memory).toEqual(computed.evaluation.memory);
    expect(record.params).toEqual({ ...computed.evaluation.paramsUsed, source: "optimizer" });
    expect(record.pools[0]?.rates).toEqual(computed.evaluation.pools[0]?.rates);
    expect(record.pools[0]?.carry).toBeNull();
    expect(record.cash).toBeNull();
  });

  it("behavior: under carry each pool has its width and yield", async () => {
    const computed = await compute({ policy: "carry" }, 48e6);
    const record = await recordOf(computed);
    expect(record.policy).toBe("carry");
    expect(record.tuning).toBeNull();
    expect(record.params?.source).toBe("defaults");
    expect(record.pools[0]?.carry).toEqual(computed.evaluation.pools[0]?.carry);
    expect(record.pools[0]?.carry?.halfWidth ?? 0).toBeGreaterThan(0);
  });

  it("behavior: all cash names the nearest pool and what it lacks", async () => {
    const computed = await compute({}, 20_000);
    const record = await recordOf(computed);
    expect(record.cash).toEqual(computed.evaluation.cash);
    expect(record.cash?.shortfallFrac ?? 0).toBeGreaterThan(0);
  });

  it("behavior: a new worker goes on from the newest record that holds a memory", async () => {
    const computed = await compute({}, 48e6);
    const [failed, good] = [await recordOf(null), await recordOf(computed)];
    expect(failed.status).toBe("failed");
    expect(restoreMemory([failed, good])).toEqual(computed.evaluation.memory);
    expect(restoreMemory([failed])).toEqual(NO_MEMORY);
    expect(restoreMemory([])).toEqual(NO_MEMORY);
    // A record of an older version has no such fields at all.
    const { memory: _memory, tuning: _tuning, policy: _policy, cash: _cash, ...older } = good;
    expect(restoreMemory([epochRecordSchema.parse(older)])).toEqual(NO_MEMORY);
  });
});
