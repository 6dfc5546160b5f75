// Paper accounts: fees from real growth, decisions a sample later, books that add up, state that survives a restart, and never a harm to the cycle.
import { describe, expect, it } from "vitest";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { err, ok } from "@/lib/errors/result";
import { StoreError } from "@/lib/errors/tidegate-error";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import type { MarketSnapshot, TickPoolState } from "@/lib/market/snapshot";
import { resolveParams } from "@/lib/registry/resolve-params";
import { readMarket } from "@/lib/strategy/index";
import { encodeJson } from "@/server/infra/store/codec";
import { buildSnapshot } from "@/tests/support/build-snapshot";
import { createPaperDesk, type PaperDeps } from "./paper";
import { paperBookSchema, type PaperBook } from "./paper-book";
import { paperSteps } from "./paper-market";
import type { PaperInput } from "./ports";

const SAMPLE_MS = 300_000;
const EPOCH_MS = 900_000;
const base = buildSnapshot({ idleBase: 5, idleQuote: 10_000 });
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { params } = resolveParams(false, { optimizerEnabled: false, policy: "carry", cashReserveFrac: 0 });

function tickPool(snapshot: MarketSnapshot): TickPoolState {
  const [pool] = snapshot.pools;
  if (pool?.kind !== "ticks") throw new Error("the builder makes one tick pool");
  return pool;
}

/** Samples every five minutes up to `toMs`; each pays `growth` quote (token0) per unit of liquidity. */
function samplesUntil(toMs: number, count: number, growth = 10n ** 25n): readonly TickPoolSample[] {
  const pool = tickPool(base);
  return Array.from({ length: count }, (_, index): TickPoolSample => {
    const slot = Math.floor(toMs / SAMPLE_MS) - (count - 1 - index);
    return {
      kind: "ticks",
      observedAtMs: slot * SAMPLE_MS,
      sqrtPriceX96: pool.sqrtPriceX96,
      feeGrowthGlobal0X128: BigInt.asUintN(256, BigInt(slot) * growth),
      feeGrowthGlobal1X128: 0n,
      liquidityRaw: pool.activeLiquidityRaw ?? 0n,
      ownLiquidityRaw: 0n,
    };
  });
}

/** The same calm market some epochs later. */
function epochOn(epochs: number, change: Partial<MarketSnapshot> = {}): PaperInput {
  const observedAtMs = base.observedAtMs + epochs * EPOCH_MS;
  const pool = { ...tickPool(base), observedAtMs };
  const snapshot: MarketSnapshot = {
    ...base,
    observedAtMs,
    epoch: base.epoch + epochs,
    pools: [pool],
    poolSamples: { [pool.poolKey]: samplesUntil(observedAtMs, 400) },
    ...change,
  };
  return { snapshot, params, market: readMarket(snapshot), mode: "approve" };
}

/** A desk over a store that keeps text, as the real one does. */
function createDesk(kept: { text: string | null } = { text: null }) {
  const deps: PaperDeps = {
    pairId: "WETH-USDC",
    read: () => {
      if (kept.text === null) return Promise.resolve(ok(null));
      const parsed = paperBookSchema.safeParse(JSON.parse(kept.text));
      return Promise.resolve(
        parsed.success
          ? ok(parsed.data)
          : err(new StoreError({ code: "bad_data", message: parsed.error.message, retryable: false })),
      );
    },
    write: (book: PaperBook) => {
      kept.text = encodeJson(book);
      return Promise.resolve(ok(true));
    },
    slices: { monotonicMs: () => 0, nextTurn: () => Promise.resolve() },
    log: silent,
  };
  return { deps, kept, desk: createPaperDesk(deps) };
}

describe("createPaperDesk", () => {
  it("default: the shadow opens a sample after it decided, earns its share of real growth, and its books add up", async () => {
    const { desk } = createDesk();
    const [first] = await desk.run(epochOn(0));
    expect(first).toMatchObject({ policy: "forces", role: "shadow", rebalances: 0, netUsd: 0, positions: [] });
    expect(first?.startUsd).toBeCloseTo(base.capital.totalUsd, 6);
    expect(first?.decision.kind).toBe("PRA");
    expect(first?.pending).toMatchObject({ dueAtMs: base.observedAtMs + SAMPLE_MS });

    const [second] = await desk.run(epochOn(1));
    expect(second).toMatchObject({ rebalances: 1, pending: null, lastAction: { outcome: "done" } });
    expect(second?.positions).toHaveLength(1);
    expect(second?.gasUsd).toBeGreaterThan(0);
    const [third] = await desk.run(epochOn(2));
    if (first === undefined || second === undefined || third === undefined) throw new Error("one record per epoch");
    expect(second.feesUsd).toBeGreaterThan(0);
    // Two samples of growth in the first epoch after the mint, three in the next: the account shares in each alike.
    expect(third.feesUsd / second.feesUsd).toBeCloseTo(5 / 2, 6);
    for (const each of [second, third]) {
      expect(each.netUsd).toBeCloseTo(each.feesUsd + each.markUsd - each.gasUsd - each.swapCostUsd, 9);
      expect(each.alphaUsd).toBeCloseTo(each.feesUsd - each.lvrUsd - each.gasUsd - each.swapCostUsd, 9);
      expect(each.valueUsd - each.startUsd).toBeCloseTo(each.netUsd + each.gasUsd, 6);
      expect(each.timeInRangeFrac).toBe(1);
    }
  });

  it("behavior: a restart goes on with what the store holds and counts nothing twice", async () => {
    const through = createDesk();
    for (const epochs of [0, 1, 2]) await through.desk.run(epochOn(epochs));
    const [whole] = await through.desk.run(epochOn(3));
    const kept = { text: null };
    for (const epochs of [0, 1, 2]) await createDesk(kept).desk.run(epochOn(epochs));
    const [restarted] = await createDesk(kept).desk.run(epochOn(3));
    expect(restarted).toEqual(whole);
    // The same epoch once more, as after a crash between paper and log: time and fees stand still.
    const [again] = await createDesk(kept).desk.run(epochOn(3));
    expect(again?.feesUsd).toBe(whole?.feesUsd);
  });

  it("behavior: a pair that only observes has an account for the policy in charge too, and it ends with observing", async () => {
    const { desk, kept } = createDesk();
    const records = await desk.run({ ...epochOn(0), mode: "observe" });
    expect(records.map(({ policy, role }) => [policy, role])).toEqual([
      ["forces", "shadow"],
      ["carry", "observe"],
    ]);
    expect((await desk.run(epochOn(1))).map(({ policy }) => policy)).toEqual(["forces"]);
    expect(kept.text).not.toContain('"policy":"carry"');
  });

  it("behavior: no capital, no account; no price, the accounts wait", async () => {
    const { desk } = createDesk();
    const poor = buildSnapshot({ idleBase: 0, idleQuote: 0 });
    expect(await desk.run(epochOn(0, { capital: poor.capital }))).toEqual([]);
    await desk.run(epochOn(0));
    const [before] = await desk.run(epochOn(1));
    expect(await desk.run(epochOn(2, { price: Number.NaN }))).toEqual([]);
    const [after] = await desk.run(epochOn(3));
    expect(after?.feesUsd).toBeGreaterThan(before?.feesUsd ?? Number.NaN);
    expect(after?.startedAtMs).toBe(before?.startedAtMs);
  });

  it("error: a store that is away or holds another shape, and a bug, never reach the cycle", async () => {
    const { deps, kept } = createDesk({ text: '{"version":7}' });
    const told: string[] = [];
    const log = {
      ...silent,
      error: (event: string) => void told.push(event),
      warn: (event: string) => void told.push(event),
    };
    const [fresh] = await createPaperDesk({ ...deps, log }).run(epochOn(0));
    expect(fresh?.netUsd).toBe(0);
    expect(told).toEqual(["store.lost"]);
    expect(kept.text).toContain('"version":1');
    const away = createPaperDesk({
      ...deps,
      log,
      read: () =>
        Promise.resolve(err(new StoreError({ code: "unreachable", message: "the store is away", retryable: true }))),
    });
    expect(await away.run(epochOn(1))).toEqual([]);
    expect(told).toEqual(["store.lost", "paper.failed"]);
  });
});

describe("paperSteps", () => {
  const pool = tickPool(base);
  const toMs = base.observedAtMs;

  it("default: growth becomes whole tokens per unit of others' liquidity, our dilution taken out, wrapping counted through", () => {
    const [early, late] = samplesUntil(toMs, 2);
    if (early === undefined || late === undefined) throw new Error("two samples");
    const growth = 1n << 100n;
    const samples = [
      { ...early, feeGrowthGlobal0X128: (1n << 256n) - 10n, ownLiquidityRaw: early.liquidityRaw / 4n },
      { ...late, feeGrowthGlobal0X128: growth - 10n },
    ];
    const { steps, marks } = paperSteps({
      pools: [pool],
      samples: { [pool.poolKey]: samples },
      marks: { [pool.poolKey]: early.observedAtMs },
      untilMs: toMs,
    });
    const interval = steps[0]?.intervals[0];
    // Quote is token0: raw growth 2^100 / 2^128, scaled by 10^((18 - 6) / 2), and a quarter of the liquidity was ours.
    expect(interval?.feeQuote).toBeCloseTo((2 ** -28 * 1e6) / 0.75, 12);
    expect(interval?.feeBase).toBe(0);
    expect(interval?.othersLiquidity).toBeCloseTo(Number((early.liquidityRaw * 3n) / 4n) / 1e12, 0);
    const frame = { decBase: 18, decQuote: 6, baseIsToken0: false };
    expect(interval?.price).toBe(sqrtToPrice(pool.sqrtPriceX96, frame));
    expect(marks[pool.poolKey]).toBe(late.observedAtMs);
  });

  it("behavior: a mark older than what is kept says how much was not seen; a pool without samples keeps its mark", () => {
    const samples = samplesUntil(toMs, 5);
    const firstMs = samples[0]?.observedAtMs ?? 0;
    const seen = paperSteps({
      pools: [pool],
      samples: { [pool.poolKey]: samples },
      marks: { [pool.poolKey]: firstMs - 7_200_000 },
      untilMs: toMs,
    });
    expect(seen.unseenMs).toBe(7_200_000);
    expect(seen.steps).toHaveLength(4);
    const none = paperSteps({ pools: [pool], samples: {}, marks: { [pool.poolKey]: 5 }, untilMs: toMs });
    expect(none).toEqual({ steps: [], marks: { [pool.poolKey]: 5 }, unseenMs: 0 });
  });
});
