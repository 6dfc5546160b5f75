// Why a transaction failed, in words: the bytes a call returned, named by the errors of the contracts that Tidegate calls.
import { decodeErrorResult, parseAbi } from "viem";
import type { Hex } from "@/lib/units";

/** Names as the contracts' own sources declare them. */
const ERRORS = parseAbi([
  "error Error(string reason)",
  "error Panic(uint256 code)",
  "error MaximumAmountExceeded(uint128 maximumAmount, uint128 amountRequested)",
  "error MinimumAmountInsufficient(uint128 minimumAmount, uint128 amountReceived)",
  "error DeadlinePassed(uint256 deadline)",
  "error NotApproved(address caller)",
  "error AllowanceExpired(uint256 deadline)",
  "error InsufficientAllowance(uint256 amount)",
  "error CurrencyNotSettled()",
  "error SlippageCheckFailed()",
  "error LBRouter__AmountSlippageCaught(uint256 amountXMin, uint256 amountX, uint256 amountYMin, uint256 amountY)",
  "error LBRouter__IdSlippageCaught(uint256 activeIdDesired, uint256 idSlippage, uint256 activeId)",
  "error LBRouter__DeadlineExceeded(uint256 deadline, uint256 currentTimestamp)",
  "error LBRouter__InsufficientAmountOut(uint256 amountOutMin, uint256 amountOut)",
  "error CumulativeSlippageTooHigh(uint256 minAmount, uint256 receivedAmount)",
]);

/** What a contract's own words mean here; the first that the text holds. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /slippage|MinimumAmountInsufficient|MaximumAmountExceeded|InsufficientAmountOut|too little received|too much requested/i,
    "the price had moved further than the minimums of the call allow",
  ],
  [/too old|deadline|expired/i, "the block came after the call's deadline"],
  [/NotApproved|not approved|allowance/i, "the contract had no right to the token or the position"],
  [/\bSTF\b|\bTF\b|transfer/i, "a token transfer inside the call failed"],
  [/panic/i, "an arithmetic or bounds check of the contract failed"],
];

export interface RevertWords {
  /** The contract's own words, or the selector of an error nobody here knows. */
  readonly reason: string;
  /** In plain words; null when there is nothing to add. */
  readonly meaning: string | null;
}

export function revertWords(returnData: Hex, nodeText: string): RevertWords {
  const reason = reasonOf(returnData) ?? nodeText;
  return { reason, meaning: MEANINGS.find(([pattern]) => pattern.test(reason))?.[1] ?? null };
}

function reasonOf(returnData: Hex): string | null {
  if (returnData === "0x") return null;
  try {
    const { errorName, args } = decodeErrorResult({ abi: ERRORS, data: returnData });
    if (errorName === "Error") return String(args[0]);
    if (errorName === "Panic") return `panic ${String(args[0])}`;
    const named = (args ?? []).map(String).join(", ");
    return named === "" ? errorName : `${errorName}(${named})`;
  } catch {
    // An error of a contract that is not in the list: its selector is all that can be said without its ABI.
    return `an error the desk has no name for, ${returnData.slice(0, 10)}`;
  }
}
