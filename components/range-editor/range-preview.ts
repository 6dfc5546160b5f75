// What a range would do, by the strategy's own evaluation: the position is put into it and assessed like any other of the pair.
import { baseShareFrac } from "@/lib/portfolio/valuation";
import type { CandleSeries } from "@/lib/market/candle";
import type { PositionDto } from "@/lib/api/schemas";
import type { ObservedPosition, PositionRange } from "@/lib/market/snapshot";
import { poolKey, positionId } from "@/lib/units";
import { evaluate, meanExitYears, type PositionEvaluation } from "@/lib/strategy";
import type { PreviewBase } from "@/components/preview/preview-model";

const DAYS_PER_YEAR = 365;
const YEAR_MS = DAYS_PER_YEAR * 86_400_000;
/** How far back "recent" goes. */
const RECENT_MS = 7 * 86_400_000;

export interface RangeOutcome {
  /** Share of the last week's minutes whose close was inside. */
  readonly recentFrac: number | null;
  /** Mean time until the price leaves it, ms; Infinity without volatility, 0 outside. */
  readonly holdMs: number | null;
  readonly feesUsdPerDay: number | null;
  readonly lvrUsdPerDay: number | null;
  readonly netUsdPerDay: number | null;
  /** Whole tokens it would be made of. */
  readonly base: number;
  readonly quote: number;
  /** Gas and swap of getting there from the present range; 0 for the present range. */
  readonly costUsd: number;
  /** Days until the gain over the present range has paid for it; null when it never does. */
  readonly paybackDays: number | null;
}

export interface RangePreview {
  readonly valueUsd: number;
  /** The strategy's own target for this position, QUOTE per BASE; null without one. */
  readonly target: { readonly min: number; readonly max: number } | null;
  readonly sigmaPerYear: number;
  readonly quoteUsd: number;
  outcomeOf(range: PositionRange, edges: { readonly min: number; readonly max: number }): RangeOutcome;
}

/** Null when the epoch's inputs do not have its pool. */
export function createRangePreview(base: PreviewBase, shown: PositionDto): RangePreview | null {
  const { snapshot } = base;
  // One that was minted after the epoch is put into it as the chain shows it now.
  const position = snapshot.positions.find((each) => each.positionId === shown.positionId) ?? observed(shown);
  const pool = snapshot.pools.find((each) => each.poolKey === position.poolKey);
  if (pool === undefined) return null;
  const params = { ...base.params, optimizerEnabled: false };
  // Only this pool and this position: the others' answers do not depend on where this range lies.
  const assess = (range: PositionRange): { readonly entry: PositionEvaluation | undefined; readonly sigma: number } => {
    const moved = { ...snapshot, pools: [pool], positions: [{ ...position, range }] };
    const evaluation = evaluate({ snapshot: moved, params, memory: base.memory, market: base.market });
    return { entry: evaluation.positions[0], sigma: evaluation.sigmaPerYear };
  };
  const { entry: now, sigma: sigmaPerYear } = assess(position.range);
  if (now === undefined) return null;
  const swapCostFrac =
    params.routerFeeFrac + (params.swapPoolFeeFrac ?? pool.feePips / 1_000_000) + params.expectedSlippageFrac;
  const { price, quoteUsd } = snapshot;
  return {
    valueUsd: now.valueUsd,
    target: now.target?.effective ?? null,
    sigmaPerYear,
    quoteUsd,
    outcomeOf(range, edges) {
      const isNow = isSameRange(range, position.range);
      const income = assess(range).entry?.incomeNow ?? null;
      const share = baseShareFrac(price, edges.min, edges.max);
      const costUsd = isNow ? 0 : pool.gasRsUsd + swapCostFrac * now.valueUsd * Math.abs(share - now.baseShareFrac);
      const gain =
        income === null || now.incomeNow === null ? null : income.netUsdPerYear - now.incomeNow.netUsdPerYear;
      const exitYears = meanExitYears(price, edges.min, edges.max, sigmaPerYear);
      return {
        recentFrac: recentShare(snapshot.candles, edges),
        holdMs: Number.isNaN(exitYears) ? null : exitYears * YEAR_MS,
        feesUsdPerDay: income === null ? null : income.feesUsdPerYear / DAYS_PER_YEAR,
        lvrUsdPerDay: income === null ? null : income.lvrUsdPerYear / DAYS_PER_YEAR,
        netUsdPerDay: income === null ? null : income.netUsdPerYear / DAYS_PER_YEAR,
        base: (now.valueUsd * share) / (price * quoteUsd),
        quote: (now.valueUsd * (1 - share)) / quoteUsd,
        costUsd,
        paybackDays: isNow ? 0 : gain !== null && gain > 0 ? (costUsd / gain) * DAYS_PER_YEAR : null,
      };
    },
  };
}

function observed(shown: PositionDto): ObservedPosition {
  const { tickLower, tickUpper } = shown;
  return {
    positionId: positionId(shown.chainId, shown.family, shown.positionManager, BigInt(shown.tokenId)),
    poolKey: poolKey(shown.chainId, shown.family, shown.pool),
    chainId: shown.chainId,
    family: shown.family,
    tokenId: BigInt(shown.tokenId),
    range:
      shown.family === "liquidity-book"
        ? { kind: "bins", lowerBinId: tickLower, upperBinId: tickUpper }
        : { kind: "ticks", tickLower, tickUpper },
    liquidityRaw: BigInt(shown.liquidityRaw),
    baseRaw: BigInt(shown.base.raw),
    quoteRaw: BigInt(shown.quote.raw),
    uncollectedBaseRaw: BigInt(shown.feesBase.raw),
    uncollectedQuoteRaw: BigInt(shown.feesQuote.raw),
    openedAtMs: shown.openedAtMs,
    observedAtMs: shown.blockAtMs,
    blockNumber: BigInt(shown.blockNumber),
  };
}

function isSameRange(a: PositionRange, b: PositionRange): boolean {
  if (a.kind === "ticks" && b.kind === "ticks") return a.tickLower === b.tickLower && a.tickUpper === b.tickUpper;
  return a.kind === "bins" && b.kind === "bins" && a.lowerBinId === b.lowerBinId && a.upperBinId === b.upperBinId;
}

/** Closes of the last week inside the edges; null without candles. */
function recentShare(candles: CandleSeries, edges: { readonly min: number; readonly max: number }): number | null {
  const count = Math.min(candles.length, Math.round(RECENT_MS / candles.timeframeMs));
  if (count === 0) return null;
  let inside = 0;
  for (let index = candles.length - count; index < candles.length; index += 1) {
    const close = candles.close[index] ?? Number.NaN;
    if (edges.min <= close && close <= edges.max) inside += 1;
  }
  return inside / count;
}

/** Half-width of `sigmas` over a week around a price. */
export function sigmaRange(price: number, sigmaPerYear: number, sigmas: number): { min: number; max: number } {
  const half = sigmas * sigmaPerYear * Math.sqrt(RECENT_MS / YEAR_MS);
  return { min: price * Math.exp(-half), max: price * Math.exp(half) };
}
