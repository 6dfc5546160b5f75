// The pools a three-chain devnet has beyond those of the first chain alone: one or two of every further AMM family.
import { CHAIN_SETUPS, FIRST_CHAIN, POOLS, type ChainCount, type PoolSetup } from "./setup";

const [A = 0, B = 0, C = 0] = CHAIN_SETUPS.map((chain) => chain.id);

// Calibrated as the first chain's (`setup.ts`), at half to two thirds of their depth and flow: fees per depth stay comparable, so which
// chain is best is decided by fees, costs and the market, not by the order of this list.
export const OTHER_POOLS: readonly PoolSetup[] = [
  {
    key: "A-V4-WETH-USDC",
    chainId: A,
    dex: "uniswap-v4",
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: 10,
    binStep: null,
    noiseUsdPerDay: 14_000_000,
    providers: [
      { halfWidth: 0.06, usd: 1_100_000 },
      { halfWidth: 0.15, usd: 1_800_000 },
      { halfWidth: 0.6, usd: 1_400_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "A-SLIP-WETH-USDC",
    chainId: A,
    dex: "slipstream",
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: 100,
    binStep: null,
    noiseUsdPerDay: 9_000_000,
    providers: [
      { halfWidth: 0.1, usd: 900_000 },
      { halfWidth: 0.3, usd: 1_200_000 },
      { halfWidth: 0.9, usd: 900_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "B-PCS-WETH-USDC",
    chainId: B,
    dex: "pancakeswap-v3",
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: 10,
    binStep: null,
    noiseUsdPerDay: 16_000_000,
    providers: [
      { halfWidth: 0.06, usd: 900_000 },
      { halfWidth: 0.15, usd: 1_500_000 },
      { halfWidth: 0.6, usd: 1_200_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "B-PCS-USDC-USDT",
    chainId: B,
    dex: "pancakeswap-v3",
    pairId: "USDC-USDT",
    feePips: 100,
    tickSpacing: 1,
    binStep: null,
    noiseUsdPerDay: 10_000_000,
    providers: [
      { halfWidth: 0.002, usd: 700_000 },
      { halfWidth: 0.005, usd: 1_300_000 },
      { halfWidth: 0.02, usd: 900_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "B-INF-WETH-USDC",
    chainId: B,
    dex: "pancakeswap-infinity",
    pairId: "WETH-USDC",
    feePips: 700,
    tickSpacing: 10,
    binStep: null,
    noiseUsdPerDay: 9_000_000,
    providers: [
      { halfWidth: 0.08, usd: 900_000 },
      { halfWidth: 0.2, usd: 1_300_000 },
      { halfWidth: 0.7, usd: 1_000_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "C-ALG-WETH-USDC",
    chainId: C,
    dex: "algebra-integral",
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: 60,
    binStep: null,
    noiseUsdPerDay: 12_000_000,
    providers: [
      { halfWidth: 0.06, usd: 900_000 },
      { halfWidth: 0.15, usd: 1_500_000 },
      { halfWidth: 0.6, usd: 1_200_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "C-ALG-USDC-USDT",
    chainId: C,
    dex: "algebra-integral",
    pairId: "USDC-USDT",
    feePips: 100,
    tickSpacing: 1,
    binStep: null,
    noiseUsdPerDay: 8_000_000,
    providers: [
      { halfWidth: 0.002, usd: 700_000 },
      { halfWidth: 0.005, usd: 1_300_000 },
      { halfWidth: 0.02, usd: 900_000 },
    ],
    oracleSlots: 1,
  },
  {
    key: "C-LB-WETH-USDC",
    chainId: C,
    dex: "liquidity-book-2.2",
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: null,
    binStep: 25,
    noiseUsdPerDay: 8_000_000,
    // One provider only: shares of two ranges of one account in the same bin could not be told apart. 105 bins, so that a jump of 5 %
    // and a day's drift stay inside.
    providers: [{ halfWidth: 0.13, usd: 5_000_000 }],
    oracleSlots: 1,
  },
];

/** Pools of one chain, in the order in which they are made and traded. */
export function poolsOfChain(chainId: number, chains: ChainCount): readonly PoolSetup[] {
  const others = chains === 1 ? [] : OTHER_POOLS.filter((pool) => pool.chainId === chainId);
  return chainId === FIRST_CHAIN.id ? [...POOLS, ...others] : others;
}

export function poolSetupOf(key: string): PoolSetup {
  const setup = [...POOLS, ...OTHER_POOLS].find((one) => one.key === key);
  if (setup === undefined) throw new Error(`The market setup has no pool ${key}; start with --fresh.`);
  return setup;
}
