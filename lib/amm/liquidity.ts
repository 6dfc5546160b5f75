// Liquidity and token amounts of a tick range, exact integers with the pool's own rounding, and the minimums of mint and burn.
import { ceilDiv, floorSqrt } from "@/lib/math/fixed-point";
import { clampSqrt } from "./sqrt-price";

const Q96 = 1n << 96n;

/** Raw amounts in pool token order. */
export interface PoolAmounts {
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/** Bounds of a position as square root prices, sqrtAX96 < sqrtBX96. */
export interface SqrtBounds {
  readonly sqrtAX96: bigint;
  readonly sqrtBX96: bigint;
}

export type Rounding = "down" | "up";

/**
 * Raw amounts that liquidity L holds at a price. "down" is what a burn pays, "up" what a mint takes
 * (SqrtPriceMath.getAmount0Delta and getAmount1Delta of v3-core). Zero for inverted bounds.
 */
export function amountsForLiquidity(
  sqrtPX96: bigint,
  bounds: SqrtBounds,
  liquidity: bigint,
  rounding: Rounding,
): PoolAmounts {
  const { sqrtAX96, sqrtBX96 } = bounds;
  if (liquidity <= 0n || sqrtAX96 <= 0n || sqrtAX96 >= sqrtBX96) return { amount0: 0n, amount1: 0n };
  if (sqrtPX96 <= sqrtAX96) return { amount0: amount0Delta(sqrtAX96, sqrtBX96, liquidity, rounding), amount1: 0n };
  if (sqrtPX96 >= sqrtBX96) return { amount0: 0n, amount1: amount1Delta(sqrtAX96, sqrtBX96, liquidity, rounding) };
  return {
    amount0: amount0Delta(sqrtPX96, sqrtBX96, liquidity, rounding),
    amount1: amount1Delta(sqrtAX96, sqrtPX96, liquidity, rounding),
  };
}

/** Most liquidity that the amounts can fund (LiquidityAmounts.getLiquidityForAmounts of v3-periphery). */
export function liquidityForAmounts(sqrtPX96: bigint, bounds: SqrtBounds, desired: PoolAmounts): bigint {
  const { sqrtAX96, sqrtBX96 } = bounds;
  if (sqrtAX96 <= 0n || sqrtAX96 >= sqrtBX96) return 0n;
  if (sqrtPX96 <= sqrtAX96) return liquidityForAmount0(sqrtAX96, sqrtBX96, desired.amount0);
  if (sqrtPX96 >= sqrtBX96) return liquidityForAmount1(sqrtAX96, sqrtBX96, desired.amount1);
  const from0 = liquidityForAmount0(sqrtPX96, sqrtBX96, desired.amount0);
  const from1 = liquidityForAmount1(sqrtAX96, sqrtPX96, desired.amount1);
  return from0 < from1 ? from0 : from1;
}

/** A basis point in the parts that bands are counted in. */
const PARTS_PER_BPS = 1_000;
const PARTS = 10_000n * BigInt(PARTS_PER_BPS);

/** Square root prices at the ends of [P(1-d), P(1+d)], d in 1/10 000 (thousandths of it count), clamped to what a pool can have. */
export function slippageBand(
  sqrtPX96: bigint,
  slippageBps: number,
): { readonly loX96: bigint; readonly hiX96: bigint } {
  const delta = BigInt(Math.round(Math.max(0, Math.min(10_000, slippageBps)) * PARTS_PER_BPS));
  const square = sqrtPX96 * sqrtPX96;
  return {
    loX96: clampSqrt(floorSqrt((square * (PARTS - delta)) / PARTS)),
    hiX96: clampSqrt(floorSqrt((square * (PARTS + delta)) / PARTS)),
  };
}

/**
 * amount0Min and amount1Min of a mint: at each end of the slippage band the liquidity is recomputed from the desired amounts;
 * amount0Min is amount0 at the high end, amount1Min is amount1 at the low end, rounded down.
 */
export function mintMins(sqrtPX96: bigint, bounds: SqrtBounds, desired: PoolAmounts, slippageBps: number): PoolAmounts {
  const { loX96, hiX96 } = slippageBand(sqrtPX96, slippageBps);
  const atLow = amountsForLiquidity(loX96, bounds, liquidityForAmounts(loX96, bounds, desired), "down");
  const atHigh = amountsForLiquidity(hiX96, bounds, liquidityForAmounts(hiX96, bounds, desired), "down");
  return { amount0: atHigh.amount0, amount1: atLow.amount1 };
}

/** amount0Min and amount1Min of a burn of `liquidity`, from the live price and the slippage band. */
export function burnMins(sqrtPX96: bigint, bounds: SqrtBounds, liquidity: bigint, slippageBps: number): PoolAmounts {
  const { loX96, hiX96 } = slippageBand(sqrtPX96, slippageBps);
  return {
    amount0: amountsForLiquidity(hiX96, bounds, liquidity, "down").amount0,
    amount1: amountsForLiquidity(loX96, bounds, liquidity, "down").amount1,
  };
}

/** Raw token0 that liquidity holds between two prices, sqrtAX96 <= sqrtBX96 (SqrtPriceMath.getAmount0Delta). */
export function amount0Delta(sqrtAX96: bigint, sqrtBX96: bigint, liquidity: bigint, rounding: Rounding): bigint {
  const product = (liquidity << 96n) * (sqrtBX96 - sqrtAX96);
  return rounding === "up" ? ceilDiv(ceilDiv(product, sqrtBX96), sqrtAX96) : product / sqrtBX96 / sqrtAX96;
}

/** Raw token1 that liquidity holds between two prices, sqrtAX96 <= sqrtBX96 (SqrtPriceMath.getAmount1Delta). */
export function amount1Delta(sqrtAX96: bigint, sqrtBX96: bigint, liquidity: bigint, rounding: Rounding): bigint {
  const product = liquidity * (sqrtBX96 - sqrtAX96);
  return rounding === "up" ? ceilDiv(product, Q96) : product / Q96;
}

function liquidityForAmount0(sqrtAX96: bigint, sqrtBX96: bigint, amount0: bigint): bigint {
  return (amount0 * ((sqrtAX96 * sqrtBX96) / Q96)) / (sqrtBX96 - sqrtAX96);
}

function liquidityForAmount1(sqrtAX96: bigint, sqrtBX96: bigint, amount1: bigint): bigint {
  return (amount1 * Q96) / (sqrtBX96 - sqrtAX96);
}
