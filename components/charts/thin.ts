// Keeps a chart at most this many points: evenly thinned, first and last always kept.

/** As many as a wide plot has pixels for: what the crosshair can stand at. Lines are drawn from all rows (`line-path.ts`). */
export const MAX_POINTS = 720;

export function thin<T>(points: readonly T[], most = MAX_POINTS): readonly T[] {
  if (points.length <= most || most < 2) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]).filter(
    (point): point is T => point !== undefined,
  );
}
