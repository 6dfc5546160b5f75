// Uncollected fees of a tick position from the pool's fee growth counters, which wrap at 2^256 by design.

const MASK_256 = (1n << 256n) - 1n;

/** Fee growth outside one tick, both tokens, X128 (`ticks(tick)` of the pool). */
export interface FeeGrowthOutside {
  readonly feeGrowthOutside0X128: bigint;
  readonly feeGrowthOutside1X128: bigint;
}

export interface FeeGrowth {
  readonly feeGrowth0X128: bigint;
  readonly feeGrowth1X128: bigint;
}

export interface FeeGrowthInsideInput {
  readonly tick: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly global: FeeGrowth;
  readonly lower: FeeGrowthOutside;
  readonly upper: FeeGrowthOutside;
}

/** Fee growth per unit of liquidity inside a range since the pool began, mod 2^256 (Tick.getFeeGrowthInside of v3-core). */
export function feeGrowthInside(input: FeeGrowthInsideInput): FeeGrowth {
  const { tick, tickLower, tickUpper, global, lower, upper } = input;
  const inside = (globalX128: bigint, lowerX128: bigint, upperX128: bigint): bigint => {
    const below = tick >= tickLower ? lowerX128 : wrap(globalX128 - lowerX128);
    const above = tick < tickUpper ? upperX128 : wrap(globalX128 - upperX128);
    return wrap(globalX128 - below - above);
  };
  return {
    feeGrowth0X128: inside(global.feeGrowth0X128, lower.feeGrowthOutside0X128, upper.feeGrowthOutside0X128),
    feeGrowth1X128: inside(global.feeGrowth1X128, lower.feeGrowthOutside1X128, upper.feeGrowthOutside1X128),
  };
}

export interface UncollectedFeesInput {
  readonly liquidity: bigint;
  readonly insideNow: FeeGrowth;
  /** Fee growth inside at the position's last touch. */
  readonly insideLast: FeeGrowth;
  /** Already credited to the position and not collected. */
  readonly owed0: bigint;
  readonly owed1: bigint;
}

/** Fees a collect would pay now, raw: owed + floor(L * growth since the last touch / 2^128) per token. */
export function uncollectedFees(input: UncollectedFeesInput): { readonly amount0: bigint; readonly amount1: bigint } {
  const { liquidity, insideNow, insideLast, owed0, owed1 } = input;
  return {
    amount0: owed0 + ((liquidity * wrap(insideNow.feeGrowth0X128 - insideLast.feeGrowth0X128)) >> 128n),
    amount1: owed1 + ((liquidity * wrap(insideNow.feeGrowth1X128 - insideLast.feeGrowth1X128)) >> 128n),
  };
}

/** Value mod 2^256, as the EVM's unchecked subtraction leaves it. */
function wrap(value: bigint): bigint {
  return value & MASK_256;
}
