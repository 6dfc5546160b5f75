// Branded numbers and ids that lose money when swapped, each made only by its checked constructor.
import { invariant } from "@/lib/errors/invariant";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Uniswap V3 tick, integer in [-887272, 887272] (TickMath.MIN_TICK, MAX_TICK). */
export type Tick = Brand<number, "Tick">;
/** Square root of raw token1 per raw token0, Q64.96 (Uniswap V3 `slot0.sqrtPriceX96`). */
export type SqrtPriceX96 = Brand<bigint, "SqrtPriceX96">;
/** Raw pool liquidity L (uint128). */
export type Liquidity = Brand<bigint, "Liquidity">;
/** Amount in US dollars. */
export type Usd = Brand<number, "Usd">;
/** Integer 1/10 000, used by settings. */
export type Bps = Brand<number, "Bps">;
/** Instant, unix milliseconds. */
export type UnixMs = Brand<number, "UnixMs">;

/** `BASE-QUOTE`, upper case (strategy.md section 1). */
export type PairId = Brand<string, "PairId">;
/** `chainId:family:address-or-pool-id`, lower case hex. */
export type PoolKey = Brand<string, "PoolKey">;
/** `chainId:family:positionManager:tokenId`. */
export type PositionId = Brand<string, "PositionId">;
/** First 16 bytes of keccak256 over deployment, pair, epoch, origin and plan hash, as 0x hex. */
export type PlanId = Brand<string, "PlanId">;

export type Hex = `0x${string}`;
export type Address = `0x${string}`;

/** Length of one strategy epoch in market time (strategy.md section 1). */
export const EPOCH_MS = 900_000;
export const MINUTE_MS = 60_000;
export const MIN_TICK = -887_272;
export const MAX_TICK = 887_272;

export function tick(value: number): Tick {
  invariant(Number.isInteger(value) && value >= MIN_TICK && value <= MAX_TICK, "tick", { value });
  return value as Tick;
}

export function sqrtPriceX96(value: bigint): SqrtPriceX96 {
  invariant(value > 0n && value < 1n << 160n, "sqrtPriceX96", { value });
  return value as SqrtPriceX96;
}

export function liquidity(value: bigint): Liquidity {
  invariant(value >= 0n && value < 1n << 128n, "liquidity", { value });
  return value as Liquidity;
}

export function bps(value: number): Bps {
  invariant(Number.isInteger(value) && value >= 0 && value <= 10_000, "bps", { value });
  return value as Bps;
}

const PAIR_ID = /^[A-Z0-9.]{1,16}-[A-Z0-9.]{1,16}$/;

export function isPairId(value: string): value is PairId {
  return PAIR_ID.test(value);
}

export function pairId(value: string): PairId {
  invariant(isPairId(value), "pairId", { value });
  return value;
}

export function poolKey(chainId: number, family: string, idOrAddress: string): PoolKey {
  return `${chainId}:${family}:${idOrAddress.toLowerCase()}` as PoolKey;
}

export function positionId(chainId: number, family: string, positionManager: string, tokenId: bigint): PositionId {
  return `${chainId}:${family}:${positionManager.toLowerCase()}:${tokenId}` as PositionId;
}

/** Epoch number = floor(market time / 900 000) (strategy.md section 1). */
export function epochOf(marketAtMs: number): number {
  return Math.floor(marketAtMs / EPOCH_MS);
}

/** Market time at which an epoch begins, unix ms. */
export function epochStartMs(epoch: number): number {
  return epoch * EPOCH_MS;
}
