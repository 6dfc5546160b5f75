// Built-in chains. Facts with their sources; nothing here was read from a live chain, so each start confirms them by calls.
import type { Chain } from "./schema";

/** Depths and settle rules: safety.md section 3.6. Fee caps are our choice: far above the usual price, far below a drain. */
export const CHAINS: readonly Chain[] = [
  {
    id: 1,
    name: "Ethereum",
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    // viem, light-alm
    blockTimeMs: 12000,
    // twice: light-alm, public-repo
    geckoSlug: "eth",
    explorer: "https://etherscan.io",
    rpcUrls: ["https://ethereum-rpc.publicnode.com", "https://eth.drpc.org"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    feeModel: "eip1559",
    softDepth: 2,
    settle: { tag: "finalized", depth: 64 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "300000000000",
  },
  {
    id: 56,
    name: "BNB Smart Chain",
    nativeSymbol: "BNB",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0xbb4CdB9CBd36B01bD1cBaEBF2De08d9173bc095c",
    // viem
    blockTimeMs: 750,
    // twice: light-alm, coingecko-oas
    geckoSlug: "bsc",
    explorer: "https://bscscan.com",
    rpcUrls: ["https://bsc-rpc.publicnode.com", "https://bsc-dataseed.bnbchain.org", "https://bsc.drpc.org"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    // Sources disagree on dynamic fees here; legacy transactions are accepted either way.
    feeModel: "legacy",
    softDepth: 3,
    settle: { tag: "finalized", depth: 50 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "20000000000",
  },
  {
    id: 137,
    name: "Polygon PoS",
    nativeSymbol: "POL",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270",
    // viem, light-alm
    blockTimeMs: 2000,
    // single: light-alm
    geckoSlug: "polygon_pos",
    explorer: "https://polygonscan.com",
    rpcUrls: ["https://polygon-bor-rpc.publicnode.com", "https://polygon.drpc.org", "https://polygon-rpc.com"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    feeModel: "eip1559",
    softDepth: 5,
    settle: { tag: "finalized", depth: 500 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "2000000000000",
  },
  {
    id: 999,
    name: "HyperEVM",
    nativeSymbol: "HYPE",
    nativeDecimals: 18,
    // twice: lifi-contracts, lifi-data, defillama-tvl
    wrappedNative: "0x5555555555555555555555555555555555555555",
    // hl-docs
    blockTimeMs: 1000,
    // twice: light-alm, public-repos
    geckoSlug: "hyperevm",
    explorer: "https://hyperevmscan.io",
    rpcUrls: ["https://rpc.hyperliquid.xyz/evm", "https://rpc.hypurrscan.io"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // single: lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // single: lifi-contracts
    lifiDiamond: "0x0a0758d937d1059c356D4714e57F5df0239bce1A",
    feeModel: "eip1559",
    // hl-docs, lifi-contracts: small blocks hold 2 M gas; big blocks (30 M, one a minute) are opt-in per address.
    maxTxGas: 2_000_000,
    softDepth: 1,
    settle: { tag: "depth", depth: 5 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "500000000000",
  },
  {
    id: 8453,
    name: "Base",
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0x4200000000000000000000000000000000000006",
    // viem, light-alm
    blockTimeMs: 2000,
    // single: light-alm
    geckoSlug: "base",
    explorer: "https://basescan.org",
    rpcUrls: ["https://mainnet.base.org", "https://base-rpc.publicnode.com", "https://base.drpc.org"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "safe", depth: 200 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "20000000000",
  },
  {
    id: 42161,
    name: "Arbitrum One",
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1",
    // viem, light-alm, hyperlane
    blockTimeMs: 250,
    // single: light-alm
    geckoSlug: "arbitrum",
    explorer: "https://arbiscan.io",
    rpcUrls: ["https://arb1.arbitrum.io/rpc", "https://arbitrum-one-rpc.publicnode.com", "https://arbitrum.drpc.org"],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "safe", depth: 50 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: false,
    maxFeePerGasWei: "20000000000",
  },
  {
    id: 43114,
    name: "Avalanche C-Chain",
    nativeSymbol: "AVAX",
    nativeDecimals: 18,
    // twice: uni-tokenlist, aave-book, lifi-contracts
    wrappedNative: "0xB31f66AA3C1e785363F0875A1B74E27b85FD66c7",
    // viem
    blockTimeMs: 1700,
    // single: light-alm
    geckoSlug: "avax",
    explorer: "https://snowscan.xyz",
    rpcUrls: [
      "https://api.avax.network/ext/bc/C/rpc",
      "https://avalanche-c-chain-rpc.publicnode.com",
      "https://avalanche.drpc.org",
    ],
    // twice: viem, lifi-contracts, lifi-data
    multicall3: "0xcA11bde05977b3631167028862bE2a173976CA11",
    // twice: uni-docs, lifi-contracts
    permit2: "0x000000000022D473030F116dDEE9F6B43aC78BA3",
    // twice: lifi-contracts, light-alm
    lifiDiamond: "0x1231DEB6f5749EF6cE6943a275A1D3E7486F4EaE",
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "depth", depth: 10 },
    timeScale: 1,
    isLocal: false,
    bumpAllowed: true,
    maxFeePerGasWei: "500000000000",
  },
];
