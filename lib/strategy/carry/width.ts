// Width: the half-width at which a pool pays most for its own measured rates, and what any half-width would earn (strategy-carry section 2).

/** `keep`: re-range without swapping; `centre`: swap to half. */
export type CarryMode = "keep" | "centre";

/** A pool as the width sees it; the size is given apart. */
export interface WidthPool {
  /** f and l: quote per unit of others' liquidity and year. */
  readonly feePerLiquidityYear: number;
  readonly lossPerLiquidityYear: number;
  /** Square root of the human price, QUOTE per BASE. */
  readonly sqrtPrice: number;
  /** Human liquidity of others. */
  readonly othersLiquidity: number;
  readonly quoteUsd: number;
  readonly gasRsUsd: number;
  /** Router fee, pool fee and slippage, fraction of what is swapped. */
  readonly swapCostFrac: number;
  /** Least half-width worth minting, log price. */
  readonly minWidth: number;
  /** Most of the liquidity in range that we may become, fraction. */
  readonly maxShareFrac: number;
}

/** What one half-width gives at one size. */
export interface WidthUtility {
  /** Half-width, log price. */
  readonly width: number;
  readonly mode: CarryMode;
  /** U, US dollars per year. */
  readonly netUsdPerYear: number;
  /** tau: expected time until the price leaves, years. */
  readonly exitYears: number;
  /** Time out, gap and reaction included, years. */
  readonly cycleYears: number;
  /** rho: share of time in range. */
  readonly inRangeFrac: number;
  /** Our share of the liquidity in range. */
  readonly shareFrac: number;
}

export interface BestWidth extends WidthUtility {
  /** Index on the grid of 30 half-widths. */
  readonly gridIndex: number;
}

const GRID_STEPS = 29;
const QUARTER_HOUR_YEARS = 900 / 31_536_000;
/** Least time between two re-ranges, and from leaving to being back. */
const GAP_YEARS = 2 * QUARTER_HOUR_YEARS;
const REACTION_YEARS = QUARTER_HOUR_YEARS;
const SHARE_TOLERANCE = 1e-9;
export const MAX_SHARE_FRAC = 0.25;

/** Expected exit time in units of width^2 / sigma^2, and the share of the value that a re-range swaps. */
export const MODES: readonly { readonly mode: CarryMode; readonly exitFactor: number; readonly swapShare: number }[] = [
  { mode: "keep", exitFactor: 0.8, swapShare: 0.1 },
  { mode: "centre", exitFactor: 1, swapShare: 0.5 },
];

/** Value of one unit of liquidity in a symmetric range, in QUOTE: 2 s (1 - exp(-w/2)). */
export function symmetricUnitValue(sqrtPrice: number, width: number): number {
  return -2 * sqrtPrice * Math.expm1(-width / 2);
}

/** The volatility a pool's loss rate stands for: sqrt(4 l / s). */
export function sigmaOf(pool: Pick<WidthPool, "lossPerLiquidityYear" | "sqrtPrice">): number {
  return Math.sqrt((4 * pool.lossPerLiquidityYear) / pool.sqrtPrice);
}

export function isValidWidthPool(pool: WidthPool): boolean {
  return (
    isPositive(pool.lossPerLiquidityYear) &&
    isPositive(pool.sqrtPrice) &&
    isPositive(pool.othersLiquidity) &&
    isPositive(pool.quoteUsd) &&
    isPositive(pool.minWidth) &&
    isNotNegative(pool.feePerLiquidityYear) &&
    isNotNegative(pool.gasRsUsd) &&
    isNotNegative(pool.swapCostFrac)
  );
}

/** Yearly terms of one half-width and mode that do not depend on the size. */
export interface WidthTerms {
  readonly width: number;
  readonly mode: CarryMode;
  readonly unitValue: number;
  readonly exitYears: number;
  readonly cycleYears: number;
  readonly inRangeFrac: number;
  /** Share of the value that a re-range swaps. */
  readonly swapShare: number;
}

export function widthTerms(pool: WidthPool, width: number, modeIndex: number): WidthTerms {
  const { mode, exitFactor, swapShare } = MODES[modeIndex]!;
  const sigma = sigmaOf(pool);
  const exitYears = (exitFactor * width * width) / (sigma * sigma);
  const cycleYears = Math.max(exitYears, GAP_YEARS) + REACTION_YEARS;
  return {
    width,
    mode,
    unitValue: symmetricUnitValue(pool.sqrtPrice, width),
    exitYears,
    cycleYears,
    inRangeFrac: exitYears / cycleYears,
    swapShare,
  };
}

/** U of given terms at a size: rho (f L poolL/(L+poolL) - l L) quoteUsd - (gas + e swapCost x)/cycle. */
function netOf(pool: WidthPool, terms: WidthTerms, amountUsd: number): number {
  const liquidity = amountUsd / (terms.unitValue * pool.quoteUsd);
  const others = pool.othersLiquidity;
  const fees = (pool.feePerLiquidityYear * liquidity * others) / (liquidity + others);
  const loss = pool.lossPerLiquidityYear * liquidity;
  const perCycleUsd = pool.gasRsUsd + terms.swapShare * pool.swapCostFrac * amountUsd;
  return terms.inRangeFrac * (fees - loss) * pool.quoteUsd - perCycleUsd / terms.cycleYears;
}

function toUtility(pool: WidthPool, terms: WidthTerms, amountUsd: number, netUsdPerYear: number): WidthUtility {
  const liquidity = amountUsd / (terms.unitValue * pool.quoteUsd);
  return {
    width: terms.width,
    mode: terms.mode,
    netUsdPerYear,
    exitYears: terms.exitYears,
    cycleYears: terms.cycleYears,
    inRangeFrac: terms.inRangeFrac,
    shareFrac: liquidity / (liquidity + pool.othersLiquidity),
  };
}

/** What a half-width gives at a size, in its better mode; null for an invalid pool, size or half-width. */
export function utilityAt(pool: WidthPool, amountUsd: number, width: number): WidthUtility | null {
  if (!isValidWidthPool(pool) || !isPositive(amountUsd) || !isPositive(width)) return null;
  const keep = widthTerms(pool, width, 0);
  const centre = widthTerms(pool, width, 1);
  const keepNet = netOf(pool, keep, amountUsd);
  const centreNet = netOf(pool, centre, amountUsd);
  const net = Math.max(keepNet, centreNet);
  if (!Number.isFinite(net)) return null;
  return toUtility(pool, centreNet > keepNet ? centre : keep, amountUsd, net);
}

/** The 30 half-widths of a pool with their terms in both modes; null when there is none. Made once, asked for many sizes. */
export interface WidthGrid {
  readonly pool: WidthPool;
  readonly steps: readonly { readonly keep: WidthTerms; readonly centre: WidthTerms }[];
}

export function buildWidthGrid(pool: WidthPool): WidthGrid | null {
  if (!isValidWidthPool(pool)) return null;
  const least = Math.max(pool.minWidth, 2 * sigmaOf(pool) * Math.sqrt(QUARTER_HOUR_YEARS));
  if (!(least <= 1)) return null;
  const steps = Array.from({ length: GRID_STEPS + 1 }, (_, index) => {
    const width = index === GRID_STEPS ? 1 : least * (1 / least) ** (index / GRID_STEPS);
    return { keep: widthTerms(pool, width, 0), centre: widthTerms(pool, width, 1) };
  });
  return { pool, steps };
}

/** The half-width with the largest U whose share of the liquidity is within the limit; the narrower one when two are level. */
export function bestWidthOn(grid: WidthGrid, amountUsd: number): BestWidth | null {
  if (!isPositive(amountUsd)) return null;
  const { pool, steps } = grid;
  const mostShare = pool.maxShareFrac * (1 + SHARE_TOLERANCE);
  let best: WidthTerms | null = null;
  let bestNet = Number.NEGATIVE_INFINITY;
  let bestIndex = -1;
  for (let index = 0; index < steps.length; index += 1) {
    const { keep, centre } = steps[index]!;
    const liquidity = amountUsd / (keep.unitValue * pool.quoteUsd);
    if (!(liquidity / (liquidity + pool.othersLiquidity) <= mostShare)) continue;
    const keepNet = netOf(pool, keep, amountUsd);
    const centreNet = netOf(pool, centre, amountUsd);
    const net = centreNet > keepNet ? centreNet : keepNet;
    if (!(net > bestNet)) continue;
    best = centreNet > keepNet ? centre : keep;
    bestNet = net;
    bestIndex = index;
  }
  if (best === null || !Number.isFinite(bestNet)) return null;
  return { ...toUtility(pool, best, amountUsd, bestNet), gridIndex: bestIndex };
}

/** w* of a pool at a size; null when no half-width is left or an input is invalid. */
export function bestWidth(pool: WidthPool, amountUsd: number): BestWidth | null {
  const grid = buildWidthGrid(pool);
  return grid === null ? null : bestWidthOn(grid, amountUsd);
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function isNotNegative(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
