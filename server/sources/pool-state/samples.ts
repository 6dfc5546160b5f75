// What pools showed at one block, for measuring what they paid: price, fee growth, active liquidity and our part of it.
import type { CallPort, LivePosition } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import { poolRefOf, type PoolRef } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Family } from "@/lib/registry/schema";
import { poolKey, type Address, type PoolKey } from "@/lib/units";
import type { BlockRef } from "@/server/infra/chain/clients";
import { noGrowthReason, readFeeGrowth } from "./family-extras";
import { isAway, type ReadsOf, type WantedPosition } from "./readings";

/** Families whose position manager lists a wallet's tokens by a call at any block. */
const ENUMERABLE: ReadonlySet<Family> = new Set<Family>([
  "uniswap-v3",
  "pancakeswap-v3",
  "algebra-integral",
  "algebra-v1",
  "camelot-v3",
  "slipstream",
  "ramses-v3",
]);

export interface SamplesInput {
  readonly pools: readonly ResolvedPool[];
  readonly owner: Address;
  /**
   * Positions the journal knows. Where a manager does not list tokens, these alone are taken for ours: one that was closed since is
   * counted as others' liquidity in a past block.
   */
  readonly known: readonly WantedPosition[];
}

/**
 * All pools at `block`. A pool that does not answer, or whose family has no counter of fees, is left out; an error is thrown only when
 * none answered, which is how a node says that it has dropped the state of an old block.
 */
export async function readPoolSamples(
  deps: ReadDeps,
  input: SamplesInput,
  block: Pick<BlockRef, "number" | "timestampAtMs">,
): Promise<ReadonlyMap<PoolKey, TickPoolSample>> {
  const place = { chain: deps.calls, block: block.number };
  const pools = input.pools
    .map((facts) => ({ facts, ref: poolRefOf(facts) }))
    .filter(({ ref }) => noGrowthReason(ref) === null);
  if (pools.length === 0) return new Map();
  const [own, read] = await Promise.all([readOwn(deps, input, block), readAll(deps, pools, place)]);
  const failed = read.flatMap((each) => (each instanceof ChainError ? [each] : []));
  const away = failed.find(isAway);
  // The node's silence weighs more than a pool that was not there yet.
  if (away !== undefined) throw away;
  const [first] = failed;
  if (first !== undefined && failed.length === read.length) throw first;
  return new Map(
    read.flatMap((each): readonly (readonly [PoolKey, TickPoolSample])[] => {
      if (each instanceof ChainError) return [];
      const { facts, live, growth } = each;
      const ownLiquidityRaw = (own.get(facts.pool.id.toLowerCase()) ?? [])
        .filter(({ tickLower, tickUpper }) => tickLower <= live.tick && live.tick < tickUpper)
        .reduce((sum, position) => sum + position.liquidityRaw, 0n);
      const sample: TickPoolSample = {
        kind: "ticks",
        observedAtMs: block.timestampAtMs,
        sqrtPriceX96: live.sqrtPriceX96,
        ...growth,
        liquidityRaw: live.liquidityRaw,
        ownLiquidityRaw,
      };
      return [[poolKey(facts.chain.id, facts.dex.family, facts.pool.id), sample]];
    }),
  );
}

interface ReadDeps {
  readonly calls: CallPort;
  readonly readsOf: ReadsOf;
}

function readAll(
  deps: ReadDeps,
  pools: readonly { readonly facts: ResolvedPool; readonly ref: PoolRef }[],
  place: { readonly chain: CallPort; readonly block: bigint },
) {
  return Promise.all(
    pools.map(async ({ facts, ref }) => {
      try {
        const [live, growth] = await Promise.all([
          deps.readsOf(ref.family).readPool(deps.calls, ref, place.block),
          readFeeGrowth(place, ref),
        ]);
        return { facts, live, growth };
      } catch (error) {
        if (error instanceof ChainError) return error;
        throw error;
      }
    }),
  );
}

/** Our positions at the block by pool id in lower case; each token is read once, whatever pool of its manager it lies in. */
async function readOwn(
  deps: ReadDeps,
  input: SamplesInput,
  block: Pick<BlockRef, "number">,
): Promise<ReadonlyMap<string, readonly LivePosition[]>> {
  const managers = new Map(input.pools.map((facts) => [managerKey(poolRefOf(facts)), poolRefOf(facts)]));
  const positions = new Map<string, LivePosition[]>();
  const add = async (ref: PoolRef, tokenId: bigint): Promise<void> => {
    const { owner } = input;
    const position = await deps.readsOf(ref.family).readPosition(deps.calls, ref, tokenId, block.number, owner);
    if (position === null || position.owner.toLowerCase() !== owner.toLowerCase()) return;
    const id = (position.otherPool ?? ref.pool).toLowerCase();
    positions.set(id, [...(positions.get(id) ?? []), position]);
  };
  await Promise.all(
    [...managers].map(async ([key, ref]) => {
      try {
        if (ENUMERABLE.has(ref.family)) {
          const reads = deps.readsOf(ref.family);
          const place = { wallet: input.owner, fromBlock: block.number, block: block.number };
          const owned = await reads.listOwned(deps.calls, ref, place);
          await Promise.all(owned.map((tokenId) => add(ref, tokenId)));
        } else {
          const known = input.known.filter(({ facts }) => managerKey(poolRefOf(facts)) === key);
          await Promise.all(known.map(({ facts, tokenId }) => add(poolRefOf(facts), tokenId)));
        }
      } catch (error) {
        // A manager younger than the block holds nothing there; whether the block can be read at all, the pools say.
        if (!(error instanceof ChainError) || isAway(error)) throw error;
      }
    }),
  );
  return positions;
}

function managerKey(ref: PoolRef): string {
  return `${ref.family}:${ref.contracts.positionManager.toLowerCase()}`;
}
