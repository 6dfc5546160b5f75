// PancakeSwap Infinity reads: pools and ticks from CLPoolManager, tokens from its position manager; fee growth inside a range is computed.
import { decodeFunctionResult, encodeFunctionData, keccak256, parseAbi, toEventSelector } from "viem";
import { isSameAddress } from "@/lib/actions/erc20";
import { encodeInfinityKey, infinityKey, spacingOfParameters } from "@/lib/actions/pancakeswap-infinity";
import { allowedHooks } from "@/lib/actions/v4-pool-key";
import { feeGrowthInside } from "@/lib/amm/fees";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Hex } from "@/lib/units";
import { ask, askOrNull, type ReadPlace } from "./v3-call";
import { askEach, createV4Reads } from "./v4-reads";

const POOL_MANAGER_ABI = parseAbi([
  "function getPoolBitmapInfo(bytes32 id, int16 word) view returns (uint256 bitmap)",
  "function getPoolTickInfo(bytes32 id, int24 tick) view returns ((uint128 liquidityGross, int128 liquidityNet, uint256 feeGrowthOutside0X128, uint256 feeGrowthOutside1X128) info)",
  "function getFeeGrowthGlobals(bytes32 id) view returns (uint256 feeGrowthGlobal0X128, uint256 feeGrowthGlobal1X128)",
  "function poolIdToPoolKey(bytes32 id) view returns (address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters)",
]);
const MANAGER_ABI = parseAbi([
  "function clPoolManager() view returns (address)",
  "function positions(uint256 tokenId) view returns ((address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters) poolKey, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, address subscriber)",
]);

export const pancakeswapInfinityReads = createV4Reads({
  family: "pancakeswap-infinity",
  stateContract: (pool) => pool.contracts.factory,
  tickSpacing: (pool) => spacingOfParameters(infinityKey(pool).parameters),
  swapTopic: toEventSelector("Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24,uint16)"),
  checkEntry(pool) {
    infinityKey(pool);
    allowedHooks(pool);
  },

  async readToken(place, pool, tokenId) {
    const row = await askOrNull(place, {
      to: pool.contracts.positionManager,
      data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "positions", args: [tokenId] }),
      decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "positions", data }),
    });
    if (row === null) return null;
    const [key, tickLower, tickUpper, liquidityRaw, feeGrowth0X128, feeGrowth1X128] = row;
    return {
      poolId: keccak256(encodeInfinityKey(key)),
      currency0: key.currency0,
      currency1: key.currency1,
      tickLower,
      tickUpper,
      liquidityRaw,
      insideLast: { feeGrowth0X128, feeGrowth1X128 },
    };
  },

  async readFeeGrowthInside(place, pool, { poolId, tickLower, tickUpper }, tick) {
    const [[feeGrowth0X128, feeGrowth1X128], lower, upper] = await Promise.all([
      ask(place, {
        to: pool.contracts.factory,
        data: encodeFunctionData({ abi: POOL_MANAGER_ABI, functionName: "getFeeGrowthGlobals", args: [poolId] }),
        decode: (data) => decodeFunctionResult({ abi: POOL_MANAGER_ABI, functionName: "getFeeGrowthGlobals", data }),
      }),
      readTick(place, pool, poolId, tickLower),
      readTick(place, pool, poolId, tickUpper),
    ]);
    return feeGrowthInside({ tick, tickLower, tickUpper, global: { feeGrowth0X128, feeGrowth1X128 }, lower, upper });
  },

  readBitmapWords: (place, pool, words) =>
    askEach(place, words, (word) => ({
      to: pool.contracts.factory,
      data: encodeFunctionData({ abi: POOL_MANAGER_ABI, functionName: "getPoolBitmapInfo", args: [pool.pool, word] }),
      decode: (data) => decodeFunctionResult({ abi: POOL_MANAGER_ABI, functionName: "getPoolBitmapInfo", data }),
    })),

  readNets: (place, pool, ticks) =>
    askEach(place, ticks, (tick) => ({
      to: pool.contracts.factory,
      data: encodeFunctionData({ abi: POOL_MANAGER_ABI, functionName: "getPoolTickInfo", args: [pool.pool, tick] }),
      decode: (data) =>
        decodeFunctionResult({ abi: POOL_MANAGER_ABI, functionName: "getPoolTickInfo", data }).liquidityNet,
    })),

  async checkContracts(place, pool) {
    const differences: string[] = [];
    const manager = await ask(place, {
      to: pool.contracts.positionManager,
      data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "clPoolManager" }),
      decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "clPoolManager", data }),
    });
    if (!isSameAddress(manager, pool.contracts.factory)) {
      differences.push(
        `${pool.pool}: the position manager belongs to pool manager ${manager}, the registry says ${pool.contracts.factory}.`,
      );
    }
    const [currency0, currency1, hooks, poolManager, fee, parameters] = await ask(place, {
      to: pool.contracts.factory,
      data: encodeFunctionData({ abi: POOL_MANAGER_ABI, functionName: "poolIdToPoolKey", args: [pool.pool] }),
      decode: (data) => decodeFunctionResult({ abi: POOL_MANAGER_ABI, functionName: "poolIdToPoolKey", data }),
    });
    if (
      keccak256(encodeInfinityKey({ currency0, currency1, hooks, poolManager, fee, parameters })) !==
      pool.pool.toLowerCase()
    ) {
      differences.push(
        `${pool.pool}: the pool manager holds another key under this id (fee ${fee}, parameters ${parameters}).`,
      );
    }
    return differences;
  },
});

async function readTick(place: ReadPlace, pool: PoolRef, poolId: Hex, tick: number) {
  return ask(place, {
    to: pool.contracts.factory,
    data: encodeFunctionData({ abi: POOL_MANAGER_ABI, functionName: "getPoolTickInfo", args: [poolId, tick] }),
    decode: (data) => decodeFunctionResult({ abi: POOL_MANAGER_ABI, functionName: "getPoolTickInfo", data }),
  });
}
