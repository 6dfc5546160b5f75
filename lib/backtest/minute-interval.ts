// Minute interval: one minute of a market's track in the form the account steps over, filled in place.
import type { BacktestMarket } from "./market";
import type { PaperInterval, PaperPoolInterval, PaperSwaps } from "./paper-state";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface MinuteInterval {
  /** Valid until the next `moveTo`: the same object every time, so that a walk over minutes allocates nothing. */
  readonly interval: PaperInterval;
  /** Fills in the bar that closes at `toMs`. */
  readonly moveTo: (index: number, toMs: number) => void;
}

export function createMinuteInterval({ pool, track, firstIndex }: BacktestMarket): MinuteInterval {
  const swaps: Mutable<PaperSwaps> | null = track.swaps === null ? null : { track: track.swaps, from: 0, to: 0 };
  const path: Mutable<PaperPoolInterval> = {
    poolKey: pool.poolKey,
    start: 0,
    low: 0,
    high: 0,
    price: 0,
    feeBase: 0,
    feeQuote: 0,
    othersLiquidity: 0,
    swaps,
  };
  const interval: Mutable<PaperInterval> = { toMs: 0, price: 0, quoteUsd: pool.quoteUsd, pools: [path] };
  return {
    interval,
    moveTo(index, toMs) {
      path.price = track.price[index]!;
      path.start = index > firstIndex ? track.price[index - 1]! : path.price;
      path.low = track.low[index]!;
      path.high = track.high[index]!;
      path.feeBase = track.feeBase[index]!;
      path.feeQuote = track.feeQuote[index]!;
      path.othersLiquidity = track.servingLiquidity[index]!;
      if (swaps !== null) {
        swaps.from = swaps.track.from[index]!;
        swaps.to = swaps.track.to[index]!;
      }
      interval.toMs = toMs;
      interval.price = path.price;
    },
  };
}
