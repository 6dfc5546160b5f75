// How far price may move and how little a swap may pay: minimums from two prices, bounds in price and in ticks.
import { humanAmount, rawAmount } from "@/lib/amm/human-units";

/** A quote paying less than this part of the CEX value is refused whatever else holds (strategy.md section 11: 1 - 0.015). */
const MIN_CEX_VALUE_FRAC = 0.985;
/** A pool's price and the exchanges' must agree to 1 % (safety.md section 3.10); otherwise nothing is swapped through it now. */
export const MAX_PRICE_GAP_FRAC = 0.01;
/** Bound on the move of the price between plan and execution: three standard deviations of one hour, within these limits. */
const MOVE_SIGMAS = 3;
const MOVE_HOURS = 1;
const HOURS_PER_YEAR = 8_760;
const MOVE_MIN_FRAC = 0.003;
const MOVE_MAX_FRAC = 0.03;
/** Less than half a tick: one of the two ends of the band is then inside a range of one tick. */
const ONE_TICK_BAND_BPS = 0.4;
const LOG_TICK = Math.log(1.0001);

export interface SwapMinimumInput {
  /** What is sold is BASE. */
  readonly sellsBase: boolean;
  readonly amountInRaw: bigint;
  readonly decBase: number;
  readonly decQuote: number;
  /** QUOTE per BASE, from the exchanges and from the pool. */
  readonly cexPrice: number;
  readonly poolPrice: number;
  /** Router fee and pool fee that are expected to be taken, fraction. */
  readonly feeFrac: number;
  readonly slippageBps: number;
}

/**
 * Least output we accept: the smaller of the two values less fees and slippage, and never below 98.5 % of the CEX value.
 * 0n when a price is not positive and finite, or the amount is too small to pay one unit: such a swap must not be made.
 */
export function swapMinimumOutRaw(input: SwapMinimumInput): bigint {
  const { cexPrice, poolPrice, sellsBase, decBase, decQuote } = input;
  if (!(cexPrice > 0) || !(poolPrice > 0) || !Number.isFinite(cexPrice) || !Number.isFinite(poolPrice)) return 0n;
  const amountIn = humanAmount(input.amountInRaw, sellsBase ? decBase : decQuote);
  const valueAt = (price: number): number => (sellsBase ? amountIn * price : amountIn / price);
  const atCex = valueAt(cexPrice);
  const lower = Math.min(atCex, valueAt(poolPrice));
  const kept = Math.max(0, 1 - input.feeFrac - input.slippageBps / 10_000);
  return rawAmount(Math.max(lower * kept, atCex * MIN_CEX_VALUE_FRAC), sellsBase ? decQuote : decBase);
}

/** Largest move of the price, fraction, before a plan is void; from yearly volatility. Invalid volatility gives the least bound. */
export function maxPriceMoveFrac(sigmaPerYear: number): number {
  const move = MOVE_SIGMAS * sigmaPerYear * Math.sqrt(MOVE_HOURS / HOURS_PER_YEAR);
  if (!Number.isFinite(move)) return MOVE_MIN_FRAC;
  return Math.max(MOVE_MIN_FRAC, Math.min(MOVE_MAX_FRAC, move));
}

/** The same bound in ticks, rounded up, at least 1. */
export function maxTickMove(moveFrac: number): number {
  return Math.max(1, Math.ceil(Math.log1p(moveFrac) / LOG_TICK));
}

/** The same bound in Liquidity Book bins, rounded up, at least 1. */
export function maxBinMove(moveFrac: number, binStepBps: number): number {
  return Math.max(1, Math.ceil(Math.log1p(moveFrac) / Math.log1p(binStepBps / 10_000)));
}

export interface BandInput {
  readonly tick: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly maxSlippageBps: number;
}

/**
 * Price band of the minimums of a mint or burn, at most `maxSlippageBps`. A band that covers a narrow range whole would ask for 0 of
 * both tokens; half the way to the farther edge (one tick is one basis point) always leaves a minimum of one of them. A range of one
 * tick gets a part of a basis point: with a whole one both minimums were 0 wherever the price stood inside it.
 */
export function positionBandBps(input: BandInput): number {
  const farTicks = Math.max(Math.abs(input.tick - input.tickLower), Math.abs(input.tickUpper - input.tick));
  return Math.min(input.maxSlippageBps, Math.max(ONE_TICK_BAND_BPS, Math.floor(farTicks / 2)));
}
