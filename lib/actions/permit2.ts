// Permit2 calldata: an exact, short-lived allowance for one spender, its revocation, and the answer of an allowance read.
import { decodeFunctionData, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { Address, Hex } from "@/lib/units";
import { lowerAddress } from "./erc20";
import type { TxCall } from "./family";

export const PERMIT2_ABI = parseAbi([
  "function approve(address token, address spender, uint160 amount, uint48 expiration)",
  "function allowance(address owner, address token, address spender) view returns (uint160 amount, uint48 expiration, uint48 nonce)",
]);

const MAX_UINT160 = (1n << 160n) - 1n;
const MAX_UINT48 = (1n << 48n) - 1n;
/** How long after the plan's deadline an allowance may live at most. */
const GRACE_SEC = 600n;

export interface Permit2Approval {
  readonly token: Address;
  readonly spender: Address;
  readonly amountRaw: bigint;
  /** Chain time, unix seconds. Permit2 reads 0 as "this block only"; a revocation sets amount and expiration to 0. */
  readonly expirationSec: bigint;
}

/** Latest expiration that an approval of a plan may have: its deadline and ten minutes. */
export function permit2ExpirationSec(deadlineSec: bigint): bigint {
  const expirationSec = deadlineSec + GRACE_SEC;
  invariant(
    deadlineSec > 0n && expirationSec < MAX_UINT48,
    "a Permit2 approval needs the deadline of its plan in unix seconds",
    {
      deadlineSec,
    },
  );
  return expirationSec;
}

/** Whether an approval is one that a plan with this deadline may send: an exact amount that ends with the plan, or nothing at all. */
export function isBoundedPermit2Approval(approval: Permit2Approval, deadlineSec: bigint): boolean {
  if (approval.amountRaw === 0n) return approval.expirationSec === 0n;
  return (
    approval.amountRaw < MAX_UINT160 &&
    approval.expirationSec > 0n &&
    approval.expirationSec <= permit2ExpirationSec(deadlineSec)
  );
}

/** `permit2.approve(token, spender, amount, expiration)`; Permit2 treats the greatest amount as endless, so it is refused here. */
export function encodePermit2Approve(permit2: Address, approval: Permit2Approval): TxCall {
  const { token, spender, amountRaw, expirationSec } = approval;
  invariant(amountRaw >= 0n && amountRaw < MAX_UINT160, "a Permit2 allowance is an exact amount below 2^160 - 1", {
    amountRaw,
  });
  invariant(expirationSec >= 0n && expirationSec < MAX_UINT48, "a Permit2 allowance ends at a time below 2^48 - 1", {
    expirationSec,
  });
  return {
    to: lowerAddress(permit2),
    data: encodeFunctionData({
      abi: PERMIT2_ABI,
      functionName: "approve",
      args: [token, spender, amountRaw, Number(expirationSec)],
    }),
    valueRaw: 0n,
  };
}

export function encodePermit2Revoke(permit2: Address, token: Address, spender: Address): TxCall {
  return encodePermit2Approve(permit2, { token, spender, amountRaw: 0n, expirationSec: 0n });
}

/** Null for anything that is not exactly an `approve` of Permit2, and for endless amounts and times. */
export function decodePermit2Approve(data: Hex): Permit2Approval | null {
  try {
    const decoded = decodeFunctionData({ abi: PERMIT2_ABI, data });
    if (decoded.functionName !== "approve") return null;
    const [token, spender, amountRaw, expiration] = decoded.args;
    const approval: Permit2Approval = {
      token: lowerAddress(token),
      spender: lowerAddress(spender),
      amountRaw,
      expirationSec: BigInt(expiration),
    };
    return encodePermit2Approve(token, approval).data === data.toLowerCase() ? approval : null;
  } catch {
    return null;
  }
}

export function encodePermit2Allowance(owner: Address, token: Address, spender: Address): Hex {
  return encodeFunctionData({ abi: PERMIT2_ABI, functionName: "allowance", args: [owner, token, spender] });
}

export interface Permit2Allowance {
  readonly amountRaw: bigint;
  readonly expirationSec: bigint;
}

/** Answer of an allowance read; null when it has another form. An allowance whose expiration has passed gives nothing. */
export function decodePermit2Allowance(data: Hex): Permit2Allowance | null {
  try {
    const [amountRaw, expiration] = decodeFunctionResult({ abi: PERMIT2_ABI, functionName: "allowance", data });
    return { amountRaw, expirationSec: BigInt(expiration) };
  } catch {
    return null;
  }
}
