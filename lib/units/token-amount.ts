// An amount of one token in raw units; adding amounts of two tokens is refused.
import { invariant } from "@/lib/errors/invariant";
import type { Address } from "./index";

export interface TokenAmount {
  readonly chainId: number;
  readonly token: Address;
  readonly raw: bigint;
}

export function addTokenAmounts(left: TokenAmount, right: TokenAmount): TokenAmount {
  invariant(
    left.chainId === right.chainId && left.token.toLowerCase() === right.token.toLowerCase(),
    "token amounts of different tokens must not be added",
    { left: `${left.chainId}:${left.token}`, right: `${right.chainId}:${right.token}` },
  );
  return { ...left, raw: left.raw + right.raw };
}
