// Economics: what a position of a given size in a given range earns and costs in a pool.

/** Yearly terms of one pool and range (strategy.md section 6). income(x) = R*x/(x+D) - c*x - F. */
export interface PoolTerms {
  /** R: income per year if we owned the whole pool, US dollars. */
  readonly revenueUsdPerYear: number;
  /** D: capital in our shape that equals the liquidity of the others, US dollars. */
  readonly depthUsd: number;
  /** c: cost per unit of capital and year. */
  readonly costPerYear: number;
  /** F: fixed cost per year, US dollars. */
  readonly fixedUsdPerYear: number;
  /** rho: expected share of the horizon spent in range. */
  readonly inRangeFrac: number;
  /** Mean exit time in years: 0 outside, Infinity without volatility. */
  readonly exitYears: number;
  /** max(exit, 12 h) in years. */
  readonly lifeYears: number;
  /** Loss versus rebalancing, fraction of position value per year while in range. */
  readonly lvrPerYear: number;
  readonly baseShareFrac: number;
}

/** One income split the way users see it, US dollars per year. */
export interface IncomeSplit {
  readonly feesUsdPerYear: number;
  readonly lvrUsdPerYear: number;
  /** Swap costs of shifts plus fixed gas. */
  readonly costsUsdPerYear: number;
  readonly netUsdPerYear: number;
  /** net / x; null when x is 0. */
  readonly netAprFrac: number | null;
}
