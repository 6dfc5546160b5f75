// Registry pools of a pair that are not used: the registry's own reason or the chain's denial, each with what a person does about it.
import type { LeftOutPool } from "@/lib/api/schemas";
import type { WorkerState } from "@/lib/api/worker-state";
import type { Pool } from "@/lib/registry/schema";
import type { RegistryView } from "@/server/config/registry";
import { poolKeyOf } from "./pool-view";

const REMEDY = {
  /** The entry itself says why it is off. */
  disabled: ({ pair, chainId, dex, id }: Pool): string =>
    `Nothing is traded there. Once that is no longer so, add it anew; it is checked on its chain first: tidegate registry add pool --pair ${pair} --chain ${chainId} --dex ${dex} --pool ${id}`,
  /** Something that the entry refers to is missing. */
  incomplete: (): string =>
    "Complete the registry: put the missing chain, DEX or tokens into the overlay file (TG_REGISTRY_FILE), then run tidegate registry check.",
  denied: (pairId: string): string =>
    `Correct the entry from the chain's own answers and run tidegate registry check --pair ${pairId}; the worker takes it up at its next start.`,
};

/** Denials are known once the pair's worker has asked its chains; without a worker only the registry speaks. */
export function leftOutPools(
  registry: RegistryView,
  pairId: string,
  worker: Pick<WorkerState, "disabledPools"> | null,
): LeftOutPool[] {
  const unusable = registry.unusableOf(pairId);
  const own = unusable.map(({ pool, poolKey, reason }): LeftOutPool => ({
    poolKey,
    pairId,
    chainId: pool.chainId,
    chainName: registry.chain(pool.chainId)?.name ?? `chain ${pool.chainId}`,
    address: pool.id,
    dexName: registry.dex(pool.dex)?.name ?? pool.dex,
    by: "registry",
    reason,
    remedy: pool.disabled === undefined ? REMEDY.incomplete() : REMEDY.disabled(pool),
  }));
  const known = new Set<string>(unusable.map(({ poolKey }) => poolKey));
  const pools = new Map(registry.poolsOf(pairId).map((pool) => [poolKeyOf(pool), pool]));
  const denied = (worker?.disabledPools ?? []).flatMap(({ poolKey, reason }): LeftOutPool[] => {
    const pool = pools.get(poolKey);
    if (known.has(poolKey) || pool === undefined) return [];
    return [
      {
        poolKey,
        pairId,
        chainId: pool.chain.id,
        chainName: pool.chain.name,
        address: pool.pool.id,
        dexName: pool.dex.name,
        by: "chain",
        reason,
        remedy: REMEDY.denied(pairId),
      },
    ];
  });
  return [...denied, ...own];
}
