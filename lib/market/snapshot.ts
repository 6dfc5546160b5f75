// MarketSnapshot: everything a decision may depend on, observed at one market instant, with the age of every input.
import type { Address, PairId, PoolKey, PositionId } from "@/lib/units";
import type { CandleSeries } from "./candle";
import type { PoolSample } from "./pool-sample";

/** One token of the pair on one chain. */
export interface PairToken {
  readonly symbol: string;
  readonly address: Address;
  readonly decimals: number;
}

/** Liquidity laid out between two ticks (Uniswap V3 and its relatives). Ticks are pool ticks, in pool token order. */
export interface TickRange {
  readonly kind: "ticks";
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** Liquidity laid out evenly over bins lowerBinId..upperBinId, both included (Liquidity Book). */
export interface BinRange {
  readonly kind: "bins";
  readonly lowerBinId: number;
  readonly upperBinId: number;
}

export type PositionRange = TickRange | BinRange;

interface PoolStateBase {
  readonly poolKey: PoolKey;
  readonly chainId: number;
  /** DEX family, e.g. `uniswap-v3`. */
  readonly family: string;
  /** Name of the DEX for people, e.g. `Uniswap V3`. */
  readonly dexName: string;
  /** Pool contract, or pool manager for pool-id families. */
  readonly address: Address;
  readonly base: PairToken;
  readonly quote: PairToken;
  /** Whether BASE sorts below QUOTE on this chain, so that it is token0 (tokenX in Liquidity Book). */
  readonly baseIsToken0: boolean;
  /** Live LP fee, 1/1 000 000 of the input. */
  readonly feePips: number;
  /** Share of the fee that goes to the protocol, 0..1. */
  readonly protocolShareFrac: number;
  /** Total value locked, US dollars; null when the source did not say. */
  readonly tvlUsd: number | null;
  /** Rolling volumes of this pool, US dollars; null when the source did not say. */
  readonly volumeH1Usd: number | null;
  readonly volumeH6Usd: number | null;
  readonly volumeH24Usd: number | null;
  /** Live cost of opening a position here (approvals, swap, mint), US dollars. */
  readonly gasOpenUsd: number;
  /** Live cost of closing a position here (decrease, collect, burn), US dollars. */
  readonly gasCloseUsd: number;
  /** Live cost of a range shift here (close, swap, open), US dollars. */
  readonly gasRsUsd: number;
  /** Market time of the state, unix ms. */
  readonly observedAtMs: number;
  readonly blockNumber: bigint;
}

/** State of a concentrated-liquidity pool at `blockNumber`. */
export interface TickPoolState extends PoolStateBase {
  readonly kind: "ticks";
  readonly tickSpacing: number;
  /** Q64.96 square root of raw token1 per raw token0. */
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  /** Liquidity active at the current tick, everybody's; null when unknown (then depth is estimated from TVL). */
  readonly activeLiquidityRaw: bigint | null;
  /** The part of it that is ours. */
  readonly ownLiquidityInRangeRaw: bigint;
}

/** State of a Liquidity Book pair at `blockNumber`. */
export interface BinPoolState extends PoolStateBase {
  readonly kind: "bins";
  /** Bin step, 1/10 000. */
  readonly binStepBps: number;
  readonly activeBinId: number;
  /** Reserves of the active bin that belong to others; null when unknown. */
  readonly activeBinOthersBaseRaw: bigint | null;
  readonly activeBinOthersQuoteRaw: bigint | null;
}

export type PoolState = TickPoolState | BinPoolState;

/** One of our positions as the chain showed it. `Position` in lib/portfolio is this type. */
export interface ObservedPosition {
  readonly positionId: PositionId;
  readonly poolKey: PoolKey;
  readonly chainId: number;
  readonly family: string;
  /** Token id in the position manager. */
  readonly tokenId: bigint;
  readonly range: PositionRange;
  /** Raw pool liquidity (ticks) or our share of the bins' liquidity, summed (bins). */
  readonly liquidityRaw: bigint;
  /** What a burn would pay now, raw, rounded down as the pool does. */
  readonly baseRaw: bigint;
  readonly quoteRaw: bigint;
  /** Fees earned and not yet collected, raw. */
  readonly uncollectedBaseRaw: bigint;
  readonly uncollectedQuoteRaw: bigint;
  /** What its own last mint and collects left in the wallet, raw; missing when not known. Part of it when it is re-ranged. */
  readonly leftBaseRaw?: bigint;
  readonly leftQuoteRaw?: bigint;
  /** Market time of the mint, unix ms. */
  readonly openedAtMs: number;
  /** Market time of the reading, unix ms. */
  readonly observedAtMs: number;
  readonly blockNumber: bigint;
}

/** Tokens of the pair that lie idle in the wallet of one chain. */
export interface WalletBalance {
  readonly chainId: number;
  readonly base: PairToken;
  readonly quote: PairToken;
  readonly baseRaw: bigint;
  readonly quoteRaw: bigint;
  readonly nativeRaw: bigint;
  /** US dollars per whole native token. */
  readonly nativeUsd: number;
}

/** Capital of the pair in human units; built by `computeCapital` in lib/portfolio. */
export interface CapitalState {
  readonly wallets: readonly WalletBalance[];
  /** Idle in wallets, whole tokens, all chains. */
  readonly idleBase: number;
  readonly idleQuote: number;
  readonly idleUsd: number;
  /** Value of open positions with their uncollected fees. */
  readonly positionsUsd: number;
  /** idleUsd + positionsUsd: the K of the strategy. */
  readonly totalUsd: number;
}

/** What earlier epochs left behind and the rules of section 11 ask for. All times are market time. */
export interface DecisionHistory {
  readonly lastPraAtMs: number | null;
  /** Epoch in which our last position in a pool was closed, by pool key. */
  readonly lastCloseEpochs: Readonly<Record<string, number>>;
  /** Instants of range shifts, at least those of the last 24 h. */
  readonly rangeShiftAtMs: readonly number[];
  /** Net result of past epochs, US dollars, oldest first. */
  readonly epochNetUsd: readonly number[];
  readonly gas24hUsd: number;
  /** No decision but HOLD while epoch < suppressUntilEpoch; 0 when never suppressed. */
  readonly suppressUntilEpoch: number;
}

/** One input of the snapshot: where it came from, how old it is, whether it may be trusted. */
export interface InputFreshness {
  /** Which input, e.g. `candles`, `pool:<poolKey>`, `quoteUsd`, `wallet:1`. */
  readonly input: string;
  /** Who said so, e.g. `binance,bybit,okx`, `rpc:31337`. */
  readonly source: string;
  /** Market time of the observation; null when it never arrived. */
  readonly observedAtMs: number | null;
  readonly ageMs: number | null;
  readonly maxAgeMs: number;
  readonly ok: boolean;
  /** The rule that was applied, e.g. `max_age`, `venue_quorum`, `spot_vs_cex`. */
  readonly rule: string;
  /** What was expected and what came, for people. */
  readonly detail: string;
  /**
   * True when a failure only leaves this input out (one venue of several, one pool without a position: the pool then takes
   * no part when `input` is `pool:<poolKey>`). Otherwise a failure forbids any action: HOLD `no_data`.
   */
  readonly isAdvisory?: boolean;
}

/** What a bridge took by its last quote: a part of what it moves, and gas with fees in the native coin. */
export interface BridgeTerms {
  readonly fromChainId: number;
  readonly toChainId: number;
  /** Part of the moved amount, 0..1. */
  readonly feeFrac: number;
  readonly fixedUsd: number;
}

export interface MarketSnapshot {
  readonly pairId: PairId;
  readonly epoch: number;
  /** Market clock at which the snapshot was closed, unix ms. */
  readonly observedAtMs: number;
  /** QUOTE per BASE, human units. */
  readonly price: number;
  /** US dollars per whole QUOTE token. */
  readonly quoteUsd: number;
  /** Both tokens follow the same peg currency (token registry). */
  readonly isStablePair: boolean;
  /** Known peg of the pair, QUOTE per BASE; null when none. */
  readonly pegPrice: number | null;
  /** Coarsest price step of the venues behind the candles, QUOTE per BASE; null or missing when not known. */
  readonly priceStep?: number | null;
  /** Length of a cycle, seconds of market time (900). */
  readonly cycleSec: number;
  /** Merged M1 candles, normalised and filled. */
  readonly candles: CandleSeries;
  readonly pools: readonly PoolState[];
  /** Samples of each pool by pool key, ascending in time, up to 73 h; a pool without an entry has none. */
  readonly poolSamples: Readonly<Record<string, readonly PoolSample[]>>;
  readonly positions: readonly ObservedPosition[];
  readonly capital: CapitalState;
  /** Last quotes of bridges, one per way; missing ways are counted with a careful figure. */
  readonly bridgeTerms?: readonly BridgeTerms[];
  readonly history: DecisionHistory;
  readonly freshness: readonly InputFreshness[];
}
