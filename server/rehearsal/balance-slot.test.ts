// Where a balance is kept is found by its answer to many values at once, and never guessed.
import { concatHex, encodeAbiParameters, keccak256, padHex, parseAbiParameters, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { ok } from "@/lib/errors/result";
import type { Address, Hex } from "@/lib/units";
import { findBalanceSlot } from "./balance-slot";
import type { Stage } from "./ports";

const TOKEN: Address = `0x${"0a".repeat(20)}`;
const OWNER: Address = `0x${"0b".repeat(20)}`;

/** A token that answers balanceOf from its storage in its own way; stands in for a node, not for the search. */
function tokenOf(read: (word: (slot: Hex) => bigint) => bigint | null): Pick<Stage, "play"> {
  return {
    play: async (calls, changes = []) => {
      const word = (slot: Hex): bigint =>
        changes.find((each) => each.address === TOKEN && each.slot === slot)?.valueRaw ?? 0n;
      const answer = read(word);
      return ok(
        calls.map(() => ({
          isOk: answer !== null,
          gasUsed: 1n,
          returnData: answer === null ? ("0x" as const) : toHex(answer, { size: 32 }),
          logs: [],
          error: answer === null ? "reverted" : "",
        })),
      );
    },
  };
}

function mapping(slot: bigint): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters("address, uint256"), [OWNER, slot]));
}

describe("findBalanceSlot", () => {
  it("default: mappings of Solidity early and behind a gap, of Vyper, namespaced, and Solady's", async () => {
    const vyper = keccak256(concatHex([toHex(3n, { size: 32 }), padHex(OWNER, { size: 32 })]));
    const namespaced = mapping(0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n);
    const solady = keccak256(concatHex([OWNER, "0x000000000000000087a211a2"]));
    for (const place of [mapping(0n), mapping(9n), mapping(51n), mapping(101n), vyper, namespaced, solady]) {
      expect(
        await findBalanceSlot(
          tokenOf((word) => word(place)),
          TOKEN,
          OWNER,
        ),
      ).toEqual({ ok: true, value: place });
    }
  });

  it("default: a balance packed with a flag in its highest bit, as USDC has it", async () => {
    const packed = tokenOf((word) => word(mapping(9n)) & ((1n << 255n) - 1n));
    expect(await findBalanceSlot(packed, TOKEN, OWNER)).toEqual({ ok: true, value: mapping(9n) });
  });

  it("error: balances that are computed, that do not react, that revert: nothing is found", async () => {
    const none = [
      tokenOf((word) => (word(mapping(2n)) * 3n) / 2n),
      tokenOf((word) => word(mapping(2n)) + 1_000n),
      tokenOf(() => 77n),
      tokenOf(() => 0n),
      tokenOf(() => null),
    ];
    for (const token of none) expect(await findBalanceSlot(token, TOKEN, OWNER)).toEqual({ ok: true, value: null });
  });
});
