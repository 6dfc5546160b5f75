// Approvals go there and back unchanged; balance changes count the expected tokens only.
import { getAddress, padHex, toHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import type { Address, Hex } from "@/lib/units";
import { TRANSFER_TOPIC, decodeApprove, encodeApprove, walletDeltas, type TxLog } from "./erc20";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const STRANGER = address("d2");
const WALLET = address("aa");
const TOKEN = address("01");

function topic(value: Address | bigint): Hex {
  return padHex(typeof value === "bigint" ? toHex(value) : value, { size: 32 });
}

const transfer = (emitter: Address, from: Address, to: Address, amount: bigint): TxLog => ({
  address: emitter,
  topics: [TRANSFER_TOPIC, topic(from), topic(to)],
  data: padHex(toHex(amount), { size: 32 }),
});

describe("erc20 actions", () => {
  it("default: an approval decodes to what was encoded; other bytes decode to null", () => {
    expect(decodeApprove(encodeApprove(STRANGER, 5n))).toEqual({ spender: getAddress(STRANGER), amountRaw: 5n });
    expect(decodeApprove(`${encodeApprove(STRANGER, 5n)}ff`)).toBeNull();
    expect(decodeApprove("0x095ea7b3")).toBeNull();
  });

  it("behavior: wallet deltas count expected tokens only and ignore NFT transfers", () => {
    const nft: TxLog = {
      address: TOKEN,
      topics: [TRANSFER_TOPIC, topic(zeroAddress), topic(WALLET), topic(5n)],
      data: "0x",
    };
    const deltas = walletDeltas(
      [
        transfer(TOKEN, STRANGER, WALLET, 10n),
        transfer(TOKEN, WALLET, STRANGER, 3n),
        transfer(STRANGER, STRANGER, WALLET, 1_000n),
        transfer(TOKEN, WALLET, WALLET, 50n),
        nft,
      ],
      [TOKEN],
      WALLET,
    );
    expect([...deltas]).toEqual([[TOKEN, 7n]]);
  });
});
