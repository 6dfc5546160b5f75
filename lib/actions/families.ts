// Calldata and receipts of every family, by its name.
import { InvariantError } from "@/lib/errors/invariant";
import type { Family } from "@/lib/registry/schema";
import type { FamilyActions } from "./family";
import { uniswapV3Actions } from "./uniswap-v3";

export const FAMILY_ACTIONS: Readonly<Record<Family, FamilyActions>> = {
  "uniswap-v3": uniswapV3Actions,
  "pancakeswap-v3": refusing("pancakeswap-v3"),
  "algebra-integral": refusing("algebra-integral"),
  "algebra-v1": refusing("algebra-v1"),
  "camelot-v3": refusing("camelot-v3"),
  slipstream: refusing("slipstream"),
  "ramses-v3": refusing("ramses-v3"),
  "uniswap-v4": refusing("uniswap-v4"),
  "pancakeswap-infinity": refusing("pancakeswap-infinity"),
  "liquidity-book": refusing("liquidity-book"),
};

/** Stands for a family whose file is not there yet. */
function refusing(family: Family): FamilyActions {
  const refuse = (): never => {
    throw new InvariantError("this family can be acted on", { family });
  };
  return {
    family,
    mintGrants: refuse,
    exitGrants: refuse,
    boundMint: refuse,
    boundExit: refuse,
    encodeMint: refuse,
    decodeMint: refuse,
    encodeExit: refuse,
    decodeExit: refuse,
    decodeMintResult: refuse,
    decodeExitResult: refuse,
    decodeMintReceipt: refuse,
    decodeExitReceipt: refuse,
  };
}
