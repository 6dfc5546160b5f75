// Which pairs the overview's table shows and in which order: found by their words, those that need a look first.
import type { PairSummary } from "@/lib/api/schemas";

export const PAIR_ORDERS = ["attention", "name", "value", "net"] as const;
export type PairOrder = (typeof PAIR_ORDERS)[number];

const RANK: Readonly<Record<PairSummary["state"], number>> = {
  halted: 0,
  no_data: 1,
  unknown: 1,
  out_of_range: 2,
  paused: 3,
  in_range: 4,
  no_position: 5,
};

type Ordered = Pick<PairSummary, "id" | "state" | "mode" | "openPlanId" | "valueUsd" | "net24hUsd" | "chains">;

/** Every word is in the pair's name, mode, state or the name of one of its chains. */
export function findPairs<T extends Ordered>(pairs: readonly T[], text: string): readonly T[] {
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return pairs;
  return pairs.filter((pair) => {
    const all = [pair.id, pair.mode, pair.state.replaceAll("_", " "), ...pair.chains.map(({ name }) => name)]
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

/** What is not known comes last; equal ones by name. */
export function orderPairs<T extends Ordered>(pairs: readonly T[], order: PairOrder): readonly T[] {
  const key = (pair: T): number => {
    if (order === "value") return -(pair.valueUsd ?? Number.NEGATIVE_INFINITY);
    if (order === "net") return -(pair.net24hUsd ?? Number.NEGATIVE_INFINITY);
    if (order === "name") return 0;
    return RANK[pair.state] - (pair.openPlanId === null ? 0 : 0.5);
  };
  return pairs.toSorted((left, right) => {
    const [a, b] = [key(left), key(right)];
    return a === b ? left.id.localeCompare(right.id) : a < b ? -1 : 1;
  });
}
