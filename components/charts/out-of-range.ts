// Where the price ran outside every range that was open at that time: the stretches to hatch.

export interface RangeLife {
  readonly fromAtMs: number;
  /** Null while it is open. */
  readonly toAtMs: number | null;
  readonly lower: number;
  readonly upper: number;
}

export interface PricePoint {
  readonly atMs: number;
  readonly price: number | null;
}

export interface OutStretch {
  /** Price and the edge it is outside of, in time order. */
  readonly points: readonly { readonly atMs: number; readonly price: number; readonly edge: number }[];
}

export function outOfRangeStretches(points: readonly PricePoint[], lives: readonly RangeLife[]): readonly OutStretch[] {
  const stretches: { readonly points: { atMs: number; price: number; edge: number }[] }[] = [];
  let open: { readonly points: { atMs: number; price: number; edge: number }[] } | null = null;
  for (const { atMs, price } of points) {
    const edge = price === null ? null : edgeOutside(atMs, price, lives);
    if (edge === null || price === null) {
      open = null;
      continue;
    }
    if (open === null) {
      open = { points: [] };
      stretches.push(open);
    }
    open.points.push({ atMs, price, edge });
  }
  return stretches;
}

/** The nearest edge when the price is outside all ranges open at that time; null when inside one or when none is open. */
function edgeOutside(atMs: number, price: number, lives: readonly RangeLife[]): number | null {
  let nearest: number | null = null;
  for (const life of lives) {
    if (atMs < life.fromAtMs || (life.toAtMs !== null && atMs >= life.toAtMs)) continue;
    if (price >= life.lower && price <= life.upper) return null;
    const edge = price < life.lower ? life.lower : life.upper;
    if (nearest === null || Math.abs(price - edge) < Math.abs(price - nearest)) nearest = edge;
  }
  return nearest;
}
