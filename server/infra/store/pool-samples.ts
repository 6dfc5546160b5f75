// Samples of a pool as a hash of packed binary: one field per 5-minute slot of market time, so that late ones find their place and none is kept twice.
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import { POOL_SAMPLE_KEEP_MS, POOL_SAMPLE_MS, type TickPoolSample } from "@/lib/market/pool-sample";
import type { StoreClient } from "./client";
import { badData } from "./codec";
import { POOL_SAMPLES_TTL_MS, storeKeys } from "./keys";
import { execAll } from "./transaction";

/** First byte of a packed sample: what it is and how it is laid out. */
const TICKS_V1 = 1;
/** Widths in bytes after the first: time as a double, then sqrtPriceX96, both fee growths, liquidity and ours, big-endian. */
const WIDTHS = { sqrtPriceX96: 20, growth: 32, liquidity: 16 } as const;
const SAMPLE_BYTES = 1 + 8 + WIDTHS.sqrtPriceX96 + 2 * WIDTHS.growth + 2 * WIDTHS.liquidity;
/** Samples per HSET: a fresh backfill writes hundreds at once. */
const WRITE_BATCH = 200;

/** Slot of market time a sample stands for. */
export function sampleSlotOf(atMs: number): number {
  return Math.floor(atMs / POOL_SAMPLE_MS);
}

export function encodeTickSample(sample: TickPoolSample): Buffer {
  const buffer = Buffer.alloc(SAMPLE_BYTES);
  buffer.writeUInt8(TICKS_V1, 0);
  buffer.writeDoubleBE(sample.observedAtMs, 1);
  let at = 9;
  const put = (value: bigint, width: number): void => {
    buffer.write(
      BigInt.asUintN(width * 8, value)
        .toString(16)
        .padStart(width * 2, "0"),
      at,
      "hex",
    );
    at += width;
  };
  put(sample.sqrtPriceX96, WIDTHS.sqrtPriceX96);
  put(sample.feeGrowthGlobal0X128, WIDTHS.growth);
  put(sample.feeGrowthGlobal1X128, WIDTHS.growth);
  put(sample.liquidityRaw, WIDTHS.liquidity);
  put(sample.ownLiquidityRaw, WIDTHS.liquidity);
  return buffer;
}

/** error bad_data when the value is not a packed sample. */
export function decodeTickSample(where: string, buffer: Buffer): Result<TickPoolSample, StoreError> {
  if (buffer.length !== SAMPLE_BYTES || buffer.readUInt8(0) !== TICKS_V1) {
    return {
      ok: false,
      error: badData(where, `has ${buffer.length} bytes, expected ${SAMPLE_BYTES} that begin with ${TICKS_V1}`),
    };
  }
  const observedAtMs = buffer.readDoubleBE(1);
  if (!Number.isFinite(observedAtMs) || observedAtMs <= 0) {
    return { ok: false, error: badData(where, `has the time ${observedAtMs}, expected unix ms`) };
  }
  let at = 9;
  const take = (width: number): bigint => {
    const value = BigInt(`0x${buffer.toString("hex", at, at + width)}`);
    at += width;
    return value;
  };
  return ok({
    kind: "ticks",
    observedAtMs,
    sqrtPriceX96: take(WIDTHS.sqrtPriceX96),
    feeGrowthGlobal0X128: take(WIDTHS.growth),
    feeGrowthGlobal1X128: take(WIDTHS.growth),
    liquidityRaw: take(WIDTHS.liquidity),
    ownLiquidityRaw: take(WIDTHS.liquidity),
  });
}

/** Adds samples (each replaces what its slot held) and removes `dropSlots`; one writer per pair, the worker with the lease. */
export async function writePoolSamples(
  store: StoreClient,
  input: {
    readonly pairId: string;
    readonly poolKey: string;
    readonly samples: readonly TickPoolSample[];
    readonly dropSlots?: readonly number[];
  },
): Promise<Result<true, StoreError>> {
  const key = storeKeys.poolSamples(input.pairId, input.poolKey);
  const dropped = (input.dropSlots ?? []).map(String);
  if (input.samples.length === 0 && dropped.length === 0) return ok(true);
  const reply = await store.call(`write samples of ${input.poolKey}`, (redis) => {
    const transaction = redis.multi();
    for (let at = 0; at < input.samples.length; at += WRITE_BATCH) {
      const batch = input.samples.slice(at, at + WRITE_BATCH);
      transaction.hset(
        key,
        ...batch.flatMap((sample) => [String(sampleSlotOf(sample.observedAtMs)), encodeTickSample(sample)]),
      );
    }
    if (dropped.length > 0) transaction.hdel(key, ...dropped);
    transaction.pexpire(key, POOL_SAMPLES_TTL_MS);
    return execAll(transaction);
  });
  return reply.ok ? ok(true) : reply;
}

export interface StoredSamples {
  /** Ascending in time, fromMs <= time <= toMs. */
  readonly samples: readonly TickPoolSample[];
  /** Slots outside of the window: too old, or of a market that lies ahead. */
  readonly outside: readonly number[];
  /** Values that could not be read; the others stand. */
  readonly problems: readonly StoreError[];
}

/** Window of the last 73 h before `nowMs`, market time. */
export async function readPoolSamples(
  store: StoreClient,
  input: { readonly pairId: string; readonly poolKey: string; readonly nowMs: number },
): Promise<Result<StoredSamples, StoreError>> {
  const key = storeKeys.poolSamples(input.pairId, input.poolKey);
  const reply = await store.call(`read samples of ${input.poolKey}`, (redis) => redis.hgetallBuffer(key));
  if (!reply.ok) return reply;
  const samples: TickPoolSample[] = [];
  const outside: number[] = [];
  const problems: StoreError[] = [];
  for (const [slot, blob] of Object.entries(reply.value)) {
    const sample = decodeTickSample(`${key} ${slot}`, blob);
    if (!sample.ok) {
      problems.push(sample.error);
      outside.push(Number(slot));
    } else if (
      sample.value.observedAtMs > input.nowMs ||
      sample.value.observedAtMs < input.nowMs - POOL_SAMPLE_KEEP_MS
    ) {
      outside.push(Number(slot));
    } else samples.push(sample.value);
  }
  samples.sort((left, right) => left.observedAtMs - right.observedAtMs);
  return ok({ samples, outside, problems });
}
