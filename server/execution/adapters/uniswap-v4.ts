// Uniswap V4 reads: StateView for pools, the position manager for tokens; positions of the pool manager are keyed by manager and token id.
import { decodeFunctionResult, encodeFunctionData, keccak256, padHex, parseAbi, toEventSelector, toHex } from "viem";
import { isSameAddress, lowerAddress } from "@/lib/actions/erc20";
import { encodeUniswapV4Key, uniswapV4Key } from "@/lib/actions/uniswap-v4";
import { allowedHooks } from "@/lib/actions/v4-pool-key";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { ask, badAnswer } from "./v3-call";
import { askEach, createV4Reads } from "./v4-reads";

const STATE_VIEW_ABI = parseAbi([
  "function poolManager() view returns (address)",
  "function getTickBitmap(bytes32 poolId, int16 word) view returns (uint256 bitmap)",
  "function getTickLiquidity(bytes32 poolId, int24 tick) view returns (uint128 liquidityGross, int128 liquidityNet)",
  "function getFeeGrowthInside(bytes32 poolId, int24 tickLower, int24 tickUpper) view returns (uint256 feeGrowthInside0X128, uint256 feeGrowthInside1X128)",
  "function getPositionInfo(bytes32 poolId, address owner, int24 tickLower, int24 tickUpper, bytes32 salt) view returns (uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128)",
]);
const MANAGER_ABI = parseAbi([
  "function poolManager() view returns (address)",
  "function getPositionLiquidity(uint256 tokenId) view returns (uint128 liquidity)",
  "function getPoolAndPositionInfo(uint256 tokenId) view returns ((address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks) poolKey, uint256 info)",
]);

export const uniswapV4Reads = createV4Reads({
  family: "uniswap-v4",
  stateContract,
  tickSpacing: (pool) => uniswapV4Key(pool).tickSpacing,
  swapTopic: toEventSelector("Swap(bytes32,address,int128,int128,uint160,uint128,int24,uint24)"),
  checkEntry(pool) {
    uniswapV4Key(pool);
    allowedHooks(pool);
  },

  async readToken(place, pool, tokenId) {
    const manager = pool.contracts.positionManager;
    const [[key, info], managerLiquidity] = await Promise.all([
      ask(place, {
        to: manager,
        data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "getPoolAndPositionInfo", args: [tokenId] }),
        decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "getPoolAndPositionInfo", data }),
      }),
      ask(place, {
        to: manager,
        data: encodeFunctionData({ abi: MANAGER_ABI, functionName: "getPositionLiquidity", args: [tokenId] }),
        decode: (data) => decodeFunctionResult({ abi: MANAGER_ABI, functionName: "getPositionLiquidity", data }),
      }),
    ]);
    if (info === 0n) return null;
    const poolId = keccak256(encodeUniswapV4Key(key));
    const { tickLower, tickUpper, poolIdStart } = unpackInfo(info);
    if (BigInt(poolId) >> 56n !== poolIdStart) {
      throw badAnswer(
        manager,
        `says that position ${tokenId} lies in another pool than its key gives; check the registry entry`,
      );
    }
    const [liquidityRaw, feeGrowth0X128, feeGrowth1X128] = await ask(place, {
      to: stateContract(pool),
      data: encodeFunctionData({
        abi: STATE_VIEW_ABI,
        functionName: "getPositionInfo",
        args: [poolId, manager, tickLower, tickUpper, padHex(toHex(tokenId), { size: 32 })],
      }),
      decode: (data) => decodeFunctionResult({ abi: STATE_VIEW_ABI, functionName: "getPositionInfo", data }),
    });
    if (liquidityRaw !== managerLiquidity) {
      throw badAnswer(
        manager,
        `says that position ${tokenId} has liquidity ${managerLiquidity}, the pool manager has ${liquidityRaw}; check stateView of the registry entry`,
      );
    }
    return {
      poolId,
      currency0: key.currency0,
      currency1: key.currency1,
      tickLower,
      tickUpper,
      liquidityRaw,
      insideLast: { feeGrowth0X128, feeGrowth1X128 },
    };
  },

  async readFeeGrowthInside(place, pool, { poolId, tickLower, tickUpper }) {
    const [feeGrowth0X128, feeGrowth1X128] = await ask(place, {
      to: stateContract(pool),
      data: encodeFunctionData({
        abi: STATE_VIEW_ABI,
        functionName: "getFeeGrowthInside",
        args: [poolId, tickLower, tickUpper],
      }),
      decode: (data) => decodeFunctionResult({ abi: STATE_VIEW_ABI, functionName: "getFeeGrowthInside", data }),
    });
    return { feeGrowth0X128, feeGrowth1X128 };
  },

  readBitmapWords: (place, pool, words) =>
    askEach(place, words, (word) => ({
      to: stateContract(pool),
      data: encodeFunctionData({ abi: STATE_VIEW_ABI, functionName: "getTickBitmap", args: [pool.pool, word] }),
      decode: (data) => decodeFunctionResult({ abi: STATE_VIEW_ABI, functionName: "getTickBitmap", data }),
    })),

  readNets: (place, pool, ticks) =>
    askEach(place, ticks, (tick) => ({
      to: stateContract(pool),
      data: encodeFunctionData({ abi: STATE_VIEW_ABI, functionName: "getTickLiquidity", args: [pool.pool, tick] }),
      decode: (data) => decodeFunctionResult({ abi: STATE_VIEW_ABI, functionName: "getTickLiquidity", data })[1],
    })),

  async checkContracts(place, pool) {
    const wanted = lowerAddress(pool.contracts.factory);
    const differences: string[] = [];
    for (const [name, to, abi] of [
      ["position manager", pool.contracts.positionManager, MANAGER_ABI],
      ["StateView", stateContract(pool), STATE_VIEW_ABI],
    ] as const) {
      const manager = await ask(place, {
        to,
        data: encodeFunctionData({ abi, functionName: "poolManager" }),
        decode: (data) => decodeFunctionResult({ abi, functionName: "poolManager", data }),
      });
      if (!isSameAddress(manager, wanted)) {
        differences.push(
          `${pool.pool}: the ${name} ${to} belongs to pool manager ${manager}, the registry says ${wanted}.`,
        );
      }
    }
    return differences;
  },
});

function stateContract(pool: PoolRef): Address {
  const { stateView } = pool.contracts;
  if (stateView !== null) return stateView;
  throw badAnswer(
    pool.pool,
    `cannot be read: the registry has no stateView for ${pool.dexId} on chain ${pool.chainId}; add it`,
  );
}

/** From below: 8 bits subscriber flag, 24 bits lower tick, 24 bits upper tick, 200 bits start of the pool id. */
function unpackInfo(info: bigint): {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly poolIdStart: bigint;
} {
  return {
    tickLower: Number(BigInt.asIntN(24, info >> 8n)),
    tickUpper: Number(BigInt.asIntN(24, info >> 32n)),
    poolIdStart: info >> 56n,
  };
}
