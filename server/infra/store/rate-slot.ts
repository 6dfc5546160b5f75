// A rate limit shared by processes: a slot that one caller takes and the store frees by itself.
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";

/** true = the caller may send now; false = another caller did within the last `everyMs`. */
export async function takeRateSlot(
  store: StoreClient,
  key: string,
  everyMs: number,
): Promise<Result<boolean, StoreError>> {
  const reply = await store.call(`take the rate slot ${key}`, (redis) => redis.set(key, "1", "PX", everyMs, "NX"));
  return reply.ok ? ok(reply.value === "OK") : reply;
}
