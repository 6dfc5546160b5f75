// Bridge cost: what a reallocation must move between chains, and what that takes by the last quotes or by a careful figure.
import type { BridgeTerms } from "@/lib/market/snapshot";

/** A transfer below this is not worth its transactions: the least pool amount of strategy.md section 7, US dollars. */
export const MIN_TRANSFER_USD = 50;
/**
 * Where no quote is known: 0.25 % of the service and 0.1 % of the bridge, and one US dollar for gas and message fees. Choice, above
 * what the bridges we allow take between rollups, so that a first transfer is never entered for too small a gain.
 */
const CAREFUL_FEE_FRAC = 0.0035;
const CAREFUL_FIXED_USD = 1;

/** US dollars a chain has for its targets, and what these need. */
export interface ChainBudget {
  readonly chainId: number;
  readonly haveUsd: number;
  readonly needUsd: number;
}

interface ChainTransfer {
  readonly fromChainId: number;
  readonly toChainId: number;
  readonly amountUsd: number;
}

/** Largest shortfall first, filled from the largest surplus, as the plan does it: no more than the difference moves. */
export function transfersBetween(budgets: readonly ChainBudget[]): readonly ChainTransfer[] {
  const left = new Map(budgets.map(({ chainId, haveUsd, needUsd }) => [chainId, haveUsd - needUsd]));
  const spareOf = (chainId: number): number => left.get(chainId) ?? 0;
  const short = budgets
    .filter(({ haveUsd, needUsd }) => needUsd - haveUsd >= MIN_TRANSFER_USD)
    .toSorted((a, b) => b.needUsd - b.haveUsd - (a.needUsd - a.haveUsd) || a.chainId - b.chainId);
  const transfers: ChainTransfer[] = [];
  for (const { chainId: toChainId, haveUsd, needUsd } of short) {
    let missingUsd = needUsd - haveUsd;
    const givers = budgets
      .map(({ chainId }) => chainId)
      .filter((chainId) => spareOf(chainId) >= MIN_TRANSFER_USD)
      .toSorted((a, b) => spareOf(b) - spareOf(a) || a - b);
    for (const fromChainId of givers) {
      const amountUsd = Math.min(missingUsd, spareOf(fromChainId));
      if (amountUsd < MIN_TRANSFER_USD) break;
      transfers.push({ fromChainId, toChainId, amountUsd });
      left.set(fromChainId, spareOf(fromChainId) - amountUsd);
      missingUsd -= amountUsd;
    }
  }
  return transfers;
}

/** Fee by the last quote of that way, else by the careful figure. */
export function bridgeCostUsd(transfers: readonly ChainTransfer[], known: readonly BridgeTerms[]): number {
  return transfers.reduce((sum, { fromChainId, toChainId, amountUsd }) => {
    const terms = known.find((each) => each.fromChainId === fromChainId && each.toChainId === toChainId);
    const feeFrac = terms?.feeFrac ?? CAREFUL_FEE_FRAC;
    return sum + amountUsd * feeFrac + (terms?.fixedUsd ?? CAREFUL_FIXED_USD);
  }, 0);
}
