// Events of the stream against the cache: a mark changes price and range state at once, nothing else is guessed.
import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { DeskEvent } from "@/lib/api/events";
import type { PairSummary } from "@/lib/api/schemas";
import { applyEvent } from "./apply-event";

const summary = (id: string, state: PairSummary["state"]): PairSummary => ({
  id,
  base: "WETH",
  quote: "USDC",
  chains: [],
  mode: "auto",
  pause: null,
  halted: null,
  state,
  stateSinceAtMs: 5,
  stateSentence: "was",
  price: 2000,
  priceAtMs: 5,
  priceChange24hFrac: null,
  range: null,
  valueUsd: 1,
  positionsUsd: 1,
  idleUsd: 0,
  inTransitUsd: 0,
  unclaimedFeesUsd: 0,
  inRange24hFrac: null,
  fees24hUsd: null,
  net24hUsd: null,
  lastDecision: null,
  openPlanId: null,
  worker: null,
});
const mark: DeskEvent = {
  type: "pair.mark",
  atMs: 9,
  pairId: "WETH-USDC",
  price: 2100,
  blockNumber: "77",
  state: "out_of_range",
  positions: [],
  marketAtMs: 9,
};

function clientWith(...pairs: readonly PairSummary[]): QueryClient {
  const client = new QueryClient();
  client.setQueryData(["pairs", null, null], { pairs, nextCursor: null });
  return client;
}

describe("applyEvent", () => {
  it("default: a mark turns its own pair and leaves the others", () => {
    const client = clientWith(summary("WETH-USDC", "in_range"), summary("USDC-USDT", "in_range"));
    applyEvent(client, mark);
    expect(client.getQueryData(["pairs", null, null])).toMatchObject({
      pairs: [
        { state: "out_of_range", stateSinceAtMs: 9, price: 2100, stateSentence: "Out of range since block 77" },
        { state: "in_range", stateSinceAtMs: 5, price: 2000 },
      ],
    });
  });

  it("behavior: while the state stays, its beginning stays", () => {
    const client = clientWith(summary("WETH-USDC", "out_of_range"));
    applyEvent(client, mark);
    expect(client.getQueryData(["pairs", null, null])).toMatchObject({
      pairs: [{ stateSinceAtMs: 5, stateSentence: "was", price: 2100 }],
    });
  });

  it("behavior: paused and halted are decided by the signer, not by a block", () => {
    for (const state of ["paused", "halted"] as const) {
      const client = clientWith(summary("WETH-USDC", state));
      applyEvent(client, mark);
      expect(client.getQueryData(["pairs", null, null])).toMatchObject({ pairs: [{ state, price: 2100 }] });
    }
  });

  it("behavior: what an event is about is read again", () => {
    const client = clientWith();
    client.setQueryData(["pairDecisions", { id: "WETH-USDC" }, null], {});
    client.setQueryData(["pairDecisions", { id: "USDC-USDT" }, null], {});
    applyEvent(client, {
      type: "epoch.completed",
      atMs: 1,
      pairId: "WETH-USDC",
      epoch: 2,
      kind: "HOLD",
      reason: "no_gain",
    });
    const isOld = (id: string) => client.getQueryState(["pairDecisions", { id }, null])?.isInvalidated;
    expect([isOld("WETH-USDC"), isOld("USDC-USDT")]).toEqual([true, false]);
  });
});
