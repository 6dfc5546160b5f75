// PancakeSwap Infinity (concentrated liquidity): pool key and CL_MINT_POSITION of its position manager; the rest is common with Uniswap V4.
import { decodeAbiParameters, encodeAbiParameters, parseAbiParameters, toEventSelector, zeroAddress } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress, lowerAddress, type TxLog } from "./erc20";
import { createV4Actions, type V4Mint } from "./v4-actions";
import { allowedHooks, keyCurrencies, keyFee, requirePoolId } from "./v4-pool-key";

const KEY = parseAbiParameters(
  "(address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters) key",
);
const MINT = parseAbiParameters(
  "((address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters) poolKey, int24 tickLower, int24 tickUpper) config, uint128 liquidity, uint128 amount0Max, uint128 amount1Max, address owner, bytes hookData",
);
/** Of the position manager: what each change of a token's liquidity paid in fees, both amounts in one word (BalanceDelta). */
const TOKEN_MODIFIED_TOPIC = toEventSelector("ModifyLiquidity(uint256,int256,int256)");
const TOKEN_MODIFIED = parseAbiParameters("int256 liquidityChange, int256 feesAccrued");

export interface InfinityKey {
  readonly currency0: Address;
  readonly currency1: Address;
  readonly hooks: Address;
  readonly poolManager: Address;
  readonly fee: number;
  readonly parameters: Hex;
}

/** abi.encode(PoolKey); its keccak256 is the pool's id. */
export function encodeInfinityKey(key: InfinityKey): Hex {
  return encodeAbiParameters(KEY, [key]);
}

/** Tick spacing in bits 16 to 39 of a key's parameters, signed. */
export function spacingOfParameters(parameters: Hex): number {
  return Number(BigInt.asIntN(24, BigInt(parameters) >> 16n));
}

/** The parameters word of a pool without hooks: nothing but its tick spacing. */
export function parametersOfSpacing(tickSpacing: number): Hex {
  return `0x${(BigInt(tickSpacing) << 16n).toString(16).padStart(64, "0")}`;
}

/** The pool's key from its entry; throws unless it gives the pool's id and the tick spacing of the entry. */
export function infinityKey(pool: PoolRef): InfinityKey {
  const hooks = lowerAddress(pool.hooks ?? zeroAddress);
  const { tickSpacing } = pool;
  const parameters =
    pool.parameters ?? (tickSpacing !== null && hooks === zeroAddress ? parametersOfSpacing(tickSpacing) : null);
  invariant(
    parameters !== null,
    "a PancakeSwap Infinity pool needs `parameters` in its registry entry (or, without a hook, its tickSpacing): it is part of the pool key",
    { pool: pool.pool },
  );
  invariant(
    tickSpacing === null || spacingOfParameters(parameters) === tickSpacing,
    "tickSpacing of the registry entry differs from bits 16 to 39 of its parameters",
    { pool: pool.pool, tickSpacing, parameters },
  );
  const key = {
    ...keyCurrencies(pool),
    hooks,
    poolManager: lowerAddress(pool.contracts.factory),
    fee: keyFee(pool),
    parameters,
  };
  requirePoolId(pool, encodeInfinityKey(key));
  return key;
}

export const pancakeswapInfinityActions = createV4Actions({
  family: "pancakeswap-infinity",
  checkKey(pool) {
    infinityKey(pool);
  },
  checkHooks(pool) {
    allowedHooks(pool);
  },
  encodeMintParams(pool, mint) {
    const { tickLower, tickUpper, liquidity, amount0Max, amount1Max, owner } = mint;
    const config = { poolKey: infinityKey(pool), tickLower, tickUpper };
    return encodeAbiParameters(MINT, [config, liquidity, amount0Max, amount1Max, owner, "0x"]);
  },
  decodeMintParams(data): V4Mint {
    const [config, liquidity, amount0Max, amount1Max, owner] = decodeAbiParameters(MINT, data);
    return { tickLower: config.tickLower, tickUpper: config.tickUpper, liquidity, amount0Max, amount1Max, owner };
  },
  feesOfExit: readFees,
});

/** Sum of the fees that the position manager logged for a token; null when it logged none. */
function readFees(
  pool: PoolRef,
  logs: readonly TxLog[],
  tokenId: bigint,
): { readonly fees0Raw: bigint; readonly fees1Raw: bigint } | null {
  let isLogged = false;
  let [fees0Raw, fees1Raw] = [0n, 0n];
  for (const log of logs) {
    const [signature, id] = log.topics;
    if (!isSameAddress(log.address, pool.contracts.positionManager) || signature !== TOKEN_MODIFIED_TOPIC) continue;
    if (id === undefined || BigInt(id) !== tokenId) continue;
    try {
      const [, feesAccrued] = decodeAbiParameters(TOKEN_MODIFIED, log.data);
      isLogged = true;
      fees0Raw += BigInt.asIntN(128, feesAccrued >> 128n);
      fees1Raw += BigInt.asIntN(128, feesAccrued);
    } catch {
      // The topic is right and the data is not: not a log of this manager's shape.
      return null;
    }
  }
  return isLogged ? { fees0Raw, fees1Raw } : null;
}
