// Why a call failed, in the contract's own words where it gave any: nodes say it in different ways, the returned bytes are the same.
import { decodeErrorResult, parseAbi } from "viem";
import type { Hex } from "@/lib/units";

const STANDARD_ERRORS = parseAbi(["error Error(string reason)", "error Panic(uint256 code)"]);

export function revertReason(returnData: Hex, nodeText: string | undefined): string {
  if (returnData === "0x") return nodeText ?? "reverted without a reason";
  try {
    const { errorName, args } = decodeErrorResult({ abi: STANDARD_ERRORS, data: returnData });
    return errorName === "Error" ? `reverted: ${args[0]}` : `reverted: panic ${args[0]}`;
  } catch {
    // An error of the contract's own: its selector is all that can be said without its ABI.
    return `reverted: custom error ${returnData.slice(0, 10)}`;
  }
}
