// Token set: a pair's side may be two tokens (USDC and bridged USDC.e); a plan uses one of them and never mixes or counts them as one.
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { PoolKey } from "@/lib/units";
import { findPool } from "./plan-pool";
import type { BuildPlanInput } from "./plan-request";

/** `WETH/USDC`: the two tokens by their registry symbols, which differ where the contracts do. */
export type TokenSet = string;

export function tokenSetOf({ base, quote }: Pick<ResolvedPool, "base" | "quote">): TokenSet {
  return `${base.symbol}/${quote.symbol}`;
}

/** A pool that the request wants to act on, and the money it is about. */
export interface Wish {
  readonly poolKey: PoolKey;
  readonly usd: number;
}

export function setOfPool(input: BuildPlanInput, key: PoolKey): TokenSet | null {
  const pool = findPool(input, key);
  return pool.ok ? tokenSetOf(pool.value.facts) : null;
}

/** The set of the most money the request opens, else closes; null when it names no pool that is known. */
export function chooseTokenSet(
  input: BuildPlanInput,
  openings: readonly Wish[],
  closings: readonly Wish[],
): TokenSet | null {
  for (const wishes of [openings, closings]) {
    const sums = new Map<TokenSet, number>();
    for (const { poolKey, usd } of wishes) {
      const set = setOfPool(input, poolKey);
      if (set !== null) sums.set(set, (sums.get(set) ?? 0) + usd);
    }
    const [first] = [...sums].toSorted(([one, usd], [other, more]) => more - usd || (one < other ? -1 : 1));
    if (first !== undefined) return first[0];
  }
  return null;
}

/** Words for what another set's pools are left for. */
export function leftForLater(set: TokenSet, others: readonly TokenSet[]): readonly string[] {
  const names = [...new Set(others)].toSorted();
  if (names.length === 0) return [];
  return [
    `This plan uses ${set} only: pools of ${names.join(" and ")} are left to a later plan, because these are other tokens.`,
  ];
}
