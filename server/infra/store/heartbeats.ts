// Heartbeats of workers and the collector: a key that lives 45 s, so a silent process is seen without trusting it.
import * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson } from "./codec";
import { HEARTBEAT_TTL_MS, storeKeys } from "./keys";
import { readJson, writeJson } from "./json-values";

export const heartbeatSchema = z.looseObject({
  /** Worker id, or `collector`. */
  id: z.string(),
  pairId: z.string().nullable(),
  pid: z.number().int(),
  /** What it is doing now, for example `compute`. */
  phase: z.string(),
  epoch: z.number().int().nullable(),
  loopLagMs: z.number(),
  rssBytes: z.number(),
  startedAtWallMs: z.number(),
  atWallMs: z.number(),
});

export type Heartbeat = z.infer<typeof heartbeatSchema>;

export function writeWorkerHeartbeat(store: StoreClient, heartbeat: Heartbeat): Promise<Result<true, StoreError>> {
  return writeJson(store, storeKeys.workerHeartbeat(heartbeat.id), heartbeat, { ttlMs: HEARTBEAT_TTL_MS });
}

export function writeCollectorHeartbeat(store: StoreClient, heartbeat: Heartbeat): Promise<Result<true, StoreError>> {
  return writeJson(store, storeKeys.collectorHeartbeat, heartbeat, { ttlMs: HEARTBEAT_TTL_MS });
}

export function readCollectorHeartbeat(store: StoreClient): Promise<Result<Heartbeat | null, StoreError>> {
  return readJson(store, storeKeys.collectorHeartbeat, heartbeatSchema);
}

/** One entry per id: null when it is gone or cannot be read (a garbled heartbeat counts as none). */
export async function readWorkerHeartbeats(
  store: StoreClient,
  workerIds: readonly string[],
): Promise<Result<ReadonlyMap<string, Heartbeat | null>, StoreError>> {
  if (workerIds.length === 0) return ok(new Map());
  const keys = workerIds.map((id) => storeKeys.workerHeartbeat(id));
  const reply = await store.call("read the heartbeats", (redis) => redis.mget(keys));
  if (!reply.ok) return reply;
  return ok(
    new Map(
      workerIds.map((id, index) => {
        const text = reply.value[index] ?? null;
        const decoded = text === null ? null : decodeJson(storeKeys.workerHeartbeat(id), text, heartbeatSchema);
        return [id, decoded?.ok === true ? decoded.value : null];
      }),
    ),
  );
}
