// Position: one of our liquidity positions, the same shape for every DEX family, and what its range means as prices.
import type { BinRange, ObservedPosition, PositionRange, TickRange } from "@/lib/market/snapshot";

/** A position is what the chain showed: identity, range (ticks or bins), liquidity, amounts and fees in raw units. */
export type Position = ObservedPosition;
export type { BinRange, PositionRange, TickRange };

/** Effective range of a position in human price, QUOTE per BASE; `min < max` for every position a pool accepts. */
export interface EffectiveRange {
  readonly min: number;
  readonly max: number;
}
