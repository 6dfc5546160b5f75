// Algebra Integral reads: fee live from `fee()`, never the last one of globalState; pools of a custom deployer; ticks in a list.
import { decodeFunctionResult, encodeFunctionData, parseAbi, zeroAddress } from "viem";
import { lowerAddress } from "@/lib/actions/erc20";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import { COMMUNITY_FEE_DENOMINATOR, checkPoolDeployer, poolByPairQuestion } from "./v3-algebra";
import { ask, poolAddress, type Question } from "./v3-call";
import { changesByList } from "./v3-depth";
import { createV3Reads, liquidityQuestion, numberQuestion, requirePrice, spacingOf } from "./v3-reads";

const ABI = parseAbi([
  "function globalState() view returns (uint160 price, int24 tick, uint16 lastFee, uint8 pluginConfig, uint16 communityFee, bool unlocked)",
  "function positions(uint256 tokenId) view returns (uint88 nonce, address operator, address token0, address token1, address deployer, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function customPoolByPair(address deployer, address tokenA, address tokenB) view returns (address)",
]);

export const algebraIntegralReads = createV3Reads({
  family: "algebra-integral",
  async readPool(place, pool) {
    const to = poolAddress(pool);
    const [[price, tick, , , communityFee], liquidityRaw, feePips, tickSpacing] = await Promise.all([
      ask(place, {
        to,
        data: encodeFunctionData({ abi: ABI, functionName: "globalState" }),
        decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "globalState", data }),
      }),
      ask(place, liquidityQuestion(to)),
      ask(place, numberQuestion(to, "fee")),
      spacingOf(place, pool),
    ]);
    return {
      sqrtPriceX96: requirePrice(pool, price),
      tick,
      liquidityRaw,
      fee0Pips: feePips,
      fee1Pips: feePips,
      protocolShareFrac: communityFee / COMMUNITY_FEE_DENOMINATOR,
      tickSpacing,
    };
  },
  readChanges: (place, pool, live, window) => changesByList(place, { pool: poolAddress(pool), live, window }),
  positionQuestion: (manager, tokenId) => ({
    to: manager,
    data: encodeFunctionData({ abi: ABI, functionName: "positions", args: [tokenId] }),
    decode(data) {
      const [, , token0, token1, key, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] =
        decodeFunctionResult({ abi: ABI, functionName: "positions", data });
      return { token0, token1, key, tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
    },
  }),
  readKey: async (_place, pool) => deployerOf(pool),
  findPool: (pool, key, { token0, token1 }) =>
    key === zeroAddress
      ? poolByPairQuestion(pool, token0, token1)
      : customPoolQuestion(pool, { deployer: hexOf(key), token0, token1 }),
  feeQuestion: (pool) => numberQuestion(poolAddress(pool), "fee"),
  moreChecks: checkPoolDeployer,
});

function deployerOf(pool: PoolRef): Address {
  return lowerAddress(pool.deployer ?? zeroAddress);
}

function customPoolQuestion(
  pool: PoolRef,
  { deployer, token0, token1 }: { readonly deployer: Address; readonly token0: Address; readonly token1: Address },
): Question<Address> {
  return {
    to: pool.contracts.factory,
    data: encodeFunctionData({ abi: ABI, functionName: "customPoolByPair", args: [deployer, token0, token1] }),
    decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "customPoolByPair", data }),
  };
}

function hexOf(key: number | string): Address {
  return `0x${String(key).slice(2)}`;
}
