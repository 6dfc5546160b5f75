// An exact Uniswap V3 pool in memory: what UniswapV3Pool of v3-core does to price, ticks, fee growth and positions, to the wei.
import { feeGrowthInside, uncollectedFees, type FeeGrowth, type FeeGrowthOutside } from "@/lib/amm/fees";
import { amountsForLiquidity, type PoolAmounts } from "@/lib/amm/liquidity";
import { computeSwapStep, mulDiv } from "@/lib/amm/swap-math";
import { MAX_SQRT_X96, MIN_SQRT_X96, sqrtAtTick, tickAtSqrt, usableTicks } from "@/lib/amm/tick-math";
import { invariant } from "@/lib/errors/invariant";
import { err, ok, type Result } from "@/lib/errors/result";
import { MAX_TICK, MIN_TICK } from "@/lib/units";

const Q128 = 1n << 128n;
const MAX_UINT128 = Q128 - 1n;
const MASK_256 = (1n << 256n) - 1n;
/** One word of the contract's tick bitmap; a swap step never looks further, and each step rounds. */
const TICKS_PER_WORD = 256;

export interface PoolSimulatorConfig {
  readonly sqrtPriceX96: bigint;
  readonly tickSpacing: number;
  /** Fee of the pool, 1/1 000 000. */
  readonly feePips: number;
  /** Denominator of the protocol's part of a fee in token0 and token1 (slot0.feeProtocol), 0 for none. */
  readonly feeProtocol0?: number;
  readonly feeProtocol1?: number;
}

/** Where a position is: like the contract, one owner has one position per range. */
export interface PositionRef {
  readonly owner: string;
  readonly tickLower: number;
  readonly tickUpper: number;
}

export interface SimulatedPosition extends FeeGrowth {
  readonly liquidity: bigint;
  readonly owed0: bigint;
  readonly owed1: bigint;
}

export interface SimulatedTick extends FeeGrowthOutside {
  readonly liquidityGross: bigint;
  readonly liquidityNet: bigint;
}

export interface PoolState {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  /** Active liquidity. */
  readonly liquidity: bigint;
  readonly feeGrowth: FeeGrowth;
  readonly protocolFees: PoolAmounts;
}

export interface SwapOrder {
  readonly zeroForOne: boolean;
  /** Raw; positive: exact input (fee included), negative: exact output. */
  readonly amountSpecified: bigint;
  /** Price at which the swap stops; without it, the last one a pool can have. */
  readonly sqrtLimitX96?: bigint;
}

/** Raw, from the pool's view: positive came in, negative went out. */
export interface SwapResult extends PoolAmounts {
  readonly sqrtPriceX96: bigint;
  readonly liquidity: bigint;
  readonly tick: number;
}

/** Why the contract would revert; the three letters of v3-core are named where it has some. */
export type PoolRefusal =
  | "amount_zero" // AS
  | "price_limit" // SPL
  | "ticks" // TLU, TLM, TUM or a tick off the spacing
  | "tick_liquidity" // LO
  | "position_liquidity" // LS, NP
  | "protocol_fee";

export interface PoolSimulator {
  state(): PoolState;
  /** Initialised ticks, ascending. */
  initializedTicks(): readonly number[];
  tickInfo(tick: number): SimulatedTick | null;
  position(ref: PositionRef): SimulatedPosition;
  feeGrowthInside(tickLower: number, tickUpper: number): FeeGrowth;
  /** What a burn of 0 and a collect would pay now. */
  feesOf(ref: PositionRef): PoolAmounts;
  swap(order: SwapOrder): Result<SwapResult, PoolRefusal>;
  mint(ref: PositionRef, liquidity: bigint): Result<PoolAmounts, PoolRefusal>;
  /** Credits the amounts to the position; a burn of 0 only brings its fees up to date. */
  burn(ref: PositionRef, liquidity: bigint): Result<PoolAmounts, PoolRefusal>;
  /** Pays at most what is asked for, without a limit all that is owed. */
  collect(ref: PositionRef, limit?: PoolAmounts): PoolAmounts;
  setFeeProtocol(feeProtocol0: number, feeProtocol1: number): Result<null, PoolRefusal>;
}

interface TickRecord {
  gross: bigint;
  net: bigint;
  outside0: bigint;
  outside1: bigint;
}

interface PositionRecord {
  liquidity: bigint;
  inside0: bigint;
  inside1: bigint;
  owed0: bigint;
  owed1: bigint;
}

/**
 * A pool just after `initialize`. Same order of operations and rounding as UniswapV3Pool.sol, with the word boundaries of its
 * tick bitmap. Left out because price, liquidity and fees do not depend on them: the oracle, flash loans, token balances, and
 * the collection of protocol fees.
 */
export function createPoolSimulator(config: PoolSimulatorConfig): PoolSimulator {
  const { tickSpacing, feePips } = config;
  const maxPerTick = maxLiquidityPerTick(tickSpacing);
  const ticks = new Map<number, TickRecord>();
  const positions = new Map<string, PositionRecord>();
  let sorted: number[] = [];
  let sqrtPriceX96 = config.sqrtPriceX96;
  let tick = tickAtSqrt(sqrtPriceX96);
  let liquidity = 0n;
  let growth0 = 0n;
  let growth1 = 0n;
  let protocolFees0 = 0n;
  let protocolFees1 = 0n;
  let feeProtocol0 = config.feeProtocol0 ?? 0;
  let feeProtocol1 = config.feeProtocol1 ?? 0;
  invariant(isFeeProtocol(feeProtocol0) && isFeeProtocol(feeProtocol1), "a protocol fee is 0 or one of 4 to 10", {
    feeProtocol0,
    feeProtocol1,
  });

  const growthNow = (): FeeGrowth => ({ feeGrowth0X128: growth0, feeGrowth1X128: growth1 });

  const outsideOf = (at: number): FeeGrowthOutside => {
    const record = ticks.get(at);
    return { feeGrowthOutside0X128: record?.outside0 ?? 0n, feeGrowthOutside1X128: record?.outside1 ?? 0n };
  };

  const inside = (tickLower: number, tickUpper: number): FeeGrowth =>
    feeGrowthInside({
      tick,
      tickLower,
      tickUpper,
      global: growthNow(),
      lower: outsideOf(tickLower),
      upper: outsideOf(tickUpper),
    });

  const nextTick = (from: number, lte: boolean): { readonly at: number; readonly isInitialized: boolean } => {
    const compressed = Math.floor(from / tickSpacing);
    const word = Math.floor((lte ? compressed : compressed + 1) / TICKS_PER_WORD);
    const edge = (lte ? word * TICKS_PER_WORD : word * TICKS_PER_WORD + TICKS_PER_WORD - 1) * tickSpacing;
    const index = firstAbove(sorted, from);
    const found = lte ? sorted[index - 1] : sorted[index];
    if (found === undefined || (lte ? found < edge : found > edge)) return { at: edge, isInitialized: false };
    return { at: found, isInitialized: true };
  };

  const changeTick = (at: number, delta: bigint, isUpper: boolean): void => {
    const before = ticks.get(at);
    // By the contract's convention all growth before a tick's first use happened below it.
    const record = before ?? {
      gross: 0n,
      net: 0n,
      outside0: at <= tick ? growth0 : 0n,
      outside1: at <= tick ? growth1 : 0n,
    };
    record.gross += delta;
    record.net += isUpper ? -delta : delta;
    if (before === undefined) {
      ticks.set(at, record);
      sorted = sorted.toSpliced(firstAbove(sorted, at), 0, at);
    }
  };

  const clearTickIfUnused = (at: number): void => {
    if (ticks.get(at)?.gross !== 0n) return;
    ticks.delete(at);
    sorted = sorted.filter((other) => other !== at);
  };

  /** Changes a position's liquidity by `delta`, which may be 0, and credits its fees. */
  const modify = (ref: PositionRef, delta: bigint): Result<PoolAmounts, PoolRefusal> => {
    const { tickLower, tickUpper } = ref;
    if (!areTicksUsable(ref, tickSpacing)) return err("ticks");
    const key = keyOf(ref);
    const record = positions.get(key) ?? { liquidity: 0n, inside0: 0n, inside1: 0n, owed0: 0n, owed1: 0n };
    if (record.liquidity + delta < 0n || (delta === 0n && record.liquidity === 0n)) return err("position_liquidity");
    if (delta > 0n) {
      const grossAfter = (at: number): bigint => (ticks.get(at)?.gross ?? 0n) + delta;
      if (grossAfter(tickLower) > maxPerTick || grossAfter(tickUpper) > maxPerTick) return err("tick_liquidity");
    }
    if (delta !== 0n) {
      changeTick(tickLower, delta, false);
      changeTick(tickUpper, delta, true);
    }
    const now = inside(tickLower, tickUpper);
    const owed = uncollectedFees({
      liquidity: record.liquidity,
      insideNow: now,
      insideLast: { feeGrowth0X128: record.inside0, feeGrowth1X128: record.inside1 },
      owed0: record.owed0,
      owed1: record.owed1,
    });
    positions.set(key, {
      liquidity: record.liquidity + delta,
      inside0: now.feeGrowth0X128,
      inside1: now.feeGrowth1X128,
      owed0: owed.amount0 & MAX_UINT128,
      owed1: owed.amount1 & MAX_UINT128,
    });
    if (delta < 0n) {
      clearTickIfUnused(tickLower);
      clearTickIfUnused(tickUpper);
    }
    if (tick >= tickLower && tick < tickUpper) liquidity += delta;
    const bounds = { sqrtAX96: sqrtAtTick(tickLower), sqrtBX96: sqrtAtTick(tickUpper) };
    return ok(amountsForLiquidity(sqrtPriceX96, bounds, delta < 0n ? -delta : delta, delta < 0n ? "down" : "up"));
  };

  const swap = (order: SwapOrder): Result<SwapResult, PoolRefusal> => {
    const { zeroForOne, amountSpecified } = order;
    const limitX96 = order.sqrtLimitX96 ?? (zeroForOne ? MIN_SQRT_X96 + 1n : MAX_SQRT_X96 - 1n);
    if (amountSpecified === 0n) return err("amount_zero");
    const isLimitValid = zeroForOne
      ? limitX96 < sqrtPriceX96 && limitX96 > MIN_SQRT_X96
      : limitX96 > sqrtPriceX96 && limitX96 < MAX_SQRT_X96;
    if (!isLimitValid) return err("price_limit");

    const isExactIn = amountSpecified > 0n;
    const feeProtocol = BigInt(zeroForOne ? feeProtocol0 : feeProtocol1);
    let remaining = amountSpecified;
    let calculated = 0n;
    let growth = zeroForOne ? growth0 : growth1;
    let protocolFees = 0n;
    while (remaining !== 0n && sqrtPriceX96 !== limitX96) {
      const startX96 = sqrtPriceX96;
      const next = nextTick(tick, zeroForOne);
      const nextAt = Math.max(MIN_TICK, Math.min(MAX_TICK, next.at));
      const nextX96 = sqrtAtTick(nextAt);
      const isBeyondLimit = zeroForOne ? nextX96 < limitX96 : nextX96 > limitX96;
      const step = computeSwapStep({
        sqrtX96: startX96,
        sqrtTargetX96: isBeyondLimit ? limitX96 : nextX96,
        liquidity,
        amountRemaining: remaining,
        feePips,
      });
      sqrtPriceX96 = step.sqrtNextX96;
      if (isExactIn) {
        remaining -= step.amountIn + step.feeAmount;
        calculated -= step.amountOut;
      } else {
        remaining += step.amountOut;
        calculated += step.amountIn + step.feeAmount;
      }
      let fee = step.feeAmount;
      if (feeProtocol > 0n) {
        const share = fee / feeProtocol;
        fee -= share;
        protocolFees += share;
      }
      if (liquidity > 0n) growth = (growth + mulDiv(fee, Q128, liquidity)) & MASK_256;
      if (sqrtPriceX96 === nextX96) {
        const record = next.isInitialized ? ticks.get(nextAt) : undefined;
        if (record !== undefined) {
          record.outside0 = ((zeroForOne ? growth : growth0) - record.outside0) & MASK_256;
          record.outside1 = ((zeroForOne ? growth1 : growth) - record.outside1) & MASK_256;
          liquidity += zeroForOne ? -record.net : record.net;
        }
        tick = zeroForOne ? nextAt - 1 : nextAt;
      } else if (sqrtPriceX96 !== startX96) {
        tick = tickAtSqrt(sqrtPriceX96);
      }
    }
    if (zeroForOne) {
      growth0 = growth;
      protocolFees0 += protocolFees;
    } else {
      growth1 = growth;
      protocolFees1 += protocolFees;
    }
    const specified = amountSpecified - remaining;
    const isFirst = zeroForOne === isExactIn;
    return ok({
      amount0: isFirst ? specified : calculated,
      amount1: isFirst ? calculated : specified,
      sqrtPriceX96,
      liquidity,
      tick,
    });
  };

  return {
    state: () => ({
      sqrtPriceX96,
      tick,
      liquidity,
      feeGrowth: growthNow(),
      protocolFees: { amount0: protocolFees0, amount1: protocolFees1 },
    }),
    initializedTicks: () => sorted,
    tickInfo(at) {
      const record = ticks.get(at);
      return record === undefined ? null : { liquidityGross: record.gross, liquidityNet: record.net, ...outsideOf(at) };
    },
    position(ref) {
      const record = positions.get(keyOf(ref));
      return {
        liquidity: record?.liquidity ?? 0n,
        feeGrowth0X128: record?.inside0 ?? 0n,
        feeGrowth1X128: record?.inside1 ?? 0n,
        owed0: record?.owed0 ?? 0n,
        owed1: record?.owed1 ?? 0n,
      };
    },
    feeGrowthInside: inside,
    feesOf(ref) {
      const record = positions.get(keyOf(ref));
      if (record === undefined) return { amount0: 0n, amount1: 0n };
      return uncollectedFees({
        liquidity: record.liquidity,
        insideNow: inside(ref.tickLower, ref.tickUpper),
        insideLast: { feeGrowth0X128: record.inside0, feeGrowth1X128: record.inside1 },
        owed0: record.owed0,
        owed1: record.owed1,
      });
    },
    swap,
    mint: (ref, amount) => (amount > 0n ? modify(ref, amount) : err("amount_zero")),
    burn(ref, amount) {
      invariant(amount >= 0n, "a burn is not negative", { amount });
      const result = modify(ref, -amount);
      const record = positions.get(keyOf(ref));
      if (result.ok && record !== undefined) {
        record.owed0 = (record.owed0 + result.value.amount0) & MAX_UINT128;
        record.owed1 = (record.owed1 + result.value.amount1) & MAX_UINT128;
      }
      return result;
    },
    collect(ref, limit = { amount0: MAX_UINT128, amount1: MAX_UINT128 }) {
      const record = positions.get(keyOf(ref));
      if (record === undefined) return { amount0: 0n, amount1: 0n };
      const amount0 = limit.amount0 > record.owed0 ? record.owed0 : limit.amount0;
      const amount1 = limit.amount1 > record.owed1 ? record.owed1 : limit.amount1;
      record.owed0 -= amount0;
      record.owed1 -= amount1;
      return { amount0, amount1 };
    },
    setFeeProtocol(next0, next1) {
      if (!isFeeProtocol(next0) || !isFeeProtocol(next1)) return err("protocol_fee");
      feeProtocol0 = next0;
      feeProtocol1 = next1;
      return ok(null);
    },
  };
}

/** Tick.tickSpacingToMaxLiquidityPerTick: most gross liquidity one tick may carry. */
export function maxLiquidityPerTick(tickSpacing: number): bigint {
  const { min, max } = usableTicks(tickSpacing);
  return MAX_UINT128 / BigInt((max - min) / tickSpacing + 1);
}

function isFeeProtocol(value: number): boolean {
  return value === 0 || (Number.isInteger(value) && value >= 4 && value <= 10);
}

function areTicksUsable(ref: PositionRef, tickSpacing: number): boolean {
  const { tickLower, tickUpper } = ref;
  return (
    Number.isInteger(tickLower / tickSpacing) &&
    Number.isInteger(tickUpper / tickSpacing) &&
    tickLower < tickUpper &&
    tickLower >= MIN_TICK &&
    tickUpper <= MAX_TICK
  );
}

function keyOf(ref: PositionRef): string {
  return `${ref.owner}:${ref.tickLower}:${ref.tickUpper}`;
}

/** Index of the first entry greater than `value` in an ascending list. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
