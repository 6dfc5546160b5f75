// Two registries as one: entries with the same identity are replaced, others are added.
import type { Dex, Registry } from "./schema";

/** Entries of `over` replace those of `under` with the same identity and are added otherwise. */
export function mergeEntries(under: Registry, over: Registry): Registry {
  return {
    version: 1,
    chains: mergeBy(under.chains, over.chains, (chain) => String(chain.id)),
    tokens: mergeBy(under.tokens, over.tokens, (token) => `${token.chainId}:${token.address.toLowerCase()}`),
    dexes: mergeDexes(under.dexes, over.dexes),
    pools: mergeBy(under.pools, over.pools, (pool) => `${pool.chainId}:${pool.id.toLowerCase()}`),
    pairs: mergeBy(under.pairs, over.pairs, (pair) => pair.id),
  };
}

function mergeBy<T>(base: readonly T[], overlay: readonly T[], identity: (entry: T) => string): T[] {
  const merged = new Map(base.map((entry) => [identity(entry), entry]));
  for (const entry of overlay) merged.set(identity(entry), entry);
  return [...merged.values()];
}

/** A DEX named in both keeps its built-in chains and takes the overlay's on top. */
function mergeDexes(base: readonly Dex[], overlay: readonly Dex[]): Dex[] {
  const merged = new Map(base.map((dex) => [dex.id, dex]));
  for (const dex of overlay) {
    const known = merged.get(dex.id);
    merged.set(dex.id, known === undefined ? dex : { ...dex, chains: { ...known.chains, ...dex.chains } });
  }
  return [...merged.values()];
}
