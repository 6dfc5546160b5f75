// Kappa in words: the figure, its spread, how much of 72 hours it stands on, and where it comes from.
import { formatAge } from "@/lib/format/age";
import { formatFixed, UNKNOWN } from "@/lib/format/number";

export interface RatesLike {
  readonly source: "measured" | "estimated" | "none";
  readonly kappa: number | null;
  readonly kappaSpread: { readonly min: number; readonly max: number } | null;
  readonly coveredMs: number;
  readonly intervals: number;
}

/** Window kappa is measured over, ms (strategy-carry section 1), and the least of it that counts as measured. */
const WINDOW_MS = 72 * 3_600_000;
const LEAST_MS = 24 * 3_600_000;

/** `1.24`; a dash when nothing is known. */
export function kappaText(rates: RatesLike | null | undefined): string {
  return formatFixed(rates?.kappa, 2);
}

/** `1.18 – 1.31`, or a dash. */
export function kappaSpreadText(rates: RatesLike | null | undefined): string {
  const spread = rates?.kappaSpread ?? null;
  return spread === null ? UNKNOWN : `${formatFixed(spread.min, 2)}\u00a0– ${formatFixed(spread.max, 2)}`;
}

/** One sentence on where the figure comes from. */
export function kappaSourceWords(rates: RatesLike | null | undefined): string {
  if (rates === null || rates === undefined) return "not on record: an older epoch";
  const covered = formatAge(rates.coveredMs);
  switch (rates.source) {
    case "measured":
      return rates.coveredMs >= WINDOW_MS * 0.99
        ? `measured on the chain over ${covered}`
        : `measured on the chain over ${covered} of ${formatAge(WINDOW_MS)}`;
    case "estimated":
      return rates.coveredMs > 0
        ? `estimated from volume and volatility: ${covered} of the ${formatAge(LEAST_MS)} a measurement needs`
        : "estimated from volume and volatility: no samples of this pool yet";
    case "none":
      return `unknown: ${covered} of samples, and no volume to estimate from`;
  }
}

/** What the figure says about providing liquidity in the pool. */
export function kappaMeaning(kappa: number | null | undefined): string {
  if (kappa === null || kappa === undefined || !Number.isFinite(kappa)) return "not known";
  if (kappa >= 1.05) return "paid more than it lost";
  if (kappa > 0.95) return "paid about what it lost";
  return "paid less than it lost";
}
