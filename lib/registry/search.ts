// Search over a registry by words: chain, DEX, token, pool; by address, symbol, name, fee; for the command line and the desk.
import type { Chain, Dex, Pool, Registry, Token } from "./schema";

export interface PoolHit {
  readonly pool: Pool;
  readonly chainName: string;
  readonly dexName: string;
  /** Why the pool cannot be used; null when it can. */
  readonly disabled: string | null;
}

export interface RegistryHits {
  readonly chains: readonly Chain[];
  readonly dexes: readonly Dex[];
  readonly tokens: readonly Token[];
  readonly pools: readonly PoolHit[];
}

/**
 * Entries that have every word of `text`, case aside; an empty text finds everything. A word is part of a name, symbol, family, pair or
 * address; a percentage (`0.05%`) is a fee; a whole number is a chain id, a fee in pips or a bin step, in full.
 */
export function searchRegistry(registry: Registry, text: string): RegistryHits {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const chainName = new Map(registry.chains.map((chain) => [chain.id, chain.name]));
  const dexes = new Map(registry.dexes.map((dex) => [dex.id, dex]));
  const has = (parts: readonly (string | null | undefined)[], numbers: readonly (number | null)[]): boolean =>
    words.every((word) => matches(word, parts, numbers));
  const chainText = (chainId: number): string => chainName.get(chainId) ?? "";
  return {
    chains: registry.chains.filter((chain) => has([chain.name, chain.nativeSymbol, chain.geckoSlug], [chain.id])),
    dexes: registry.dexes.filter((dex) =>
      has(
        [
          dex.id,
          dex.name,
          dex.family,
          ...Object.values(dex.chains).flatMap((contracts) => Object.values(contracts)),
          ...Object.keys(dex.chains).map((id) => chainText(Number(id))),
        ],
        Object.keys(dex.chains).map(Number),
      ),
    ),
    tokens: registry.tokens.filter((token) =>
      has([token.symbol, token.address, token.kind, chainText(token.chainId)], [token.chainId]),
    ),
    pools: registry.pools
      .filter((pool) => {
        const dex = dexes.get(pool.dex);
        return has(
          [
            pool.id,
            pool.pair,
            pool.dex,
            dex?.name ?? null,
            dex?.family ?? null,
            ...(pool.tokens ?? []),
            chainText(pool.chainId),
            pool.disabled === undefined ? null : "disabled",
          ],
          [pool.chainId, pool.fee, pool.binStep],
        );
      })
      .map((pool) => ({
        pool,
        chainName: chainText(pool.chainId),
        dexName: dexes.get(pool.dex)?.name ?? pool.dex,
        disabled: pool.disabled ?? null,
      })),
  };
}

function matches(
  word: string,
  parts: readonly (string | null | undefined)[],
  numbers: readonly (number | null)[],
): boolean {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(word);
  // A fee of 1 % is 10 000 pips.
  if (percent !== null) return numbers.includes(Math.round(Number(percent[1]) * 10_000));
  if (/^\d+$/.test(word) && numbers.includes(Number(word))) return true;
  return parts.some((part) => part?.toLowerCase().includes(word) === true);
}
