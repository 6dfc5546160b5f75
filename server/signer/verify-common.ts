// The result of a verification and small helpers that all steps share.
import { isSameAddress } from "@/lib/actions/erc20";
import type { KnownPosition } from "@/lib/api/signer-contract";
import type { Entry } from "@/lib/ledger/entries";
import type { Address, Hex } from "@/lib/units";

/** What a verified bridge operation starts; its pair, plan, source chain and id are the operation's. */
export interface StartedTransfer {
  readonly bridge: string;
  readonly toChainId: number;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** Least that must arrive, as the signed bytes promise it. */
  readonly minAmountOutRaw: bigint;
  readonly sourceTxHash: Hex;
}

export interface Verified {
  readonly deltas: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  readonly entries: readonly Entry[];
  readonly opened: KnownPosition | null;
  readonly closedPositionId: string | null;
  /** A position of which a part was taken out, as it is since then. */
  readonly changed: KnownPosition | null;
  readonly transfer: StartedTransfer | null;
}

export type VerifyResult =
  { readonly ok: true; readonly value: Verified } | { readonly ok: false; readonly reason: string };

export function deltaOf(deltas: ReadonlyMap<Address, bigint>, token: Address): bigint {
  for (const [key, amount] of deltas) if (isSameAddress(key, token)) return amount;
  return 0n;
}

export function listed(deltas: ReadonlyMap<Address, bigint>): { token: Address; amountRaw: bigint }[] {
  return [...deltas].map(([token, amountRaw]) => ({ token, amountRaw }));
}

export function done(value: Pick<Verified, "deltas" | "entries"> & Partial<Verified>): VerifyResult {
  return { ok: true, value: { opened: null, closedPositionId: null, changed: null, transfer: null, ...value } };
}

export function fail(reason: string): VerifyResult {
  return { ok: false, reason };
}
