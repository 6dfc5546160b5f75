// Every AMM family that the devnet can deploy.
import { algebraIntegralKit } from "./algebra-integral";
import { algebraV1Kit } from "./algebra-v1";
import { camelotV3Kit } from "./camelot-v3";
import type { FamilyKit } from "./family-kit";
import { liquidityBook20Kit, liquidityBook21Kit, liquidityBook22Kit } from "./liquidity-book";
import { pancakeswapInfinityKit } from "./pancakeswap-infinity";
import { pancakeswapV3Kit } from "./pancakeswap-v3";
import { ramsesV3Kit } from "./ramses-v3";
import { slipstreamKit } from "./slipstream";
import { uniswapV3Kit } from "./uniswap-v3";
import { uniswapV4Kit } from "./uniswap-v4";

export const FAMILY_KITS: readonly FamilyKit[] = [
  uniswapV3Kit,
  pancakeswapV3Kit,
  algebraIntegralKit,
  uniswapV4Kit,
  slipstreamKit,
  ramsesV3Kit,
  algebraV1Kit,
  camelotV3Kit,
  pancakeswapInfinityKit,
  liquidityBook22Kit,
  liquidityBook21Kit,
  liquidityBook20Kit,
];
