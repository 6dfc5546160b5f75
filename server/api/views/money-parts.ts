// Where a pair's profit and loss comes from since its capital was assigned: fees, price, divergence, swaps and gas, adding up to the net.
import type { LedgerEntry, PlanRecord } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";

/** Signed: what cost is negative, and the first five add up to the net. */
export interface MoneyParts {
  readonly feesUsd: number;
  readonly priceUsd: number;
  readonly divergenceUsd: number;
  readonly swapCostUsd: number;
  readonly gasUsd: number;
  readonly netUsd: number;
  readonly holdUsd: number;
}

export interface PairToken {
  readonly address: string;
  readonly decimals: number;
}

export interface MoneyPartsInput {
  readonly pairId: string;
  readonly base: PairToken;
  readonly quote: PairToken;
  readonly entries: readonly LedgerEntry[];
  readonly plans: readonly PlanRecord[];
  readonly state: WorkerState;
  /** What is between chains is capital too, and no part of the worker's value; null when nothing prices it. */
  readonly inTransitUsd: number | null;
  /** QUOTE per BASE at a market instant; null when the candles do not reach back that far. */
  readonly priceAt: (marketAtMs: number) => number | null;
}

/**
 * Null until the pair has capital and a price. net = value now (positions, their unclaimed fees, idle, in transit) less what was assigned at its
 * price then, less gas; price = what holding the assigned tokens would have made; divergence is what is left after fees, swaps and
 * gas are named, so the parts always add up. USD by the pair's own price and the quote token's USD value now.
 */
export function moneyParts(input: MoneyPartsInput): MoneyParts | null {
  const { state, base, quote, pairId } = input;
  if (state.price === null || state.valueUsd === null || input.inTransitUsd === null) return null;
  const quoteUsd = state.quoteUsd ?? 1;
  const priceNow = state.price;
  const human = (token: string, raw: string): { base: number; quote: number } => {
    const address = token.toLowerCase();
    if (address === base.address.toLowerCase()) return { base: Number(raw) / 10 ** base.decimals, quote: 0 };
    if (address === quote.address.toLowerCase()) return { base: 0, quote: Number(raw) / 10 ** quote.decimals };
    return { base: 0, quote: 0 };
  };
  const wallet = `pair:${pairId}:wallet`;
  let assignedUsd = 0;
  let heldUsd = 0;
  let collectedUsd = 0;
  let hasCapital = false;
  for (const entry of input.entries) {
    if (entry.account !== wallet) continue;
    const amount = human(entry.token, entry.amountRaw);
    if (entry.kind === "assign" || entry.kind === "credit" || entry.kind === "debit" || entry.kind === "opening") {
      const priceThen = input.priceAt(entry.marketAtMs) ?? priceNow;
      assignedUsd += (amount.base * priceThen + amount.quote) * quoteUsd;
      heldUsd += (amount.base * priceNow + amount.quote) * quoteUsd;
      hasCapital = true;
    } else if (entry.kind === "fees") collectedUsd += (amount.base * priceNow + amount.quote) * quoteUsd;
  }
  if (!hasCapital) return null;
  let gasUsd = 0;
  let swapCostUsd = 0;
  for (const record of input.plans) {
    for (const op of record.ops) {
      gasUsd += op.gasUsd ?? 0;
      if (op.kind !== "swap") continue;
      // What left less what came, at the price the plan was made at: fee, impact and slippage together.
      for (const delta of op.deltas) {
        const amount = human(delta.token, delta.amountRaw);
        swapCostUsd -= (amount.base * record.plan.bounds.referencePrice + amount.quote) * quoteUsd;
      }
    }
  }
  // The worker's value counts the unclaimed fees already.
  const netUsd = state.valueUsd + input.inTransitUsd - assignedUsd - gasUsd;
  const feesUsd = collectedUsd + (state.unclaimedFeesUsd ?? 0);
  const priceUsd = heldUsd - assignedUsd;
  return {
    feesUsd,
    priceUsd,
    divergenceUsd: netUsd - feesUsd - priceUsd + swapCostUsd + gasUsd,
    swapCostUsd: 0 - swapCostUsd,
    gasUsd: 0 - gasUsd,
    netUsd,
    holdUsd: priceUsd,
  };
}
