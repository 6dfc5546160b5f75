// Allocation: how much capital each pool gets, by equal marginal income over every small enough set of pools.
export interface Allocation {
  /** Sum of incomes, US dollars per year. */
  readonly valueUsdPerYear: number;
  /** US dollars per pool id; only pools that get something. */
  readonly amountsUsd: Readonly<Record<string, number>>;
  readonly cashUsd: number;
  /** Marginal income at which the chosen pools are level. */
  readonly lambda: number;
}
