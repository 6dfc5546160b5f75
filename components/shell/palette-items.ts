// What the command palette offers for what somebody typed: every word must be found, a match at the start of a name comes first.

export interface PaletteItem {
  readonly id: string;
  readonly group: "Pages" | "Pairs" | "Plans" | "Actions";
  readonly label: string;
  /** Beside the label: a state, a key, what it opens. */
  readonly hint: string;
  /** More words it is found by. */
  readonly words: string;
}

/** Most shown at once. */
const SHOWN = 12;

export function findItems<T extends PaletteItem>(items: readonly T[], text: string): readonly T[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return items.slice(0, SHOWN);
  return items
    .flatMap((item, index) => {
      const label = item.label.toLowerCase();
      const all = `${label} ${item.words.toLowerCase()}`;
      if (!wanted.every((word) => all.includes(word))) return [];
      const first = wanted[0] ?? "";
      const rank = label.startsWith(first) ? 0 : label.includes(first) ? 1 : 2;
      return [{ item, rank, index }];
    })
    .toSorted((left, right) => left.rank - right.rank || left.index - right.index)
    .slice(0, SHOWN)
    .map(({ item }) => item);
}
