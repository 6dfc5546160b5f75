// The words of a failed call.
import { encodeErrorResult, parseAbi } from "viem";
import { expect, it } from "vitest";
import { revertReason } from "./revert-reason";

const ABI = parseAbi(["error Error(string reason)", "error Panic(uint256 code)", "error Own(uint256 value)"]);

it("default: the contract's own words before the node's", () => {
  const text = encodeErrorResult({ abi: ABI, errorName: "Error", args: ["Too little received"] });
  expect(revertReason(text, "execution failed")).toBe("reverted: Too little received");
  expect(revertReason(encodeErrorResult({ abi: ABI, errorName: "Panic", args: [17n] }), undefined)).toBe(
    "reverted: panic 17",
  );
  const own = encodeErrorResult({ abi: ABI, errorName: "Own", args: [1n] });
  expect(revertReason(own, undefined)).toBe(`reverted: custom error ${own.slice(0, 10)}`);
  expect(revertReason("0x", "out of gas")).toBe("out of gas");
  expect(revertReason("0x", undefined)).toBe("reverted without a reason");
});
