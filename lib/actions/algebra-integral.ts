// Algebra Integral calldata and receipts: a pool is named by its tokens and its deployer, the zero address for a standard pool.
import { decodeFunctionData, encodeFunctionData, parseAbi, zeroAddress } from "viem";
import { lowerAddress } from "./erc20";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const ALGEBRA_INTEGRAL_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, address deployer, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

export const algebraIntegralActions: FamilyActions = createV3Actions({
  family: "algebra-integral",
  encodeMint(pool, params) {
    const args = [{ ...params, deployer: lowerAddress(pool.deployer ?? zeroAddress) }] as const;
    return encodeFunctionData({ abi: ALGEBRA_INTEGRAL_MINT_ABI, functionName: "mint", args });
  },
  decodeMint: (data) => decodeFunctionData({ abi: ALGEBRA_INTEGRAL_MINT_ABI, data }).args[0],
});
