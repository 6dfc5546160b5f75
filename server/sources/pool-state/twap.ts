// Five-minute average tick of pools: from their own oracle, or from past blocks where the family has none or it is too short.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { CallPort } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import { oracleName, readOracleTick } from "./family-extras";
import type { ReadsOf, Twap } from "./readings";

/** Window of safety.md section 3.10, seconds. */
const TWAP_WINDOW_SEC = 300;
const SAMPLES = 6;
/** Past blocks kept: they do not change, and the next reading asks for mostly the same ones. */
const MAX_BLOCKS_KEPT = 64;

const BLOCK_TIME_ABI = parseAbi(["function getCurrentBlockTimestamp() view returns (uint256 timestamp)"]);

interface BlockSample {
  readonly atSec: number;
  /** Tick or active bin by pool id; a pool that did not answer at that block is missing. */
  readonly ticks: Map<string, number>;
}

/** By pool id in lower case. Neither way throws: what could not be read says so. */
export interface TwapReader {
  /** Pools whose own oracle reaches back far enough; the others are missing. */
  fromOracles(pools: readonly PoolRef[], block: BlockRef): Promise<ReadonlyMap<string, Twap>>;
  /** All of them. */
  fromBlocks(pools: readonly PoolRef[], block: BlockRef): Promise<ReadonlyMap<string, Twap>>;
}

export function createTwapReader(deps: {
  readonly client: ChainClient;
  readonly calls: CallPort;
  readonly readsOf: ReadsOf;
}): TwapReader {
  const { client, calls, readsOf } = deps;
  const known = new Map<bigint, BlockSample>();

  async function fromOracle(pool: PoolRef, block: BlockRef): Promise<Twap | null> {
    const name = oracleName(pool);
    if (name === null) return null;
    try {
      const tick = await readOracleTick({ chain: calls, block: block.number }, pool, TWAP_WINDOW_SEC);
      return tick === null ? null : { tick, method: name, detail: `the pool's oracle over ${TWAP_WINDOW_SEC} s` };
    } catch (error) {
      if (error instanceof ChainError) return null;
      throw error;
    }
  }

  /** One multicall per sampled block gives its time and every pool's tick; each tick counts for the time until the next sample. */
  async function fromBlocks(pools: readonly PoolRef[], block: BlockRef): Promise<ReadonlyMap<string, Twap>> {
    const blockSec = client.chain.blockTimeMs / 1000;
    let samples = await readSamples(pools, block, stepFor(blockSec));
    const coveredSec = block.timestampAtMs / 1000 - Math.min(...samples.map((sample) => sample?.atSec ?? Infinity));
    // Blocks came faster than the chain's usual time: the samples are spread again by what was seen.
    if (coveredSec > 0 && coveredSec < TWAP_WINDOW_SEC) {
      const seenBlockSec = coveredSec / (stepFor(blockSec) * SAMPLES);
      samples = await readSamples(pools, block, stepFor(seenBlockSec));
    }
    const usable = samples.filter((sample) => sample !== null).toSorted((left, right) => left.atSec - right.atSec);
    const endSec = block.timestampAtMs / 1000;
    const startSec = endSec - TWAP_WINDOW_SEC;
    return new Map(
      pools.map((pool) => {
        let weighted = 0;
        let total = 0;
        usable.forEach((sample, index) => {
          const tick = sample.ticks.get(keyOf(pool));
          const untilSec = usable[index + 1]?.atSec ?? endSec;
          const weight = Math.max(0, Math.min(untilSec, endSec) - Math.max(sample.atSec, startSec));
          if (tick === undefined || weight <= 0) return;
          weighted += tick * weight;
          total += weight;
        });
        const why = oracleName(pool) === null ? "this family has no oracle" : "the pool's oracle is too short";
        // Less than half of the window seen is no average of it.
        const twap: Twap =
          total >= TWAP_WINDOW_SEC / 2
            ? {
                tick: weighted / total,
                method: "blocks",
                detail: `${usable.length} past blocks over ${Math.round(total)} s; ${why}`,
              }
            : {
                tick: null,
                method: "none",
                detail: `${why} and past blocks cover ${Math.round(total)} s of ${TWAP_WINDOW_SEC} s`,
              };
        return [keyOf(pool), twap] as const;
      }),
    );
  }

  /** The head, and whole steps behind it: the same blocks for the readings that follow. */
  function readSamples(
    pools: readonly PoolRef[],
    block: BlockRef,
    stepBlocks: number,
  ): Promise<(BlockSample | null)[]> {
    const step = BigInt(stepBlocks);
    const newest = (block.number / step) * step;
    const numbers = [block.number, ...Array.from({ length: SAMPLES + 1 }, (_, index) => newest - BigInt(index) * step)];
    return Promise.all(
      [...new Set(numbers)].filter((number) => number > 0n).map((number) => readSample(pools, number, block)),
    );
  }

  async function readSample(pools: readonly PoolRef[], number: bigint, head: BlockRef): Promise<BlockSample | null> {
    const before = known.get(number);
    const missing = pools.filter((pool) => before?.ticks.has(keyOf(pool)) !== true);
    if (before !== undefined && missing.length === 0) return before;
    try {
      const [atSec, ticks] = await Promise.all([
        before === undefined ? readTimeSec(number, head) : before.atSec,
        Promise.all(
          missing.map(async (pool) => {
            const tick = await readTick(pool, number);
            return tick === null ? [] : [[keyOf(pool), tick] as const];
          }),
        ),
      ]);
      const sample = { atSec, ticks: new Map([...(before?.ticks ?? []), ...ticks.flat()]) };
      known.set(number, sample);
      for (const oldest of known.keys()) {
        if (known.size <= MAX_BLOCKS_KEPT) break;
        known.delete(oldest);
      }
      return sample;
    } catch (error) {
      // A block a node has pruned is a missing sample; the verdict says how much of the window was seen.
      if (error instanceof ChainError) return null;
      throw error;
    }
  }

  async function readTick(pool: PoolRef, number: bigint): Promise<number | null> {
    try {
      return (await readsOf(pool.family).readPool(calls, pool, number)).tick;
    } catch (error) {
      // The pool may be younger than the block: the others still count.
      if (error instanceof ChainError) return null;
      throw error;
    }
  }

  async function readTimeSec(number: bigint, head: BlockRef): Promise<number> {
    if (number === head.number) return head.timestampAtMs / 1000;
    const data = encodeFunctionData({ abi: BLOCK_TIME_ABI, functionName: "getCurrentBlockTimestamp" });
    const answer = await calls.call({ to: client.chain.multicall3, data }, number);
    if (answer === "0x") {
      throw new ChainError({
        code: "not_found",
        retryable: false,
        message: `there is no Multicall3 at block ${number} of ${client.chain.name} (${client.chain.id})`,
      });
    }
    return Number(
      decodeFunctionResult({ abi: BLOCK_TIME_ABI, functionName: "getCurrentBlockTimestamp", data: answer }),
    );
  }

  return {
    async fromOracles(pools, block) {
      const observed = await Promise.all(pools.map(async (pool) => [pool, await fromOracle(pool, block)] as const));
      return new Map(observed.flatMap(([pool, twap]) => (twap === null ? [] : [[keyOf(pool), twap] as const])));
    },
    fromBlocks,
  };
}

/** Blocks between two samples so that SAMPLES of them span the window. */
function stepFor(blockSec: number): number {
  return Math.max(1, Math.ceil(TWAP_WINDOW_SEC / SAMPLES / blockSec));
}

function keyOf(pool: PoolRef): string {
  return pool.pool.toLowerCase();
}
