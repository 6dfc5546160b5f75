// What a reading of pools and positions is: one block, each pool by its family's own reads, every failure with its reason.
import type { FamilyReads, LivePool, LivePosition } from "@/lib/actions/family";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import type { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Family } from "@/lib/registry/schema";
import type { BlockRef } from "@/server/infra/chain/clients";

/** Reads of each family; injected, since they live beside what acts on the chain. */
export type ReadsOf = (family: Family) => FamilyReads;

/** Reserves of one Liquidity Book bin, raw, in pool order. */
export interface BinReserves {
  readonly reserve0Raw: bigint;
  readonly reserve1Raw: bigint;
}

/** Five-minute average of a pool's price. */
export interface Twap {
  /** In ticks, in bin ids for Liquidity Book. Null when neither way gave an average; then nothing may be traded on this pool's price. */
  readonly tick: number | null;
  readonly method: "observe" | "timepoints" | "blocks" | "none";
  /** What was read, for people. */
  readonly detail: string;
}

/** One pool as read; everything a snapshot, a price check and a chart need of it. */
export interface PoolReading {
  readonly facts: ResolvedPool;
  readonly ref: PoolRef;
  readonly block: BlockRef;
  readonly live: LivePool;
  readonly frame: PriceFrame;
  /** QUOTE per BASE. */
  readonly price: number;
  readonly twap: Twap;
  /** Tokens held by the pool contract, raw; null where one manager holds the tokens of all its pools. */
  readonly baseRaw: bigint | null;
  readonly quoteRaw: bigint | null;
  /** Liquidity Book only. */
  readonly activeBin: BinReserves | null;
}

export interface PoolReadings {
  readonly block: BlockRef;
  readonly readings: readonly PoolReading[];
  /** Pools that could not be used, with the reason; the others stand. */
  readonly refused: readonly { readonly facts: ResolvedPool; readonly error: ChainError }[];
}

/** A position that is looked for: the pool it was opened in and its token. */
export interface WantedPosition {
  readonly facts: ResolvedPool;
  readonly tokenId: bigint;
}

/** A position with its exact amounts. */
export interface PositionRead {
  readonly facts: ResolvedPool;
  readonly block: BlockRef;
  readonly live: LivePosition;
}

/** The node did not answer, which says nothing about pool or block. */
export function isAway(error: ChainError): boolean {
  return error.code === "unreachable" || error.code === "timeout" || error.code === "stale_head";
}
