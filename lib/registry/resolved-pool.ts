// A registry pool with everything needed to read it and to act on it: chain, DEX contracts and both tokens by role.
import type { Address } from "@/lib/units";
import type { Chain, Dex, DexContracts, Pool, Token } from "./schema";

export interface ResolvedPool {
  readonly pool: Pool;
  readonly chain: Chain;
  readonly dex: Dex;
  readonly contracts: DexContracts;
  readonly factory: Address;
  readonly positionManager: Address;
  readonly base: Token;
  readonly quote: Token;
  /** BASE sorts below QUOTE as an address, so that it is the pool's token0. */
  readonly baseIsToken0: boolean;
}
