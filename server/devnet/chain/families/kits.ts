// Every AMM family that the devnet can deploy.
import { algebraIntegralKit } from "./algebra-integral";
import type { FamilyKit } from "./family-kit";
import { pancakeswapV3Kit } from "./pancakeswap-v3";
import { uniswapV3Kit } from "./uniswap-v3";
import { uniswapV4Kit } from "./uniswap-v4";

export const FAMILY_KITS: readonly FamilyKit[] = [uniswapV3Kit, pancakeswapV3Kit, algebraIntegralKit, uniswapV4Kit];
