// What a DEX family needs to exist on a devnet chain: its contracts, pools at a price, and how the market's trader reaches them.
import type { TransactionReceipt } from "viem";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { DexEntry, Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { DevnetClient } from "@/server/devnet/chain/client";
import type { CompiledContracts } from "@/server/devnet/chain/compile";

export interface KitCall {
  /** Missing: a contract creation. */
  readonly to?: Address;
  readonly data: Hex;
  readonly valueWei?: bigint;
  /** An unlocked account; missing: the keeper. */
  readonly from?: Address;
  readonly gas?: bigint;
}

export interface KitContext {
  readonly client: DevnetClient;
  readonly rootDir: string;
  readonly compiled: CompiledContracts;
  readonly chainId: number;
  /** Unlocked account that deploys and owns everything. */
  readonly keeper: Address;
  readonly weth: Address;
  /** The chain's canonical Permit2. */
  readonly permit2: Address;
  /** Sends the calls in order and mines them; throws DevnetError naming the first that reverted. */
  send(what: string, calls: readonly KitCall[]): Promise<readonly TransactionReceipt[]>;
}

export interface NewPool {
  /** Pool order: sorted by address, but tokenX and tokenY of a Liquidity Book pair. */
  readonly token0: Address;
  readonly token1: Address;
  readonly feePips: number;
  /** Null for Liquidity Book. */
  readonly tickSpacing: number | null;
  /** Liquidity Book only. */
  readonly binStep: number | null;
  readonly sqrtPriceX96: bigint;
}

/** How the market's trader contract trades a pool: `kind` selects the protocol, `key` is what it needs beside the address. */
export const ORDER_KINDS = { v3: 0, algebra: 1, v4: 2, infinity: 3, liquidityBook: 4 } as const;
export interface OrderTarget {
  readonly kind: (typeof ORDER_KINDS)[keyof typeof ORDER_KINDS];
  readonly target: Address;
  readonly key: Hex;
}

export interface DeployedFamily {
  /** Registry entry with this chain only. */
  readonly dex: DexEntry;
  createPool(input: NewPool): Promise<PoolRef>;
  orderTarget(pool: PoolRef): OrderTarget;
}

export interface FamilyKit {
  readonly family: Family;
  /** Registry id of the devnet's DEX, for example `pancakeswap-v3`. */
  readonly dexId: string;
  readonly name: string;
  readonly variant: string | null;
  /** True where the contracts only imitate the family; shown wherever a pool of it is shown. */
  readonly isStandIn: boolean;
  deploy(context: KitContext): Promise<DeployedFamily>;
}
