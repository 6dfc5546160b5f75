// The devnet as registry entries, loaded by the other processes like an operator's own pools.
import { registrySchema, VENUES, type Registry } from "@/lib/registry/schema";
import { DEVNET_CHAIN_ID } from "./chain/client";
import type { Deployment } from "./chain/deploy";
import { V3_INIT_CODE_HASH } from "./chain/truth-checks";
import { LONG_STEP_MS, PAIRS, PAIR_IDS, POOLS, TOKENS, TOKEN_SYMBOLS } from "./market/setup";

/** Network slug under which the fake GeckoTerminal knows the chain. */
export const GECKO_NETWORK = "tidegate-devnet";
export const DEX_ID = "uniswap-v3-devnet";

export function buildRegistryOverlay(input: {
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  readonly speed: number;
}): Registry {
  const { deployment } = input;
  return registrySchema.parse({
    version: 1,
    chains: [
      {
        id: DEVNET_CHAIN_ID,
        name: "Tidegate devnet",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: deployment.tokens.WETH,
        blockTimeMs: LONG_STEP_MS,
        geckoSlug: GECKO_NETWORK,
        explorer: null,
        rpcUrls: [input.rpcUrl],
        multicall3: deployment.multicall3,
        permit2: deployment.permit2,
        lifiDiamond: deployment.lifiDiamond,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "finalized", depth: 2 },
        timeScale: input.speed,
        isLocal: true,
      },
    ],
    tokens: TOKEN_SYMBOLS.map((symbol) => ({
      chainId: DEVNET_CHAIN_ID,
      symbol,
      address: deployment.tokens[symbol],
      decimals: TOKENS[symbol].decimals,
      kind: TOKENS[symbol].kind,
      pegCurrency: TOKENS[symbol].pegCurrency,
    })),
    dexes: [
      {
        id: DEX_ID,
        name: "Uniswap V3 (devnet)",
        family: "uniswap-v3",
        initCodeHash: V3_INIT_CODE_HASH,
        chains: {
          [String(DEVNET_CHAIN_ID)]: {
            factory: deployment.factory,
            positionManager: deployment.positionManager,
            quoterV2: deployment.quoterV2,
            swapRouter: deployment.swapRouter,
          },
        },
      },
    ],
    pools: POOLS.map((setup) => ({
      pair: setup.pairId,
      chainId: DEVNET_CHAIN_ID,
      dex: DEX_ID,
      id: deployment.pools.find((pool) => pool.key === setup.key)?.address,
      tokens: [PAIRS[setup.pairId].base, PAIRS[setup.pairId].quote],
      fee: setup.feePips,
      tickSpacing: setup.tickSpacing,
    })),
    pairs: PAIR_IDS.map((id) => ({
      id,
      base: PAIRS[id].base,
      quote: PAIRS[id].quote,
      sources: VENUES.map((venue) => ({ venue, base: PAIRS[id].cex.base, quote: PAIRS[id].cex.quote, weight: 1 })),
    })),
  });
}
