// Turns an event of the stream into changes of the cached answers: prices and range state are patched at once, the rest is read again.
"use client";
import type { QueryClient } from "@tanstack/react-query";
import type { RouteName, RouteResponse } from "@/lib/api/contract";
import type { DeskEvent } from "@/lib/api/events";
import type { PairSummary } from "@/lib/api/schemas";
import { readAgain } from "./read-again";

type Mark = Extract<DeskEvent, { readonly type: "pair.mark" }>;

const LIVE_STATES: ReadonlySet<PairSummary["state"]> = new Set([
  "in_range",
  "out_of_range",
  "no_position",
  "unknown",
  "no_data",
]);

export function applyEvent(client: QueryClient, event: DeskEvent): void {
  switch (event.type) {
    case "clock":
      return;
    case "pair.mark":
      applyMark(client, event);
      return;
    case "epoch.completed":
      again(client, ["overview", "pairs", "pools", "pool", "moneyDays", "moneyReport"]);
      againPair(client, event.pairId);
      return;
    case "plan.changed":
    case "op.changed":
      again(client, ["plans", "plan", "activity", "txlog", "overview", "pairs", "transfers"]);
      againPair(client, event.pairId);
      return;
    case "command.changed":
      again(client, ["command", "audit", "overview", "pairs", "plans", "plan", "orphans", "transfers"]);
      if (/^[A-Z0-9.]+-[A-Z0-9.]+$/.test(event.target)) againPair(client, event.target);
      return;
    case "authority.changed":
      again(client, [
        "overview",
        "pairs",
        "system",
        "session",
        "pairStatus",
        "pairConfig",
        "people",
        "limits",
        "audit",
        "transfers",
        "orphans",
      ]);
      return;
    case "worker.changed":
      again(client, ["orchestrator", "system", "overview"]);
      againPair(client, event.pairId);
      return;
    case "service.changed":
      again(client, ["system", "overview", "orchestrator"]);
      return;
    case "alert.changed":
      again(client, ["alerts"]);
      return;
  }
}

function again(client: QueryClient, names: readonly RouteName[]): void {
  for (const name of names) readAgain(client, name, { queryKey: [name] });
}

const PAIR_ROUTES = [
  "pairStatus",
  "pairPositions",
  "pairAllocations",
  "pairDecisions",
  "pairDecision",
  "pairEpochs",
  "pairRanges",
  "pairDepth",
  "pairCandles",
] as const satisfies readonly RouteName[];

function againPair(client: QueryClient, pairId: string): void {
  for (const name of PAIR_ROUTES) {
    readAgain(client, `${name} ${pairId}`, {
      queryKey: [name],
      predicate: (query) => belongsTo(query.queryKey[1], pairId),
    });
  }
}

function belongsTo(params: unknown, pairId: string): boolean {
  return typeof params === "object" && params !== null && "id" in params && params.id === pairId;
}

/** Price and range state by block: on screen before anything is fetched. */
function applyMark(client: QueryClient, mark: Mark): void {
  let isTurn = false;
  const patch = <T extends PairSummary>(pair: T): T => {
    if (pair.id !== mark.pairId) return pair;
    const turned = LIVE_STATES.has(pair.state) && pair.state !== mark.state;
    if (turned) isTurn = true;
    return {
      ...pair,
      price: mark.price,
      priceAtMs: mark.marketAtMs,
      ...(turned
        ? {
            state: mark.state,
            stateSinceAtMs: mark.marketAtMs,
            stateSentence: `${WORDS[mark.state]} since block ${mark.blockNumber}`,
          }
        : {}),
    };
  };
  client.setQueriesData<RouteResponse<"overview">>({ queryKey: ["overview"] }, (old) =>
    old === undefined ? old : { ...old, pairs: old.pairs.map(patch) },
  );
  client.setQueriesData<RouteResponse<"pairs">>({ queryKey: ["pairs"] }, (old) =>
    old === undefined ? old : { ...old, pairs: old.pairs.map(patch) },
  );
  client.setQueriesData<RouteResponse<"pairStatus">>({ queryKey: ["pairStatus"] }, (old) =>
    old === undefined ? old : patch(old),
  );
  client.setQueriesData<RouteResponse<"pairPositions">>(
    { queryKey: ["pairPositions"], predicate: (query) => belongsTo(query.queryKey[1], mark.pairId) },
    (old) => {
      if (old === undefined) return old;
      const now = new Map(mark.positions.map((position) => [position.positionId, position.inRange]));
      return {
        ...old,
        positions: old.positions.map((position) => {
          const inRange = now.get(position.positionId) ?? position.inRange;
          if (inRange === position.inRange) return position;
          return { ...position, inRange, outSinceAtMs: inRange ? null : mark.marketAtMs };
        }),
      };
    },
  );
  // Money split and attention change with the state; positions are read again at the new block.
  if (isTurn) {
    again(client, ["overview"]);
    againPair(client, mark.pairId);
  }
}

const WORDS = { in_range: "In range", out_of_range: "Out of range", no_position: "No position" } as const;
