// Uniswap V3 calldata and receipts (and its exact copies): a pool is named by its tokens and its fee.
import { decodeFunctionData, encodeFunctionData, parseAbi } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const UNISWAP_V3_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

export const uniswapV3Actions: FamilyActions = createV3Actions({
  family: "uniswap-v3",
  encodeMint(pool, params) {
    invariant(pool.feePips !== null, "a Uniswap V3 pool is named by its fee", { pool: pool.pool });
    const args = [{ ...params, fee: pool.feePips }] as const;
    return encodeFunctionData({ abi: UNISWAP_V3_MINT_ABI, functionName: "mint", args });
  },
  decodeMint: (data) => decodeFunctionData({ abi: UNISWAP_V3_MINT_ABI, data }).args[0],
});
