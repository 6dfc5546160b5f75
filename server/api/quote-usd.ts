// What a token is worth in dollars, by what the workers value positions with now; nothing is asked anew.
import type { Token } from "@/lib/registry/schema";
import type { WorkerState } from "@/lib/api/worker-state";
import { assetOf, type RegistryView } from "@/server/config/registry";

export interface KnownPrice {
  readonly usd: number;
  /** Pair whose worker knows it; null: it is a dollar by its peg. */
  readonly pairId: string | null;
}

/** Older than this a worker's price is no price of now: three block marks of a slow chain. */
const MAX_AGE_MS = 60_000;

/** Null when no pair that runs here prices the token in dollars. */
export function knownUsdPrice(
  token: Pick<Token, "symbol" | "pegCurrency">,
  input: {
    readonly registry: Pick<RegistryView, "pair">;
    readonly workers: ReadonlyMap<string, Pick<WorkerState, "price" | "quoteUsd" | "updatedAtMs">>;
    readonly nowMs: number;
  },
): KnownPrice | null {
  if (token.pegCurrency === "USD") return { usd: 1, pairId: null };
  const asset = assetOf(token.symbol);
  for (const [pairId, { price, quoteUsd, updatedAtMs }] of input.workers) {
    const pair = input.registry.pair(pairId);
    if (pair === null || quoteUsd === null || input.nowMs - updatedAtMs > MAX_AGE_MS) continue;
    const usd =
      assetOf(pair.quote) === asset
        ? quoteUsd
        : assetOf(pair.base) === asset && price !== null
          ? price * quoteUsd
          : null;
    if (usd !== null && Number.isFinite(usd) && usd > 0) return { usd, pairId };
  }
  return null;
}
