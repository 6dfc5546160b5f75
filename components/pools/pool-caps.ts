// Value caps for a pair whose new pool was just looked at: what its depth carries, in the proportions of the defaults.
import { DEFAULT_LIMITS, type PairLimits } from "@/lib/registry/pair-settings";

/** A swap of a tenth of what lies within 1 % of the price moves it by about 0.2 %. */
const TX_FRAC = 0.1;

/** Null when the depth is not known in dollars, or there is none. Never above the defaults. */
export function capsOfDepth(
  depthUsd: number | null,
): Pick<PairLimits, "maxUsdPerTx" | "maxUsdPerPlan" | "maxUsdPerDay"> | null {
  if (depthUsd === null || !Number.isFinite(depthUsd)) return null;
  const perTx = Math.min(DEFAULT_LIMITS.maxUsdPerTx, twoDigits(depthUsd * TX_FRAC));
  if (perTx <= 0) return null;
  return {
    maxUsdPerTx: perTx,
    maxUsdPerPlan: twoDigits((perTx * DEFAULT_LIMITS.maxUsdPerPlan) / DEFAULT_LIMITS.maxUsdPerTx),
    maxUsdPerDay: twoDigits((perTx * DEFAULT_LIMITS.maxUsdPerDay) / DEFAULT_LIMITS.maxUsdPerTx),
  };
}

function twoDigits(usd: number): number {
  return Number(usd.toPrecision(2));
}
