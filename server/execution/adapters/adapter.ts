// What every DEX family must answer about pools, positions and finished operations; calldata is not here (lib/actions).
import type { Result } from "@/lib/errors/result";
import type { ChainError } from "@/lib/errors/tidegate-error";
import type { ApproveStep, BurnStep, MintStep, RevokeStep, SwapStep } from "@/lib/plan/plan";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { BlockRef } from "@/server/infra/chain/clients";

/** Price and liquidity of a pool at one block; minimum amounts are made from this. */
export interface LivePool {
  readonly chainId: number;
  readonly pool: Hex;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidityRaw: bigint;
  readonly feePips: number;
  readonly tickSpacing: number;
  readonly token0: Address;
  readonly token1: Address;
  readonly block: BlockRef;
}

/** One position as the chain holds it; `owner` is null when the token does not exist any more. */
export interface LivePosition {
  readonly chainId: number;
  readonly positionManager: Address;
  readonly tokenId: bigint;
  readonly owner: Address | null;
  readonly token0: Address;
  readonly token1: Address;
  readonly feePips: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidityRaw: bigint;
  readonly owed0Raw: bigint;
  readonly owed1Raw: bigint;
  readonly block: BlockRef;
}

/** A pool the adapter is asked about: the facts of a plan's step suffice. */
export interface PoolAddress {
  readonly chainId: number;
  readonly pool: string;
}

export interface PositionAddress {
  readonly chainId: number;
  readonly positionManager: Address;
  readonly tokenId: bigint;
}

/** A log as a receipt carries it. */
export interface ReceiptLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/** What happened, with the step it was for; amounts are of the receipt, never the desired ones. */
export type FinishedOp =
  | { readonly kind: "burn"; readonly step: BurnStep }
  | {
      readonly kind: "mint";
      readonly step: MintStep;
      readonly tokenId: bigint;
      readonly liquidityRaw: bigint;
    }
  | { readonly kind: "approve"; readonly step: ApproveStep; readonly amountRaw: bigint }
  | { readonly kind: "revoke"; readonly step: RevokeStep }
  | {
      readonly kind: "swap";
      readonly step: SwapStep;
      readonly amountInRaw: bigint;
      readonly minAmountOutRaw: bigint;
      readonly logs: readonly ReceiptLog[];
    };

export type Postcondition =
  { readonly holds: true } | { readonly holds: false; readonly expected: string; readonly found: string };

/** What a mint's receipt says, read from logs of the position manager only. */
export interface MintReceipt {
  readonly tokenId: bigint;
  readonly liquidityRaw: bigint;
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

/** What a burn's receipt says: principal and everything that was paid out (principal and fees). */
export interface BurnReceipt {
  readonly liquidityRaw: bigint;
  readonly principal0Raw: bigint;
  readonly principal1Raw: bigint;
  readonly paid0Raw: bigint;
  readonly paid1Raw: bigint;
}

export interface PositionAdapter {
  readonly family: Family;
  readPool(pool: PoolAddress, block: BlockRef): Promise<Result<LivePool, ChainError>>;
  readPosition(position: PositionAddress, block: BlockRef): Promise<Result<LivePosition, ChainError>>;
  /** Every position of `owner` in a position manager, whoever opened it. An unreadable one is an error, never zero. */
  discoverPositions(
    input: { readonly chainId: number; readonly positionManager: Address; readonly owner: Address },
    block: BlockRef,
  ): Promise<Result<readonly LivePosition[], ChainError>>;
  /** Whether the chain shows the effect of the op at this block (safety.md section 3.4). */
  checkPostcondition(
    input: { readonly op: FinishedOp; readonly wallet: Address },
    block: BlockRef,
  ): Promise<Result<Postcondition, ChainError>>;
  decodeMint(input: {
    readonly logs: readonly ReceiptLog[];
    readonly positionManager: Address;
    readonly wallet: Address;
  }): Result<MintReceipt, ChainError>;
  decodeBurn(input: {
    readonly logs: readonly ReceiptLog[];
    readonly positionManager: Address;
    readonly tokenId: bigint;
  }): Result<BurnReceipt, ChainError>;
}
