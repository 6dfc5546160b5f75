// Verdict of the search for parameters, and the choice to stay in cash, as sentences.
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatInteger } from "@/lib/format/number";
import { formatSignedPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";

type Tuning = NonNullable<EpochRecord["tuning"]>;

export function tuningSentence(tuning: Tuning): string {
  switch (tuning.verdict) {
    case "accepted":
      return "Accepted: on bars it never saw, the best point did better than the parameters before.";
    case "kept_incumbent":
      return "Kept the parameters before: on bars it never saw, the best point did not do better.";
    case "defaults":
      return "The defaults serve: nothing that was found did better on bars the search never saw.";
    case "too_few_bars":
      return `Not searched: ${formatInteger(tuning.bars)} bars of history, 960 are needed (10 days). The defaults serve.`;
  }
}

/** `Stays cash: nearest was Uniswap V3 0.05 % at −0.8 %/year on $10,000`; null when it does not stay cash by choice. */
export function cashSentence(
  record: Pick<EpochRecord, "cash" | "pools">,
  poolName: (pool: EpochRecord["pools"][number]) => string,
): string | null {
  const cash = record.cash ?? null;
  if (cash === null) return null;
  const pool = record.pools.find((each) => each.poolKey === cash.nearestPoolKey);
  if (cash.nearestPoolKey === null) return "Stays cash: no pool could be weighed.";
  const name = pool === undefined ? cash.nearestPoolKey : poolName(pool);
  const { nearestNetUsdPerYear, nearestUsd, shortfallFrac } = cash;
  const rate =
    shortfallFrac !== null
      ? -Math.abs(shortfallFrac)
      : nearestNetUsdPerYear !== null && nearestUsd !== null && nearestUsd > 0
        ? nearestNetUsdPerYear / nearestUsd
        : null;
  const size = nearestUsd === null ? "" : ` on ${formatUsd(nearestUsd)}`;
  return `Stays cash: nearest was ${name} at ${formatSignedPercent(rate, 1)}/year${size}.`;
}
