// Reads queries again after events: at once when none is under way, otherwise once more after the running read, never by cancelling it.
"use client";
import type { QueryClient, QueryFilters } from "@tanstack/react-query";

/** How soon a read that had to wait is tried; many events within it make one read. */
const TRY_AGAIN_MS = 250;

const waiting = new WeakMap<QueryClient, Map<string, QueryFilters>>();

/** `key` names the filters: the same key asked twice is read once. */
export function readAgain(client: QueryClient, key: string, filters: QueryFilters): void {
  const known = waiting.get(client);
  const pending = known ?? new Map<string, QueryFilters>();
  if (known === undefined) waiting.set(client, pending);
  const isScheduled = pending.size > 0;
  pending.set(key, filters);
  if (!isScheduled) flush(client, pending);
}

function flush(client: QueryClient, pending: Map<string, QueryFilters>): void {
  for (const [key, filters] of pending) {
    // A running read may have been answered before the event: it ends first, then this one follows.
    if (client.isFetching(filters) > 0) continue;
    pending.delete(key);
    void client.invalidateQueries(filters);
  }
  if (pending.size > 0) setTimeout(() => flush(client, pending), TRY_AGAIN_MS);
}
