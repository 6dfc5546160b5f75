// Five-minute average tick of a pool: from its own oracle, or from past blocks where the oracle is too short.
import { parseAbi } from "viem";
import { UNISWAP_V3_POOL_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { Address } from "@/lib/units";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";

/** Window of safety.md section 3.10, seconds. */
const TWAP_WINDOW_SEC = 300;
const SAMPLES = 6;

const BLOCK_TIME_ABI = parseAbi(["function getCurrentBlockTimestamp() view returns (uint256 timestamp)"]);

export interface Twap {
  /** Null when neither way gave an average; then nothing may be traded on this pool's price. */
  readonly tick: number | null;
  readonly method: "observe" | "blocks" | "none";
  /** What was read, for people. */
  readonly detail: string;
}

/** Averages for several pools at one block; each says how it was made. */
export async function readTwaps(
  client: ChainClient,
  pools: readonly Address[],
  block: BlockRef,
): Promise<ReadonlyMap<Address, Twap>> {
  const twaps = new Map<Address, Twap>();
  const observed = await client.call("time averages", (reader) =>
    reader.multicall({
      contracts: pools.map(
        (address) =>
          ({ address, abi: UNISWAP_V3_POOL_ABI, functionName: "observe", args: [[TWAP_WINDOW_SEC, 0]] }) as const,
      ),
      allowFailure: true,
      blockNumber: block.number,
    }),
  );
  const tooShort: Address[] = [];
  pools.forEach((pool, index) => {
    const [cumulatives] = observed.ok ? (observed.value[index]?.result ?? []) : [];
    const [before, now] = cumulatives ?? [];
    if (before === undefined || now === undefined) {
      tooShort.push(pool);
      return;
    }
    twaps.set(pool, {
      tick: Number(now - before) / TWAP_WINDOW_SEC,
      method: "observe",
      detail: `the pool's oracle over ${TWAP_WINDOW_SEC} s`,
    });
  });
  if (tooShort.length > 0) {
    for (const [pool, twap] of await sampleBlocks(client, tooShort, block)) twaps.set(pool, twap);
  }
  return twaps;
}

/** One read per sampled block gives its time and every pool's tick; each tick counts for the time until the next sample. */
async function sampleBlocks(
  client: ChainClient,
  pools: readonly Address[],
  block: BlockRef,
): Promise<ReadonlyMap<Address, Twap>> {
  const blockSec = client.chain.blockTimeMs / 1000;
  let samples = await readSamples(client, pools, block, stepFor(blockSec));
  const coveredSec = block.timestampAtMs / 1000 - Math.min(...samples.map((sample) => sample?.atSec ?? Infinity));
  // Blocks came faster than the chain's usual time: the samples are spread again by what was seen.
  if (coveredSec > 0 && coveredSec < TWAP_WINDOW_SEC) {
    const seenBlockSec = coveredSec / (stepFor(blockSec) * SAMPLES);
    samples = await readSamples(client, pools, block, stepFor(seenBlockSec));
  }
  const usable = samples.filter((sample) => sample !== null).toSorted((left, right) => left.atSec - right.atSec);
  const endSec = block.timestampAtMs / 1000;
  const startSec = endSec - TWAP_WINDOW_SEC;

  const twaps = new Map<Address, Twap>();
  pools.forEach((pool, at) => {
    let weighted = 0;
    let total = 0;
    usable.forEach((sample, index) => {
      const tick = sample.ticks[at];
      const untilSec = usable[index + 1]?.atSec ?? endSec;
      const weight = Math.max(0, Math.min(untilSec, endSec) - Math.max(sample.atSec, startSec));
      if (tick === undefined || tick === null || weight <= 0) return;
      weighted += tick * weight;
      total += weight;
    });
    // Less than half of the window seen is no average of it.
    const isEnough = total >= TWAP_WINDOW_SEC / 2;
    twaps.set(
      pool,
      isEnough
        ? {
            tick: weighted / total,
            method: "blocks",
            detail: `${usable.length} past blocks over ${Math.round(total)} s; the pool's oracle is too short`,
          }
        : {
            tick: null,
            method: "none",
            detail: `the pool's oracle is too short and past blocks cover ${Math.round(total)} s of ${TWAP_WINDOW_SEC} s`,
          },
    );
  });
  return twaps;
}

/** Blocks between two samples so that SAMPLES of them span the window. */
function stepFor(blockSec: number): number {
  return Math.max(1, Math.ceil(TWAP_WINDOW_SEC / SAMPLES / blockSec));
}

function readSamples(client: ChainClient, pools: readonly Address[], block: BlockRef, stepBlocks: number) {
  const numbers = Array.from({ length: SAMPLES + 1 }, (_, index) => block.number - BigInt(index * stepBlocks));
  return Promise.all(numbers.filter((number) => number > 0n).map((number) => readSample(client, pools, number)));
}

async function readSample(
  client: ChainClient,
  pools: readonly Address[],
  blockNumber: bigint,
): Promise<{ readonly atSec: number; readonly ticks: readonly (number | null)[] } | null> {
  const answer = await client.call(`ticks at block ${blockNumber}`, async (reader) => {
    const [time, slots] = await Promise.all([
      reader.readContract({
        address: client.chain.multicall3,
        abi: BLOCK_TIME_ABI,
        functionName: "getCurrentBlockTimestamp",
        blockNumber,
      }),
      reader.multicall({
        contracts: pools.map((address) => ({ address, abi: UNISWAP_V3_POOL_ABI, functionName: "slot0" }) as const),
        allowFailure: true,
        blockNumber,
      }),
    ]);
    return { atSec: Number(time), ticks: slots.map((slot) => slot.result?.[1] ?? null) };
  });
  // A block a node has pruned is a missing sample; the verdict says how much of the window was seen.
  return answer.ok ? answer.value : null;
}
