// Liquidity Book's operator right: `approveForAll` of a pair (2.1 and later) or `setApprovalForAll` (2.0), its withdrawal and its read.
import { decodeFunctionData, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { Address, Hex } from "@/lib/units";
import { lowerAddress } from "./erc20";
import type { TxCall } from "./family";

export const OPERATOR_ABI = parseAbi([
  "function approveForAll(address spender, bool approved)",
  "function setApprovalForAll(address spender, bool approved)",
  "function isApprovedForAll(address owner, address spender) view returns (bool)",
]);

export interface OperatorGrant {
  readonly spender: Address;
  readonly isAllowed: boolean;
}

/** `variant`: generation of the pair; 2.0 names the function as ERC-1155 does. */
export function encodeOperatorGrant(pair: Address, variant: string | null, grant: OperatorGrant): TxCall {
  const data = encodeFunctionData({
    abi: OPERATOR_ABI,
    functionName: variant === "2.0" ? "setApprovalForAll" : "approveForAll",
    args: [grant.spender, grant.isAllowed],
  });
  return { to: lowerAddress(pair), data, valueRaw: 0n };
}

/** Null for anything but exactly this call in the form of the pair's generation. */
export function decodeOperatorGrant(variant: string | null, data: Hex): OperatorGrant | null {
  try {
    const decoded = decodeFunctionData({ abi: OPERATOR_ABI, data });
    if (decoded.functionName === "isApprovedForAll") return null;
    const [spender, isAllowed] = decoded.args;
    const grant = { spender: lowerAddress(spender), isAllowed };
    return encodeOperatorGrant(spender, variant, grant).data === data.toLowerCase() ? grant : null;
  } catch {
    return null;
  }
}

export function encodeOperatorRead(owner: Address, spender: Address): Hex {
  return encodeFunctionData({ abi: OPERATOR_ABI, functionName: "isApprovedForAll", args: [owner, spender] });
}

/** Null when the answer is no boolean. */
export function decodeOperatorRead(data: Hex): boolean | null {
  try {
    return decodeFunctionResult({ abi: OPERATOR_ABI, functionName: "isApprovedForAll", data });
  } catch {
    return null;
  }
}
