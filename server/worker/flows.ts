// Flows of one epoch in US dollars (strategy.md section 12): positions compared with the epoch before, what closed ones paid, and what execution cost.
import { humanAmount, humanLiquidity } from "@/lib/amm/human-units";
import type { KnownPosition } from "@/lib/api/signer-contract";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { ObservedPosition, PoolState } from "@/lib/market/snapshot";
import { computeEpochPnl } from "@/lib/portfolio/pnl";
import { effectiveRangeOf } from "@/lib/portfolio/position";
import type { BurnedAmounts } from "./burn-book";
import type { Fetched } from "./steps/fetch";

export type EpochFlows = NonNullable<EpochRecord["flows"]>;

/** What an epoch leaves for the next one to compare with. */
export interface FlowBook {
  readonly observedAtMs: number;
  readonly price: number;
  readonly positions: readonly { readonly position: ObservedPosition; readonly pool: PoolState }[];
}

export function openFlowBook(fetched: Fetched): FlowBook {
  const pools = new Map(fetched.snapshot.pools.map((pool) => [pool.poolKey, pool]));
  return {
    observedAtMs: fetched.snapshot.observedAtMs,
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

/** What flows are made of: only snapshot, positions and prices of a reading. */
export interface FlowReading {
  readonly snapshot: Pick<Fetched["snapshot"], "price" | "quoteUsd" | "positions" | "pools" | "observedAtMs">;
  readonly pairState: {
    readonly positions: readonly Pick<KnownPosition, "positionId" | "amount0Raw" | "amount1Raw">[];
  };
}

/**
 * Positions that were there at both ends count exactly. One closed in between counts with what its burn paid by the receipt, the
 * principal then held until now; one opened in between with its fees so far and its value against the amounts of its mint.
 */
export function computeFlows(
  before: FlowBook | null,
  now: FlowReading,
  costs: FlowCosts,
  burned: BurnedAmounts,
): EpochFlows | null {
  if (before === null && costs.gasUsd === 0) return null;
  const parts = [...stayed(before, now), ...closed(before, now, burned), ...opened(before, now)];
  const sum = { feesUsd: 0, markUsd: 0, hodlUsd: 0, lvrUsd: 0 };
  for (const part of parts) {
    sum.feesUsd += part.feesUsd;
    sum.markUsd += part.markUsd;
    sum.hodlUsd += part.hodlUsd;
    sum.lvrUsd += part.hodlUsd - part.markUsd;
  }
  const spentUsd = costs.gasUsd + costs.swapCostUsd;
  return {
    ...sum,
    ...costs,
    netUsd: sum.feesUsd + sum.markUsd - spentUsd,
    alphaUsd: sum.feesUsd - sum.lvrUsd - spentUsd,
  };
}

interface Part {
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly hodlUsd: number;
}

function stayed(before: FlowBook | null, now: FlowReading): readonly Part[] {
  const current = new Map(now.snapshot.positions.map((position) => [position.positionId, position]));
  return (before?.positions ?? []).flatMap(({ position, pool }): Part[] => {
    const range = effectiveRangeOf(position.range, pool);
    const end = current.get(position.positionId);
    if (range === null || end === undefined) return [];
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
    return [{ feesUsd: pnl.feesUsd, markUsd: pnl.markPnlUsd, hodlUsd: pnl.hodlPnlUsd }];
  });
}

/** All closed ones together: the ledger books fees per pair, and sums over epochs stay right when a burn is booked one epoch later. */
function closed(before: FlowBook | null, now: FlowReading, burned: BurnedAmounts): readonly Part[] {
  if (before === null) return [];
  const { price, quoteUsd, positions } = now.snapshot;
  const open = new Set(positions.map(({ positionId }) => positionId));
  const start = { base: 0, quote: 0, feesBase: 0, feesQuote: 0 };
  const hasPaid = Object.values(burned).some((amount) => amount > 0);
  if (!hasPaid) return [];
  for (const { position, pool } of before.positions) {
    if (open.has(position.positionId)) continue;
    start.base += humanAmount(position.baseRaw, pool.base.decimals);
    start.quote += humanAmount(position.quoteRaw, pool.quote.decimals);
    start.feesBase += humanAmount(position.uncollectedBaseRaw, pool.base.decimals);
    start.feesQuote += humanAmount(position.uncollectedQuoteRaw, pool.quote.decimals);
  }
  // A position that was opened and closed in between put in what it got out, as far as this epoch knows.
  const isKnown = start.base + start.quote > 0;
  const startUsd = (start.base * before.price + start.quote) * quoteUsd;
  return [
    {
      feesUsd: ((burned.feesBase - start.feesBase) * price + burned.feesQuote - start.feesQuote) * quoteUsd,
      markUsd: isKnown ? (burned.principalBase * price + burned.principalQuote) * quoteUsd - startUsd : 0,
      hodlUsd: isKnown ? start.base * (price - before.price) * quoteUsd : 0,
    },
  ];
}

function opened(before: FlowBook | null, now: FlowReading): readonly Part[] {
  if (before === null) return [];
  const { price, quoteUsd, positions, pools } = now.snapshot;
  const known = new Set(before.positions.map(({ position }) => position.positionId));
  return positions.flatMap((position): Part[] => {
    const pool = pools.find(({ poolKey }) => poolKey === position.poolKey);
    const mint = now.pairState.positions.find(({ positionId }) => positionId === position.positionId);
    // Older than the reading before: it was only not readable then, and what it earned since is not known.
    if (known.has(position.positionId) || position.openedAtMs < before.observedAtMs) return [];
    if (pool === undefined || mint === undefined) return [];
    const usd = (baseRaw: bigint, quoteRaw: bigint): number =>
      (humanAmount(baseRaw, pool.base.decimals) * price + humanAmount(quoteRaw, pool.quote.decimals)) * quoteUsd;
    const [mintBaseRaw, mintQuoteRaw] = pool.baseIsToken0
      ? [mint.amount0Raw, mint.amount1Raw]
      : [mint.amount1Raw, mint.amount0Raw];
    return [
      {
        feesUsd: usd(position.uncollectedBaseRaw, position.uncollectedQuoteRaw),
        markUsd: usd(position.baseRaw, position.quoteRaw) - usd(mintBaseRaw, mintQuoteRaw),
        hodlUsd: 0,
      },
    ];
  });
}
