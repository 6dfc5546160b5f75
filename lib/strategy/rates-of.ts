// Rates of a pool: the one place where either policy asks what a pool of the snapshot paid and cost.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { AssessedPool } from "./assess-pools";
import { NO_RATES, type PoolRates } from "./pool-rates";

export interface RatesOfInput {
  readonly pool: AssessedPool;
  readonly snapshot: MarketSnapshot;
  /** Yearly volatility of the blended vforce, for an estimate when too little was measured. */
  readonly sigmaPerYear: number;
}

export function ratesOf(_input: RatesOfInput): PoolRates {
  return NO_RATES;
}
