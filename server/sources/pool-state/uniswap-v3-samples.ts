// What Uniswap V3 pools showed at one block, for measuring what they paid: price, fee growth, active liquidity and our part of it.
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import { UNISWAP_V3_POOL_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { poolKey, type Address, type PoolKey } from "@/lib/units";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";
import { readV3PositionsOf, type RawV3Position } from "./uniswap-v3-reads";

const READS_PER_POOL = 5;
const MULTICALL_BATCH_BYTES = 32_768;

/**
 * One multicall for all pools and one enumeration of our positions per position manager, all at `block`. A pool that does not answer
 * is left out; an error only when none answered, which is how a node says that it has dropped the state of an old block.
 */
export async function readV3Samples(
  client: ChainClient,
  input: { readonly pools: readonly ResolvedPool[]; readonly owner: Address },
  block: Pick<BlockRef, "number" | "hash" | "timestampAtMs">,
): Promise<Result<ReadonlyMap<PoolKey, TickPoolSample>, ChainError>> {
  const { pools, owner } = input;
  if (pools.length === 0) return ok(new Map());
  const answers = await client.call(`samples of ${pools.length} pools at block ${block.number}`, (reader) =>
    reader.multicall({
      contracts: pools.flatMap(({ pool }) => {
        const at = { address: pool.id, abi: UNISWAP_V3_POOL_ABI } as const;
        return [
          { ...at, functionName: "slot0" },
          { ...at, functionName: "liquidity" },
          { ...at, functionName: "feeGrowthGlobal0X128" },
          { ...at, functionName: "feeGrowthGlobal1X128" },
          { ...at, functionName: "fee" },
        ] as const;
      }),
      allowFailure: true,
      blockNumber: block.number,
      batchSize: MULTICALL_BATCH_BYTES,
    }),
  );
  if (!answers.ok) return answers;
  if (answers.value.every(({ status }) => status === "failure")) {
    const [first] = answers.value;
    return err(
      new ChainError({
        code: "not_found",
        retryable: false,
        message: `no pool of ${client.chain.name} (${client.chain.id}) could be read at block ${block.number}: ${first?.status === "failure" ? (errorText(first.error).split("\n")[0] ?? "") : ""}`,
        details: { chainId: client.chain.id, blockNumber: block.number.toString() },
      }),
    );
  }
  const positions: RawV3Position[] = [];
  for (const positionManager of new Set(pools.map((facts) => facts.positionManager))) {
    const found = await readV3PositionsOf(
      client,
      { positionManager, owner },
      { ...block, chainId: client.chain.id, baseFeePerGasWei: null },
    );
    if (!found.ok) return found;
    positions.push(...found.value);
  }
  const samples = new Map<PoolKey, TickPoolSample>();
  pools.forEach((facts, index) => {
    const part = answers.value.slice(index * READS_PER_POOL, (index + 1) * READS_PER_POOL).map((each) => each.result);
    const [slot0, liquidityRaw, growth0, growth1, feePips] = part;
    if (!Array.isArray(slot0) || typeof liquidityRaw !== "bigint") return;
    if (typeof growth0 !== "bigint" || typeof growth1 !== "bigint" || typeof feePips !== "number") return;
    const [sqrtPriceX96, tick] = slot0;
    if (sqrtPriceX96 <= 0n) return;
    const [token0, token1] = facts.baseIsToken0
      ? [facts.base.address, facts.quote.address]
      : [facts.quote.address, facts.base.address];
    const ownLiquidityRaw = positions
      .filter(
        (position) =>
          position.positionManager === facts.positionManager &&
          position.feePips === feePips &&
          isSame(position.token0, token0) &&
          isSame(position.token1, token1) &&
          position.tickLower <= tick &&
          tick < position.tickUpper,
      )
      .reduce((sum, position) => sum + position.liquidityRaw, 0n);
    samples.set(poolKey(facts.chain.id, facts.dex.family, facts.pool.id), {
      kind: "ticks",
      observedAtMs: block.timestampAtMs,
      sqrtPriceX96,
      feeGrowthGlobal0X128: growth0,
      feeGrowthGlobal1X128: growth1,
      liquidityRaw,
      ownLiquidityRaw,
    });
  });
  return ok(samples);
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
