// Permit2 calldata: exact and short-lived amounts only, there and back; everything else refused.
import * as fc from "fast-check";
import { encodeAbiParameters, encodeFunctionData, parseAbiParameters } from "viem";
import { describe, expect, it } from "vitest";
import type { Address } from "@/lib/units";
import { TEST_SEED } from "@/tests/support/seed";
import {
  PERMIT2_ABI,
  decodePermit2Allowance,
  decodePermit2Approve,
  encodePermit2Approve,
  encodePermit2Revoke,
  isBoundedPermit2Approval,
  permit2ExpirationSec,
} from "./permit2";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const [TOKEN, SPENDER, PERMIT2] = [address("11"), address("22"), address("33")];
const MAX_160 = (1n << 160n) - 1n;
const DEADLINE = 1_800_000_000n;

const endless = (amount: bigint, expiration: number) =>
  encodeFunctionData({ abi: PERMIT2_ABI, functionName: "approve", args: [TOKEN, SPENDER, amount, expiration] });

describe("permit2", () => {
  it(`default: an approval decodes to what was encoded (seed ${TEST_SEED})`, () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: MAX_160 - 1n }),
        fc.bigInt({ min: 0n, max: (1n << 48n) - 2n }),
        (amountRaw, expirationSec) => {
          const approval = { token: TOKEN, spender: SPENDER, amountRaw, expirationSec };
          const tx = encodePermit2Approve(PERMIT2, approval);
          expect(tx.to).toBe(PERMIT2);
          expect(decodePermit2Approve(tx.data)).toEqual(approval);
        },
      ),
      { seed: TEST_SEED },
    );
  });

  it("protection: endless amounts and times are neither written nor read", () => {
    expect(decodePermit2Approve(endless(MAX_160, 1))).toBeNull();
    expect(decodePermit2Approve(endless(1n, 2 ** 48 - 1))).toBeNull();
    expect(decodePermit2Approve(`${endless(1n, 1)}00`)).toBeNull();
    expect(() =>
      encodePermit2Approve(PERMIT2, { token: TOKEN, spender: SPENDER, amountRaw: MAX_160, expirationSec: 1n }),
    ).toThrow();
  });

  it("boundary: an approval of a plan ends at most ten minutes after its deadline; a revocation has no time", () => {
    const approval = { token: TOKEN, spender: SPENDER, amountRaw: 5n, expirationSec: permit2ExpirationSec(DEADLINE) };
    expect(approval.expirationSec).toBe(DEADLINE + 600n);
    expect(isBoundedPermit2Approval(approval, DEADLINE)).toBe(true);
    expect(isBoundedPermit2Approval({ ...approval, expirationSec: DEADLINE + 601n }, DEADLINE)).toBe(false);
    // Permit2 reads 0 as "now", which a plan never means.
    expect(isBoundedPermit2Approval({ ...approval, expirationSec: 0n }, DEADLINE)).toBe(false);
    const revoked = decodePermit2Approve(encodePermit2Revoke(PERMIT2, TOKEN, SPENDER).data);
    expect(revoked).toEqual({ token: TOKEN, spender: SPENDER, amountRaw: 0n, expirationSec: 0n });
    expect(revoked !== null && isBoundedPermit2Approval(revoked, DEADLINE)).toBe(true);
  });

  it("default: an allowance read decodes; other answers are null", () => {
    const answer = encodeAbiParameters(parseAbiParameters("uint160, uint48, uint48"), [7n, 99, 1]);
    expect(decodePermit2Allowance(answer)).toEqual({ amountRaw: 7n, expirationSec: 99n });
    expect(decodePermit2Allowance("0x")).toBeNull();
  });
});
