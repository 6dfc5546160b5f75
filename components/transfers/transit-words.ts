// Whether a total has what is in transit in it, said beside the total.
import { formatUsd } from "@/lib/format/usd";

/** For a sum that counts transit where it is known. */
export function totalWords(inTransitUsd: number | null): string {
  if (inTransitUsd === null) return "without what is in transit: it cannot be priced now";
  return inTransitUsd > 0 ? `${formatUsd(inTransitUsd)} of it in transit` : "nothing in transit";
}
