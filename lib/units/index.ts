// Branded ids, each made only by its checked constructor, and the units of time.
import { invariant } from "@/lib/errors/invariant";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

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
/** TickMath.MIN_TICK and MAX_TICK of Uniswap V3. */
export const MIN_TICK = -887_272;
export const MAX_TICK = 887_272;

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
