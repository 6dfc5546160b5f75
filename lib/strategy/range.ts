// Range: the price range that forces and parameters ask for, and how far two ranges diverge.
export type MarketType = "bullish" | "bearish" | "neutral";

export interface PriceRange {
  /** Human price, QUOTE per BASE. */
  readonly min: number;
  readonly max: number;
  /** Half-width in log price. */
  readonly width: number;
  /** -1..1, positive leans up. */
  readonly bias: number;
  /** 0..100. */
  readonly confidence: number;
  readonly type: MarketType;
  /** (max - min) / price. */
  readonly breadth: number;
}
