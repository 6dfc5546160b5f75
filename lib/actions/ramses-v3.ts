// Ramses V3 and Pharaoh V3 calldata and receipts: a pool is named by its tick spacing, its fee may change.
import { decodeFunctionData, encodeFunctionData, parseAbi } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const RAMSES_V3_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, int24 tickSpacing, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

export const ramsesV3Actions: FamilyActions = createV3Actions({
  family: "ramses-v3",
  encodeMint(pool, params) {
    invariant(pool.tickSpacing !== null, "a Ramses V3 pool is named by its tick spacing", { pool: pool.pool });
    const args = [{ ...params, tickSpacing: pool.tickSpacing }] as const;
    return encodeFunctionData({ abi: RAMSES_V3_MINT_ABI, functionName: "mint", args });
  },
  decodeMint: (data) => decodeFunctionData({ abi: RAMSES_V3_MINT_ABI, data }).args[0],
});
