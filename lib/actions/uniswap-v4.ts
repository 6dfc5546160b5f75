// Uniswap V4: pool key and MINT_POSITION of its position manager; the rest is common to managers of this shape.
import { decodeAbiParameters, encodeAbiParameters, parseAbiParameters } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { createV4Actions, type V4Mint } from "./v4-actions";
import { allowedHooks, keyCurrencies, keyFee, requirePoolId } from "./v4-pool-key";
import { lowerAddress } from "./erc20";
import { zeroAddress } from "viem";

const KEY = parseAbiParameters(
  "(address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks) key",
);
const MINT = parseAbiParameters(
  "(address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks) key, int24 tickLower, int24 tickUpper, uint256 liquidity, uint128 amount0Max, uint128 amount1Max, address owner, bytes hookData",
);

export interface UniswapV4Key {
  readonly currency0: Address;
  readonly currency1: Address;
  readonly fee: number;
  readonly tickSpacing: number;
  readonly hooks: Address;
}

/** abi.encode(PoolKey); its keccak256 is the pool's id. */
export function encodeUniswapV4Key(key: UniswapV4Key): Hex {
  return encodeAbiParameters(KEY, [key]);
}

/** The pool's key from its entry; throws unless it gives the pool's id. */
export function uniswapV4Key(pool: PoolRef): UniswapV4Key {
  const { tickSpacing } = pool;
  invariant(
    tickSpacing !== null,
    "a Uniswap V4 pool needs tickSpacing in its registry entry: it is part of the pool key",
    {
      pool: pool.pool,
    },
  );
  const key = {
    ...keyCurrencies(pool),
    fee: keyFee(pool),
    tickSpacing,
    hooks: lowerAddress(pool.hooks ?? zeroAddress),
  };
  requirePoolId(pool, encodeUniswapV4Key(key));
  return key;
}

export const uniswapV4Actions = createV4Actions({
  family: "uniswap-v4",
  checkKey(pool) {
    uniswapV4Key(pool);
  },
  checkHooks(pool) {
    allowedHooks(pool);
  },
  encodeMintParams(pool, mint) {
    const { tickLower, tickUpper, liquidity, amount0Max, amount1Max, owner } = mint;
    return encodeAbiParameters(MINT, [
      uniswapV4Key(pool),
      tickLower,
      tickUpper,
      liquidity,
      amount0Max,
      amount1Max,
      owner,
      "0x",
    ]);
  },
  decodeMintParams(data): V4Mint {
    const [, tickLower, tickUpper, liquidity, amount0Max, amount1Max, owner] = decodeAbiParameters(MINT, data);
    return { tickLower, tickUpper, liquidity, amount0Max, amount1Max, owner };
  },
  feesOfExit: () => null,
});
