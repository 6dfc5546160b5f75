// Registry facts of a pool of a test snapshot, as plans ask for them.
import type { TickPoolState } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address, Hex } from "@/lib/units";

const MANAGER: Address = "0x2000000000000000000000000000000000000002";
const ROUTER: Address = "0x3000000000000000000000000000000000000003";
export const HASH: Hex = `0x${"ab".repeat(32)}`;

export function resolvedPoolOf(pool: TickPoolState, hasRouter = true): ResolvedPool {
  const { chainId } = pool;
  const tokenOf = (side: TickPoolState["base"]): ResolvedPool["base"] => ({
    chainId,
    ...side,
    kind: "native",
    pegCurrency: null,
  });
  return {
    pool: {
      pair: "WETH-USDC",
      chainId,
      dex: "v3",
      id: pool.address,
      tokens: ["WETH", "USDC"],
      fee: pool.feePips,
      tickSpacing: pool.tickSpacing,
      hooks: null,
      deployer: null,
      binStep: null,
      parameters: null,
    },
    chain: {
      id: chainId,
      name: "Test",
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: pool.base.address,
      blockTimeMs: 12_000,
      geckoSlug: null,
      explorer: null,
      rpcUrls: [],
      multicall3: MANAGER,
      permit2: null,
      lifiDiamond: hasRouter ? ROUTER : null,
      feeModel: "eip1559",
      softDepth: 1,
      settle: { tag: "finalized", depth: 1 },
      timeScale: 1,
      isLocal: true,
      bumpAllowed: true,
      maxFeePerGasWei: "1000000000",
    },
    dex: {
      id: "v3",
      name: "Uniswap V3",
      family: "uniswap-v3",
      isStandIn: false,
      initCodeHash: null,
      variant: null,
      hooksAllowed: [],
      chains: {},
    },
    contracts: {
      factory: MANAGER,
      positionManager: MANAGER,
      quoterV2: null,
      swapRouter: null,
      poolDeployer: null,
      stateView: null,
      vault: null,
      permit2: null,
    },
    factory: MANAGER,
    positionManager: MANAGER,
    base: tokenOf(pool.base),
    quote: tokenOf(pool.quote),
    baseIsToken0: pool.baseIsToken0,
  };
}
