// Keeps a chart at most this many points: evenly thinned, first and last always kept.

/** Measured limit for smooth updates on a slow machine (shared/operator.md section 3). */
export const MAX_POINTS = 1_500;

export function thin<T>(points: readonly T[], most = MAX_POINTS): readonly T[] {
  if (points.length <= most || most < 2) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]).filter(
    (point): point is T => point !== undefined,
  );
}
