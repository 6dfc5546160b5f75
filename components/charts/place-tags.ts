// Places axis tags at least a tag's height apart and in the order of their values: the fixed one stays, the others give way.

export interface Tag {
  readonly id: string;
  readonly y: number;
  readonly fixed: boolean;
}

/** New y per tag id, all inside [top, bottom] as far as there is room; at most one tag is fixed. */
export function placeTags(tags: readonly Tag[], gap: number, top: number, bottom: number): ReadonlyMap<string, number> {
  const fixed = tags.find((tag) => tag.fixed);
  const free = tags.filter((tag) => tag !== fixed).toSorted((left, right) => left.y - right.y);
  if (fixed === undefined) return spread(free, gap, top, bottom);
  const natural = free.filter((tag) => tag.y < fixed.y).length;
  const above = split(free.length, natural, Math.floor((fixed.y - top) / gap), Math.floor((bottom - fixed.y) / gap));
  return new Map([
    ...spread(free.slice(0, above), gap, top, fixed.y - gap),
    [fixed.id, fixed.y] as const,
    ...spread(free.slice(above), gap, fixed.y + gap, bottom),
  ]);
}

/** How many go above: as many as lie there, unless one side has no room for them. */
function split(count: number, natural: number, roomAbove: number, roomBelow: number): number {
  return Math.max(0, Math.min(count, Math.max(count - roomBelow, Math.min(natural, roomAbove))));
}

/** In order; down from the top first, then back up from the bottom. */
function spread(tags: readonly Tag[], gap: number, top: number, bottom: number): ReadonlyMap<string, number> {
  const ys: number[] = [];
  for (const tag of tags) ys.push(Math.max(tag.y, (ys.at(-1) ?? top - gap) + gap));
  for (let index = ys.length - 1, limit = bottom; index >= 0; index -= 1, limit -= gap) {
    limit = Math.min(limit, ys[index] ?? limit);
    ys[index] = limit;
  }
  return new Map(tags.map((tag, index) => [tag.id, ys[index] ?? tag.y]));
}
