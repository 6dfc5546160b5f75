// Slipstream (Aerodrome) calldata and receipts: a pool is named by its tick spacing; the last field would create a pool, so it stays 0.
import { decodeFunctionData, encodeFunctionData, parseAbi } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const SLIPSTREAM_MINT_ABI = parseAbi([
  "function mint((address token0, address token1, int24 tickSpacing, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline, uint160 sqrtPriceX96) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

export const slipstreamActions: FamilyActions = createV3Actions({
  family: "slipstream",
  encodeMint(pool, params) {
    invariant(pool.tickSpacing !== null, "a Slipstream pool is named by its tick spacing", { pool: pool.pool });
    const args = [{ ...params, tickSpacing: pool.tickSpacing, sqrtPriceX96: 0n }] as const;
    return encodeFunctionData({ abi: SLIPSTREAM_MINT_ABI, functionName: "mint", args });
  },
  decodeMint: (data) => decodeFunctionData({ abi: SLIPSTREAM_MINT_ABI, data }).args[0],
});
