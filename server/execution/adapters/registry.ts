// The adapters this version can act with, by DEX family.
import type { Family } from "@/lib/registry/schema";
import type { PositionAdapter } from "./adapter";
import { uniswapV3Adapter } from "./uniswap-v3";

export const POSITION_ADAPTERS: ReadonlyMap<Family, PositionAdapter> = new Map([
  [uniswapV3Adapter.family, uniswapV3Adapter],
]);
