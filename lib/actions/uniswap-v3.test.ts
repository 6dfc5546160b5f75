// Calldata goes there and back unchanged; receipts are read from the expected contract only.
import { encodeAbiParameters, encodeEventTopics, padHex, toHex, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import type { Address } from "@/lib/units";
import { TRANSFER_TOPIC, decodeApprove, encodeApprove, walletDeltas, type TxLog } from "./erc20";
import {
  POSITION_MANAGER_WRITE_ABI,
  decodeBurn,
  decodeBurnReceipt,
  decodeMint,
  decodeMintReceipt,
  encodeBurn,
  encodeMint,
} from "./uniswap-v3";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const MANAGER = address("d1");
const STRANGER = address("d2");
const WALLET = address("aa");

function topic(value: Address | bigint): Hex {
  return padHex(typeof value === "bigint" ? toHex(value) : value, { size: 32 });
}

function nftMinted(emitter: Address, to: Address, tokenId: bigint): TxLog {
  return { address: emitter, topics: [TRANSFER_TOPIC, topic(address("00")), topic(to), topic(tokenId)], data: "0x" };
}

function managerEvent(emitter: Address, name: "IncreaseLiquidity" | "DecreaseLiquidity", tokenId: bigint): TxLog {
  const [signature] = encodeEventTopics({ abi: POSITION_MANAGER_WRITE_ABI, eventName: name, args: { tokenId } });
  return {
    address: emitter,
    topics: [typeof signature === "string" ? signature : "0x", topic(tokenId)],
    data: encodeAbiParameters([{ type: "uint128" }, { type: "uint256" }, { type: "uint256" }], [7n, 100n, 200n]),
  };
}

function collected(emitter: Address, tokenId: bigint): TxLog {
  const [signature] = encodeEventTopics({ abi: POSITION_MANAGER_WRITE_ABI, eventName: "Collect", args: { tokenId } });
  return {
    address: emitter,
    topics: [typeof signature === "string" ? signature : "0x", topic(tokenId)],
    data: encodeAbiParameters([{ type: "address" }, { type: "uint256" }, { type: "uint256" }], [WALLET, 103n, 204n]),
  };
}

const transfer = (emitter: Address, from: Address, to: Address, amount: bigint): TxLog => ({
  address: emitter,
  topics: [TRANSFER_TOPIC, topic(from), topic(to)],
  data: padHex(toHex(amount), { size: 32 }),
});

describe("uniswap-v3 actions", () => {
  it("default: burn and mint decode to what was encoded; other bytes decode to null", () => {
    const burn = {
      tokenId: 9n,
      liquidityRaw: 5n,
      amount0MinRaw: 1n,
      amount1MinRaw: 2n,
      recipient: WALLET,
      deadlineSec: 99n,
    };
    const back = decodeBurn(encodeBurn(burn));
    expect({ ...back, recipient: back?.recipient.toLowerCase() }).toEqual(burn);
    const mint = {
      token0: address("01"),
      token1: address("02"),
      feePips: 500,
      tickLower: -10,
      tickUpper: 20,
      amount0DesiredRaw: 3n,
      amount1DesiredRaw: 4n,
      amount0MinRaw: 1n,
      amount1MinRaw: 2n,
      recipient: WALLET,
      deadlineSec: 99n,
    };
    const decoded = decodeMint(encodeMint(mint));
    expect(decoded?.tickLower).toBe(-10);
    expect(decoded?.recipient.toLowerCase()).toBe(WALLET);
    expect(decodeMint(`${encodeMint(mint)}00`)).toBeNull();
    expect(decodeBurn(encodeMint(mint))).toBeNull();
    expect(decodeApprove(encodeApprove(MANAGER, 5n))?.amountRaw).toBe(5n);
    expect(decodeApprove(`${encodeApprove(MANAGER, 5n)}ff`)).toBeNull();
  });

  it("behavior: an NFT or event of another contract is never taken for ours", () => {
    const honest = [nftMinted(MANAGER, WALLET, 5n), managerEvent(MANAGER, "IncreaseLiquidity", 5n)];
    const lies = [nftMinted(STRANGER, WALLET, 4n), managerEvent(STRANGER, "IncreaseLiquidity", 5n)];
    expect(decodeMintReceipt([...lies, ...honest], MANAGER, WALLET)).toEqual({
      tokenId: 5n,
      liquidityRaw: 7n,
      amount0Raw: 100n,
      amount1Raw: 200n,
    });
    expect(decodeMintReceipt(lies, MANAGER, WALLET)).toBeNull();
    expect(
      decodeMintReceipt(
        [nftMinted(MANAGER, STRANGER, 5n), honest[1] ?? lies[1]].flatMap((x) => x ?? []),
        MANAGER,
        WALLET,
      ),
    ).toBeNull();
    const burned = [
      managerEvent(MANAGER, "DecreaseLiquidity", 5n),
      collected(MANAGER, 5n),
      collected(STRANGER, 5n),
      collected(MANAGER, 6n),
    ];
    expect(decodeBurnReceipt(burned, MANAGER, 5n)).toEqual({
      liquidityRaw: 7n,
      principal0Raw: 100n,
      principal1Raw: 200n,
      paid0Raw: 103n,
      paid1Raw: 204n,
    });
    expect(decodeBurnReceipt(burned, MANAGER, 7n)).toBeNull();
  });

  it("behavior: wallet deltas count expected tokens only and ignore NFT transfers", () => {
    const token = address("01");
    const deltas = walletDeltas(
      [
        transfer(token, STRANGER, WALLET, 10n),
        transfer(token, WALLET, STRANGER, 3n),
        transfer(STRANGER, STRANGER, WALLET, 1_000n),
        transfer(token, WALLET, WALLET, 50n),
        nftMinted(token, WALLET, 5n),
      ],
      [token],
      WALLET,
    );
    expect([...deltas]).toEqual([[token, 7n]]);
  });
});
