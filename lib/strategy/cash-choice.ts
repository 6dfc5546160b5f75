// Cash choice: which pool came closest to being worth it when all capital stays cash, and by how much it falls short.
import type { Allocation } from "./allocation";
import { standaloneAmountUsd } from "./allocation";
import { toAllocationPool, type AssessedPool } from "./assess-pools";
import { splitIncome } from "./economics";
import type { CashChoice } from "./evaluation";
import type { StrategyParams } from "./params";

export interface CashChoiceInput {
  readonly assessed: readonly AssessedPool[];
  readonly allocation: Allocation;
  readonly deployableUsd: number;
  readonly params: StrategyParams;
}

const NO_POOL: CashChoice = {
  nearestPoolKey: null,
  nearestNetUsdPerYear: null,
  nearestUsd: null,
  shortfallFrac: null,
};

/** Null when capital is deployed or cash is not allowed. Nearest = least shortfall per unit of capital at the pool's own best amount. */
export function chooseCash(input: CashChoiceInput): CashChoice | null {
  const { assessed, allocation, deployableUsd, params } = input;
  if (!params.allowCash || Object.keys(allocation.amountsUsd).length > 0) return null;
  let nearest = NO_POOL;
  for (const pool of assessed) {
    const { terms, state } = pool;
    if (pool.exclusion !== null || terms === null) continue;
    // The pool's own best amount: its least one when every amount loses more than the one below.
    const amountUsd = standaloneAmountUsd(toAllocationPool(pool, deployableUsd, params), deployableUsd);
    const netUsd = amountUsd > 0 ? Math.min(0, splitIncome(terms, amountUsd).netUsdPerYear) : Number.NaN;
    const shortfallFrac = -netUsd / amountUsd + 0;
    if (!Number.isFinite(shortfallFrac)) continue;
    const known = nearest.shortfallFrac ?? Number.POSITIVE_INFINITY;
    const isTie = shortfallFrac === known && nearest.nearestPoolKey !== null && state.poolKey < nearest.nearestPoolKey;
    if (!(shortfallFrac < known) && !isTie) continue;
    nearest = { nearestPoolKey: state.poolKey, nearestNetUsdPerYear: netUsd, nearestUsd: amountUsd, shortfallFrac };
  }
  return nearest;
}
