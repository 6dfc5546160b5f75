// What a transfer says about itself: whole tokens, never raw units, and what is still under way.
import { describe, expect, it } from "vitest";
import { transferDtoSchema, type TransferDto } from "@/lib/api/money-schemas";
import { isUnderWay, transferSentence } from "./transfer-words";

function usdc(raw: string): TransferDto["sent"] {
  return { symbol: "USDC", address: "0x1", decimals: 6, raw };
}

function transfer(change: Partial<TransferDto>): TransferDto {
  return transferDtoSchema.parse({
    transferId: "0x00/1",
    pairId: "WETH-USDC",
    planId: "0x00",
    bridge: "across",
    fromChain: "Alpha",
    toChain: "Beta",
    sent: usdc("1000000000"),
    inTransit: usdc("0"),
    inTransitUsd: 0,
    leastToArrive: usdc("985000000"),
    sourceTxHash: "0xab",
    state: "pending",
    receipts: [],
    startedAtMs: 0,
    updatedAtMs: 0,
    detail: "",
    ...change,
  });
}

const receipt = (kind: "arrival" | "refund", raw: string): TransferDto["receipts"][number] => ({
  kind,
  chain: "Beta",
  txHash: "0xcd",
  amount: usdc(raw),
});

describe("transferSentence", () => {
  it.each([
    [
      transfer({ inTransit: usdc("1000000000") }),
      "Counted as in transit until its receipt on Beta, or a refund on Alpha, is read.",
    ],
    [
      transfer({ state: "done", receipts: [receipt("arrival", "999600000")] }),
      "999.6 USDC arrived on Beta; at least 985 USDC was promised.",
    ],
    [
      transfer({ state: "partial", receipts: [receipt("arrival", "400000000")], inTransit: usdc("600000000") }),
      "400 USDC arrived on Beta, where at least 985 USDC was promised. 600 USDC is still in transit.",
    ],
    [
      transfer({ state: "refunded", receipts: [receipt("refund", "999000000")] }),
      "999 USDC of 1,000 USDC came back on Alpha.",
    ],
    [
      transfer({ state: "failed", detail: "1000000000 of 0xabc written off by 0x12: bridge is gone" }),
      "1,000 USDC left the books, by 0x12: bridge is gone.",
    ],
  ])("behavior: %#", (given, sentence) => {
    expect(transferSentence(given)).toBe(sentence);
    expect(transferSentence(given)).not.toMatch(/\d{7,}/);
  });

  it("behavior: a part that has not arrived is under way, whatever the state is called", () => {
    expect(isUnderWay(transfer({ state: "partial", inTransit: usdc("1") }))).toBe(true);
    expect(isUnderWay(transfer({ state: "done" }))).toBe(false);
  });
});
