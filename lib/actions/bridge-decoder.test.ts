// Every lie a bridge quote can tell is refused with its own reason, on the decoded bytes and not on what the answer says about them.
import { encodeFunctionData, toFunctionSelector } from "viem";
import { describe, expect, test } from "vitest";
import type { Address, Hex } from "@/lib/units";
import {
  BRIDGE_KEYS,
  LIFI_BRIDGE_ABI,
  verifyBridgeCalldata,
  type BridgeAnswer,
  type BridgeExpectation,
} from "./bridge-decoder";

const address = (digit: string): Address => `0x${digit.repeat(40)}`;
const [ROUTER, WALLET, TOKEN_IN, TOKEN_OUT, THIEF, COLLECTOR] = ["1", "2", "3", "4", "6", "7"].map(address) as [
  Address,
  Address,
  Address,
  Address,
  Address,
  Address,
];
const AMOUNT = 1_000_000_000n;

const BRIDGE_DATA = {
  transactionId: `0x${"ab".repeat(32)}` as Hex,
  bridge: "across",
  integrator: "tidegate",
  referrer: address("0"),
  sendingAssetId: TOKEN_IN,
  receiver: WALLET,
  minAmount: AMOUNT,
  destinationChainId: 42_161n,
  hasSourceSwaps: false,
  hasDestinationCall: false,
};
const ACROSS = {
  receiverAddress: WALLET,
  refundAddress: WALLET,
  receivingAssetId: TOKEN_OUT,
  outputAmount: 999_400_000n,
  outputAmountPercent: 999_400_000_000_000_000n,
  exclusiveRelayer: address("0"),
  quoteTimestamp: 1,
  fillDeadline: 2,
  exclusivityDeadline: 0,
  message: "0x" as Hex,
};
const LEG = {
  callTo: COLLECTOR,
  approveTo: COLLECTOR,
  sendingAssetId: TOKEN_IN,
  receivingAssetId: TOKEN_IN,
  fromAmount: AMOUNT,
  callData: "0x1234" as Hex,
  requiresDeposit: true,
};

function start(bridge: Partial<typeof BRIDGE_DATA> = {}, across: Partial<typeof ACROSS> = {}): Hex {
  return encodeFunctionData({
    abi: LIFI_BRIDGE_ABI,
    functionName: "startBridgeTokensViaAcrossV3",
    args: [
      { ...BRIDGE_DATA, ...bridge },
      { ...ACROSS, ...across },
    ],
  });
}

function swapAndStart(leg: Partial<typeof LEG> = {}, bridge: Partial<typeof BRIDGE_DATA> = {}): Hex {
  return encodeFunctionData({
    abi: LIFI_BRIDGE_ABI,
    functionName: "swapAndStartBridgeTokensViaAcrossV3",
    args: [{ ...BRIDGE_DATA, hasSourceSwaps: true, minAmount: 997_500_000n, ...bridge }, [{ ...LEG, ...leg }], ACROSS],
  });
}

const EXPECT: BridgeExpectation = {
  chainId: 8_453,
  toChainId: 42_161,
  router: ROUTER,
  wallet: WALLET,
  tokenIn: TOKEN_IN,
  tokenOut: TOKEN_OUT,
  amountInRaw: AMOUNT,
  minAmountOutRaw: 995_000_000n,
  bridges: ["across"],
  nowMs: 100_000,
  maxQuoteAgeMs: 30_000,
};
const ANSWER: BridgeAnswer = {
  chainId: 8_453,
  toChainId: 42_161,
  bridge: "across",
  to: ROUTER,
  approvalAddress: ROUTER,
  data: start(),
  valueRaw: 0n,
  fetchedAtMs: 99_000,
};

function reason(answer: Partial<BridgeAnswer>, expected: Partial<BridgeExpectation> = {}): string {
  const verified = verifyBridgeCalldata({ ...EXPECT, ...expected }, { ...ANSWER, ...answer });
  return verified.ok ? "accepted" : verified.error.reason;
}

describe("verifyBridgeCalldata", () => {
  test("default: the entry points are those of the published facet, and an honest quote passes with what it delivers", () => {
    expect(LIFI_BRIDGE_ABI.map((item) => toFunctionSelector(item))).toEqual(["0x28cc4316", "0x28832cbd"]);
    expect(BRIDGE_KEYS).toEqual(["across"]);
    const verified = verifyBridgeCalldata(EXPECT, ANSWER);
    expect(verified.ok && verified.value.minAmountOutRaw).toBe(999_400_000n);
  });

  test("behavior: a fee taken in the same token before the bridge is allowed, and the delivery is counted from what is left", () => {
    const verified = verifyBridgeCalldata(EXPECT, { ...ANSWER, data: swapAndStart() });
    expect(verified.ok && [verified.value.amountInRaw, verified.value.minAmountOutRaw]).toEqual([AMOUNT, 996_901_500n]);
    expect(reason({ data: swapAndStart({}, { minAmount: 995_000_000n }) })).toBe("minimum");
  });

  test("error: W1 receiver and refund, W2 to, W3 token", () => {
    expect(reason({ data: start({ receiver: THIEF }) })).toBe("receiver");
    expect(reason({ data: start({ receiver: THIEF }, { receiverAddress: THIEF }) })).toBe("receiver");
    expect(reason({ data: start({}, { receiverAddress: THIEF }) })).toBe("destination_call");
    expect(reason({ data: start({}, { refundAddress: THIEF }) })).toBe("refund");
    expect(reason({ to: THIEF })).toBe("to");
    expect(reason({ data: start({ sendingAssetId: THIEF }) })).toBe("token");
    expect(reason({ data: start({}, { receivingAssetId: THIEF }) })).toBe("token");
  });

  test("error: W4 amount, W5 chain and destination chain, W6 destination call", () => {
    expect(reason({ data: start({ minAmount: AMOUNT + 1n }) })).toBe("amount");
    expect(reason({ data: start({ minAmount: AMOUNT - 1n }) })).toBe("amount");
    expect(reason({ chainId: 1 })).toBe("chain");
    expect(reason({ toChainId: 1 })).toBe("destination_chain");
    expect(reason({ data: start({ destinationChainId: 1n }) })).toBe("destination_chain");
    expect(reason({ data: start({ destinationChainId: (1n << 64n) + 42_161n }) })).toBe("destination_chain");
    expect(reason({ data: start({ hasDestinationCall: true }) })).toBe("destination_call");
    expect(reason({ data: start({}, { message: "0x01" }) })).toBe("destination_call");
  });

  test("error: W7 value, spender, minimum, selector", () => {
    expect(reason({ valueRaw: 1n })).toBe("value");
    expect(reason({ valueRaw: 2n }, { maxValueRaw: 1n })).toBe("value");
    expect(reason({ valueRaw: 1n }, { maxValueRaw: 1n })).toBe("accepted");
    expect(reason({ approvalAddress: THIEF })).toBe("spender");
    expect(reason({ data: start({}, { outputAmount: 994_999_999n }) })).toBe("minimum");
    expect(reason({ data: start({}, { outputAmount: 0n }) }, { minAmountOutRaw: 0n })).toBe("minimum");
    expect(reason({ data: `0xdeadbeef${start().slice(10)}` })).toBe("selector");
    expect(reason({ data: "0x" })).toBe("selector");
  });

  test("error: bridges and keys outside the plan or the allowlist, also when only the bytes say so", () => {
    expect(reason({ bridge: "stargate" })).toBe("bridge");
    expect(reason({ data: start({ bridge: "stargate" }) })).toBe("bridge");
    expect(reason({ bridge: "stargate", data: start({ bridge: "stargate" }) }, { bridges: ["stargate"] })).toBe(
      "bridge",
    );
    expect(reason({}, { bridges: [] })).toBe("bridge");
    expect(
      reason({ bridge: "constructor", data: start({ bridge: "constructor" }) }, { bridges: ["constructor"] }),
    ).not.toBe("accepted");
  });

  test("error: inner calls to tokens, to the wallet, in other tokens or of more than was asked for", () => {
    for (const callTo of [TOKEN_IN, TOKEN_OUT, WALLET]) expect(reason({ data: swapAndStart({ callTo }) })).toBe("leg");
    expect(reason({ data: swapAndStart({ receivingAssetId: THIEF }) })).toBe("leg");
    expect(reason({ data: swapAndStart({ sendingAssetId: THIEF }) })).toBe("token");
    expect(reason({ data: swapAndStart({ fromAmount: AMOUNT + 1n }) })).toBe("amount");
    expect(reason({ data: swapAndStart({}, { hasSourceSwaps: false }) })).toBe("leg");
    expect(reason({ data: start({ hasSourceSwaps: true }) })).toBe("leg");
  });

  test("error: extra bytes and stale or future quotes", () => {
    expect(reason({ data: `${start()}00` })).toBe("encoding");
    expect(reason({ fetchedAtMs: 69_999 })).toBe("stale_quote");
    expect(reason({ fetchedAtMs: 102_001 })).toBe("stale_quote");
    expect(reason({ fetchedAtMs: Number.NaN })).toBe("stale_quote");
  });
});
