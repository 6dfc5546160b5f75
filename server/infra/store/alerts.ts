// Alerts in the store: the last word of the alerts process for the desk, and what the desk asks of it.
import type * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson } from "./codec";
import { ALERT_REQUESTS_KEPT_COUNT, storeKeys } from "./keys";
import { appendToStream, readStream } from "./pubsub";

export function appendAlertRequest(store: StoreClient, request: unknown): Promise<Result<string, StoreError>> {
  return appendToStream(store, {
    stream: storeKeys.alertRequests,
    channel: storeKeys.alertRequests,
    keptCount: ALERT_REQUESTS_KEPT_COUNT,
    value: request,
  });
}

export interface StoredRequest<T> {
  readonly id: string;
  /** Null: an entry that cannot be read; it is passed over. */
  readonly request: T | null;
}

/** Requests after `afterId`, oldest first. */
export async function readAlertRequests<T>(
  store: StoreClient,
  afterId: string,
  schema: z.ZodType<T>,
): Promise<Result<readonly StoredRequest<T>[], StoreError>> {
  const entries = await readStream(store, { stream: storeKeys.alertRequests, afterId, limit: 100 });
  if (!entries.ok) return entries;
  return ok(
    entries.value.map(({ id, json }) => {
      const decoded = decodeJson(`${storeKeys.alertRequests} ${id}`, json, schema);
      return { id, request: decoded.ok ? decoded.value : null };
    }),
  );
}
