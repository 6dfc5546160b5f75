// Sixty pairs stay findable: by words, and those that need a look first.
import { describe, expect, it } from "vitest";
import type { PairSummary } from "@/lib/api/schemas";
import { findPairs, orderPairs } from "./pairs-order";

type Pair = Parameters<typeof orderPairs>[0][number];

function pair(id: string, state: PairSummary["state"], change: Partial<Pair> = {}): Pair {
  return {
    id,
    state,
    mode: "auto",
    openPlanId: null,
    valueUsd: 1,
    net24hUsd: 0,
    chains: [{ id: 1, name: "Base" }],
    ...change,
  };
}
const ids = (pairs: readonly Pair[]): string[] => pairs.map(({ id }) => id);

describe("pairs of the overview", () => {
  const pairs = [
    pair("D", "in_range", { valueUsd: 5, net24hUsd: -2 }),
    pair("C", "in_range", { openPlanId: "0x1", valueUsd: null, net24hUsd: null }),
    pair("B", "halted", { valueUsd: 9 }),
    pair("A", "out_of_range", { mode: "approve", chains: [{ id: 2, name: "Arbitrum One" }] }),
  ];

  it("default: halted first, then out of range, then what has a plan, the rest by name", () => {
    expect(ids(orderPairs(pairs, "attention"))).toEqual(["B", "A", "C", "D"]);
  });

  it("behavior: money from the most, unknown last", () => {
    expect(ids(orderPairs(pairs, "value"))).toEqual(["B", "D", "A", "C"]);
    expect(ids(orderPairs(pairs, "net"))).toEqual(["A", "B", "D", "C"]);
    expect(ids(orderPairs(pairs, "name"))).toEqual(["A", "B", "C", "D"]);
  });

  it("behavior: every word has to be found, in whatever order", () => {
    expect(ids(findPairs(pairs, "arbitrum approve"))).toEqual(["A"]);
    expect(ids(findPairs(pairs, " in range  base"))).toEqual(["D", "C"]);
    expect(ids(findPairs(pairs, "nothing"))).toEqual([]);
    expect(ids(findPairs(pairs, ""))).toHaveLength(4);
  });
});
