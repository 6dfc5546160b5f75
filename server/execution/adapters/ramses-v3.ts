// Ramses V3 and Pharaoh V3 reads: pools named by tick spacing, fee by `fee()`, ten-field positions, protocol share in hundredths.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { addressQuestion, answerOrReason, checkManagerFactory, compare, createV3Reads } from "./v3-reads";
import { readSlot0Pool, spacingKeyReads } from "./v3-slot0";

const ABI = parseAbi([
  "function positions(uint256 tokenId) view returns (address token0, address token1, int24 tickSpacing, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
]);

export const ramsesV3Reads = createV3Reads({
  family: "ramses-v3",
  ...spacingKeyReads,
  readPool: (place, pool) => readSlot0Pool(place, pool, protocolShareFrac),
  positionQuestion: (manager, tokenId) => ({
    to: manager,
    data: encodeFunctionData({ abi: ABI, functionName: "positions", args: [tokenId] }),
    decode(data) {
      const [token0, token1, key, tickLower, tickUpper, liquidityRaw, , , owed0Raw, owed1Raw] = decodeFunctionResult({
        abi: ABI,
        functionName: "positions",
        data,
      });
      return { token0, token1, key, tickLower, tickUpper, liquidityRaw, owed0Raw, owed1Raw };
    },
  }),
  async checkManager(place, pool) {
    const { poolDeployer, positionManager } = pool.contracts;
    const factory = await answerOrReason(place, addressQuestion(positionManager, "factory"));
    // The 2024 periphery keeps only the deployer it derives pools from; then that is what ties it to the factory.
    if (factory.reason === null || poolDeployer === null) return checkManagerFactory(place, pool);
    const what = `pool deployer of the position manager ${positionManager}`;
    return compare(place, { what, expected: poolDeployer, question: addressQuestion(positionManager, "deployer") });
  },
});

/** Per cent of the fee, one value for both tokens. */
export function protocolShareFrac(feeProtocol: number): number {
  return feeProtocol / 100;
}
