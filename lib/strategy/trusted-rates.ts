// Trusted rates: of what a pool measurably paid and cost, what a decision may count on.
import type { MarketSnapshot, PoolState } from "@/lib/market/snapshot";
import type { CarryParams } from "./params";
import type { PoolRates } from "./pool-rates";
import { recentRatesOf } from "./rates-of";

/** Of the two windows the one that measured a lower kappa: a market that turns is seen a day later by the long one. */
export function cautiousRates(
  state: PoolState,
  snapshot: MarketSnapshot,
  { cautiousHours }: CarryParams,
  rates: PoolRates,
): PoolRates {
  if (!(cautiousHours > 0) || rates.source !== "measured") return rates;
  const recent = recentRatesOf(state, snapshot, cautiousHours);
  return recent.source === "measured" && (recent.kappa ?? Number.POSITIVE_INFINITY) < (rates.kappa ?? 0)
    ? recent
    : rates;
}

/** Fees that are counted on, per unit of liquidity and year: kappa's distance from 1 counts by `trust`, losses in full. NaN when unknown. */
export function trustedFee(rates: PoolRates, trust: number): number {
  const { feePerLiquidityYear: fee, lossPerLiquidityYear: loss } = rates;
  if (fee === null || loss === null) return Number.NaN;
  return trust < 1 ? loss + trust * (fee - loss) : fee;
}
