// What every DEX family must be able to do: pure calldata and receipts (FamilyActions), and reads through an injected call (FamilyReads).
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { TxLog } from "./erc20";

export interface TxCall {
  readonly to: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
}

/** Where the liquidity lies: ticks, lower inclusive and upper exclusive; or Liquidity Book bin ids, both inclusive, in the same two fields. */
export interface RangeIndexes {
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** How liquidity is laid over bins; tick families have none. `spot` is even, `curve` more at the middle, `bid_ask` more at the ends. */
export type BinShape = "spot" | "curve" | "bid_ask";

/** A right that must be given before an operation and taken back after it. */
export type Grant =
  /** `token.approve(spender, amount)`. */
  | { readonly kind: "erc20"; readonly token: Address; readonly spender: Address }
  /** `permit2.approve(token, spender, amount, expiration)`; comes after an erc20 grant of the same token to `permit2`. */
  | { readonly kind: "permit2"; readonly token: Address; readonly spender: Address; readonly permit2: Address }
  /** `pair.approveForAll(spender, true)` of Liquidity Book; `token` is the LBPair. All or nothing: there are no amounts. */
  | { readonly kind: "operator"; readonly token: Address; readonly spender: Address };

/** Price and liquidity of a pool at one block. */
export interface LivePool {
  readonly sqrtPriceX96: bigint;
  /** Current tick; active bin id in Liquidity Book. */
  readonly tick: number;
  /** Liquidity at the current tick; liquidity of the active bin (128.128, L = price * x + y) in Liquidity Book. */
  readonly liquidityRaw: bigint;
  /** Fee a swap pays now, 1/1 000 000 of its input, token0 in and token1 in; equal where a family has one fee. */
  readonly fee0Pips: number;
  readonly fee1Pips: number;
  /** Share of the fee that does not go to liquidity, 0..1. */
  readonly protocolShareFrac: number;
  readonly tickSpacing: number;
}

/** A bin of one of our Liquidity Book positions. */
export interface LiveBin {
  readonly binId: number;
  readonly sharesRaw: bigint;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

/** One position at one block. */
export interface LivePosition extends RangeIndexes {
  readonly tokenId: bigint;
  readonly owner: Address;
  readonly token0: Address;
  readonly token1: Address;
  readonly liquidityRaw: bigint;
  /** What removing all liquidity pays now, fees excluded, rounded down as the pool does. */
  readonly principal0Raw: bigint;
  readonly principal1Raw: bigint;
  /** Fees a collect pays now, exactly. Liquidity Book keeps them inside the bins: 0 there, and part of the principal. */
  readonly fees0Raw: bigint;
  readonly fees1Raw: bigint;
  /** Null for tick families. */
  readonly bins: readonly LiveBin[] | null;
  /**
   * The pool it lies in, where that is not the pool that was asked for (same manager, other tokens or fee; amounts are at that pool's
   * price); missing: the pool that was asked for. Such a position belongs to no plan of the asked pool.
   */
  readonly otherPool?: Hex;
}

/** What a mint asks for; `desired` are upper limits of what is spent. */
export interface MintRequest extends RangeIndexes {
  readonly amount0DesiredRaw: bigint;
  readonly amount1DesiredRaw: bigint;
  /** The price may move this far either way before the transaction must revert. */
  readonly bandBps: number;
  readonly shape: BinShape | null;
  readonly recipient: Address;
  /** Chain time, unix seconds. */
  readonly deadlineSec: bigint;
}

/** A mint with all its bounds: what the calldata says and what the signer checks. */
export interface MintCall extends RangeIndexes {
  readonly amount0DesiredRaw: bigint;
  readonly amount1DesiredRaw: bigint;
  /** Least amounts the pool must take. V4 style managers have none: there `liquidityRaw` is fixed and the desired amounts are the most. */
  readonly amount0MinRaw: bigint;
  readonly amount1MinRaw: bigint;
  /** Liquidity to create; null where the manager computes it from the amounts. */
  readonly liquidityRaw: bigint | null;
  readonly recipient: Address;
  readonly deadlineSec: bigint;
  /** Liquidity Book only. */
  readonly bins: BinLayout | null;
}

export interface BinLayout {
  readonly activeIdDesired: number;
  readonly idSlippage: number;
  readonly deltaIds: readonly number[];
  /** Parts of 1e18 per bin; each list sums to 1e18 or is all 0. */
  readonly distribution0: readonly bigint[];
  readonly distribution1: readonly bigint[];
}

/** Take liquidity out and collect everything earned; `liquidityRaw` 0 only collects. */
export interface ExitCall extends RangeIndexes {
  readonly tokenId: bigint;
  readonly liquidityRaw: bigint;
  /** True: the position ends (all liquidity, and the token is burned where there is one). */
  readonly closes: boolean;
  readonly amount0MinRaw: bigint;
  readonly amount1MinRaw: bigint;
  readonly recipient: Address;
  readonly deadlineSec: bigint;
  /** Liquidity Book only: shares per bin. */
  readonly bins: readonly { readonly binId: number; readonly sharesRaw: bigint }[] | null;
}

export interface MintReceiptFacts extends RangeIndexes {
  readonly tokenId: bigint;
  readonly liquidityRaw: bigint;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

export interface ExitReceiptFacts {
  readonly liquidityRaw: bigint;
  /** Principal; paid minus principal are fees. Liquidity Book and V4 style managers do not say them apart: see each family. */
  readonly principal0Raw: bigint;
  readonly principal1Raw: bigint;
  readonly paid0Raw: bigint;
  readonly paid1Raw: bigint;
}

/** Pure part of a family, one file each in this folder. `decode*` answer null unless encoding the result again gives the same bytes. */
export interface FamilyActions {
  readonly family: Family;
  /** Rights for a mint, in the order they are given; taken back in reverse. Only for tokens with an amount above 0. */
  mintGrants(pool: PoolRef, amounts: { readonly amount0Raw: bigint; readonly amount1Raw: bigint }): readonly Grant[];
  /** Rights for an exit: none, but for Liquidity Book's router. */
  exitGrants(pool: PoolRef): readonly Grant[];
  /** Bounds at the live price: amounts, minimums, liquidity or distribution. */
  boundMint(pool: PoolRef, live: LivePool, request: MintRequest): MintCall;
  boundExit(
    pool: PoolRef,
    live: { readonly pool: LivePool; readonly position: LivePosition },
    request: {
      /** Null: all of it, and the position ends. */
      readonly liquidityRaw: bigint | null;
      readonly bandBps: number;
      readonly recipient: Address;
      readonly deadlineSec: bigint;
    },
  ): ExitCall;
  encodeMint(pool: PoolRef, call: MintCall): TxCall;
  decodeMint(pool: PoolRef, tx: TxCall): MintCall | null;
  encodeExit(pool: PoolRef, call: ExitCall): TxCall;
  decodeExit(pool: PoolRef, tx: TxCall): ExitCall | null;
  /**
   * Answer of an `eth_call` of the mint; null where the manager returns nothing (V4 style): the caller then takes the bounds.
   */
  decodeMintResult(pool: PoolRef, call: MintCall, data: Hex): { amount0Raw: bigint; amount1Raw: bigint } | null;
  decodeExitResult(pool: PoolRef, call: ExitCall, data: Hex): { amount0Raw: bigint; amount1Raw: bigint } | null;
  /** The position a receipt opened for `wallet`, from logs of the pool's own contracts only; else null. */
  decodeMintReceipt(pool: PoolRef, logs: readonly TxLog[], wallet: Address, call: MintCall): MintReceiptFacts | null;
  /** What a receipt paid out for one position; `before` is the position as it was read when the exit was prepared, null when unknown. */
  decodeExitReceipt(
    pool: PoolRef,
    logs: readonly TxLog[],
    input: { readonly tokenId: bigint; readonly wallet: Address; readonly before: LivePosition | null },
  ): ExitReceiptFacts | null;
}

export type BlockAt = bigint | "latest";

/** The things an adapter needs of a chain; throws ChainError, `reverted` when the call itself reverted. "No answer" is never a value. */
export interface CallPort {
  call(
    request: { readonly from?: Address; readonly to: Address; readonly data: Hex; readonly valueRaw?: bigint },
    block: BlockAt,
  ): Promise<Hex>;
  /** Logs of one contract, oldest first; the port pages. For families whose positions are not enumerable. */
  readLogs(filter: {
    readonly address: Address;
    readonly topics: readonly (Hex | null)[];
    readonly fromBlock: bigint;
    readonly toBlock: bigint;
  }): Promise<readonly TxLog[]>;
}

/** Liquidity between the price and a tick window, for charts and price impact; ascending, contiguous. */
export interface DepthSegment extends RangeIndexes {
  readonly liquidityRaw: bigint;
}

/** Reads of a family, one file each in server/execution/adapters; all methods throw ChainError. */
export interface FamilyReads {
  readonly family: Family;
  readPool(chain: CallPort, pool: PoolRef, block: BlockAt): Promise<LivePool>;
  /** Liquidity per segment inside the window around the current tick. */
  readDepth(chain: CallPort, pool: PoolRef, window: RangeIndexes, block: BlockAt): Promise<readonly DepthSegment[]>;
  /** Null when the position does not exist (burned, never minted, no shares); an error is never null. */
  readPosition(
    chain: CallPort,
    pool: PoolRef,
    tokenId: bigint,
    block: BlockAt,
    /** Whose shares: required for Liquidity Book, whose positions are balances of an account; not used elsewhere. */
    wallet?: Address,
  ): Promise<LivePosition | null>;
  /**
   * The position exactly as an exit met it, from the exit's receipt and the logs before it in its block: given to `decodeExitReceipt` as
   * `before`, principal and fees are exact. Missing where receipts say them apart.
   */
  readBeforeExit?(
    chain: CallPort,
    pool: PoolRef,
    input: {
      readonly tokenId: bigint;
      readonly wallet: Address;
      readonly receiptBlock: bigint;
      readonly logs: readonly TxLog[];
    },
  ): Promise<LivePosition | null>;
  /**
   * Every position of `wallet` at this DEX on this chain that is not empty, whoever opened it and in whatever pool: `pool` names the DEX.
   * Where the manager cannot enumerate, from its Transfer logs since `fromBlock`, each confirmed by an owner read.
   * Liquidity Book: bins of this very pool.
   */
  listOwned(
    chain: CallPort,
    pool: PoolRef,
    input: { readonly wallet: Address; readonly fromBlock: bigint; readonly block: bigint },
  ): Promise<readonly bigint[]>;
  /** Code, tokens, fee, spacing, factory, hooks against the entry; empty when all agree, else one sentence per difference. */
  checkPool(chain: CallPort, pool: PoolRef, block: BlockAt): Promise<readonly string[]>;
}

export interface FamilyAdapter {
  readonly actions: FamilyActions;
  readonly reads: FamilyReads;
}
