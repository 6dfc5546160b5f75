// What each family can do: pure calldata and receipts, and reads of its contracts.
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { FamilyAdapter, FamilyReads } from "@/lib/actions/family";
import type { Family } from "@/lib/registry/schema";
import { algebraIntegralReads } from "./algebra-integral";
import { algebraV1Reads } from "./algebra-v1";
import { camelotV3Reads } from "./camelot-v3";
import { liquidityBookReads } from "./liquidity-book";
import { pancakeswapInfinityReads } from "./pancakeswap-infinity";
import { pancakeswapV3Reads } from "./pancakeswap-v3";
import { ramsesV3Reads } from "./ramses-v3";
import { slipstreamReads } from "./slipstream";
import { uniswapV3Reads } from "./uniswap-v3";
import { uniswapV4Reads } from "./uniswap-v4";

const READS: Readonly<Record<Family, FamilyReads>> = {
  "uniswap-v3": uniswapV3Reads,
  "pancakeswap-v3": pancakeswapV3Reads,
  "algebra-integral": algebraIntegralReads,
  "algebra-v1": algebraV1Reads,
  "camelot-v3": camelotV3Reads,
  slipstream: slipstreamReads,
  "ramses-v3": ramsesV3Reads,
  "uniswap-v4": uniswapV4Reads,
  "pancakeswap-infinity": pancakeswapInfinityReads,
  "liquidity-book": liquidityBookReads,
};

export const FAMILY_ADAPTERS: Readonly<Record<Family, FamilyAdapter>> = {
  "uniswap-v3": adapterOf("uniswap-v3"),
  "pancakeswap-v3": adapterOf("pancakeswap-v3"),
  "algebra-integral": adapterOf("algebra-integral"),
  "algebra-v1": adapterOf("algebra-v1"),
  "camelot-v3": adapterOf("camelot-v3"),
  slipstream: adapterOf("slipstream"),
  "ramses-v3": adapterOf("ramses-v3"),
  "uniswap-v4": adapterOf("uniswap-v4"),
  "pancakeswap-infinity": adapterOf("pancakeswap-infinity"),
  "liquidity-book": adapterOf("liquidity-book"),
};

function adapterOf(family: Family): FamilyAdapter {
  return { actions: FAMILY_ACTIONS[family], reads: READS[family] };
}
