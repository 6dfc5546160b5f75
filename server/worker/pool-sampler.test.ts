// Pool sampler: one sample per five minutes of market time from one block, the past filled as far as the node goes, and nothing lost by a restart.
import { describe, expect, it } from "vitest";
import { err, ok } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { POOL_SAMPLE_MS, type TickPoolSample } from "@/lib/market/pool-sample";
import type { PoolKey } from "@/lib/units";
import { createBlockSearch } from "./block-search";
import { createPoolSampler } from "./pool-sampler";
import type { BlockView } from "./ports";

const KEY = "1:uniswap-v3:0xaa" as PoolKey;
const START_MS = 1_793_491_200_000;
const HOUR_MS = 3_600_000;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A chain with a block every 60 s since START_MS; states older than `keptBlocks` are gone. */
function createWorld(options: { readonly ageMs: number; readonly keptBlocks: number }) {
  const listeners = new Set<(tick: { nowMs: number }) => void>();
  const stored = new Map<number, TickPoolSample>();
  const world = { nowMs: START_MS + options.ageMs, blockLagMs: 0, isAway: false, reads: 0 };
  const head = (): bigint => BigInt(Math.floor((world.nowMs - world.blockLagMs - START_MS) / 60_000));
  const blockAt = (number: bigint): BlockView => ({
    number,
    hash: `0x${number.toString(16).padStart(64, "0")}`,
    timestampAtMs: START_MS + Number(number) * 60_000,
  });
  const make = () =>
    createPoolSampler({
      chains: [{ chainId: 1, blockTimeMs: 12_000, poolKeys: [KEY] }],
      market: {
        nowMs: () => world.nowMs,
        onTick(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      chain: {
        readBlock: (_chainId, at) => {
          if (world.isAway) {
            return Promise.resolve(err(new ChainError({ code: "unreachable", message: "away", retryable: true })));
          }
          return Promise.resolve(ok(blockAt(at === "latest" ? head() : at)));
        },
        readSamples: (_chainId, block) => {
          world.reads += 1;
          if (head() - block.number > BigInt(options.keptBlocks)) {
            return Promise.resolve(err(new ChainError({ code: "not_found", message: "state gone", retryable: false })));
          }
          const sample: TickPoolSample = {
            kind: "ticks",
            observedAtMs: block.timestampAtMs,
            sqrtPriceX96: 1n << 96n,
            feeGrowthGlobal0X128: block.number,
            feeGrowthGlobal1X128: block.number,
            liquidityRaw: 10n,
            ownLiquidityRaw: 0n,
          };
          return Promise.resolve(ok(new Map([[KEY, sample]])));
        },
      },
      store: {
        read: () =>
          Promise.resolve(ok([...stored.values()].toSorted((left, right) => left.observedAtMs - right.observedAtMs))),
        write: (_key, samples, dropSlots) => {
          for (const sample of samples) stored.set(Math.floor(sample.observedAtMs / POOL_SAMPLE_MS), sample);
          for (const slot of dropSlots) stored.delete(slot);
          return Promise.resolve(ok(true));
        },
      },
      pause: () => Promise.resolve(),
      log: silent,
    });
  return {
    world,
    stored,
    make,
    /** Steps the market in minutes and lets what was begun end. */
    async walk(durationMs: number, stepMs = 60_000) {
      for (let walked = 0; walked < durationMs; walked += stepMs) {
        world.nowMs += stepMs;
        for (const listener of listeners) listener({ nowMs: world.nowMs });
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const times = (sampler: ReturnType<ReturnType<typeof createWorld>["make"]>, nowMs: number): number[] =>
  (sampler.samples(nowMs)[KEY] ?? []).map(({ observedAtMs }) => (observedAtMs - START_MS) / 60_000);

describe("createPoolSampler", () => {
  it("default: minutes 0, 5 and 10 of each epoch, once each, from the first block of the five minutes", async () => {
    const { world, make, walk } = createWorld({ ageMs: 0, keptBlocks: 0 });
    const sampler = make();
    await sampler.start();
    await walk(HOUR_MS);
    expect(times(sampler, world.nowMs)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    await sampler.stop();
  });

  it("behavior: a head that still belongs to the five minutes before is not taken for the new ones", async () => {
    const { world, make, walk } = createWorld({ ageMs: 0, keptBlocks: 0 });
    world.blockLagMs = 0;
    const sampler = make();
    await sampler.start();
    world.blockLagMs = 120_000;
    await walk(20 * 60_000);
    expect(times(sampler, world.nowMs)).toEqual([0, 5, 10, 15]);
    await sampler.stop();
  });

  it("behavior: a fresh start fills what the node still has and says why there is no more", async () => {
    const { world, make, walk } = createWorld({ ageMs: 10 * HOUR_MS, keptBlocks: 125 });
    const sampler = make();
    await sampler.start();
    await walk(120_000);
    const minutes = times(sampler, world.nowMs);
    expect(minutes.at(-1)).toBe(600);
    expect(minutes[0]).toBe(480);
    expect(minutes).toHaveLength(25);
    expect(sampler.freshness(world.nowMs)[0]).toMatchObject({ ok: true, isAdvisory: true });
    expect(sampler.freshness(world.nowMs)[0]?.detail).toContain("state gone");
    const reads = world.reads;
    await walk(120_000);
    // What is gone is not asked for again.
    expect(world.reads).toBe(reads);
    await sampler.stop();
  });

  it("behavior: a chain younger than the window is filled to its first block", async () => {
    const { world, make, walk } = createWorld({ ageMs: 2 * HOUR_MS, keptBlocks: 10_000 });
    const sampler = make();
    await sampler.start();
    await walk(60_000);
    expect(times(sampler, world.nowMs)).toHaveLength(25);
    await sampler.stop();
  });

  it("behavior: the next worker goes on with the samples of the last one and fills the hole between them", async () => {
    const { world, make, walk } = createWorld({ ageMs: 0, keptBlocks: 60 });
    const first = make();
    await first.start();
    await walk(6 * HOUR_MS);
    await first.stop();
    world.nowMs += 30 * 60_000;
    const second = make();
    await second.start();
    await walk(60_000);
    const minutes = times(second, world.nowMs);
    expect(minutes).toHaveLength(6 * 12 + 1 + 6);
    expect(minutes.every((minute, index) => minute === index * 5)).toBe(true);
    await second.stop();
  });

  it("behavior: 73 h are kept, in memory and in the store", async () => {
    const { world, stored, make, walk } = createWorld({ ageMs: 0, keptBlocks: 0 });
    const sampler = make();
    await sampler.start();
    await walk(80 * HOUR_MS, POOL_SAMPLE_MS);
    expect(times(sampler, world.nowMs)).toHaveLength(73 * 12 + 1);
    expect(stored.size).toBe(73 * 12 + 1);
    await sampler.stop();
  });

  it("error: a node that is away leaves the old samples, and their age is told", async () => {
    const { world, make, walk } = createWorld({ ageMs: 0, keptBlocks: 0 });
    const sampler = make();
    await sampler.start();
    await walk(10 * 60_000);
    world.isAway = true;
    await walk(HOUR_MS);
    const [entry] = sampler.freshness(world.nowMs);
    expect(entry).toMatchObject({ ok: false, isAdvisory: true, ageMs: HOUR_MS });
    expect(entry?.detail).toContain("away");
    world.isAway = false;
    await walk(5 * 60_000);
    expect(sampler.freshness(world.nowMs)[0]?.ok).toBe(true);
    await sampler.stop();
  });

  it("behavior: a sample later than the asked instant is not handed out", async () => {
    const { world, make, walk } = createWorld({ ageMs: 0, keptBlocks: 0 });
    const sampler = make();
    await sampler.start();
    await walk(HOUR_MS);
    expect(times(sampler, START_MS + 12 * 60_000)).toEqual([0, 5, 10]);
    expect(times(sampler, world.nowMs)).toHaveLength(13);
    await sampler.stop();
  });
});

/** Blocks 12 s apart for 1 000 blocks, then 60 s apart. */
function unevenAtMs(number: number): number {
  return number <= 1_000 ? number * 12_000 : 12_000_000 + (number - 1_000) * 60_000;
}

function unevenView(number: bigint): BlockView {
  return { number, hash: "0x0", timestampAtMs: unevenAtMs(Number(number)) };
}

/** Nothing between block 9 and block 10 for hours. */
function gappedView(number: bigint): BlockView {
  const timestampAtMs = number < 10n ? Number(number) * 12_000 : 10_000_000 + Number(number) * 12_000;
  return { number, hash: "0x0", timestampAtMs };
}

describe("createBlockSearch", () => {
  it("behavior: few reads also where blocks come unevenly", async () => {
    let reads = 0;
    const search = createBlockSearch({
      blockTimeMs: 12_000,
      readBlock: (number) => {
        reads += 1;
        return Promise.resolve(ok(unevenView(number)));
      },
    });
    for (const fromMs of [0, 600_000, 6_000_000, 11_900_000, 12_100_000, 30_000_000]) {
      const found = await search.find({ fromMs, toMs: fromMs + POOL_SAMPLE_MS, after: unevenView(2_000n) });
      expect(found.ok && found.value.kind).toBe("found");
      if (found.ok && found.value.kind === "found") {
        expect(found.value.block.timestampAtMs).toBeGreaterThanOrEqual(fromMs);
        expect(found.value.block.timestampAtMs).toBeLessThan(fromMs + POOL_SAMPLE_MS);
      }
    }
    expect(reads).toBeLessThan(6 * 14);
  });

  it("behavior: a stretch without blocks is a gap", async () => {
    const search = createBlockSearch({
      blockTimeMs: 12_000,
      readBlock: (number) => Promise.resolve(ok(gappedView(number))),
    });
    const found = await search.find({ fromMs: 5_000_000, toMs: 5_300_000, after: gappedView(50n) });
    expect(found.ok && found.value.kind).toBe("gap");
  });
});
