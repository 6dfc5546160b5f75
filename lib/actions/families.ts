// Calldata and receipts of every family, by its name.
import type { Family } from "@/lib/registry/schema";
import type { FamilyActions } from "./family";
import { algebraIntegralActions } from "./algebra-integral";
import { algebraV1Actions } from "./algebra-v1";
import { camelotV3Actions } from "./camelot-v3";
import { liquidityBookActions } from "./liquidity-book";
import { pancakeswapInfinityActions } from "./pancakeswap-infinity";
import { pancakeswapV3Actions } from "./pancakeswap-v3";
import { ramsesV3Actions } from "./ramses-v3";
import { slipstreamActions } from "./slipstream";
import { uniswapV3Actions } from "./uniswap-v3";
import { uniswapV4Actions } from "./uniswap-v4";

export const FAMILY_ACTIONS: Readonly<Record<Family, FamilyActions>> = {
  "uniswap-v3": uniswapV3Actions,
  "pancakeswap-v3": pancakeswapV3Actions,
  "algebra-integral": algebraIntegralActions,
  "algebra-v1": algebraV1Actions,
  "camelot-v3": camelotV3Actions,
  slipstream: slipstreamActions,
  "ramses-v3": ramsesV3Actions,
  "uniswap-v4": uniswapV4Actions,
  "pancakeswap-infinity": pancakeswapInfinityActions,
  "liquidity-book": liquidityBookActions,
};
