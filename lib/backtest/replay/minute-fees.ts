// What a range position earned in one recorded minute of a pool, without knowing the minute's single swaps; four methods, the last the best.

/** One minute of a pool. Amounts and liquidity raw, as doubles. */
export interface PoolMinute {
  /** Where the price stood when the minute began: the close of the last minute with a swap, or its own first tick. */
  readonly startTick: number;
  readonly lowestTick: number;
  readonly highestTick: number;
  readonly closeTick: number;
  /** Sold into the pool, fee included. */
  readonly inAmount0: number;
  readonly inAmount1: number;
  /** Token1 in less token1 out; null where the recording does not say. */
  readonly netAmount1: number | null;
  /** Others' active liquidity at the end of the minute. */
  readonly liquidity: number;
}

/**
 * - `close_tick`: all of the minute if it ends in range, else nothing; liquidity of its end.
 * - `span`: the part of lowest..highest that lies in range; liquidity of the end.
 * - `path`: the part in range of the netted way start -> one extreme -> the other -> close; liquidity of the end.
 * - `path_and_depth`: the same way; liquidity of the end, but at least as much as the net flow must have met to move the price
 *   no further than it went. This sees liquidity that came for one swap and was gone at the end of the minute.
 */
export const MINUTE_FEE_METHODS = ["close_tick", "span", "path", "path_and_depth"] as const;
export type MinuteFeeMethod = (typeof MINUTE_FEE_METHODS)[number];

/** Measured best against an exact replay (manual page "Replay"). */
export const BEST_MINUTE_FEE_METHOD: MinuteFeeMethod = "path_and_depth";

export interface MinuteFeeInput {
  readonly minute: PoolMinute;
  readonly tickLower: number;
  readonly tickUpper: number;
  /** Own liquidity, raw. */
  readonly liquidity: number;
  readonly feePips: number;
  /** Part of the fee that goes to the protocol, 0..1. */
  readonly protocolShareFrac: number;
}

/** Fees of the minute, raw: own part of active liquidity, while in range, of what was paid in times the fee. */
export function minuteFees(
  input: MinuteFeeInput,
  method: MinuteFeeMethod = BEST_MINUTE_FEE_METHOD,
): { readonly fees0: number; readonly fees1: number } {
  const { minute, tickLower, tickUpper, liquidity } = input;
  const others = method === "path_and_depth" ? servingLiquidity(minute) : minute.liquidity;
  const total = others + liquidity;
  if (!(total > 0) || !(liquidity > 0)) return { fees0: 0, fees1: 0 };
  const share =
    (inRangeFrac(minute, tickLower, tickUpper, method) * liquidity * (1 - input.protocolShareFrac) * input.feePips) /
    1e6 /
    total;
  return { fees0: minute.inAmount0 * share, fees1: minute.inAmount1 * share };
}

function inRangeFrac(minute: PoolMinute, tickLower: number, tickUpper: number, method: MinuteFeeMethod): number {
  const { startTick, lowestTick, highestTick, closeTick } = minute;
  switch (method) {
    case "close_tick":
      return closeTick >= tickLower && closeTick < tickUpper ? 1 : 0;
    case "span":
      // A tick is an interval: its price may be anywhere up to the next one.
      return overlap(lowestTick, highestTick + 1, tickLower, tickUpper) / (highestTick + 1 - lowestTick);
    case "path":
    case "path_and_depth":
      return pathInRangeFrac(
        { start: startTick + 0.5, low: lowestTick + 0.5, high: highestTick + 0.5, close: closeTick + 0.5 },
        tickLower,
        tickUpper,
      );
  }
}

/** Start, extremes and close of a minute in one coordinate: ticks, or the logarithm of the price. */
export interface MinutePath {
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly close: number;
}

/**
 * Part (0..1) of the netted way that lies in [lower, upper): start -> low -> high -> close when it ends above its start, else
 * start -> high -> low -> close. The start counts as an extreme when it lies beyond them. A price that did not move is in or out.
 */
export function pathInRangeFrac(path: MinutePath, lower: number, upper: number): number {
  const { start, close } = path;
  const low = Math.min(path.low, start, close);
  const high = Math.max(path.high, start, close);
  const first = close >= start ? low : high;
  const second = close >= start ? high : low;
  const way = Math.abs(first - start) + (high - low) + Math.abs(close - second);
  if (!(way > 0)) return start >= lower && start < upper ? 1 : 0;
  const inside =
    overlap(Math.min(start, first), Math.max(start, first), lower, upper) +
    overlap(low, high, lower, upper) +
    overlap(Math.min(second, close), Math.max(second, close), lower, upper);
  return inside / way;
}

/**
 * Others' liquidity that served the minute, raw: that of its end, or |net token1| / (sqrt(p_high) - sqrt(p_low)) where this is
 * more. Net token1 is the integral of liquidity over the square root price, and the price went no further than its extremes.
 */
export function servingLiquidity(minute: PoolMinute): number {
  if (minute.netAmount1 === null) return minute.liquidity;
  const low = Math.min(minute.lowestTick, minute.startTick);
  const high = Math.max(minute.highestTick, minute.startTick) + 1;
  const depth = Math.abs(minute.netAmount1) / (1.0001 ** (high / 2) - 1.0001 ** (low / 2));
  return depth > minute.liquidity ? depth : minute.liquidity;
}

/** Length of what [from, to] and [lower, upper] have in common. */
function overlap(from: number, to: number, lower: number, upper: number): number {
  return Math.max(0, Math.min(to, upper) - Math.max(from, lower));
}
