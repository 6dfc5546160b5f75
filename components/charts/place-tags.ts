// Places axis tags at least a tag's height apart: fixed tags stay, the others give way to the nearer side.

export interface Tag {
  readonly id: string;
  readonly y: number;
  readonly fixed: boolean;
}

/** New y per tag id, all inside [top, bottom] as far as there is room. */
export function placeTags(tags: readonly Tag[], gap: number, top: number, bottom: number): ReadonlyMap<string, number> {
  const placed: { readonly id: string; readonly y: number }[] = tags
    .filter((tag) => tag.fixed)
    .map(({ id, y }) => ({ id, y }));
  const free = (y: number): boolean => placed.every((other) => Math.abs(other.y - y) >= gap - 1e-6);
  for (const tag of tags.filter((one) => !one.fixed)) {
    const wanted = Math.min(bottom, Math.max(top, tag.y));
    const candidates = [wanted, ...placed.flatMap((other) => [other.y - gap, other.y + gap])]
      .filter((y) => y >= top && y <= bottom && free(y))
      .toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
    placed.push({ id: tag.id, y: candidates[0] ?? wanted });
  }
  return new Map(placed.map(({ id, y }) => [id, y]));
}
