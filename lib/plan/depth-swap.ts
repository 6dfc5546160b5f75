// What a pool pays for an exact amount in, by its own integer maths over the liquidity around its price.
import { computeSwapStep } from "@/lib/amm/swap-math";
import { sqrtAtTick } from "@/lib/amm/tick-math";

/** Liquidity from `tickLower` (inclusive) to `tickUpper` (exclusive); ascending and contiguous in a depth. */
export interface DepthStretch {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidityRaw: bigint;
}

/** Null when the known depth ends before all of it is sold. */
export function amountOutOverDepth(input: {
  readonly sqrtPriceX96: bigint;
  readonly depth: readonly DepthStretch[];
  readonly amountInRaw: bigint;
  /** True: token0 is sold, the price falls. */
  readonly zeroForOne: boolean;
  readonly feePips: number;
}): bigint | null {
  const { depth, zeroForOne, feePips } = input;
  let { sqrtPriceX96: sqrtX96, amountInRaw: left } = input;
  let outRaw = 0n;
  const ahead = zeroForOne ? depth.toReversed() : depth;
  for (const stretch of ahead) {
    if (left === 0n) break;
    const [low, high] = [sqrtAtTick(stretch.tickLower), sqrtAtTick(stretch.tickUpper)];
    const isBehind = zeroForOne ? low >= sqrtX96 : high <= sqrtX96;
    if (isBehind) continue;
    if (stretch.liquidityRaw === 0n) {
      sqrtX96 = zeroForOne ? low : high;
      continue;
    }
    const step = computeSwapStep({
      sqrtX96,
      sqrtTargetX96: zeroForOne ? low : high,
      liquidity: stretch.liquidityRaw,
      amountRemaining: left,
      feePips,
    });
    outRaw += step.amountOut;
    left -= step.amountIn + step.feeAmount;
    if (left < 0n) left = 0n;
    sqrtX96 = step.sqrtNextX96;
  }
  return left === 0n ? outRaw : null;
}
