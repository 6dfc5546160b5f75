// Swap calldata of a quote, decoded and compared with what was asked for: the answer of an aggregator is untrusted (safety.md section 3.9).
import { decodeFunctionData, encodeFunctionData, parseAbi, toFunctionSelector, type AbiFunction } from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress } from "./erc20";

const SWAP_DATA =
  "(address callTo, address approveTo, address sendingAssetId, address receivingAssetId, uint256 fromAmount, bytes callData, bool requiresDeposit)";

/** LI.FI GenericSwapFacetV3 and GenericSwapFacet (published ABI). */
export const LIFI_SWAP_ABI = parseAbi([
  `function swapTokensSingleV3ERC20ToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, ${SWAP_DATA} swapData)`,
  `function swapTokensMultipleV3ERC20ToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, ${SWAP_DATA}[] swapData)`,
  `function swapTokensSingleV3ERC20ToNative(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, ${SWAP_DATA} swapData)`,
  `function swapTokensMultipleV3ERC20ToNative(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, ${SWAP_DATA}[] swapData)`,
  `function swapTokensGeneric(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmount, ${SWAP_DATA}[] swapData) payable`,
]);

/** Forms that may be signed: ERC-20 to ERC-20 only, since pairs hold tokens and value must be 0. */
const SIGNABLE_NAMES = [
  "swapTokensSingleV3ERC20ToERC20",
  "swapTokensMultipleV3ERC20ToERC20",
  "swapTokensGeneric",
] as const;

export const SIGNABLE_SWAP_SELECTORS: readonly Hex[] = LIFI_SWAP_ABI.filter((item: AbiFunction) =>
  SIGNABLE_NAMES.some((name) => name === item.name),
).map((item) => toFunctionSelector(item));

export interface SwapLeg {
  readonly callTo: Address;
  readonly approveTo: Address;
  readonly sendingAssetId: Address;
  readonly receivingAssetId: Address;
  readonly fromAmount: bigint;
}

export interface DecodedSwap {
  readonly selector: Hex;
  readonly functionName: string;
  readonly receiver: Address;
  readonly minAmountOutRaw: bigint;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  readonly legs: readonly SwapLeg[];
}

/** What the caller asked for and what this machine knows; every field is compared. */
export interface SwapExpectation {
  readonly chainId: number;
  /** Pinned contract of that chain. */
  readonly router: Address;
  readonly wallet: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** Our own minimum from two prices for exactly this amount. */
  readonly minAmountOutRaw: bigint;
  readonly nowMs: number;
  readonly maxQuoteAgeMs: number;
}

export interface SwapAnswer {
  readonly chainId: number;
  readonly to: Address;
  readonly approvalAddress: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
  readonly fetchedAtMs: number;
}

export const SWAP_REFUSALS = [
  "stale_quote",
  "chain",
  "to",
  "spender",
  "value",
  "selector",
  "encoding",
  "receiver",
  "token",
  "amount",
  "minimum",
  "leg",
] as const;
export type SwapRefusalReason = (typeof SWAP_REFUSALS)[number];

export interface SwapRefusal {
  readonly reason: SwapRefusalReason;
  readonly expected: string;
  readonly found: string;
  readonly message: string;
}

/** A quote older than this is not used (safety.md section 3.9). */
export const MAX_QUOTE_AGE_MS = 30_000;
/** A clock difference between two processes of one machine; a quote from further ahead is a lie. */
const MAX_FUTURE_MS = 2_000;

export function decodeSwap(data: Hex): Result<DecodedSwap, SwapRefusal> {
  const selector: Hex = `0x${data.slice(2, 10).toLowerCase()}`;
  let decoded: ReturnType<typeof decodeFunctionData<typeof LIFI_SWAP_ABI>>;
  try {
    decoded = decodeFunctionData({ abi: LIFI_SWAP_ABI, data });
  } catch {
    return refuse("selector", SIGNABLE_SWAP_SELECTORS.join(" or "), `${selector} (not decodable)`);
  }
  const { functionName, args } = decoded;
  const legs: readonly SwapLeg[] = isLegList(args[5]) ? args[5] : [args[5]];
  const first = legs[0];
  const last = legs[legs.length - 1];
  if (first === undefined || last === undefined) return refuse("leg", "at least one swap", "none");
  if (encodeAgain(decoded) !== data.toLowerCase()) {
    return refuse(
      "encoding",
      "calldata without extra or rearranged bytes",
      `${data.length / 2 - 1} bytes that encode differently`,
    );
  }
  return ok({
    selector,
    functionName,
    receiver: args[3],
    minAmountOutRaw: args[4],
    tokenIn: first.sendingAssetId,
    tokenOut: last.receivingAssetId,
    amountInRaw: legs
      .filter((leg) => isSameAddress(leg.sendingAssetId, first.sendingAssetId))
      .reduce((sum, leg) => sum + leg.fromAmount, 0n),
    legs,
  });
}

/** The decoded swap, or the first thing that is not as asked for. Used by execution (before anything is approved) and by the signer. */
export function verifySwapCalldata(expect: SwapExpectation, answer: SwapAnswer): Result<DecodedSwap, SwapRefusal> {
  const ageMs = expect.nowMs - answer.fetchedAtMs;
  if (!(ageMs <= expect.maxQuoteAgeMs) || !(ageMs >= -MAX_FUTURE_MS)) {
    return refuse(
      "stale_quote",
      `a quote of the last ${expect.maxQuoteAgeMs / 1000} s`,
      `one that is ${ageMs / 1000} s old`,
    );
  }
  if (answer.chainId !== expect.chainId) return refuse("chain", String(expect.chainId), String(answer.chainId));
  if (!isSameAddress(answer.to, expect.router)) return refuse("to", expect.router, answer.to);
  if (!isSameAddress(answer.approvalAddress, expect.router)) {
    return refuse("spender", expect.router, answer.approvalAddress);
  }
  if (answer.valueRaw !== 0n) return refuse("value", "0", answer.valueRaw.toString());
  const decoded = decodeSwap(answer.data);
  if (!decoded.ok) return decoded;
  const swap = decoded.value;
  if (!SIGNABLE_SWAP_SELECTORS.includes(swap.selector)) {
    return refuse("selector", SIGNABLE_SWAP_SELECTORS.join(" or "), `${swap.selector} (${swap.functionName})`);
  }
  if (!isSameAddress(swap.receiver, expect.wallet)) return refuse("receiver", expect.wallet, swap.receiver);
  if (!isSameAddress(swap.tokenIn, expect.tokenIn))
    return refuse("token", `from ${expect.tokenIn}`, `from ${swap.tokenIn}`);
  if (!isSameAddress(swap.tokenOut, expect.tokenOut))
    return refuse("token", `to ${expect.tokenOut}`, `to ${swap.tokenOut}`);
  if (swap.amountInRaw !== expect.amountInRaw) {
    return refuse("amount", expect.amountInRaw.toString(), swap.amountInRaw.toString());
  }
  if (swap.minAmountOutRaw < expect.minAmountOutRaw || swap.minAmountOutRaw === 0n) {
    return refuse("minimum", `at least ${expect.minAmountOutRaw}`, swap.minAmountOutRaw.toString());
  }
  return checkLegs(expect, swap);
}

/** Inner calls may go anywhere but to the tokens themselves or the wallet: a leg that calls transferFrom is a theft of the router's allowances. */
function checkLegs(expect: SwapExpectation, swap: DecodedSwap): Result<DecodedSwap, SwapRefusal> {
  for (const leg of swap.legs) {
    const forbidden = [expect.tokenIn, expect.tokenOut, expect.wallet, leg.sendingAssetId, leg.receivingAssetId];
    if (forbidden.some((address) => isSameAddress(address, leg.callTo))) {
      return refuse("leg", "an inner call to an exchange", `an inner call to ${leg.callTo}`);
    }
  }
  return ok(swap);
}

/** Our own minimum, scaled from the plan's minimum for the full amount and rounded up. */
export function scaledMinimum(fullMinimumRaw: bigint, amountRaw: bigint, fullAmountRaw: bigint): bigint {
  if (fullAmountRaw <= 0n) return fullMinimumRaw;
  return (fullMinimumRaw * amountRaw + fullAmountRaw - 1n) / fullAmountRaw;
}

function refuse(reason: SwapRefusalReason, expected: string, found: string): Result<never, SwapRefusal> {
  return err({
    reason,
    expected,
    found,
    message: `swap quote refused (${reason}): expected ${expected}, found ${found}; nothing was approved, ask for a new quote or plan without a swap`,
  });
}

type Leg = {
  callTo: Address;
  approveTo: Address;
  sendingAssetId: Address;
  receivingAssetId: Address;
  fromAmount: bigint;
  callData: Hex;
  requiresDeposit: boolean;
};

function isLegList(value: Leg | readonly Leg[]): value is readonly Leg[] {
  return Array.isArray(value);
}

function encodeAgain(decoded: ReturnType<typeof decodeFunctionData<typeof LIFI_SWAP_ABI>>): Hex {
  // One call per shape keeps the types checked; both shapes encode canonically.
  if (
    decoded.functionName === "swapTokensSingleV3ERC20ToERC20" ||
    decoded.functionName === "swapTokensSingleV3ERC20ToNative"
  ) {
    return encodeFunctionData({ abi: LIFI_SWAP_ABI, functionName: decoded.functionName, args: decoded.args });
  }
  return encodeFunctionData({ abi: LIFI_SWAP_ABI, functionName: decoded.functionName, args: decoded.args });
}
