// What every DEX family must answer about pools and positions at one block; calldata and receipts are lib/actions, not here.
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";

export type BlockAt = bigint | "latest";

/** The one thing an adapter needs of a chain; throws ChainError, `reverted` when the call itself reverted. */
export interface CallPort {
  call(
    request: { readonly from?: Address; readonly to: Address; readonly data: Hex; readonly valueRaw?: bigint },
    block: BlockAt,
  ): Promise<Hex>;
}

/** Price and liquidity of a pool; minimum amounts are made from this. */
export interface LivePool {
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidityRaw: bigint;
}

/** One position as the chain holds it. */
export interface LivePosition {
  readonly owner: Address;
  readonly token0: Address;
  readonly token1: Address;
  readonly feePips: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidityRaw: bigint;
  readonly owed0Raw: bigint;
  readonly owed1Raw: bigint;
}

/** Injected into the signer for minimums, postconditions and recovery; every method throws ChainError. */
export interface PositionAdapter {
  readonly family: Family;
  readPool(chain: CallPort, pool: Hex, block: BlockAt): Promise<LivePool>;
  /** Null when the token id does not exist (burned or never minted); an error is never null. */
  readPosition(
    chain: CallPort,
    positionManager: Address,
    tokenId: bigint,
    block: BlockAt,
  ): Promise<LivePosition | null>;
  /** Token ids of every position of `wallet`, whoever opened it. */
  listOwned(chain: CallPort, positionManager: Address, wallet: Address, block: BlockAt): Promise<readonly bigint[]>;
  /** What a collect of everything would pay now, called (not sent) as the owner: exact uncollected fees. */
  simulateCollect(
    chain: CallPort,
    input: { readonly positionManager: Address; readonly tokenId: bigint; readonly owner: Address },
    block: BlockAt,
  ): Promise<{ readonly amount0Raw: bigint; readonly amount1Raw: bigint }>;
}
