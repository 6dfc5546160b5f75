// The grid a range snaps to: ticks of a pool's spacing or bins of a Liquidity Book pair; edges move on it, never between.
import { binsToRange, CENTRE_BIN_ID, MAX_BIN_ID } from "@/lib/amm/bins";
import type { PriceFrame } from "@/lib/amm/sqrt-price";
import { usableTicks } from "@/lib/amm/tick-math";
import type { PositionDto } from "@/lib/api/schemas";
import type { PositionRange } from "@/lib/market/snapshot";
import { frameOf, pricesOf, snapPrice, spacingOf } from "./snap-range";

/** Two indexes in pool order: ticks, or bins with both ends included. */
export interface IndexRange {
  readonly lower: number;
  readonly upper: number;
}

/** The edge at the lower or the higher QUOTE-per-BASE price. */
export type Edge = "min" | "max";

export interface RangeGrid {
  readonly kind: "ticks" | "bins";
  /** Index units of one step: the tick spacing, or one bin. */
  readonly step: number;
  /** What the position has now. */
  readonly current: IndexRange;
  readonly widest: IndexRange;
  /** Effective prices, QUOTE per BASE. */
  prices(range: IndexRange): { readonly min: number; readonly max: number };
  /** One edge to the nearest place for this price; the other stays and is never passed. */
  moveTo(range: IndexRange, edge: Edge, price: number): IndexRange;
  /** Steps towards higher prices; negative ones towards lower. */
  stepBy(range: IndexRange, edge: Edge | "both", steps: number): IndexRange;
  /** The band moved as a whole so that its middle (in log price) comes next to this price. */
  centreAt(range: IndexRange, price: number): IndexRange;
  fromPrices(min: number, max: number): IndexRange;
  /** The index that makes this edge. */
  indexOf(range: IndexRange, edge: Edge): number;
  isSame(a: IndexRange, b: IndexRange): boolean;
  toPositionRange(range: IndexRange): PositionRange;
}

export function createRangeGrid(position: PositionDto): RangeGrid {
  const frame = frameOf(position);
  return position.family === "liquidity-book" ? binGrid(position, frame) : tickGrid(position, frame);
}

interface Places {
  readonly kind: "ticks" | "bins";
  readonly step: number;
  readonly current: IndexRange;
  readonly widest: IndexRange;
  /** Least upper - lower. */
  readonly leastSpan: number;
  readonly isRising: boolean;
  prices(range: IndexRange): { readonly min: number; readonly max: number };
  /** Nearest index for a price at an edge; not clamped to the other edge. */
  indexAt(price: number, side: keyof IndexRange): number;
  toPositionRange(range: IndexRange): PositionRange;
}

function tickGrid(position: PositionDto, frame: PriceFrame): RangeGrid {
  const step = spacingOf(position);
  const usable = usableTicks(step);
  return gridOf({
    kind: "ticks",
    step,
    current: { lower: position.tickLower, upper: position.tickUpper },
    widest: { lower: usable.min, upper: usable.max },
    leastSpan: step,
    isRising: frame.baseIsToken0,
    prices: ({ lower, upper }) => {
      const { lower: min, upper: max } = pricesOf({ tickLower: lower, tickUpper: upper }, frame);
      return { min, max };
    },
    indexAt: (price, side) => snapPrice(price, step, frame) ?? (side === "lower" ? usable.min : usable.max),
    toPositionRange: ({ lower, upper }) => ({ kind: "ticks", tickLower: lower, tickUpper: upper }),
  });
}

function binGrid(position: PositionDto, frame: PriceFrame): RangeGrid {
  const current = { lower: position.tickLower, upper: position.tickUpper };
  const count = current.upper - current.lower + 1;
  // The range as shown says how wide one bin is.
  const stepBps = Math.round(Math.expm1(Math.log(position.priceUpper / position.priceLower) / count) * 10_000);
  const q = Math.log1p(stepBps / 10_000);
  const centre = binsToRange(CENTRE_BIN_ID, CENTRE_BIN_ID, stepBps, frame);
  return gridOf({
    kind: "bins",
    step: 1,
    current,
    widest: { lower: 0, upper: MAX_BIN_ID },
    leastSpan: 0,
    isRising: frame.baseIsToken0,
    prices: ({ lower, upper }) => binsToRange(lower, upper, stepBps, frame),
    indexAt: (price, side) => {
      // The lower bin's outer edge lies where its index begins, the upper bin's where it ends.
      const from = frame.baseIsToken0
        ? Math.log(price / (side === "lower" ? centre.min : centre.max))
        : Math.log((side === "lower" ? centre.max : centre.min) / price);
      return Math.round(CENTRE_BIN_ID + from / q);
    },
    toPositionRange: ({ lower, upper }) => ({ kind: "bins", lowerBinId: lower, upperBinId: upper }),
  });
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function gridOf(places: Places): RangeGrid {
  const { step, widest, leastSpan, isRising } = places;
  /** Which index makes this price edge. */
  const sideOf = (edge: Edge): keyof IndexRange => ((edge === "min") === isRising ? "lower" : "upper");
  const place = (range: IndexRange, side: keyof IndexRange, index: number): IndexRange =>
    side === "lower"
      ? { ...range, lower: clamp(index, widest.lower, range.upper - leastSpan) }
      : { ...range, upper: clamp(index, range.lower + leastSpan, widest.upper) };
  const shift = (range: IndexRange, by: number): IndexRange => {
    const room = clamp(by, widest.lower - range.lower, widest.upper - range.upper);
    return { lower: range.lower + room, upper: range.upper + room };
  };
  return {
    kind: places.kind,
    step,
    current: places.current,
    widest,
    prices: places.prices,
    moveTo: (range, edge, price) => {
      const side = sideOf(edge);
      return price > 0 && Number.isFinite(price) ? place(range, side, places.indexAt(price, side)) : range;
    },
    stepBy: (range, edge, steps) => {
      const by = steps * step * (isRising ? 1 : -1);
      if (edge === "both") return shift(range, by);
      const side = sideOf(edge);
      return place(range, side, range[side] + by);
    },
    centreAt: (range, price) => {
      if (!(price > 0) || !Number.isFinite(price)) return range;
      const middle = (range.lower + range.upper) / 2;
      const wanted = (places.indexAt(price, "lower") + places.indexAt(price, "upper")) / 2;
      return shift(range, Math.round((wanted - middle) / step) * step);
    },
    fromPrices: (min, max) => {
      const [low, high] = isRising ? [min, max] : [max, min];
      const lower = clamp(places.indexAt(low, "lower"), widest.lower, widest.upper - leastSpan);
      return { lower, upper: clamp(places.indexAt(high, "upper"), lower + leastSpan, widest.upper) };
    },
    indexOf: (range, edge) => range[sideOf(edge)],
    isSame: (a, b) => a.lower === b.lower && a.upper === b.upper,
    toPositionRange: places.toPositionRange,
  };
}
