// Pool sample: what a pool showed at one block, kept for about three days, to measure what it paid and what it cost.

interface PoolSampleBase {
  /** Market time of the block, unix ms. */
  readonly observedAtMs: number;
}

/** Concentrated-liquidity pool; every field from the same block. */
export interface TickPoolSample extends PoolSampleBase {
  readonly kind: "ticks";
  /** Q64.96 square root of raw token1 per raw token0. */
  readonly sqrtPriceX96: bigint;
  /** Fees per unit of liquidity since the pool began, Q128, wrapping at 2^256; after the protocol's part. */
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
  /** Active liquidity, everybody's. */
  readonly liquidityRaw: bigint;
  /** The part of it that is ours. */
  readonly ownLiquidityRaw: bigint;
}

/** One swap through a bin, the liquidity providers' part of its fee. */
export interface BinFee {
  readonly binId: number;
  readonly feeXRaw: bigint;
  readonly feeYRaw: bigint;
  /** Reserves of that bin and our share of it, 0..1, at the sample that follows. */
  readonly reserveXRaw: bigint;
  readonly reserveYRaw: bigint;
  readonly ownShareFrac: number;
}

/** Liquidity Book pair at one block, with the swaps since the sample before. */
export interface BinPoolSample extends PoolSampleBase {
  readonly kind: "bins";
  readonly activeBinId: number;
  readonly reserveXRaw: bigint;
  readonly reserveYRaw: bigint;
  /** Our share of the active bin, 0..1. */
  readonly ownShareFrac: number;
  readonly fees: readonly BinFee[];
}

export type PoolSample = TickPoolSample | BinPoolSample;

/** Market time between two samples of a pool, ms (strategy-carry section 1: three grids of 15 minutes). */
export const POOL_SAMPLE_MS = 300_000;
/** How long samples are kept, ms: 72 h of intervals and one more hour. */
export const POOL_SAMPLE_KEEP_MS = 73 * 3_600_000;
