// Flows of one epoch in US dollars (strategy.md section 12): positions compared with the epoch before, plus what execution cost.
import { humanAmount, humanLiquidity } from "@/lib/amm/human-units";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { computeEpochPnl } from "@/lib/portfolio/pnl";
import { effectiveRangeOf } from "@/lib/portfolio/position";
import type { Fetched } from "./steps/fetch";

export type EpochFlows = NonNullable<EpochRecord["flows"]>;

/** What an epoch leaves for the next one to compare with. */
export interface FlowBook {
  readonly price: number;
  readonly positions: readonly { readonly position: ObservedPosition; readonly pool: PoolState }[];
}

export function openFlowBook(fetched: Fetched): FlowBook {
  const pools = new Map(fetched.snapshot.pools.map((pool) => [pool.poolKey, pool]));
  return {
    price: fetched.snapshot.price,
    positions: fetched.snapshot.positions.flatMap((position) => {
      const pool = pools.get(position.poolKey);
      return pool === undefined ? [] : [{ position, pool }];
    }),
  };
}

export interface FlowCosts {
  readonly gasUsd: number;
  readonly swapCostUsd: number;
}

/**
 * Positions that were there at both ends count exactly. One closed in between earned fees until its burn that are part of the
 * tokens it paid; they are counted up to the last epoch's reading, the rest shows in the wallet.
 */
export function computeFlows(before: FlowBook | null, now: Fetched, costs: FlowCosts): EpochFlows | null {
  if (before === null && costs.gasUsd === 0) return null;
  const current = new Map(now.snapshot.positions.map((position) => [position.positionId, position]));
  const sum = { feesUsd: 0, markUsd: 0, hodlUsd: 0, lvrUsd: 0 };
  for (const { position, pool } of before?.positions ?? []) {
    const range = effectiveRangeOf(position.range, pool);
    const end = current.get(position.positionId);
    if (range === null || end === undefined) continue;
    const { base, quote } = pool;
    const pnl = computeEpochPnl({
      liquidity: humanLiquidity(position.liquidityRaw, base.decimals, quote.decimals),
      range,
      startPrice: before?.price ?? now.snapshot.price,
      endPrice: now.snapshot.price,
      quoteUsd: now.snapshot.quoteUsd,
      uncollectedBaseStart: humanAmount(position.uncollectedBaseRaw, base.decimals),
      uncollectedBaseEnd: humanAmount(end.uncollectedBaseRaw, base.decimals),
      collectedBase: 0,
      uncollectedQuoteStart: humanAmount(position.uncollectedQuoteRaw, quote.decimals),
      uncollectedQuoteEnd: humanAmount(end.uncollectedQuoteRaw, quote.decimals),
      collectedQuote: 0,
      swapCostUsd: 0,
      transactions: [],
    });
    sum.feesUsd += pnl.feesUsd;
    sum.markUsd += pnl.markPnlUsd;
    sum.hodlUsd += pnl.hodlPnlUsd;
    sum.lvrUsd += pnl.lvrUsd;
  }
  const spentUsd = costs.gasUsd + costs.swapCostUsd;
  return {
    ...sum,
    ...costs,
    netUsd: sum.feesUsd + sum.markUsd - spentUsd,
    alphaUsd: sum.feesUsd - sum.lvrUsd - spentUsd,
  };
}
