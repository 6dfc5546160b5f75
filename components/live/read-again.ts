// Reads queries again after events: at once when it was quiet, at most once a second, and never by cancelling a running read.
"use client";
import type { QueryClient, QueryFilters } from "@tanstack/react-query";

/** How soon a read that had to wait is tried. */
const TRY_AGAIN_MS = 250;
/** Least time between two reads of one key: a page has about a dozen keys and the API allows 20 reads a second. */
const BETWEEN_READS_MS = 1_000;

interface Waiting {
  readonly pending: Map<string, QueryFilters>;
  readonly readAtMs: Map<string, number>;
}

const waiting = new WeakMap<QueryClient, Waiting>();

/** `key` names the filters: the same key asked twice is read once. */
export function readAgain(client: QueryClient, key: string, filters: QueryFilters): void {
  const known = waiting.get(client) ?? {
    pending: new Map<string, QueryFilters>(),
    readAtMs: new Map<string, number>(),
  };
  waiting.set(client, known);
  const isScheduled = known.pending.size > 0;
  known.pending.set(key, filters);
  if (!isScheduled) flush(client, known);
}

function flush(client: QueryClient, known: Waiting): void {
  const nowMs = performance.now();
  for (const [key, filters] of known.pending) {
    const isTooSoon = nowMs - (known.readAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < BETWEEN_READS_MS;
    // A running read may have been answered before the event: it ends first, then this one follows.
    if (isTooSoon || client.isFetching(filters) > 0) continue;
    known.pending.delete(key);
    known.readAtMs.set(key, nowMs);
    void client.invalidateQueries(filters);
  }
  if (known.pending.size > 0) setTimeout(() => flush(client, known), TRY_AGAIN_MS);
}
