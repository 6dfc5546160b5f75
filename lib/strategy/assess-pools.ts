// Assess pools: for each pool the range it would get, the terms of that range, and why it is left out if it is.
import { humanAmount, humanLiquidity } from "@/lib/amm/human-units";
import { rangeToBins } from "@/lib/amm/bins";
import { rangeToTicks } from "@/lib/amm/ticks";
import type { MarketSnapshot, PoolState, PositionRange } from "@/lib/market/snapshot";
import { effectiveRangeOf, priceFrameOf, type EffectiveRange } from "@/lib/portfolio/position";
import { valueUsd } from "@/lib/portfolio/valuation";
import type { AllocationPool } from "./allocation";
import {
  areUsableTerms,
  computePoolTerms,
  computeVolumeUsdPerDay,
  depthOfBinsUsd,
  depthOfLiquidityUsd,
  depthOfTvlUsd,
  type PoolTerms,
} from "./economics";
import type { PoolExclusion, TargetRange } from "./evaluation";
import type { Forces } from "./forces";
import type { RangeParams, StrategyParams } from "./params";
import { computeRange, minWidthOf } from "./range";

/** A pool with everything about it that does not depend on how much capital it gets. */
export interface AssessedPool {
  readonly state: PoolState;
  readonly feeFrac: number;
  readonly swapCostFrac: number;
  readonly volumeUsdPerDay: number;
  readonly minWidth: number;
  readonly target: TargetRange | null;
  readonly terms: PoolTerms | null;
  readonly isDepthEstimated: boolean;
  readonly hasOpenPosition: boolean;
  readonly exclusion: PoolExclusion | null;
  /** Terms of an open position in this pool with this effective range. */
  readonly openTermsOf: (range: EffectiveRange) => PoolTerms;
}

export interface AssessPoolsInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly rangeParams: RangeParams;
  readonly forces: Forces;
  readonly widenFactor: number;
  readonly sigmaPerYear: number;
  /** What the pool itself showed; null leaves its volume and the candles' volatility to speak. */
  readonly measuredOf?: (pool: Pick<AssessedPool, "state" | "feeFrac" | "volumeUsdPerDay">) => MeasuredPool | null;
}

/** A pool's own pay and volatility (strategy-carry section 1: R = f L quoteUsd rho, lvrRate = l / unitValue). */
export interface MeasuredPool {
  /** Fees of everybody's liquidity after the protocol's part, US dollars per year. */
  readonly feesUsdPerYear: number;
  readonly sigmaPerYear: number;
}

const PIPS = 1e6;
const DAYS_PER_YEAR = 365;
/** Least size of a position, US dollars and fraction of deployable capital (strategy.md section 7). */
const MIN_POSITION_USD = 50;
const MIN_POSITION_FRAC = 0.001;

export function assessPools(input: AssessPoolsInput): readonly AssessedPool[] {
  const { snapshot, params } = input;
  const barred = new Map<PoolState, PoolExclusion | null>();
  for (const pool of snapshot.pools) barred.set(pool, barPool(pool, snapshot, params));
  // Pools are only comparable on the same source of depth: one unknown liquidity puts all of them on TVL.
  const useTvl = snapshot.pools.some((pool) => barred.get(pool) === null && !hasLiveDepth(pool));
  return snapshot.pools.map((pool) => assessPool(pool, barred.get(pool) ?? null, useTvl, input));
}

function assessPool(
  pool: PoolState,
  bar: PoolExclusion | null,
  useTvl: boolean,
  input: AssessPoolsInput,
): AssessedPool {
  const { snapshot, params, forces } = input;
  const feeFrac = pool.feePips / PIPS;
  const swapCostFrac = params.routerFeeFrac + (params.swapPoolFeeFrac ?? feeFrac) + params.expectedSlippageFrac;
  const volumeUsdPerDay = computeVolumeUsdPerDay({
    h1: pool.volumeH1Usd,
    h6: pool.volumeH6Usd,
    h24: pool.volumeH24Usd,
  });
  const minWidth = minWidthOf(feeFrac, pool.kind === "ticks" ? pool.tickSpacing : pool.binStepBps);
  const hasOpenPosition = snapshot.positions.some((position) => position.poolKey === pool.poolKey);
  const isDepthEstimated = useTvl || !hasLiveDepth(pool);
  const measured = isDepthEstimated ? null : (input.measuredOf?.({ state: pool, feeFrac, volumeUsdPerDay }) ?? null);
  const keptFrac = feeFrac * (1 - pool.protocolShareFrac);

  const termsOf = (range: EffectiveRange, binCount: number, isOpen: boolean): PoolTerms =>
    computePoolTerms({
      price: snapshot.price,
      range,
      sigmaPerYear: measured?.sigmaPerYear ?? input.sigmaPerYear,
      depthUsd: isDepthEstimated
        ? depthOfTvlUsd(pool.tvlUsd ?? Number.NaN, snapshot.price, range, snapshot.isStablePair ? "pegged" : "other")
        : liveDepthUsd(pool, snapshot, range, binCount),
      volumeUsdPerDay: measured === null ? volumeUsdPerDay : measured.feesUsdPerYear / (DAYS_PER_YEAR * keptFrac),
      feeFrac,
      protocolShareFrac: pool.protocolShareFrac,
      swapCostFrac,
      gasRsUsd: pool.gasRsUsd,
      gasOpenUsd: pool.gasOpenUsd,
      isOpen,
      amortizeDays: params.amortizeDays,
    });

  const requested = forces.valid
    ? computeRange({
        price: snapshot.price,
        forces,
        params: input.rangeParams,
        widenFactor: input.widenFactor,
        minWidth,
      })
    : null;
  const range = requested === null ? null : mintableRange(requested, pool);
  const effective = range === null ? null : effectiveRangeOf(range, pool);
  const target = requested !== null && range !== null && effective !== null ? { requested, range, effective } : null;
  const terms = target === null ? null : termsOf(target.effective, binCountOf(target.range), hasOpenPosition);
  return {
    state: pool,
    feeFrac,
    swapCostFrac,
    volumeUsdPerDay,
    minWidth,
    target,
    terms,
    isDepthEstimated,
    hasOpenPosition,
    exclusion: bar ?? excludeByTerms(terms),
    openTermsOf: (current) =>
      termsOf(current, pool.kind === "bins" ? binCountOfPrices(current, pool.binStepBps) : 1, true),
  };
}

/** The pool as the allocation sees it. */
export function toAllocationPool(pool: AssessedPool, deployableUsd: number, params: StrategyParams): AllocationPool {
  const { terms, state } = pool;
  const depthUsd = terms?.depthUsd ?? 0;
  const q = params.maxPoolShareFrac;
  const shareLimitUsd = q < 1 ? (q / (1 - q)) * depthUsd : Number.POSITIVE_INFINITY;
  return {
    id: state.poolKey,
    chain: String(state.chainId),
    revenueUsdPerYear: terms?.revenueUsdPerYear ?? 0,
    depthUsd,
    costPerYear: terms?.costPerYear ?? 0,
    fixedUsdPerYear: terms?.fixedUsdPerYear ?? 0,
    minUsd: Math.max(MIN_POSITION_FRAC * deployableUsd, MIN_POSITION_USD),
    capUsd: Math.min(params.poolCapFrac * deployableUsd, shareLimitUsd, deployableUsd),
  };
}

/** Reasons to leave a pool out that need no terms. */
function barPool(pool: PoolState, snapshot: MarketSnapshot, params: StrategyParams): PoolExclusion | null {
  if (!(snapshot.observedAtMs - pool.observedAtMs <= params.maxPoolAgeMs)) return "stale";
  if (snapshot.freshness.some((entry) => !entry.ok && entry.input === `pool:${pool.poolKey}`)) return "stale";
  if (pool.tvlUsd === null || !(pool.tvlUsd >= params.minTvlUsd)) return "low_tvl";
  return null;
}

function excludeByTerms(terms: PoolTerms | null): PoolExclusion | null {
  if (terms === null) return "no_range";
  if (!areUsableTerms(terms)) return "invalid_terms";
  if (!(terms.depthUsd > 0)) return "no_depth";
  if (!(terms.revenueUsdPerYear > 0)) return "no_income";
  return null;
}

function hasLiveDepth(pool: PoolState): boolean {
  return pool.kind === "ticks"
    ? pool.activeLiquidityRaw !== null
    : pool.activeBinOthersBaseRaw !== null && pool.activeBinOthersQuoteRaw !== null;
}

function liveDepthUsd(pool: PoolState, snapshot: MarketSnapshot, range: EffectiveRange, binCount: number): number {
  const { price, quoteUsd } = snapshot;
  if (pool.kind === "ticks") {
    const othersRaw = (pool.activeLiquidityRaw ?? 0n) - pool.ownLiquidityInRangeRaw;
    const others = humanLiquidity(othersRaw > 0n ? othersRaw : 0n, pool.base.decimals, pool.quote.decimals);
    return depthOfLiquidityUsd(others, price, range, quoteUsd);
  }
  const base = humanAmount(pool.activeBinOthersBaseRaw ?? 0n, pool.base.decimals);
  const quote = humanAmount(pool.activeBinOthersQuoteRaw ?? 0n, pool.quote.decimals);
  return depthOfBinsUsd(binCount, valueUsd({ base, quote }, price, quoteUsd));
}

/** The range as ticks or bins of the pool; null when the pool cannot hold it. */
export function mintableRange(requested: EffectiveRange, pool: PoolState): PositionRange | null {
  const frame = priceFrameOf(pool);
  if (pool.kind === "ticks") {
    const ticks = rangeToTicks(requested, pool.tickSpacing, frame);
    return ticks === null ? null : { kind: "ticks", ...ticks };
  }
  const bins = rangeToBins(requested, pool.binStepBps, frame);
  return bins === null ? null : { kind: "bins", ...bins };
}

function binCountOf(range: PositionRange): number {
  return range.kind === "bins" ? range.upperBinId - range.lowerBinId + 1 : 1;
}

/** Bins an effective bin range covers: its log width over the log step. */
function binCountOfPrices(range: EffectiveRange, binStepBps: number): number {
  return Math.max(1, Math.round(Math.log(range.max / range.min) / Math.log1p(binStepBps / 1e4)));
}
