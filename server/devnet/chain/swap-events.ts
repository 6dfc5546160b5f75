// What a Swap event says, family by family: amounts as the pool gained them and the price after it.
import { parseAbi, parseEventLogs, type Hex, type Log } from "viem";
import { ORDER_KINDS } from "./families/family-kit";
import type { DeployedPool } from "./deploy";

// One event in six shapes: each family's topic differs by its trailing fields. Uniswap V3's is also Slipstream's and Algebra's.
const v3Abi = parseAbi([
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
]);
const pancakeAbi = parseAbi([
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick, uint128 protocolFeesToken0, uint128 protocolFeesToken1)",
]);
const v4Abi = parseAbi([
  "event Swap(bytes32 indexed id, address indexed sender, int128 amount0, int128 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick, uint24 fee)",
]);
const infinityAbi = parseAbi([
  "event Swap(bytes32 indexed id, address indexed sender, int128 amount0, int128 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick, uint24 fee, uint16 protocolFee)",
]);
const liquidityBookAbi = parseAbi([
  "event Swap(address indexed sender, address indexed to, uint24 id, bytes32 amountsIn, bytes32 amountsOut, uint24 volatilityAccumulator, bytes32 totalFees, bytes32 protocolFees)",
]);

export interface PoolSwap {
  readonly pool: DeployedPool;
  /** What the pool gained (positive) and paid (negative), fees included. */
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
  /** Square root price after the swap, Q64.96. */
  readonly sqrtPriceX96: bigint;
}

const LOW_128 = (1n << 128n) - 1n;

/** Every swap of the given pools in the logs of their trading contracts, in no particular order across families. */
export function decodeSwaps(logs: Log[], pools: readonly DeployedPool[]): PoolSwap[] {
  const byPlace = new Map(pools.map((pool) => [placeOf(pool), pool]));
  const swaps: PoolSwap[] = [];
  const add = (place: string, amount0Raw: bigint, amount1Raw: bigint, sqrtPriceX96: bigint) => {
    const pool = byPlace.get(place.toLowerCase());
    if (pool !== undefined) swaps.push({ pool, amount0Raw, amount1Raw, sqrtPriceX96 });
  };
  for (const { address, args } of parseEventLogs({ abi: v3Abi, logs })) {
    add(address, args.amount0, args.amount1, args.sqrtPriceX96);
  }
  for (const { address, args } of parseEventLogs({ abi: pancakeAbi, logs })) {
    add(address, args.amount0, args.amount1, args.sqrtPriceX96);
  }
  // The singleton families count from the trader's side and name the pool by its id.
  for (const { address, args } of parseEventLogs({ abi: v4Abi, logs })) {
    add(`${address}:${args.id}`, -args.amount0, -args.amount1, args.sqrtPriceX96);
  }
  for (const { address, args } of parseEventLogs({ abi: infinityAbi, logs })) {
    add(`${address}:${args.id}`, -args.amount0, -args.amount1, args.sqrtPriceX96);
  }
  for (const { address, args } of parseEventLogs({ abi: liquidityBookAbi, logs })) {
    const pool = byPlace.get(address.toLowerCase());
    if (pool === undefined) continue;
    const [inX, inY] = unpack(args.amountsIn);
    const [outX, outY] = unpack(args.amountsOut);
    add(address, inX - outX, inY - outY, sqrtX96OfBin(Number(args.id), pool.entry.binStep ?? 0));
  }
  return swaps;
}

const SINGLETONS: readonly number[] = [ORDER_KINDS.v4, ORDER_KINDS.infinity];

/** Where a pool's swaps are reported: its trading contract, and for a singleton its id there. */
function placeOf({ order, address }: DeployedPool): string {
  const place = SINGLETONS.includes(order.kind) ? `${order.target}:${address}` : order.target;
  return place.toLowerCase();
}

/** Contracts whose logs hold the swaps of these pools. */
export function emittersOf(pools: readonly DeployedPool[]): Hex[] {
  return [...new Set(pools.map((pool) => pool.order.target))];
}

/** Liquidity Book packs token X into the low and token Y into the high half of a word. */
export function unpack(word: Hex): readonly [bigint, bigint] {
  const value = BigInt(word);
  return [value & LOW_128, value >> 128n];
}

const REAL_ID_SHIFT = 8_388_608;

/** Square root price of a bin in floating point: good for steering and showing, never for accounting. */
export function sqrtX96OfBin(binId: number, binStep: number): bigint {
  return BigInt(Math.floor(Math.sqrt((1 + binStep / 10_000) ** (binId - REAL_ID_SHIFT)) * 2 ** 96));
}

/** Bin of a square root price; the inverse of `sqrtX96OfBin`, rounded to the bin whose price is nearest. */
export function binAtSqrtX96(sqrtPriceX96: bigint, binStep: number): number {
  const price = (Number(sqrtPriceX96) / 2 ** 96) ** 2;
  return Math.round(Math.log(price) / Math.log(1 + binStep / 10_000)) + REAL_ID_SHIFT;
}
