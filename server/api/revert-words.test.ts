// Revert bytes become the contract's words and what they mean.
import { encodeErrorResult, parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import { revertWords } from "./revert-words";

const abi = parseAbi([
  "error Error(string reason)",
  "error Panic(uint256 code)",
  "error MinimumAmountInsufficient(uint128 minimumAmount, uint128 amountReceived)",
]);

describe("revertWords", () => {
  it("behavior: a message is told with its meaning", () => {
    const data = encodeErrorResult({ abi, errorName: "Error", args: ["Price slippage check"] });
    expect(revertWords(data, "execution reverted")).toEqual({
      reason: "Price slippage check",
      meaning: "the price had moved further than the minimums of the call allow",
    });
  });
  it("behavior: a known error of a contract is named with its numbers", () => {
    const data = encodeErrorResult({ abi, errorName: "MinimumAmountInsufficient", args: [10n, 9n] });
    expect(revertWords(data, "")).toMatchObject({ reason: "MinimumAmountInsufficient(10, 9)" });
    expect(revertWords(encodeErrorResult({ abi, errorName: "Panic", args: [17n] }), "").reason).toBe("panic 17");
  });
  it("behavior: without bytes the node speaks; unknown bytes give their selector", () => {
    expect(revertWords("0x", "out of gas")).toEqual({ reason: "out of gas", meaning: null });
    expect(revertWords("0xdeadbeef", "execution reverted").reason).toContain("0xdeadbeef");
  });
});
