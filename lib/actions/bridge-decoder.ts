// Bridge calldata of a quote, decoded and compared with what was asked for: money that goes to another chain comes back from no revert (safety.md section 3.9).
import { decodeFunctionData, encodeFunctionData, parseAbi, toFunctionSelector, type AbiFunction } from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress } from "./erc20";

const BRIDGE_DATA =
  "(bytes32 transactionId, string bridge, string integrator, address referrer, address sendingAssetId, address receiver, uint256 minAmount, uint256 destinationChainId, bool hasSourceSwaps, bool hasDestinationCall)";
const SWAP_DATA =
  "(address callTo, address approveTo, address sendingAssetId, address receivingAssetId, uint256 fromAmount, bytes callData, bool requiresDeposit)";
const ACROSS_DATA =
  "(address receiverAddress, address refundAddress, address receivingAssetId, uint256 outputAmount, uint64 outputAmountPercent, address exclusiveRelayer, uint32 quoteTimestamp, uint32 fillDeadline, uint32 exclusivityDeadline, bytes message)";

/** LI.FI AcrossFacetV3 (published ABI). */
export const LIFI_BRIDGE_ABI = parseAbi([
  `function startBridgeTokensViaAcrossV3(${BRIDGE_DATA} bridgeData, ${ACROSS_DATA} acrossData) payable`,
  `function swapAndStartBridgeTokensViaAcrossV3(${BRIDGE_DATA} bridgeData, ${SWAP_DATA}[] swapData, ${ACROSS_DATA} acrossData) payable`,
]);

/** Bridges that may be signed, by the provider's key, with their entry points; any other entry is refused whatever it does. */
export const BRIDGE_ENTRIES: ReadonlyMap<string, readonly Hex[]> = new Map([
  ["across", LIFI_BRIDGE_ABI.map((item: AbiFunction) => toFunctionSelector(item))],
]);

/** Keys of the bridges that may be used. */
export const BRIDGE_KEYS: readonly string[] = [...BRIDGE_ENTRIES.keys()];

const PERCENT_SCALE = 10n ** 18n;
/** A clock difference between two processes of one machine; a quote from further ahead is a lie. */
const MAX_FUTURE_MS = 2_000;

export interface DecodedBridge {
  readonly selector: Hex;
  readonly functionName: string;
  readonly bridge: string;
  readonly receiver: Address;
  readonly refundAddress: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** What the bridge promises to deliver at least. */
  readonly minAmountOutRaw: bigint;
  readonly toChainId: bigint;
  readonly hasDestinationCall: boolean;
  readonly message: Hex;
  /** Inner calls before the bridge: only a fee taken in the same token is allowed. */
  readonly legs: readonly BridgeLeg[];
}

export interface BridgeLeg {
  readonly callTo: Address;
  readonly approveTo: Address;
  readonly sendingAssetId: Address;
  readonly receivingAssetId: Address;
  readonly fromAmount: bigint;
}

/** What the caller asked for and what this machine knows; every field is compared. */
export interface BridgeExpectation {
  readonly chainId: number;
  readonly toChainId: number;
  /** Pinned contract of the source chain. */
  readonly router: Address;
  readonly wallet: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** Our own minimum, in the destination token's units, for exactly this amount. */
  readonly minAmountOutRaw: bigint;
  /** Keys of the plan's step. */
  readonly bridges: readonly string[];
  /** Most native value that may go along as the bridge's fee; 0 for every bridge that takes its fee in the token. */
  readonly maxValueRaw?: bigint;
  readonly nowMs: number;
  readonly maxQuoteAgeMs: number;
}

export interface BridgeAnswer {
  readonly chainId: number;
  readonly toChainId: number;
  readonly bridge: string;
  readonly to: Address;
  readonly approvalAddress: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
  readonly fetchedAtMs: number;
}

export const BRIDGE_REFUSALS = [
  "stale_quote",
  "chain",
  "to",
  "spender",
  "value",
  "bridge",
  "selector",
  "encoding",
  "receiver",
  "refund",
  "token",
  "amount",
  "destination_chain",
  "destination_call",
  "leg",
  "minimum",
] as const;
export type BridgeRefusalReason = (typeof BRIDGE_REFUSALS)[number];

export interface BridgeRefusal {
  readonly reason: BridgeRefusalReason;
  readonly expected: string;
  readonly found: string;
  readonly message: string;
}

export function decodeBridge(data: Hex): Result<DecodedBridge, BridgeRefusal> {
  const selector: Hex = `0x${data.slice(2, 10).toLowerCase()}`;
  let decoded: ReturnType<typeof decodeFunctionData<typeof LIFI_BRIDGE_ABI>>;
  try {
    decoded = decodeFunctionData({ abi: LIFI_BRIDGE_ABI, data });
  } catch {
    return refuse("selector", [...BRIDGE_ENTRIES.values()].flat().join(" or "), `${selector} (not decodable)`);
  }
  if (encodeAgain(decoded) !== data.toLowerCase()) {
    return refuse(
      "encoding",
      "calldata without extra or rearranged bytes",
      `${data.length / 2 - 1} bytes that encode differently`,
    );
  }
  const isSwapped = decoded.functionName === "swapAndStartBridgeTokensViaAcrossV3";
  const [bridgeData] = decoded.args;
  const across = decoded.functionName === "swapAndStartBridgeTokensViaAcrossV3" ? decoded.args[2] : decoded.args[1];
  const legs: readonly BridgeLeg[] =
    decoded.functionName === "swapAndStartBridgeTokensViaAcrossV3" ? decoded.args[1] : [];
  if (bridgeData.hasSourceSwaps !== isSwapped) {
    return refuse("leg", `hasSourceSwaps ${isSwapped}`, `hasSourceSwaps ${bridgeData.hasSourceSwaps}`);
  }
  const first = legs[0];
  if (isSwapped && first === undefined) return refuse("leg", "at least one inner call", "none");
  return ok({
    selector,
    functionName: decoded.functionName,
    bridge: bridgeData.bridge,
    receiver: bridgeData.receiver,
    refundAddress: across.refundAddress,
    tokenIn: first?.sendingAssetId ?? bridgeData.sendingAssetId,
    tokenOut: across.receivingAssetId,
    amountInRaw: first?.fromAmount ?? bridgeData.minAmount,
    // After an inner call what is left decides: the entry scales what arrives by this part of it.
    minAmountOutRaw: isSwapped
      ? (bridgeData.minAmount * across.outputAmountPercent) / PERCENT_SCALE
      : across.outputAmount,
    toChainId: bridgeData.destinationChainId,
    hasDestinationCall: bridgeData.hasDestinationCall || !isSameAddress(across.receiverAddress, bridgeData.receiver),
    message: across.message,
    legs,
  });
}

/** The decoded bridge, or the first thing that is not as asked for. Used by execution (before anything is approved) and by the signer. */
export function verifyBridgeCalldata(
  expect: BridgeExpectation,
  answer: BridgeAnswer,
): Result<DecodedBridge, BridgeRefusal> {
  const ageMs = expect.nowMs - answer.fetchedAtMs;
  if (!(ageMs <= expect.maxQuoteAgeMs) || !(ageMs >= -MAX_FUTURE_MS)) {
    return refuse(
      "stale_quote",
      `a quote of the last ${expect.maxQuoteAgeMs / 1000} s`,
      `one that is ${ageMs / 1000} s old`,
    );
  }
  if (answer.chainId !== expect.chainId) return refuse("chain", String(expect.chainId), String(answer.chainId));
  if (answer.toChainId !== expect.toChainId) {
    return refuse("destination_chain", String(expect.toChainId), String(answer.toChainId));
  }
  if (!isSameAddress(answer.to, expect.router)) return refuse("to", expect.router, answer.to);
  if (!isSameAddress(answer.approvalAddress, expect.router)) {
    return refuse("spender", expect.router, answer.approvalAddress);
  }
  const maxValueRaw = expect.maxValueRaw ?? 0n;
  if (answer.valueRaw > maxValueRaw) return refuse("value", `at most ${maxValueRaw}`, answer.valueRaw.toString());
  const decoded = decodeBridge(answer.data);
  if (!decoded.ok) return decoded;
  const bridge = decoded.value;
  const allowed = expect.bridges.filter((key) => BRIDGE_ENTRIES.has(key));
  for (const key of [answer.bridge, bridge.bridge]) {
    if (!allowed.includes(key)) return refuse("bridge", allowed.join(" or ") || "none is allowed", key);
  }
  if (BRIDGE_ENTRIES.get(bridge.bridge)?.includes(bridge.selector) !== true) {
    return refuse("selector", (BRIDGE_ENTRIES.get(bridge.bridge) ?? []).join(" or "), bridge.selector);
  }
  return compare(expect, bridge);
}

function compare(expect: BridgeExpectation, bridge: DecodedBridge): Result<DecodedBridge, BridgeRefusal> {
  if (!isSameAddress(bridge.receiver, expect.wallet)) return refuse("receiver", expect.wallet, bridge.receiver);
  if (!isSameAddress(bridge.refundAddress, expect.wallet)) {
    return refuse("refund", expect.wallet, bridge.refundAddress);
  }
  if (bridge.hasDestinationCall || bridge.message !== "0x") {
    return refuse("destination_call", "none", bridge.message === "0x" ? "a call or another receiver" : bridge.message);
  }
  if (bridge.toChainId !== BigInt(expect.toChainId)) {
    return refuse("destination_chain", String(expect.toChainId), bridge.toChainId.toString());
  }
  if (!isSameAddress(bridge.tokenIn, expect.tokenIn)) {
    return refuse("token", `from ${expect.tokenIn}`, `from ${bridge.tokenIn}`);
  }
  if (!isSameAddress(bridge.tokenOut, expect.tokenOut)) {
    return refuse("token", `to ${expect.tokenOut}`, `to ${bridge.tokenOut}`);
  }
  if (bridge.amountInRaw !== expect.amountInRaw) {
    return refuse("amount", expect.amountInRaw.toString(), bridge.amountInRaw.toString());
  }
  const badLeg = findBadLeg(expect, bridge);
  if (badLeg !== null) return badLeg;
  if (bridge.minAmountOutRaw < expect.minAmountOutRaw || bridge.minAmountOutRaw === 0n) {
    return refuse("minimum", `at least ${expect.minAmountOutRaw}`, bridge.minAmountOutRaw.toString());
  }
  return ok(bridge);
}

/** An inner call may only take a fee in the token that is sent; it never goes to a token or to the wallet. */
function findBadLeg(expect: BridgeExpectation, bridge: DecodedBridge): Result<never, BridgeRefusal> | null {
  for (const leg of bridge.legs) {
    for (const token of [leg.sendingAssetId, leg.receivingAssetId]) {
      if (!isSameAddress(token, expect.tokenIn)) {
        return refuse("leg", `an inner call in ${expect.tokenIn} only`, `one in ${token}`);
      }
    }
    const forbidden = [expect.tokenIn, expect.tokenOut, expect.wallet];
    if (forbidden.some((address) => isSameAddress(address, leg.callTo))) {
      return refuse("leg", "an inner call to a fee collector", `an inner call to ${leg.callTo}`);
    }
    if (leg.fromAmount > expect.amountInRaw) {
      return refuse("leg", `an inner amount of at most ${expect.amountInRaw}`, leg.fromAmount.toString());
    }
  }
  return null;
}

function refuse(reason: BridgeRefusalReason, expected: string, found: string): Result<never, BridgeRefusal> {
  return err({
    reason,
    expected,
    found,
    message: `bridge quote refused (${reason}): expected ${expected}, found ${found}; nothing was approved, ask for a new quote or leave the money where it is`,
  });
}

function encodeAgain(decoded: ReturnType<typeof decodeFunctionData<typeof LIFI_BRIDGE_ABI>>): Hex {
  // One call per shape keeps the types checked.
  if (decoded.functionName === "startBridgeTokensViaAcrossV3") {
    return encodeFunctionData({ abi: LIFI_BRIDGE_ABI, functionName: decoded.functionName, args: decoded.args });
  }
  return encodeFunctionData({ abi: LIFI_BRIDGE_ABI, functionName: decoded.functionName, args: decoded.args });
}
