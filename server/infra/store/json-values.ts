// Reads and writes JSON values and hashes of JSON values under keys of keys.ts, checked by a schema when read.
import type * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson, encodeJson } from "./codec";

export async function writeJson(
  store: StoreClient,
  key: string,
  value: unknown,
  options: { readonly ttlMs?: number } = {},
): Promise<Result<true, StoreError>> {
  const text = encodeJson(value);
  const { ttlMs } = options;
  const reply = await store.call(`write ${key}`, (redis) =>
    ttlMs === undefined ? redis.set(key, text) : redis.set(key, text, "PX", Math.max(1, Math.round(ttlMs))),
  );
  return reply.ok ? ok(true) : reply;
}

/** null = the key does not exist. */
export async function readJson<T>(
  store: StoreClient,
  key: string,
  schema: z.ZodType<T>,
): Promise<Result<T | null, StoreError>> {
  const reply = await store.call(`read ${key}`, (redis) => redis.get(key));
  if (!reply.ok) return reply;
  return reply.value === null ? ok(null) : decodeJson(key, reply.value, schema);
}

export async function deleteKey(store: StoreClient, key: string): Promise<Result<boolean, StoreError>> {
  const reply = await store.call(`delete ${key}`, (redis) => redis.del(key));
  return reply.ok ? ok(reply.value > 0) : reply;
}

export async function writeJsonField(
  store: StoreClient,
  key: string,
  field: string,
  value: unknown,
): Promise<Result<true, StoreError>> {
  const reply = await store.call(`write ${key} ${field}`, (redis) => redis.hset(key, field, encodeJson(value)));
  return reply.ok ? ok(true) : reply;
}

export interface JsonHash<T> {
  readonly values: ReadonlyMap<string, T>;
  /** Fields that were there but could not be read. */
  readonly problems: readonly StoreError[];
}

/** One bad field does not hide the others: it is named in `problems`. */
export async function readJsonHash<T>(
  store: StoreClient,
  key: string,
  schema: z.ZodType<T>,
): Promise<Result<JsonHash<T>, StoreError>> {
  const reply = await store.call(`read ${key}`, (redis) => redis.hgetall(key));
  if (!reply.ok) return reply;
  const values = new Map<string, T>();
  const problems: StoreError[] = [];
  for (const [field, text] of Object.entries(reply.value)) {
    const decoded = decodeJson(`${key} ${field}`, text, schema);
    if (decoded.ok) values.set(field, decoded.value);
    else problems.push(decoded.error);
  }
  return ok({ values, problems });
}

/** Decodes a list of texts; stops at the first that cannot be read. */
export function decodeAll<T>(
  where: string,
  texts: readonly string[],
  schema: z.ZodType<T>,
): Result<readonly T[], StoreError> {
  const values: T[] = [];
  for (const text of texts) {
    const decoded = decodeJson(where, text, schema);
    if (!decoded.ok) return err(decoded.error);
    values.push(decoded.value);
  }
  return ok(values);
}
