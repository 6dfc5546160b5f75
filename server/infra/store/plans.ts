// UI copy of plans: the signer's journal decides, this only shows.
import type * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { decodeJson, encodeJson } from "./codec";
import { PLANS_KEPT_COUNT, storeKeys } from "./keys";
import { execAll } from "./transaction";

export async function writePlanCopy(
  store: StoreClient,
  input: { readonly planId: string; readonly createdAtMs: number; readonly value: unknown },
): Promise<Result<true, StoreError>> {
  const reply = await store.call(`write the plan ${input.planId}`, async (redis) => {
    await execAll(
      redis
        .multi()
        .hset(storeKeys.plans, input.planId, encodeJson(input.value))
        .zadd(storeKeys.plansIndex, String(input.createdAtMs), input.planId),
    );
    const stale = await redis.zrange(storeKeys.plansIndex, 0, String(-(PLANS_KEPT_COUNT + 1)));
    if (stale.length > 0) {
      await execAll(
        redis
          .multi()
          .hdel(storeKeys.plans, ...stale)
          .zrem(storeKeys.plansIndex, ...stale),
      );
    }
  });
  return reply.ok ? ok(true) : reply;
}

export async function readPlanCopy<T>(
  store: StoreClient,
  planId: string,
  schema: z.ZodType<T>,
): Promise<Result<T | null, StoreError>> {
  const reply = await store.call(`read the plan ${planId}`, (redis) => redis.hget(storeKeys.plans, planId));
  if (!reply.ok) return reply;
  return reply.value === null ? ok(null) : decodeJson(`${storeKeys.plans} ${planId}`, reply.value, schema);
}

export interface PlanPage<T> {
  readonly plans: readonly T[];
  /** createdAtMs to pass as `beforeMs` for the next page; null at the end. */
  readonly nextBeforeMs: number | null;
  readonly problems: readonly StoreError[];
}

/** Newest first. Plans of the same millisecond stay on one page. */
export async function readPlanCopies<T>(
  store: StoreClient,
  input: { readonly limit: number; readonly beforeMs?: number | undefined },
  schema: z.ZodType<T>,
): Promise<Result<PlanPage<T>, StoreError>> {
  const max = input.beforeMs === undefined ? "+inf" : `(${input.beforeMs}`;
  const reply = await store.call("read the plans", async (redis) => {
    const rows = await redis.zrange(
      storeKeys.plansIndex,
      max,
      "-inf",
      "BYSCORE",
      "REV",
      "LIMIT",
      0,
      input.limit,
      "WITHSCORES",
    );
    const ids = rows.filter((_, index) => index % 2 === 0);
    const lastScore = rows.length === 0 ? null : Number(rows[rows.length - 1]);
    const texts = ids.length === 0 ? [] : await redis.hmget(storeKeys.plans, ...ids);
    return { ids, texts, lastScore };
  });
  if (!reply.ok) return reply;
  const plans: T[] = [];
  const problems: StoreError[] = [];
  reply.value.texts.forEach((text, index) => {
    if (text === null) return;
    const decoded = decodeJson(`${storeKeys.plans} ${reply.value.ids[index] ?? ""}`, text, schema);
    if (decoded.ok) plans.push(decoded.value);
    else problems.push(decoded.error);
  });
  const nextBeforeMs = reply.value.ids.length === input.limit ? reply.value.lastScore : null;
  return ok({ plans, nextBeforeMs, problems });
}
