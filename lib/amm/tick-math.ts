// Tick maths of Uniswap V3, bit exact with TickMath of v3-core.
import { invariant } from "@/lib/errors/invariant";
import { MAX_TICK, MIN_TICK } from "@/lib/units";

/** TickMath.MIN_SQRT_RATIO: the square root at MIN_TICK. */
export const MIN_SQRT_X96 = 4_295_128_739n;
/** TickMath.MAX_SQRT_RATIO: the square root at MAX_TICK; a pool's price stays below it. */
export const MAX_SQRT_X96 = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342n;

const MAX_UINT256 = (1n << 256n) - 1n;
const LOG_SQRT_BASE = Math.log(1.0001) / 2;
const LOG_TWO_96 = 96 * Math.LN2;

/** floor(2^128 / sqrt(1.0001)^(2^i)) as TickMath of v3-core lists them, i = 0..19. */
const POWERS_X128: readonly bigint[] = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
];

/** Square root of raw token1 per raw token0 at a tick, Q64.96. The tick must be an integer in [-887272, 887272]. */
export function sqrtAtTick(tick: number): bigint {
  invariant(
    Number.isInteger(tick) && tick >= MIN_TICK && tick <= MAX_TICK,
    "sqrtAtTick needs an integer tick in range",
    {
      tick,
    },
  );
  const size = Math.abs(tick);
  let ratio = 1n << 128n;
  for (let bit = 0; bit < POWERS_X128.length; bit += 1) {
    const power = POWERS_X128[bit];
    if (power !== undefined && (size & (1 << bit)) !== 0) ratio = (ratio * power) >> 128n;
  }
  if (tick > 0) ratio = MAX_UINT256 / ratio;
  return (ratio >> 32n) + (ratio % (1n << 32n) === 0n ? 0n : 1n);
}

/** Greatest tick whose square root is at most `sqrtX96`, which must lie in [MIN_SQRT_X96, MAX_SQRT_X96). */
export function tickAtSqrt(sqrtX96: bigint): number {
  invariant(sqrtX96 >= MIN_SQRT_X96 && sqrtX96 < MAX_SQRT_X96, "tickAtSqrt needs a square root price in range", {
    sqrtX96,
  });
  // The logarithm of a double is right to about 1e-9 ticks here; the loops settle the last step exactly.
  const estimate = Math.floor((Math.log(Number(sqrtX96)) - LOG_TWO_96) / LOG_SQRT_BASE);
  let tick = Math.max(MIN_TICK, Math.min(MAX_TICK - 1, estimate));
  while (sqrtAtTick(tick) > sqrtX96) tick -= 1;
  while (sqrtAtTick(tick + 1) <= sqrtX96) tick += 1;
  return tick;
}

/** Least and greatest tick a position may use at a spacing. */
export function usableTicks(tickSpacing: number): { readonly min: number; readonly max: number } {
  const max = Math.floor(MAX_TICK / tickSpacing) * tickSpacing;
  return { min: -max, max };
}
