// Passive twins: what anyone could do without a strategy. Hold, the full range, a range chosen once, a range re-centred at exit.
import { usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import { clamp } from "@/lib/math/stats";
import { unitHoldings } from "@/lib/portfolio/valuation";
import { frameOf, type BacktestMarket } from "./market";
import { pricePathInside } from "./price-path";
import { openPlan, shiftPlan, ticksOf, WAIT, type Twin, type TwinMoment } from "./twin";

/** Half-widths a fixed range is chosen from: 24 steps from the least sensible one to e^1. */
const CANDIDATES = 24;
const WIDEST = 1;
/** Part of a window that a fixed range is chosen on. */
const LOOK_FRAC = 0.2;
const LOG_TICK = Math.log(1.0001);
const LOSS_BARS = 15;
const LEAST_IN_RANGE_FRAC = 0.8;
/** Half-widths of the re-centred range, log price: usual settings of people who keep a range by hand. */
const RECENTRE_WIDTH = { pegged: 0.001, other: 0.03 } as const;

export function createHoldTwin(): Twin {
  return {
    name: "hold",
    title: "Hold",
    rule: "Keeps the start amounts, half of the value in each token, and never does anything.",
    start: () => null,
    decide: () => WAIT,
  };
}

export function createFullRangeTwin(): Twin {
  return {
    name: "full_range",
    title: "Full range",
    rule: "Puts everything into the widest range the pool has at the first minute and leaves it there.",
    start: ({ market: { pool } }) => {
      const usable = usableTicks(pool.tickSpacing);
      return openPlan({
        pool,
        ticks: { tickLower: usable.min, tickUpper: usable.max },
        reason: "open",
        amountUsd: null,
        fill: "swap",
      });
    },
    decide: () => WAIT,
  };
}

export function createFixedRangeTwin(): Twin {
  let width: number | null = null;
  return {
    name: "fixed_range",
    title: "Fixed range",
    rule: "Holds for the first 20 % of the window, then opens one range around the price and never moves it; its half-width is the one of 24 (least sensible width to e^1, log steps) that would have earned the largest fees less loss on those 20 %, of those that would have been in range for at least 80 % of that time.",
    start: () => null,
    decide(moment, state) {
      const { market, atMs, fromMs, toMs } = moment;
      if (state.positions.length > 0 || atMs < fromMs + LOOK_FRAC * (toMs - fromMs)) return WAIT;
      width ??= chooseWidth(moment);
      const ticks = ticksOf(market.pool, around(moment.price, width));
      if (ticks === null) return WAIT;
      return {
        kind: "PRA",
        reason: "open",
        detail: `half-width ${(100 * width).toFixed(3)} % chosen on the first 20 %`,
        plan: openPlan({ pool: market.pool, ticks, reason: "open", amountUsd: null, fill: "swap" }),
      };
    },
  };
}

export function createRecentreTwin(): Twin {
  return {
    name: "recentre_at_exit",
    title: "Re-centre at exit",
    rule: `Keeps a range of one width around the price (half-width ${100 * RECENTRE_WIDTH.other} %, pegged pairs ${100 * RECENTRE_WIDTH.pegged} %) and, whenever an epoch finds the price outside, swaps to half and opens it anew.`,
    start: (moment) => {
      const ticks = ticksOf(moment.market.pool, around(moment.price, recentreWidth(moment.market)));
      return ticks === null
        ? null
        : openPlan({ pool: moment.market.pool, ticks, reason: "open", amountUsd: null, fill: "swap" });
    },
    decide(moment, state) {
      const { market, price } = moment;
      const ticks = ticksOf(market.pool, around(price, recentreWidth(market)));
      if (ticks === null) return WAIT;
      const [position] = state.positions;
      if (position === undefined) {
        return {
          kind: "PRA",
          reason: "open",
          detail: "",
          plan: openPlan({ pool: market.pool, ticks, reason: "open", amountUsd: null, fill: "swap" }),
        };
      }
      if (position.lower < price && price < position.upper) return WAIT;
      return {
        kind: "RS",
        reason: "range_shift_out",
        detail: "the price left the range",
        plan: shiftPlan(position.id, ticks, "range_shift_out", "swap"),
      };
    },
  };
}

function around(price: number, width: number): { readonly min: number; readonly max: number } {
  return { min: price * Math.exp(-width), max: price * Math.exp(width) };
}

/** Least half-width inside which arbitrage does not move the pool (strategy.md section 4). */
function leastWidth(market: BacktestMarket): number {
  const { feePips, tickSpacing } = market.pool;
  return Math.max((2 * feePips) / 1e6, tickSpacing * LOG_TICK);
}

function recentreWidth(market: BacktestMarket): number {
  return Math.max(leastWidth(market), market.pool.isStablePair ? RECENTRE_WIDTH.pegged : RECENTRE_WIDTH.other);
}

/** Half-width whose centred range would have earned most, fees less loss, from the window's first bar until now. */
function chooseWidth(moment: TwinMoment): number {
  const { market, fromIndex, index, settings } = moment;
  const least = leastWidth(market);
  let best = least;
  let bestQuote = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < CANDIDATES; step += 1) {
    const width = least * (WIDEST / least) ** (step / (CANDIDATES - 1));
    const { earned, inRangeFrac } = lookBack(
      market,
      fromIndex,
      index,
      width,
      settings.capitalUsd / market.pool.quoteUsd,
    );
    // A range that the price left at once loses nothing more and would look good for the wrong reason.
    if (inRangeFrac >= LEAST_IN_RANGE_FRAC && earned > bestQuote) [best, bestQuote] = [width, earned];
  }
  return bestQuote > Number.NEGATIVE_INFINITY ? best : WIDEST;
}

function lookBack(
  market: BacktestMarket,
  from: number,
  to: number,
  width: number,
  capitalQuote: number,
): { readonly earned: number; readonly inRangeFrac: number } {
  const { track, pool } = market;
  const ticks = ticksOf(pool, around(track.price[from]!, width));
  if (ticks === null) return { earned: Number.NEGATIVE_INFINITY, inRangeFrac: 0 };
  const range = ticksToRange(ticks.tickLower, ticks.tickUpper, frameOf(pool));
  const liquidity = capitalQuote / unitHoldings(track.price[from]!, range.min, range.max).value;
  let earned = 0;
  let insideBars = 0;
  let markedAt = from;
  const path = { start: 0, low: 0, high: 0, price: 0 };
  for (let index = from + 1; index <= to; index += 1) {
    path.start = track.price[index - 1]!;
    path.low = track.low[index]!;
    path.high = track.high[index]!;
    path.price = track.price[index]!;
    const others = track.servingLiquidity[index]!;
    const inside = pricePathInside(path, range.min, range.max);
    insideBars += inside;
    if (inside > 0 && others > 0) {
      const share = (liquidity * inside * others) / (others + liquidity);
      earned += (track.feeBase[index]! * track.price[index]! + track.feeQuote[index]!) * share;
    }
    if (index - markedAt < LOSS_BARS && index !== to) continue;
    const before = Math.sqrt(clamp(track.price[markedAt]!, range.min, range.max));
    const after = Math.sqrt(clamp(track.price[index]!, range.min, range.max));
    const held = (1 / before - 1 / Math.sqrt(range.max)) * track.price[index]! + before;
    const has = (1 / after - 1 / Math.sqrt(range.max)) * track.price[index]! + after;
    earned -= liquidity * (held - has);
    markedAt = index;
  }
  return { earned, inRangeFrac: to > from ? insideBars / (to - from) : 1 };
}
