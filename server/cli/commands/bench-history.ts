// Ninety days of a pair's past written beside a running demo's own: a page with much to show is what the desk's figures are measured on.
import { Redis } from "ioredis";
import * as z from "zod";
import { moneyRecordSchema, type MoneyRecord } from "@/lib/epoch/money-record";
import { EPOCH_MS } from "@/lib/units";
import { epochRecords, pairAllocationRecords } from "@/server/infra/telemetry/records";
import type { TelemetryRecord } from "@/server/infra/telemetry/record-codec";
import { MONEY_KEPT_COUNT, storeKeys } from "@/server/infra/store/keys";

const DAYS = 90;
const EPOCHS_A_DAY = 96;
const BATCH = 1_000;
const MONEY_LIMIT_MS = 180_000;

export const historyTargetSchema = z.looseObject({
  storeUrl: z.string(),
  openobserve: z.object({ url: z.string(), org: z.string(), user: z.string(), password: z.string() }),
});
type Target = z.infer<typeof historyTargetSchema>;

/** Before the first epoch that is there; returns how many were written. */
export async function writeHistory(
  target: Target,
  input: { readonly pairId: string; readonly firstEpoch: number; readonly poolKeys: readonly string[] },
): Promise<number> {
  const count = DAYS * EPOCHS_A_DAY;
  const epochs = Array.from({ length: count }, (_, index) => input.firstEpoch - count + index);
  await send(
    target,
    "epochs",
    epochs.map((epoch) => epochRow(input.pairId, epoch)),
  );
  await send(
    target,
    "pair_allocations",
    epochs.flatMap((epoch) =>
      input.poolKeys.map((poolKey, index) =>
        pairAllocationRecords.encode(
          {
            pairId: input.pairId,
            poolKey,
            epoch,
            currentUsd: 40_000 + 20_000 * wave(epoch, 400 + index * 90),
            targetUsd: 40_000 + 20_000 * wave(epoch + 8, 400 + index * 90),
            cashUsd: 5_000,
          },
          { atMs: epoch * EPOCH_MS, wallAtMs: epoch * EPOCH_MS, eventId: `bench:${poolKey}:${epoch}` },
        ),
      ),
    ),
  );
  await writeMoney(target, input.pairId, epochs);
  return count;
}

/** -1..1 over so many epochs. */
function wave(epoch: number, period: number): number {
  return Math.sin((2 * Math.PI * epoch) / period);
}

function epochRow(pairId: string, epoch: number): TelemetryRecord {
  const price = 3_000 + 300 * wave(epoch, 960) + 40 * wave(epoch, 37);
  const isShift = epoch % 24 === 0;
  return epochRecords.encode(
    {
      pairId,
      epoch,
      mode: "auto",
      decision: isShift ? "RS" : "HOLD",
      reason: isShift ? "range_shift" : "no_gain",
      ok: true,
      price,
      quoteUsd: 1,
      vForce: 20 + 10 * wave(epoch, 200),
      mForce: 50 + 30 * wave(epoch, 60),
      tForce: 50 + 20 * wave(epoch, 150),
      targetLower: price * 0.985,
      targetUpper: price * 1.015,
      divergence: (epoch % 24) / 24,
      rsThreshold: 0.74,
      currentNetPerYearUsd: 30_000 + 9_000 * wave(epoch, 300),
      targetNetPerYearUsd: 42_000 + 9_000 * wave(epoch, 300),
      idleUsd: 5_000,
      totalUsd: 120_000 + 4_000 * wave(epoch, 700),
      feesUsd: 4 + 2 * wave(epoch, 96),
      lvrUsd: 2.5,
      gasUsd: isShift ? 3.2 : 0,
      netUsd: 1 + 4 * wave(epoch, 50),
      fetchMs: 900,
      computeMs: 40,
      decideMs: 20,
      executeMs: isShift ? 9_000 : 0,
      totalMs: isShift ? 10_000 : 1_000,
    },
    { atMs: epoch * EPOCH_MS, wallAtMs: epoch * EPOCH_MS, eventId: `bench:${pairId}:${epoch}` },
  );
}

async function send(target: Target, stream: string, rows: readonly TelemetryRecord[]): Promise<void> {
  const { url, org, user, password } = target.openobserve;
  for (let at = 0; at < rows.length; at += BATCH) {
    const response = await fetch(`${url}/api/${encodeURIComponent(org)}/${stream}/_json`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(rows.slice(at, at + BATCH)),
    });
    if (!response.ok) throw new Error(`expected ${stream} to take ${BATCH} rows, got ${response.status}`);
  }
}

/** A fresh run has its first position after some epochs. */
async function firstWithMoney(
  redis: Redis,
  key: string,
): Promise<{ readonly kept: readonly MoneyRecord[]; readonly model: MoneyRecord }> {
  const endMs = performance.now() + MONEY_LIMIT_MS;
  while (performance.now() < endMs) {
    const kept = (await redis.lrange(key, 0, -1)).map((text) => moneyRecordSchema.parse(JSON.parse(text)));
    const model = kept.find((record) => record.flows !== null && record.accounting !== null);
    if (model !== undefined) return { kept, model };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`expected an epoch with a position in ${key} within ${MONEY_LIMIT_MS} ms, got none`);
}

/** As many as the store keeps, in the shape of one that the worker wrote. */
async function writeMoney(target: Target, pairId: string, epochs: readonly number[]): Promise<void> {
  const redis = new Redis(target.storeUrl, { protocol: 2, maxRetriesPerRequest: 1 });
  try {
    const key = storeKeys.pairMoney(pairId);
    const { kept, model } = await firstWithMoney(redis, key);
    const wanted = epochs.slice(-(MONEY_KEPT_COUNT - kept.length)).toReversed();
    for (let at = 0; at < wanted.length; at += BATCH) {
      await redis.rpush(
        key,
        ...wanted
          .slice(at, at + BATCH)
          .map((epoch) => JSON.stringify({ ...model, epoch, marketAtMs: epoch * EPOCH_MS })),
      );
    }
  } finally {
    redis.disconnect();
  }
}
