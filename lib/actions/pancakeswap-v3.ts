// PancakeSwap V3 calldata and receipts: the position manager has exactly Uniswap V3's functions and events.
import { decodeFunctionData, encodeFunctionData } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { FamilyActions } from "./family";
import { UNISWAP_V3_MINT_ABI } from "./uniswap-v3";
import { createV3Actions } from "./v3-manager";

export const pancakeswapV3Actions: FamilyActions = createV3Actions({
  family: "pancakeswap-v3",
  encodeMint(pool, params) {
    invariant(pool.feePips !== null, "a PancakeSwap V3 pool is named by its fee", { pool: pool.pool });
    const args = [{ ...params, fee: pool.feePips }] as const;
    return encodeFunctionData({ abi: UNISWAP_V3_MINT_ABI, functionName: "mint", args });
  },
  decodeMint: (data) => decodeFunctionData({ abi: UNISWAP_V3_MINT_ABI, data }).args[0],
});
