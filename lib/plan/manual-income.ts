// Income the model expects of a range an operator chose, by the same terms as every other range.
import { humanLiquidity } from "@/lib/amm/human-units";
import type { MarketSnapshot, PoolState } from "@/lib/market/snapshot";
import {
  computePoolTerms,
  computeVolumeUsdPerDay,
  depthOfLiquidityUsd,
  depthOfTvlUsd,
  splitIncome,
  type StrategyParams,
} from "@/lib/strategy/index";
import type { IncomeLine } from "./cost";

export interface ManualIncomeInput {
  readonly snapshot: Pick<MarketSnapshot, "price" | "quoteUsd" | "isStablePair">;
  readonly params: StrategyParams;
  readonly sigmaPerYear: number;
  readonly pool: PoolState;
  /** Effective range, QUOTE per BASE. */
  readonly range: { readonly min: number; readonly max: number };
  readonly amountUsd: number;
}

/** Yearly income at the size the position has (strategy.md section 6), US dollars. */
export function manualIncome(input: ManualIncomeInput): IncomeLine {
  const { snapshot, params, pool, range } = input;
  const { price, quoteUsd } = snapshot;
  const depthUsd =
    pool.kind === "bins" || pool.activeLiquidityRaw === null
      ? depthOfTvlUsd(pool.tvlUsd ?? Number.NaN, price, range, snapshot.isStablePair ? "pegged" : "other")
      : depthOfLiquidityUsd(
          humanLiquidity(
            pool.activeLiquidityRaw - pool.ownLiquidityInRangeRaw,
            pool.base.decimals,
            pool.quote.decimals,
          ),
          price,
          range,
          quoteUsd,
        );
  const feeFrac = pool.feePips / 1_000_000;
  const terms = computePoolTerms({
    price,
    range,
    sigmaPerYear: input.sigmaPerYear,
    depthUsd,
    volumeUsdPerDay: computeVolumeUsdPerDay({ h1: pool.volumeH1Usd, h6: pool.volumeH6Usd, h24: pool.volumeH24Usd }),
    feeFrac,
    protocolShareFrac: pool.protocolShareFrac,
    swapCostFrac: params.routerFeeFrac + (params.swapPoolFeeFrac ?? feeFrac) + params.expectedSlippageFrac,
    gasRsUsd: pool.gasRsUsd,
    gasOpenUsd: pool.gasOpenUsd,
    isOpen: true,
    amortizeDays: params.amortizeDays,
  });
  const { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear } = splitIncome(terms, input.amountUsd);
  return { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear, inRangeFrac: terms.inRangeFrac };
}
