// One step of a swap inside a stretch of constant liquidity, bit exact with SwapMath, SqrtPriceMath and FullMath of v3-core.
import { invariant } from "@/lib/errors/invariant";
import { ceilDiv } from "@/lib/math/fixed-point";
import { amount0Delta, amount1Delta } from "./liquidity";

const MAX_UINT256 = (1n << 256n) - 1n;
const MAX_UINT160 = (1n << 160n) - 1n;
/** Pool fees are in 1/1 000 000 of what is paid in. */
const PIPS = 1_000_000n;

/** FullMath.mulDiv: floor(a * b / denominator), with the contract's refusal of a result beyond 256 bits. */
export function mulDiv(a: bigint, b: bigint, denominator: bigint): bigint {
  const result = (a * b) / denominator;
  invariant(result <= MAX_UINT256, "mulDiv fits 256 bits", { a, b, denominator });
  return result;
}

/** FullMath.mulDivRoundingUp: ceil(a * b / denominator). */
export function mulDivRoundingUp(a: bigint, b: bigint, denominator: bigint): bigint {
  const result = ceilDiv(a * b, denominator);
  invariant(result <= MAX_UINT256, "mulDivRoundingUp fits 256 bits", { a, b, denominator });
  return result;
}

/**
 * Price after `amountIn` (raw, fee already taken off) was paid in: SqrtPriceMath.getNextSqrtPriceFromInput. Token0 moves the
 * price down and rounds up, token1 moves it up and rounds down, so that the pool never gives too much.
 */
export function nextSqrtFromInput(sqrtX96: bigint, liquidity: bigint, amountIn: bigint, zeroForOne: boolean): bigint {
  invariant(sqrtX96 > 0n && liquidity > 0n, "a price step needs a price and liquidity", { sqrtX96, liquidity });
  if (!zeroForOne) return fitsPrice(sqrtX96 + (amountIn << 96n) / liquidity);
  if (amountIn === 0n) return sqrtX96;
  const liquidityX96 = liquidity << 96n;
  const product = amountIn * sqrtX96;
  // Where product or sum leaves 256 bits the contract takes a coarser formula with another rounding.
  if (product <= MAX_UINT256 && liquidityX96 + product <= MAX_UINT256) {
    return fitsPrice(ceilDiv(liquidityX96 * sqrtX96, liquidityX96 + product));
  }
  return fitsPrice(ceilDiv(liquidityX96, liquidityX96 / sqrtX96 + amountIn));
}

/**
 * Price after `amountOut` (raw) was paid out: SqrtPriceMath.getNextSqrtPriceFromOutput. Null where the contract reverts
 * because the stretch does not hold that much.
 */
export function nextSqrtFromOutput(
  sqrtX96: bigint,
  liquidity: bigint,
  amountOut: bigint,
  zeroForOne: boolean,
): bigint | null {
  invariant(sqrtX96 > 0n && liquidity > 0n, "a price step needs a price and liquidity", { sqrtX96, liquidity });
  if (zeroForOne) {
    const step = ceilDiv(amountOut << 96n, liquidity);
    return sqrtX96 > step ? sqrtX96 - step : null;
  }
  if (amountOut === 0n) return sqrtX96;
  const liquidityX96 = liquidity << 96n;
  const product = amountOut * sqrtX96;
  if (product > MAX_UINT256 || liquidityX96 <= product) return null;
  const next = ceilDiv(liquidityX96 * sqrtX96, liquidityX96 - product);
  return next <= MAX_UINT160 ? next : null;
}

export interface SwapStepInput {
  readonly sqrtX96: bigint;
  /** Where the step ends at the latest; below `sqrtX96` for a sale of token0. */
  readonly sqrtTargetX96: bigint;
  readonly liquidity: bigint;
  /** Raw; positive: exact input still to spend (fee included), negative: exact output still to receive. */
  readonly amountRemaining: bigint;
  readonly feePips: number;
}

export interface SwapStep {
  readonly sqrtNextX96: bigint;
  /** Raw, without the fee. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** Raw, in the token paid in. */
  readonly feeAmount: bigint;
}

/** SwapMath.computeSwapStep. */
export function computeSwapStep(input: SwapStepInput): SwapStep {
  const { sqrtX96, sqrtTargetX96, liquidity, amountRemaining } = input;
  const feePips = BigInt(input.feePips);
  const zeroForOne = sqrtX96 >= sqrtTargetX96;
  const isExactIn = amountRemaining >= 0n;
  const amountInTo = (end: bigint): bigint =>
    zeroForOne ? amount0Delta(end, sqrtX96, liquidity, "up") : amount1Delta(sqrtX96, end, liquidity, "up");
  const amountOutTo = (end: bigint): bigint =>
    zeroForOne ? amount1Delta(end, sqrtX96, liquidity, "down") : amount0Delta(sqrtX96, end, liquidity, "down");

  if (isExactIn) {
    const spendable = (amountRemaining * (PIPS - feePips)) / PIPS;
    const toTarget = amountInTo(sqrtTargetX96);
    const sqrtNextX96 =
      spendable >= toTarget ? sqrtTargetX96 : nextSqrtFromInput(sqrtX96, liquidity, spendable, zeroForOne);
    const reachesTarget = sqrtNextX96 === sqrtTargetX96;
    const amountIn = reachesTarget ? toTarget : amountInTo(sqrtNextX96);
    return {
      sqrtNextX96,
      amountIn,
      amountOut: amountOutTo(sqrtNextX96),
      // A step that ends inside the stretch spends all that is left: what the move did not need is fee.
      feeAmount: reachesTarget ? mulDivRoundingUp(amountIn, feePips, PIPS - feePips) : amountRemaining - amountIn,
    };
  }

  const wanted = -amountRemaining;
  const toTarget = amountOutTo(sqrtTargetX96);
  const next = wanted >= toTarget ? sqrtTargetX96 : nextSqrtFromOutput(sqrtX96, liquidity, wanted, zeroForOne);
  invariant(next !== null, "a stretch that holds more than wanted can pay it", { sqrtX96, liquidity, wanted });
  const amountIn = amountInTo(next);
  const paid = next === sqrtTargetX96 ? toTarget : amountOutTo(next);
  return {
    sqrtNextX96: next,
    amountIn,
    amountOut: paid > wanted ? wanted : paid,
    feeAmount: mulDivRoundingUp(amountIn, feePips, PIPS - feePips),
  };
}

function fitsPrice(sqrtX96: bigint): bigint {
  invariant(sqrtX96 <= MAX_UINT160, "a square root price fits 160 bits", { sqrtX96 });
  return sqrtX96;
}
