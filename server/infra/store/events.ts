// The live event stream of the desk: append, follow, resume by id.
import type * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson } from "./codec";
import { EVENTS_KEPT_COUNT, storeChannels, storeKeys } from "./keys";
import { appendToStream, followStream, readStream, type StreamEntry, type StreamFollower } from "./pubsub";

export interface StoredEvent<T> {
  readonly id: string;
  readonly event: T;
}

/** Returns the event's id. */
export function publishEvent(store: StoreClient, event: unknown): Promise<Result<string, StoreError>> {
  return appendToStream(store, {
    stream: storeKeys.events,
    channel: storeChannels.events,
    keptCount: EVENTS_KEPT_COUNT,
    value: event,
  });
}

/** Events after `afterId`, oldest first; an event that cannot be read is left out and named in `onBad`. */
export async function readEventsAfter<T>(
  store: StoreClient,
  input: { readonly afterId: string; readonly limit: number; readonly onBad?: (error: StoreError) => void },
  schema: z.ZodType<T>,
): Promise<Result<readonly StoredEvent<T>[], StoreError>> {
  const entries = await readStream(store, { stream: storeKeys.events, afterId: input.afterId, limit: input.limit });
  if (!entries.ok) return entries;
  return ok(entries.value.flatMap((entry) => decodeEvent(entry, schema, input.onBad) ?? []));
}

export function followEvents<T>(
  store: StoreClient,
  input: {
    readonly afterId: string;
    readonly onEvent: (event: StoredEvent<T>) => void;
    readonly onError?: (error: StoreError) => void;
  },
  schema: z.ZodType<T>,
): StreamFollower {
  return followStream(store, {
    stream: storeKeys.events,
    channel: storeChannels.events,
    afterId: input.afterId,
    onEntry: (entry) => {
      const event = decodeEvent(entry, schema, input.onError);
      if (event !== null) input.onEvent(event);
    },
    ...(input.onError === undefined ? {} : { onError: input.onError }),
  });
}

function decodeEvent<T>(
  entry: StreamEntry,
  schema: z.ZodType<T>,
  onBad: ((error: StoreError) => void) | undefined,
): StoredEvent<T> | null {
  const decoded = decodeJson(`${storeKeys.events} ${entry.id}`, entry.json, schema);
  if (decoded.ok) return { id: entry.id, event: decoded.value };
  onBad?.(decoded.error);
  return null;
}
