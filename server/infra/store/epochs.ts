// The last epochs of a pair for the desk, and the decision inputs of one epoch for a later look.
import type * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { encodeJson } from "./codec";
import { decodeAll, readJson, writeJson } from "./json-values";
import { EPOCHS_KEPT_COUNT, MONEY_KEPT_COUNT, SNAPSHOT_TTL_MS, storeKeys } from "./keys";
import { execAll } from "./transaction";

export async function pushEpochRecord(
  store: StoreClient,
  pairId: string,
  entry: { readonly record: unknown; readonly money: unknown },
): Promise<Result<true, StoreError>> {
  const key = storeKeys.pairEpochs(pairId);
  const moneyKey = storeKeys.pairMoney(pairId);
  const reply = await store.call(`write the epoch of ${pairId}`, (redis) =>
    execAll(
      redis
        .multi()
        .lpush(key, encodeJson(entry.record))
        .ltrim(key, 0, EPOCHS_KEPT_COUNT - 1)
        .lpush(moneyKey, encodeJson(entry.money))
        .ltrim(moneyKey, 0, MONEY_KEPT_COUNT - 1),
    ),
  );
  return reply.ok ? ok(true) : reply;
}

/** Newest first. */
export async function readEpochRecords<T>(
  store: StoreClient,
  input: { readonly pairId: string; readonly limit: number; readonly offset?: number },
  schema: z.ZodType<T>,
): Promise<Result<readonly T[], StoreError>> {
  const key = storeKeys.pairEpochs(input.pairId);
  const from = input.offset ?? 0;
  const reply = await store.call(`read the epochs of ${input.pairId}`, (redis) =>
    redis.lrange(key, from, from + input.limit - 1),
  );
  return reply.ok ? decodeAll(key, reply.value, schema) : reply;
}

/** What the kept epochs say of money, newest first: a month of them. */
export async function readMoneyRecords<T>(
  store: StoreClient,
  pairId: string,
  schema: z.ZodType<T>,
): Promise<Result<readonly T[], StoreError>> {
  const key = storeKeys.pairMoney(pairId);
  const reply = await store.call(`read the results of ${pairId}`, (redis) =>
    redis.lrange(key, 0, MONEY_KEPT_COUNT - 1),
  );
  return reply.ok ? decodeAll(key, reply.value, schema) : reply;
}

export function writeDecisionInputs(
  store: StoreClient,
  input: { readonly pairId: string; readonly epoch: number; readonly value: unknown },
): Promise<Result<true, StoreError>> {
  return writeJson(store, storeKeys.pairSnapshot(input.pairId, input.epoch), input.value, { ttlMs: SNAPSHOT_TTL_MS });
}

/** null = not kept any more, or never written. */
export function readDecisionInputs<T>(
  store: StoreClient,
  input: { readonly pairId: string; readonly epoch: number },
  schema: z.ZodType<T>,
): Promise<Result<T | null, StoreError>> {
  return readJson(store, storeKeys.pairSnapshot(input.pairId, input.epoch), schema);
}
