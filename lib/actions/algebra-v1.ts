// Algebra 1.x (QuickSwap V3) calldata and receipts: one pool per pair of tokens, so a mint names nothing else.
import { decodeFunctionData, encodeFunctionData, parseAbi } from "viem";
import type { FamilyActions } from "./family";
import { createV3Actions, type V3MintShape } from "./v3-manager";

export const ALGEBRA_V1_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

/** Shared with Camelot V3, whose position manager is of the same generation. */
export const algebraV1Mint: Pick<V3MintShape, "encodeMint" | "decodeMint"> = {
  encodeMint: (_pool, params) => encodeFunctionData({ abi: ALGEBRA_V1_MINT_ABI, functionName: "mint", args: [params] }),
  decodeMint: (data) => decodeFunctionData({ abi: ALGEBRA_V1_MINT_ABI, data }).args[0],
};

export const algebraV1Actions: FamilyActions = createV3Actions({ family: "algebra-v1", ...algebraV1Mint });
