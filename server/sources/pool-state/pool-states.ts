// Pools and positions of one chain at one named block, all families: state, average, what is held, exact amounts, depth, samples.
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address, PoolKey } from "@/lib/units";
import { createCallPort } from "@/server/infra/chain/call-port";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import { readDepthBuckets, type DepthBucket } from "./depth";
import { readBin, readHeld } from "./family-extras";
import {
  isAway,
  type PoolReading,
  type PoolReadings,
  type PositionRead,
  type ReadsOf,
  type WantedPosition,
} from "./readings";
import { readPoolSamples, type SamplesInput } from "./samples";
import { createTwapReader } from "./twap";

export interface PoolStates {
  /** An error only when the chain did not answer; a pool that cannot be used is refused with its reason, the others stand. */
  readPools(pools: readonly ResolvedPool[], block: BlockRef): Promise<Result<PoolReadings, ChainError>>;
  /** The wanted ones that exist, are in their pool and belong to `owner`; an error when the chain did not answer. */
  readPositions(
    input: { readonly wanted: readonly WantedPosition[]; readonly owner: Address },
    block: BlockRef,
  ): Promise<Result<readonly PositionRead[], ChainError>>;
  readDepth(reading: PoolReading): Promise<Result<readonly DepthBucket[], ChainError>>;
  /** `not_found` when no pool could be read, as at a block whose state the node has dropped. */
  readSamples(
    input: SamplesInput,
    block: Pick<BlockRef, "number" | "timestampAtMs">,
  ): Promise<Result<ReadonlyMap<PoolKey, TickPoolSample>, ChainError>>;
}

/** What is asked in one turn goes out as one multicall per block; keep one of these per chain. */
export function createPoolStates(deps: { readonly client: ChainClient; readonly readsOf: ReadsOf }): PoolStates {
  const { client, readsOf } = deps;
  const calls = createCallPort(client);
  const twaps = createTwapReader({ client, calls, readsOf });
  const place = (block: BlockRef) => ({ chain: calls, block: block.number });

  async function readPool(facts: ResolvedPool, block: BlockRef): Promise<Omit<PoolReading, "twap">> {
    const ref = poolRefOf(facts);
    const reads = readsOf(ref.family);
    const tokens = [facts.base.address, facts.quote.address] as const;
    const [live, held] = await Promise.all([
      reads.readPool(calls, ref, block.number),
      readHeld(place(block), ref, tokens),
    ]);
    const frame = {
      decBase: facts.base.decimals,
      decQuote: facts.quote.decimals,
      baseIsToken0: facts.baseIsToken0,
    };
    return {
      facts,
      ref,
      block,
      live,
      frame,
      price: sqrtToPrice(live.sqrtPriceX96, frame),
      baseRaw: held?.[0] ?? null,
      quoteRaw: held?.[1] ?? null,
      activeBin: ref.family === "liquidity-book" ? await readBin(place(block), ref, live.tick) : null,
    };
  }

  return {
    async readPools(pools, block) {
      const [read, observed] = await Promise.all([
        Promise.all(pools.map((facts) => tried(() => readPool(facts, block)))),
        twaps.fromOracles(pools.map(poolRefOf), block),
      ]);
      const usable: Omit<PoolReading, "twap">[] = [];
      const refused: { facts: ResolvedPool; error: ChainError }[] = [];
      pools.forEach((facts, index) => {
        const each = read[index];
        if (each?.ok === true) usable.push(each.value);
        else if (each !== undefined) refused.push({ facts, error: each.error });
      });
      const away = refused.find(({ error }) => isAway(error));
      if (away !== undefined) return err(away.error);
      const tooShort = usable.filter((reading) => !observed.has(keyOf(reading))).map(({ ref }) => ref);
      const sampled = tooShort.length === 0 ? observed : await twaps.fromBlocks(tooShort, block);
      const readings = usable.map((reading): PoolReading => {
        const twap = observed.get(keyOf(reading)) ?? sampled.get(keyOf(reading));
        return { ...reading, twap: twap ?? { tick: null, method: "none", detail: "the average was not read" } };
      });
      return ok({ block, readings, refused });
    },

    async readPositions({ wanted, owner }, block) {
      const read = await Promise.all(
        wanted.map(async ({ facts, tokenId }) => {
          const ref = poolRefOf(facts);
          const live = await tried(() => readsOf(ref.family).readPosition(calls, ref, tokenId, block.number, owner));
          return { facts, live };
        }),
      );
      const found: PositionRead[] = [];
      for (const { facts, live } of read) {
        if (!live.ok) return live;
        const position = live.value;
        if (position === null || position.otherPool !== undefined) continue;
        if (position.owner.toLowerCase() !== owner.toLowerCase()) continue;
        if (position.liquidityRaw === 0n && position.fees0Raw === 0n && position.fees1Raw === 0n) continue;
        found.push({ facts, block, live: position });
      }
      return ok(found);
    },

    readDepth: (reading) => tried(() => readDepthBuckets({ calls, readsOf }, reading)),

    async readSamples(input, block) {
      const samples = await tried(() => readPoolSamples({ calls, readsOf }, input, block));
      if (samples.ok || isAway(samples.error)) return samples;
      return err(
        new ChainError({
          code: "not_found",
          retryable: false,
          message: `no pool of ${client.chain.name} (${client.chain.id}) could be read at block ${block.number}: ${samples.error.message}`,
          details: { chainId: client.chain.id, blockNumber: block.number.toString() },
        }),
      );
    },
  };
}

function keyOf({ ref }: Pick<PoolReading, "ref">): string {
  return ref.pool.toLowerCase();
}

async function tried<T>(read: () => Promise<T>): Promise<Result<T, ChainError>> {
  try {
    return ok(await read());
  } catch (error) {
    if (error instanceof ChainError) return err(error);
    throw error;
  }
}
