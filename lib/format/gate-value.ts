// A gate's number in the unit the strategy gave it: money, fraction, score, time or count.
import { formatAge } from "./age";
import { formatFixed, formatInteger, isKnown, UNKNOWN } from "./number";
import { formatPercent } from "./percent";
import { formatUsd } from "./usd";

const SMALL_RATIO = 0.1;

/** `0.81`, `3.10 %`, `$0.42`, `13.2 h`; a dash when the gate was not reached. */
export function formatGateValue(value: number | null | undefined, unit: string): string {
  if (!isKnown(value)) return UNKNOWN;
  switch (unit) {
    case "ms":
      return formatAge(value);
    case "usd":
      return formatUsd(value);
    case "usdPerYear":
      return `${formatUsd(value)}/y`;
    case "frac":
      return formatPercent(value);
    case "epoch":
    case "count":
      return formatInteger(value);
    case "ratio":
      // Of prices an hour apart: two decimals would say that value and threshold are both nothing.
      return formatFixed(value, Math.abs(value) < SMALL_RATIO ? 4 : 2);
    default:
      return formatFixed(value, 2);
  }
}
