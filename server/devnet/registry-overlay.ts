// The devnet as registry entries, loaded by the other processes like an operator's own pools.
import { registrySchema, VENUES, type Dex, type Registry } from "@/lib/registry/schema";
import type { ChainDeployment } from "./chain/deploy";
import { CHAIN_SETUPS, FIRST_CHAIN, LONG_STEP_MS, PAIRS, PAIR_IDS, TOKENS, TOKEN_SYMBOLS } from "./market/setup";

export interface OverlayChain {
  readonly deployment: ChainDeployment;
  readonly rpcUrl: string;
}

/** Registry file of a single chain; `buildOverlay` is the general form. */
export function buildRegistryOverlay(input: OverlayChain & { readonly speed: number }): Registry {
  return buildOverlay([input], input.speed);
}

export function buildOverlay(chains: readonly OverlayChain[], speed: number): Registry {
  return registrySchema.parse({
    version: 1,
    chains: chains.map(({ deployment, rpcUrl }) => ({
      id: deployment.chainId,
      ...chainNames(deployment.chainId),
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: deployment.tokens.WETH,
      blockTimeMs: LONG_STEP_MS,
      explorer: null,
      rpcUrls: [rpcUrl],
      multicall3: deployment.multicall3,
      permit2: deployment.permit2,
      lifiDiamond: deployment.lifiDiamond,
      feeModel: "eip1559",
      softDepth: 1,
      settle: { tag: "finalized", depth: 2 },
      timeScale: speed,
      isLocal: true,
    })),
    tokens: chains.flatMap(({ deployment }) =>
      TOKEN_SYMBOLS.map((symbol) => ({
        chainId: deployment.chainId,
        symbol,
        address: deployment.tokens[symbol],
        decimals: TOKENS[symbol].decimals,
        kind: TOKENS[symbol].kind,
        pegCurrency: TOKENS[symbol].pegCurrency,
      })),
    ),
    dexes: mergeDexes(chains.flatMap(({ deployment }) => deployment.dexes)),
    pools: chains.flatMap(({ deployment }) => deployment.pools.map((pool) => pool.entry)),
    pairs: PAIR_IDS.map((id) => ({
      id,
      base: PAIRS[id].base,
      quote: PAIRS[id].quote,
      sources: VENUES.map((venue) => ({ venue, base: PAIRS[id].cex.base, quote: PAIRS[id].cex.quote, weight: 1 })),
    })),
  });
}

export function chainNames(chainId: number): { readonly name: string; readonly geckoSlug: string } {
  const { name, geckoSlug } = CHAIN_SETUPS.find((chain) => chain.id === chainId) ?? FIRST_CHAIN;
  return { name, geckoSlug };
}

/** One entry per DEX, its chains together. */
function mergeDexes(dexes: readonly Dex[]): Dex[] {
  const merged = new Map<string, Dex>();
  for (const dex of dexes) {
    const known = merged.get(dex.id);
    merged.set(dex.id, known === undefined ? dex : { ...known, chains: { ...known.chains, ...dex.chains } });
  }
  return [...merged.values()];
}
