// Parts of the Algebra families before Integral: eleven-field positions, one pool per pair, tick table.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address } from "@/lib/units";
import type { Question, ReadPlace } from "./v3-call";
import { addressQuestion, compare, type V3PositionRow } from "./v3-reads";

const ABI = parseAbi([
  "function positions(uint256 tokenId) view returns (uint96 nonce, address operator, address token0, address token1, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function poolByPair(address tokenA, address tokenB) view returns (address)",
]);

/** Community fees are parts of a thousand in every Algebra pool. */
export const COMMUNITY_FEE_DENOMINATOR = 1_000;

/** The tokens alone name a pool: its key is empty. Fees change all the time, an entry's fee cannot be compared. */
export const pairKeyReads = {
  readKey: async () => "",
  findPool: (pool: PoolRef, _key: number | string, { token0, token1 }: { token0: Address; token1: Address }) =>
    poolByPairQuestion(pool, token0, token1),
  feeQuestion: () => null,
  moreChecks: checkPoolDeployer,
  positionQuestion: (manager: Address, tokenId: bigint): Question<V3PositionRow> => ({
    to: manager,
    data: encodeFunctionData({ abi: ABI, functionName: "positions", args: [tokenId] }),
    decode(data) {
      const [, , token0, token1, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] = decodeFunctionResult({
        abi: ABI,
        functionName: "positions",
        data,
      });
      return { token0, token1, key: "", tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
    },
  }),
};

export function poolByPairQuestion(pool: PoolRef, token0: Address, token1: Address): Question<Address> {
  return {
    to: pool.contracts.factory,
    data: encodeFunctionData({ abi: ABI, functionName: "poolByPair", args: [token0, token1] }),
    decode: (data) => decodeFunctionResult({ abi: ABI, functionName: "poolByPair", data }),
  };
}

/** The manager derives pool addresses from the deployer it was built with. */
export async function checkPoolDeployer(place: ReadPlace, { contracts }: PoolRef): Promise<readonly (string | null)[]> {
  const { poolDeployer, positionManager } = contracts;
  if (poolDeployer === null) return [];
  const what = `pool deployer of the position manager ${positionManager}`;
  const question = addressQuestion(positionManager, "poolDeployer");
  return [await compare(place, { what, expected: poolDeployer, question })];
}
