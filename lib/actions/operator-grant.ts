// Read of Liquidity Book's operator right: whether a spender may move all of an owner's shares of a pair (every generation alike).
import { decodeFunctionResult, encodeFunctionData } from "viem";
import type { Address, Hex } from "@/lib/units";
import { LB_TOKEN_ABI } from "./liquidity-book-abi";

export function encodeOperatorRead(owner: Address, spender: Address): Hex {
  return encodeFunctionData({ abi: LB_TOKEN_ABI, functionName: "isApprovedForAll", args: [owner, spender] });
}

/** Null when the answer is no boolean. */
export function decodeOperatorRead(data: Hex): boolean | null {
  try {
    return decodeFunctionResult({ abi: LB_TOKEN_ABI, functionName: "isApprovedForAll", data });
  } catch {
    return null;
  }
}
