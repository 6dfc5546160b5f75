// Builders of market snapshots: a calm WETH-USDC market with one pool, changed field by field by each test.
import { amountsForLiquidity, liquidityForAmounts } from "@/lib/amm/liquidity";
import { rawAmount } from "@/lib/amm/human-units";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import type { MarketSnapshot, ObservedPosition, PairToken, TickPoolState, WalletBalance } from "@/lib/market/snapshot";
import { computeCapital } from "@/lib/portfolio/valuation";
import { epochOf, pairId, poolKey, positionId } from "@/lib/units";
import { generateSeries } from "@/lib/market/generate-bars";

const CHAIN_ID = 31_337;
const FAMILY = "uniswap-v3";
const T0_MS = 1_700_006_400_000;

const TEST_BASE: PairToken = {
  symbol: "WETH",
  address: "0xc000000000000000000000000000000000000001",
  decimals: 18,
};
const TEST_QUOTE: PairToken = {
  symbol: "USDC",
  address: "0xa000000000000000000000000000000000000002",
  decimals: 6,
};
const FRAME = { decBase: 18, decQuote: 6, baseIsToken0: false };

export interface SnapshotOptions {
  readonly price?: number;
  /** Volatility of one minute bar of the synthetic candles. */
  readonly sigmaPerMinute?: number;
  readonly minutes?: number;
  readonly pools?: readonly TickPoolState[];
  readonly positions?: readonly ObservedPosition[];
  readonly idleBase?: number;
  readonly idleQuote?: number;
}

/** A snapshot whose inputs are all fresh. Price of the candles and of the pools agree. */
export function buildSnapshot(options: SnapshotOptions = {}, override: Partial<MarketSnapshot> = {}): MarketSnapshot {
  const price = options.price ?? 2_000;
  const minutes = options.minutes ?? 30 * 1_440;
  const candles = generateSeries({
    seed: 7,
    n: minutes,
    p0: price,
    sig: options.sigmaPerMinute ?? 2e-4,
    tfMs: 60_000,
    t0: T0_MS,
    volBase: 10,
    sub: 4,
  });
  const observedAtMs = T0_MS + minutes * 60_000;
  const lastClose = candles.close.at(-1) ?? price;
  const pools = (options.pools ?? [buildPool()]).map((pool) => atPrice(pool, lastClose, observedAtMs));
  const positions = options.positions ?? [];
  const wallet: WalletBalance = {
    chainId: CHAIN_ID,
    base: TEST_BASE,
    quote: TEST_QUOTE,
    baseRaw: rawAmount(options.idleBase ?? 5, 18),
    quoteRaw: rawAmount(options.idleQuote ?? 10_000, 6),
    nativeRaw: 10n ** 18n,
    nativeUsd: lastClose,
  };
  return {
    pairId: pairId("WETH-USDC"),
    epoch: epochOf(observedAtMs),
    observedAtMs,
    price: lastClose,
    quoteUsd: 1,
    isStablePair: false,
    pegPrice: null,
    cycleSec: 900,
    candles,
    pools,
    poolSamples: {},
    positions,
    capital: computeCapital({ wallets: [wallet], positions, pools, price: lastClose, quoteUsd: 1 }),
    bridgeTerms: [],
    history: {
      lastPraAtMs: null,
      lastCloseEpochs: {},
      rangeShiftAtMs: [],
      epochNetUsd: [],
      gas24hUsd: 0,
      suppressUntilEpoch: 0,
    },
    freshness: [
      {
        input: "candles",
        source: "test",
        observedAtMs,
        ageMs: 0,
        maxAgeMs: 300_000,
        ok: true,
        rule: "max_age",
        detail: "fresh",
      },
    ],
    ...override,
  };
}

/** A WETH-USDC pool with deep liquidity and a healthy volume; BASE is token1. */
export function buildPool(override: Partial<TickPoolState> = {}): TickPoolState {
  return {
    kind: "ticks",
    poolKey: poolKey(CHAIN_ID, FAMILY, "0x1000000000000000000000000000000000000001"),
    chainId: CHAIN_ID,
    family: FAMILY,
    dexName: "Uniswap V3",
    address: "0x1000000000000000000000000000000000000001",
    base: TEST_BASE,
    quote: TEST_QUOTE,
    baseIsToken0: false,
    feePips: 500,
    protocolShareFrac: 0,
    tvlUsd: 5_000_000,
    volumeH1Usd: 2_000_000,
    volumeH6Usd: 12_000_000,
    volumeH24Usd: 48_000_000,
    gasOpenUsd: 0.5,
    gasCloseUsd: 0.3,
    gasRsUsd: 0.8,
    observedAtMs: T0_MS,
    blockNumber: 100n,
    tickSpacing: 10,
    sqrtPriceX96: 0n,
    tick: 0,
    activeLiquidityRaw: 3_000_000_000_000_000_000n,
    ownLiquidityInRangeRaw: 0n,
    ...override,
  };
}

/** A position worth about `usd` between two ticks of the pool, at the pool's price. */
export function buildPosition(
  snapshot: MarketSnapshot,
  pool: TickPoolState,
  range: { readonly tickLower: number; readonly tickUpper: number; readonly usd: number },
  override: Partial<ObservedPosition> = {},
): ObservedPosition {
  const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  // Quote is token0 here: far more of each token than needed, then scaled to the value asked for.
  const rich = { amount0: rawAmount(1e9, 6), amount1: rawAmount(1e9, 18) };
  const richLiquidity = liquidityForAmounts(pool.sqrtPriceX96, bounds, rich);
  const richAmounts = amountsForLiquidity(pool.sqrtPriceX96, bounds, richLiquidity, "down");
  const richUsd = Number(richAmounts.amount1) * 1e-18 * snapshot.price + Number(richAmounts.amount0) * 1e-6;
  const liquidityRaw = (richLiquidity * BigInt(Math.round((range.usd / richUsd) * 1e12))) / 10n ** 12n;
  const amounts = amountsForLiquidity(pool.sqrtPriceX96, bounds, liquidityRaw, "down");
  return {
    positionId: positionId(CHAIN_ID, FAMILY, "0x2000000000000000000000000000000000000002", 1n),
    poolKey: pool.poolKey,
    chainId: CHAIN_ID,
    family: FAMILY,
    tokenId: 1n,
    range: { kind: "ticks", tickLower: range.tickLower, tickUpper: range.tickUpper },
    liquidityRaw,
    baseRaw: amounts.amount1,
    quoteRaw: amounts.amount0,
    uncollectedBaseRaw: 0n,
    uncollectedQuoteRaw: 0n,
    openedAtMs: snapshot.observedAtMs - 2 * 86_400_000,
    observedAtMs: snapshot.observedAtMs,
    blockNumber: pool.blockNumber,
    ...override,
  };
}

/** The same snapshot holding positions, with capital counted again. */
export function withPositions(snapshot: MarketSnapshot, positions: readonly ObservedPosition[]): MarketSnapshot {
  const { pools, price, quoteUsd } = snapshot;
  return {
    ...snapshot,
    positions,
    capital: computeCapital({ wallets: snapshot.capital.wallets, positions, pools, price, quoteUsd }),
  };
}

function atPrice(pool: TickPoolState, price: number, observedAtMs: number): TickPoolState {
  const sqrtPriceX96 = priceToSqrt(price, FRAME) ?? 0n;
  return { ...pool, sqrtPriceX96, tick: tickAtSqrt(sqrtPriceX96), observedAtMs };
}
