// Liquidity around a pool's price, stretch by stretch or bin by bin: what the depth chart shows.
import type { CallPort, DepthSegment } from "@/lib/actions/family";
import { binPriceX128, binsToRange, MAX_BIN_ID } from "@/lib/amm/bins";
import { humanAmount } from "@/lib/amm/human-units";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick, usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import type { PoolReading, ReadsOf } from "./readings";

/** How far from the price the chart looks: 12 % either way in ticks, and the most bins that are read on each side. */
const DEPTH_TICKS = 1_200;
const DEPTH_LOG = Math.log(1.12);
const MAX_BINS_PER_SIDE = 120;

/** A stretch of constant liquidity, or one bin. Prices are QUOTE per BASE, amounts whole tokens held there now. */
export interface DepthBucket {
  readonly priceLower: number;
  readonly priceUpper: number;
  readonly liquidityRaw: bigint;
  readonly base: number;
  readonly quote: number;
}

/** Throws ChainError. */
export async function readDepthBuckets(
  deps: { readonly calls: CallPort; readonly readsOf: ReadsOf },
  reading: PoolReading,
): Promise<readonly DepthBucket[]> {
  const { live, ref, block } = reading;
  const segments = await deps.readsOf(ref.family).readDepth(deps.calls, ref, windowOf(reading), block.number);
  const toBucket = ref.family === "liquidity-book" ? binBucket : tickBucket;
  return segments
    .filter(({ liquidityRaw }) => liquidityRaw > 0n)
    .map((segment) => toBucket(reading, segment, live.tick))
    .toSorted((left, right) => left.priceLower - right.priceLower);
}

function windowOf({ live, ref }: PoolReading): { readonly tickLower: number; readonly tickUpper: number } {
  if (ref.family === "liquidity-book") {
    const bins = Math.min(MAX_BINS_PER_SIDE, Math.ceil(DEPTH_LOG / Math.log1p((ref.binStep ?? 1) / 1e4)));
    return { tickLower: Math.max(0, live.tick - bins), tickUpper: Math.min(MAX_BIN_ID, live.tick + bins) };
  }
  const usable = usableTicks(live.tickSpacing);
  return {
    tickLower: Math.max(usable.min, live.tick - DEPTH_TICKS),
    tickUpper: Math.min(usable.max, live.tick + DEPTH_TICKS),
  };
}

function tickBucket(reading: PoolReading, segment: DepthSegment): DepthBucket {
  const { tickLower, tickUpper, liquidityRaw } = segment;
  const { frame, live } = reading;
  const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(live.sqrtPriceX96, bounds, liquidityRaw, "down");
  const range = ticksToRange(tickLower, tickUpper, frame);
  return { priceLower: range.min, priceUpper: range.max, liquidityRaw, ...humanAmounts(reading, amount0, amount1) };
}

/** Bins beside the active one hold one token only; liquidity is their value in tokenY, 128.128. */
function binBucket(reading: PoolReading, segment: DepthSegment, activeId: number): DepthBucket {
  const { tickLower: binId, liquidityRaw } = segment;
  const { frame, ref, activeBin } = reading;
  const binStep = ref.binStep ?? 1;
  const priceX128 = binPriceX128(binId, binStep) ?? 1n;
  const range = binsToRange(binId, binId, binStep, frame);
  const amounts =
    binId === activeId && activeBin !== null
      ? humanAmounts(reading, activeBin.reserve0Raw, activeBin.reserve1Raw)
      : binId < activeId
        ? humanAmounts(reading, 0n, liquidityRaw >> 128n)
        : humanAmounts(reading, liquidityRaw / priceX128, 0n);
  return { priceLower: range.min, priceUpper: range.max, liquidityRaw, ...amounts };
}

function humanAmounts(
  { frame }: PoolReading,
  amount0: bigint,
  amount1: bigint,
): { readonly base: number; readonly quote: number } {
  return {
    base: humanAmount(frame.baseIsToken0 ? amount0 : amount1, frame.decBase),
    quote: humanAmount(frame.baseIsToken0 ? amount1 : amount0, frame.decQuote),
  };
}
