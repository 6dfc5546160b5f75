// How much to swap so that the tokens fit the ranges they go to: exact for constant costs, no swap when little would be gained.
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { humanAmount } from "@/lib/amm/human-units";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { sqrtAtTick } from "@/lib/amm/tick-math";

/** Liquidity used to read a range's token ratio: large enough that rounding is below 1e-12 in any usable range. */
const PROBE_LIQUIDITY = 1n << 110n;
/** No swap when it would raise the deployed value by less than this fraction (choice: below the usual swap cost plus gas). */
const NO_SWAP_TOLERANCE_FRAC = 0.005;

/** A range to fill, with the value (in QUOTE) it should hold. */
export interface FillTarget {
  readonly sqrtPriceX96: bigint;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly frame: PriceFrame;
  readonly valueQuote: number;
  /** Liquidity Book: the two ticks are bin ids, and this is where the price stands; missing for tick pools. */
  readonly activeBinId?: number;
}

export interface SwapSizeInput {
  readonly targets: readonly FillTarget[];
  /** Whole tokens that may be used. */
  readonly availableBase: number;
  readonly availableQuote: number;
  /** QUOTE per BASE at which the swap is valued. */
  readonly price: number;
  /** Expected loss of the swap: router fee, pool fee, slippage; fraction of what is sold. */
  readonly costFrac: number;
  /** False: only what fits without selling anything. */
  readonly canSwap?: boolean;
}

export interface SwapSize {
  /** What is sold; null when no swap is worth it. */
  readonly sell: "base" | "quote" | null;
  /** Whole tokens of the sold side. */
  readonly amountIn: number;
  /** Whole tokens of the bought side after expected costs. */
  readonly amountOut: number;
  /** Fraction of each target's value that can be filled, 0..1. */
  readonly fillFrac: number;
  /** Whole tokens each target takes at that fraction. */
  readonly fills: readonly { readonly base: number; readonly quote: number }[];
}

/** BASE and QUOTE in whole tokens that one unit of QUOTE value needs in a range at the pool's price; both 0 if the range is invalid. */
export function rangeMix(
  target: Omit<FillTarget, "valueQuote">,
  price: number,
): { readonly base: number; readonly quote: number } {
  const { frame } = target;
  if (target.activeBinId !== undefined) return binMix(target, target.activeBinId, price);
  const bounds = { sqrtAX96: sqrtAtTick(target.tickLower), sqrtBX96: sqrtAtTick(target.tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(target.sqrtPriceX96, bounds, PROBE_LIQUIDITY, "down");
  const base = humanAmount(frame.baseIsToken0 ? amount0 : amount1, frame.decBase);
  const quote = humanAmount(frame.baseIsToken0 ? amount1 : amount0, frame.decQuote);
  const value = base * price + quote;
  return value > 0 && Number.isFinite(value) ? { base: base / value, quote: quote / value } : { base: 0, quote: 0 };
}

/** Even value over the bins, both ends included: those above the price hold the first token, those below the second, the active one half of each. */
function binMix(
  target: Omit<FillTarget, "valueQuote">,
  activeBinId: number,
  price: number,
): { readonly base: number; readonly quote: number } {
  const bins = target.tickUpper - target.tickLower + 1;
  if (!(bins > 0) || !(price > 0)) return { base: 0, quote: 0 };
  const above = Math.max(0, Math.min(bins, target.tickUpper - activeBinId + 0.5));
  const firstShare = above / bins;
  const baseShare = target.frame.baseIsToken0 ? firstShare : 1 - firstShare;
  return { base: baseShare / price, quote: 1 - baseShare };
}

/**
 * Sells just enough of the token in excess. With needs (Nb, Nq) and funds (B, Q), selling s of QUOTE for s(1-f)/P BASE:
 * enough funds: s = (Nb-B) P/(1-f); else the largest k with B + (Q - k Nq)(1-f)/P = k Nb, s = Q - k Nq. Selling BASE likewise.
 */
export function sizeSwap(input: SwapSizeInput): SwapSize {
  const { availableBase, availableQuote, price } = input;
  const keep = 1 - Math.max(0, Math.min(0.5, input.costFrac));
  const mixes = input.targets.map((target) => {
    const mix = rangeMix(target, price);
    return { base: mix.base * target.valueQuote, quote: mix.quote * target.valueQuote };
  });
  const needBase = mixes.reduce((sum, mix) => sum + mix.base, 0);
  const needQuote = mixes.reduce((sum, mix) => sum + mix.quote, 0);
  const filled = (fillFrac: number): SwapSize["fills"] =>
    mixes.map((mix) => ({ base: mix.base * fillFrac, quote: mix.quote * fillFrac }));
  const nothing: SwapSize = { sell: null, amountIn: 0, amountOut: 0, fillFrac: 0, fills: filled(0) };
  if (!(price > 0) || !(needBase * price + needQuote > 0)) return nothing;

  const asIs = Math.min(1, ratio(availableBase, needBase), ratio(availableQuote, needQuote));
  const unswapped: SwapSize = { ...nothing, fillFrac: asIs, fills: filled(asIs) };
  if (asIs >= 1 || input.canSwap === false) return unswapped;

  const sellsBase = ratio(availableBase, needBase) > ratio(availableQuote, needQuote);
  // In the sold token's own units: `rate` is what one unit of it buys after costs.
  const [sold, bought, needSold, needBought, rate] = sellsBase
    ? [availableBase, availableQuote, needBase, needQuote, price * keep]
    : [availableQuote, availableBase, needQuote, needBase, keep / price];
  const fillFrac = Math.min(1, (bought + sold * rate) / (needBought + needSold * rate));
  const amountIn = Math.max(0, Math.min((needBought * fillFrac - bought) / rate, sold - needSold * fillFrac, sold));
  if (amountIn <= 0 || fillFrac * (1 - NO_SWAP_TOLERANCE_FRAC) <= asIs) return unswapped;
  return {
    sell: sellsBase ? "base" : "quote",
    amountIn,
    amountOut: amountIn * rate,
    fillFrac,
    fills: filled(fillFrac),
  };
}

/** A fill that takes nothing. */
export const NO_FILL: SwapSize["fills"][number] = { base: 0, quote: 0 };

/** What a range takes of given tokens without any swap: the side that runs out first decides, the rest stays. */
export function fitMix(input: {
  readonly target: FillTarget;
  readonly availableBase: number;
  readonly availableQuote: number;
  readonly price: number;
}): SwapSize["fills"][number] {
  const mix = rangeMix(input.target, input.price);
  const value = Math.min(ratio(input.availableBase, mix.base), ratio(input.availableQuote, mix.quote));
  return Number.isFinite(value) ? { base: mix.base * value, quote: mix.quote * value } : NO_FILL;
}

/** A restoring swap below this value is not worth its transactions, US dollars. */
const MIN_RESTORE_USD = 10;

/**
 * Swap after which BASE is `mixFrac` of the value that is left: selling s of value V with cost f,
 * BASE in excess: (B - s) = m (V - s f); QUOTE in excess: (Q - s) = (1 - m)(V - s f).
 */
export function sizeRestore(input: {
  readonly availableBase: number;
  readonly availableQuote: number;
  readonly price: number;
  readonly costFrac: number;
  readonly mixFrac: number;
  readonly quoteUsd: number;
}): SwapSize {
  const { availableBase, availableQuote, price } = input;
  const nothing: SwapSize = { sell: null, amountIn: 0, amountOut: 0, fillFrac: 0, fills: [] };
  const baseValue = availableBase * price;
  const value = baseValue + availableQuote;
  const mix = Math.max(0, Math.min(1, input.mixFrac));
  if (!(value > 0) || !Number.isFinite(value) || !Number.isFinite(mix)) return nothing;
  const cost = Math.max(0, Math.min(0.5, input.costFrac));
  const sellsBase = baseValue > mix * value;
  const [held, wanted] = sellsBase ? [baseValue, mix] : [availableQuote, 1 - mix];
  const sold = Math.min(held, (held - wanted * value) / (1 - wanted * cost));
  if (!(sold * input.quoteUsd >= MIN_RESTORE_USD)) return nothing;
  return sellsBase
    ? { ...nothing, sell: "base", amountIn: sold / price, amountOut: sold * (1 - cost) }
    : { ...nothing, sell: "quote", amountIn: sold, amountOut: (sold * (1 - cost)) / price };
}

function ratio(available: number, needed: number): number {
  return needed > 0 ? available / needed : Number.POSITIVE_INFINITY;
}
