// Keys of pools that live inside one manager contract (Uniswap V4, PancakeSwap Infinity): what both generations have in common.
import { keccak256, zeroAddress } from "viem";
import { InvariantError } from "@/lib/errors/invariant";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress, lowerAddress } from "./erc20";

/** Fee field of a key whose pool has a dynamic fee. */
export const DYNAMIC_FEE_FLAG = 0x800000;

/** Hook contract of a pool's key; none is the zero address. Throws for a hook that the DEX's entry does not allow. */
export function allowedHooks(pool: PoolRef): Address {
  const hooks = lowerAddress(pool.hooks ?? zeroAddress);
  if (hooks === zeroAddress || pool.hooksAllowed.some((allowed) => isSameAddress(allowed, hooks))) return hooks;
  throw new InvariantError(
    "the pool's hook contract is not in hooksAllowed of its DEX; positions under it are refused",
    {
      pool: pool.pool,
      hooks,
    },
  );
}

/** Currencies of a key, lower case. Throws for the chain's own coin and for a wrong order. */
export function keyCurrencies(pool: PoolRef): { readonly currency0: Address; readonly currency1: Address } {
  const currency0 = lowerAddress(pool.token0);
  const currency1 = lowerAddress(pool.token1);
  if (currency0 === zeroAddress || currency1 === zeroAddress) {
    throw new InvariantError(
      "pools of the chain's own coin (currency 0x0) are not supported; use the pool of its wrapped token",
      { pool: pool.pool },
    );
  }
  if (BigInt(currency0) >= BigInt(currency1)) {
    throw new InvariantError("the currencies of a pool key must be in address order", { currency0, currency1 });
  }
  return { currency0, currency1 };
}

/** Fee field of the key: the registry's fee, or the dynamic flag where it has none. */
export function keyFee(pool: PoolRef): number {
  return pool.feePips ?? DYNAMIC_FEE_FLAG;
}

/** keccak256 of the ABI-encoded key must be the pool's id: else fee, spacing, hook, order or tokens of the entry are wrong. */
export function requirePoolId(pool: PoolRef, encodedKey: Hex): void {
  const id = keccak256(encodedKey);
  if (id === pool.pool.toLowerCase()) return;
  throw new InvariantError(
    "the pool's key gives another pool id than its entry has: tokens, fee, tick spacing, hooks or parameters of the registry entry are wrong",
    { pool: pool.pool, derived: id, token0: pool.token0, token1: pool.token1 },
  );
}
