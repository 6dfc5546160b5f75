// What the devnet market consists of: tokens, pairs, pools, their other liquidity providers and daily flow.
import type { Venue } from "@/lib/registry/schema";

export const TOKEN_SYMBOLS = ["WETH", "USDC", "USDT"] as const;
export type TokenSymbol = (typeof TOKEN_SYMBOLS)[number];

export const TOKENS: Readonly<
  Record<TokenSymbol, { name: string; decimals: number; pegCurrency: string | null; kind: "native" | "wrapped" }>
> = {
  WETH: { name: "Wrapped Ether", decimals: 18, pegCurrency: null, kind: "wrapped" },
  USDC: { name: "USD Coin", decimals: 6, pegCurrency: "USD", kind: "native" },
  USDT: { name: "Tether USD", decimals: 6, pegCurrency: "USD", kind: "native" },
};

export const PAIR_IDS = ["WETH-USDC", "USDC-USDT"] as const;
export type DevnetPairId = (typeof PAIR_IDS)[number];

export interface PairSetup {
  readonly base: TokenSymbol;
  readonly quote: TokenSymbol;
  /** Base and quote as the exchanges name them. */
  readonly cex: { readonly base: string; readonly quote: string };
  readonly startPrice: number;
  /** Base units traded per day on one exchange of scale 1. */
  readonly cexVolumePerDay: number;
}

export const PAIRS: Readonly<Record<DevnetPairId, PairSetup>> = {
  "WETH-USDC": {
    base: "WETH",
    quote: "USDC",
    cex: { base: "ETH", quote: "USDC" },
    startPrice: 3_000,
    cexVolumePerDay: 60_000,
  },
  "USDC-USDT": {
    base: "USDC",
    quote: "USDT",
    cex: { base: "USDC", quote: "USDT" },
    startPrice: 1,
    cexVolumePerDay: 90_000_000,
  },
};

/** Exchanges that list both pairs, with the scale of their volume. */
export const VENUE_SCALES: Readonly<Record<Venue, number>> = {
  binance: 1,
  bybit: 0.45,
  okx: 0.5,
  mexc: 0.3,
  gate: 0.25,
  bitget: 0.35,
};

export interface ChainSetup {
  readonly id: number;
  readonly name: string;
  /** Network slug under which the fake GeckoTerminal knows the chain. */
  readonly geckoSlug: string;
}

/** Ids of no real chain, so that nothing signed here is valid elsewhere. The first is the one of a single-chain devnet. */
export const FIRST_CHAIN: ChainSetup = { id: 901_001, name: "Tidegate devnet", geckoSlug: "tidegate-devnet" };
export const CHAIN_SETUPS: readonly ChainSetup[] = [
  FIRST_CHAIN,
  { id: 901_002, name: "Tidegate devnet B", geckoSlug: "tidegate-devnet-b" },
  { id: 901_003, name: "Tidegate devnet C", geckoSlug: "tidegate-devnet-c" },
];
export type ChainCount = 1 | 3;

/** The DEX that `chain/deploy.ts` itself puts on a chain; every other one comes from a family kit of that name. */
export const UNISWAP_V3_DEX_ID = "uniswap-v3-devnet";

export interface PoolSetup {
  readonly key: string;
  readonly chainId: number;
  /** `UNISWAP_V3_DEX_ID`, or the `dexId` of a family kit. */
  readonly dex: string;
  readonly pairId: DevnetPairId;
  /** Fee of the pool, or of its key; where a family's fee is dynamic, what it starts near. */
  readonly feePips: number;
  /** Null for Liquidity Book. */
  readonly tickSpacing: number | null;
  /** Liquidity Book only. */
  readonly binStep: number | null;
  /** Uninformed flow per market day at volume factor 1, US dollars, both directions together. */
  readonly noiseUsdPerDay: number;
  /** Other providers: half-width of their range (log price) and value. */
  readonly providers: readonly { readonly halfWidth: number; readonly usd: number }[];
  /** Slots of the pool's price oracle; 1 leaves one pool as it is, so that both price-check paths run. */
  readonly oracleSlots: number;
}

// Why these numbers (strategy.md section 6, a position of 100 000 USD in the default range of a calm market):
// WETH-USDC: 25 % yearly volatility gives a half-width near 2.2 % and an LVR of 0.72 per year in range; others' liquidity equals
// about 1 200 000 USD in that shape (0.05 % pool) and 510 000 (0.3 %), so fees pay about 2.3 and 3.3 per year at these flows, and a
// swap of 60 000 USD moves the price by about 0.2 %.
// USDC-USDT: 1.4 % gives 0.07 % and an LVR near 0.06; fees pay about 0.5 (0.01 % pool) and 0.9 (0.05 %).
const UNISWAP_V3_A = { chainId: FIRST_CHAIN.id, dex: UNISWAP_V3_DEX_ID, binStep: null } as const;
export const POOLS: readonly PoolSetup[] = [
  {
    key: "WETH-USDC-500",
    ...UNISWAP_V3_A,
    pairId: "WETH-USDC",
    feePips: 500,
    tickSpacing: 10,
    noiseUsdPerDay: 24_000_000,
    providers: [
      { halfWidth: 0.06, usd: 1_800_000 },
      { halfWidth: 0.15, usd: 3_000_000 },
      { halfWidth: 0.6, usd: 2_400_000 },
    ],
    oracleSlots: 300,
  },
  {
    key: "WETH-USDC-3000",
    ...UNISWAP_V3_A,
    pairId: "WETH-USDC",
    feePips: 3_000,
    tickSpacing: 60,
    noiseUsdPerDay: 2_800_000,
    providers: [
      { halfWidth: 0.1, usd: 1_500_000 },
      { halfWidth: 0.3, usd: 1_800_000 },
      { halfWidth: 0.9, usd: 1_500_000 },
    ],
    oracleSlots: 300,
  },
  {
    key: "USDC-USDT-100",
    ...UNISWAP_V3_A,
    pairId: "USDC-USDT",
    feePips: 100,
    tickSpacing: 1,
    noiseUsdPerDay: 16_000_000,
    providers: [
      { halfWidth: 0.002, usd: 1_500_000 },
      { halfWidth: 0.005, usd: 2_700_000 },
      { halfWidth: 0.02, usd: 1_800_000 },
    ],
    oracleSlots: 300,
  },
  {
    key: "USDC-USDT-500",
    ...UNISWAP_V3_A,
    pairId: "USDC-USDT",
    feePips: 500,
    tickSpacing: 10,
    noiseUsdPerDay: 2_400_000,
    providers: [
      { halfWidth: 0.005, usd: 900_000 },
      { halfWidth: 0.02, usd: 2_100_000 },
    ],
    oracleSlots: 1,
  },
];

/** First market instant of a fresh devnet: 2026-11-01T00:00:00Z, also an epoch boundary. */
export const MARKET_START_AT_MS = 1_793_491_200_000;
export const HISTORY_DAYS = 30;
/** The price path moves on this grid; block times are multiples of it. */
export const TICK_MS = 12_000;
/** Longest step while nobody has a transaction under way. */
export const LONG_STEP_MS = 60_000;

/** Demo capital of the wallet named at start, human units. */
export const WALLET_FUNDING: Readonly<Record<TokenSymbol, string>> = { WETH: "20", USDC: "110000", USDT: "50000" };
export const WALLET_FUNDING_ETH = "10";
/** What the same wallet has on every chain but the first, so that plans there are possible. */
export const OTHER_WALLET_FUNDING: Readonly<Record<TokenSymbol, string>> = { WETH: "4", USDC: "20000", USDT: "8000" };
/** Unlocked chain accounts with a role; all others are free for scenarios. */
export const ACCOUNT_ROLES = { keeper: 0, provider: 1, trader: 2, demoOwner: 5, demoApprover: 6 } as const;
