// WorkerState of a pair, written only by the holder of the newest fencing token.
import type * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson, encodeJson } from "./codec";
import { storeKeys } from "./keys";

/** error lease_lost = a later holder has written; this worker must stop. */
export async function writeWorkerState(
  store: StoreClient,
  input: { readonly pairId: string; readonly token: number; readonly state: unknown },
): Promise<Result<true, StoreError>> {
  const reply = await store.script(
    "fencedWrite",
    [storeKeys.pairState(input.pairId)],
    [input.token, encodeJson(input.state)],
  );
  if (!reply.ok) return reply;
  if (reply.value === "1") return ok(true);
  return err(
    new StoreError({
      code: "lease_lost",
      message: `The state of ${input.pairId} was not written: a worker with a later token than ${input.token} has taken over. Stop this worker.`,
      retryable: false,
      details: { pairId: input.pairId, token: input.token },
    }),
  );
}

export interface StoredWorkerState<T> {
  readonly token: number;
  readonly state: T;
}

export async function readWorkerState<T>(
  store: StoreClient,
  pairId: string,
  schema: z.ZodType<T>,
): Promise<Result<StoredWorkerState<T> | null, StoreError>> {
  const key = storeKeys.pairState(pairId);
  const reply = await store.call(`read the state of ${pairId}`, (redis) => redis.hmget(key, "fence", "v"));
  if (!reply.ok) return reply;
  const [fence, text] = reply.value;
  if (text === null || text === undefined) return ok(null);
  const decoded = decodeJson(key, text, schema);
  return decoded.ok ? ok({ token: Number(fence ?? "0"), state: decoded.value }) : decoded;
}
