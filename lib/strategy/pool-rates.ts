// Pool rates: what a unit of others' liquidity earned and lost in a pool, and kappa, the one over the other.

/** All per unit of others' human liquidity and year (strategy-carry section 1). */
export interface PoolRates {
  /** `measured` needs 24 h of intervals; `estimated` comes from volume and volatility; `none` says nothing. */
  readonly source: "measured" | "estimated" | "none";
  /** f: fees, quote per unit of liquidity and year; null for `none`. */
  readonly feePerLiquidityYear: number | null;
  /** l: loss-versus-rebalancing, quote per unit of liquidity and year; null for `none`. */
  readonly lossPerLiquidityYear: number | null;
  /** f / l; null when it is not measured or estimated. */
  readonly kappa: number | null;
  /** Least and largest kappa of the sampling grids; null unless at least two are measured. */
  readonly kappaSpread: { readonly min: number; readonly max: number } | null;
  /** Yearly volatility the pool's own price showed: sqrt(4 l / s). */
  readonly sigmaPerYear: number | null;
  /** Square root of the human price, QUOTE per BASE, of the newest sample. */
  readonly sqrtPrice: number | null;
  /** Human liquidity of others. */
  readonly othersLiquidity: number | null;
  /** Time the intervals cover, ms, and how many there are. */
  readonly coveredMs: number;
  readonly intervals: number;
}

export const NO_RATES: PoolRates = {
  source: "none",
  feePerLiquidityYear: null,
  lossPerLiquidityYear: null,
  kappa: null,
  kappaSpread: null,
  sigmaPerYear: null,
  sqrtPrice: null,
  othersLiquidity: null,
  coveredMs: 0,
  intervals: 0,
};
