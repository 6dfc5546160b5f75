// Every lie of a swap quote is refused by name (safety.md W1-W7), and an honest one passes.
import { encodeFunctionData, padHex, toHex, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import type { Address } from "@/lib/units";
import {
  LIFI_SWAP_ABI,
  MAX_QUOTE_AGE_MS,
  decodeSwap,
  scaledMinimum,
  verifySwapCalldata,
  type SwapAnswer,
  type SwapExpectation,
} from "./swap-decoder";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const WETH = address("11");
const USDC = address("22");
const WALLET = address("aa");
const ROUTER = address("bb");
const DEX = address("cc");
const THIEF = address("ee");

interface Lie {
  readonly receiver?: Address;
  readonly minimum?: bigint;
  readonly tokenIn?: Address;
  readonly tokenOut?: Address;
  readonly amount?: bigint;
  readonly callTo?: Address;
}

function leg(lie: Lie) {
  return {
    callTo: lie.callTo ?? DEX,
    approveTo: DEX,
    sendingAssetId: lie.tokenIn ?? WETH,
    receivingAssetId: lie.tokenOut ?? USDC,
    fromAmount: lie.amount ?? 1_000n,
    callData: "0x12345678" as const,
    requiresDeposit: true,
  };
}

function single(lie: Lie = {}): Hex {
  return encodeFunctionData({
    abi: LIFI_SWAP_ABI,
    functionName: "swapTokensSingleV3ERC20ToERC20",
    args: [padHex(toHex(1), { size: 32 }), "t", "", lie.receiver ?? WALLET, lie.minimum ?? 2_950n, leg(lie)],
  });
}

function generic(lie: Lie = {}): Hex {
  return encodeFunctionData({
    abi: LIFI_SWAP_ABI,
    functionName: "swapTokensGeneric",
    args: [padHex(toHex(1), { size: 32 }), "t", "", lie.receiver ?? WALLET, lie.minimum ?? 2_950n, [leg(lie)]],
  });
}

const expectation: SwapExpectation = {
  chainId: 1,
  router: ROUTER,
  wallet: WALLET,
  tokenIn: WETH,
  tokenOut: USDC,
  amountInRaw: 1_000n,
  minAmountOutRaw: 2_900n,
  nowMs: 1_000_000,
  maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
};

function answer(change: Partial<SwapAnswer> = {}): SwapAnswer {
  return {
    chainId: 1,
    to: ROUTER,
    approvalAddress: ROUTER,
    data: single(),
    valueRaw: 0n,
    fetchedAtMs: 995_000,
    ...change,
  };
}

function reasonOf(change: Partial<SwapAnswer>): string {
  const result = verifySwapCalldata(expectation, answer(change));
  return result.ok ? "accepted" : result.error.reason;
}

describe("verifySwapCalldata", () => {
  it("default: an honest quote passes, in both signable shapes", () => {
    expect(reasonOf({})).toBe("accepted");
    expect(reasonOf({ data: generic() })).toBe("accepted");
  });

  it.each([
    ["receiver", { data: single({ receiver: THIEF }) }],
    ["receiver", { data: generic({ receiver: THIEF }) }],
    ["to", { to: THIEF }],
    ["spender", { approvalAddress: THIEF }],
    ["value", { valueRaw: 1n }],
    ["chain", { chainId: 10 }],
    ["token", { data: single({ tokenIn: USDC }) }],
    ["token", { data: single({ tokenOut: THIEF }) }],
    ["amount", { data: single({ amount: 1_001n }) }],
    ["minimum", { data: single({ minimum: 2_899n }) }],
    ["leg", { data: single({ callTo: WETH }) }],
    ["leg", { data: single({ callTo: WALLET }) }],
    ["stale_quote", { fetchedAtMs: 1_000_000 - MAX_QUOTE_AGE_MS - 1 }],
    ["stale_quote", { fetchedAtMs: 1_100_000 }],
    ["stale_quote", { fetchedAtMs: Number.NaN }],
    ["selector", { data: "0xa9059cbb" }],
    ["selector", { data: "0x" }],
    ["encoding", { data: `${single()}00` }],
  ] satisfies readonly (readonly [string, Partial<SwapAnswer>])[])("error: %s", (reason, change) => {
    expect(reasonOf(change)).toBe(reason);
  });

  it("error: selector — a swap into the native coin is decoded, named and refused", () => {
    const data = encodeFunctionData({
      abi: LIFI_SWAP_ABI,
      functionName: "swapTokensSingleV3ERC20ToNative",
      args: [padHex(toHex(1), { size: 32 }), "t", "", WALLET, 1n, leg({})],
    });
    const decoded = decodeSwap(data);
    expect(decoded.ok && decoded.value.functionName).toBe("swapTokensSingleV3ERC20ToNative");
    expect(reasonOf({ data })).toBe("selector");
  });

  it("behavior: our minimum scales with the amount and rounds up", () => {
    expect(scaledMinimum(2_900n, 1_000n, 1_000n)).toBe(2_900n);
    expect(scaledMinimum(2_900n, 333n, 1_000n)).toBe(966n);
  });
});
