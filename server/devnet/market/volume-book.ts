// Per-minute record of what each pool really traded, read from Swap events; the source of the served volumes and pool candles.
import * as z from "zod";

const MINUTE_MS = 60_000;
const KEPT_MINUTES = 2 * 1_440;

// Short names: thousands of these go into the state file.
const bucketSchema = z.object({
  m: z.number(),
  usd: z.number(),
  buys: z.number(),
  sells: z.number(),
  o: z.number(),
  h: z.number(),
  l: z.number(),
  c: z.number(),
});
export type PoolMinute = z.infer<typeof bucketSchema>;
export const volumeStateSchema = z.record(z.string(), z.array(bucketSchema));
export type VolumeState = z.infer<typeof volumeStateSchema>;

export interface PoolTrade {
  readonly atMs: number;
  readonly usd: number;
  readonly isBuy: boolean;
  readonly price: number;
}

export interface WindowVolume {
  readonly usd: number;
  /** Part of `usd` that is modelled because the window reaches back before the first real swap. */
  readonly modelledUsd: number;
  readonly buys: number;
  readonly sells: number;
}

export interface VolumeBook {
  record(poolKey: string, trade: PoolTrade): void;
  window(poolKey: string, nowMs: number, windowMs: number): WindowVolume;
  /** Minutes with trades, newest first. */
  minutes(poolKey: string): readonly PoolMinute[];
  state(): VolumeState;
}

export function createVolumeBook(input: {
  readonly firstTradeAtMs: number;
  readonly modelledUsdPerDay: (poolKey: string) => number;
  readonly saved?: VolumeState;
}): VolumeBook {
  const byPool = new Map<string, PoolMinute[]>(Object.entries(input.saved ?? {}));
  return {
    record(poolKey, trade) {
      const minutes = byPool.get(poolKey) ?? [];
      byPool.set(poolKey, minutes);
      const minute = Math.floor((trade.atMs - 1) / MINUTE_MS) * MINUTE_MS;
      let bucket = minutes.at(-1);
      if (bucket === undefined || bucket.m !== minute) {
        bucket = {
          m: minute,
          usd: 0,
          buys: 0,
          sells: 0,
          o: trade.price,
          h: trade.price,
          l: trade.price,
          c: trade.price,
        };
        minutes.push(bucket);
        if (minutes.length > KEPT_MINUTES + 120) minutes.splice(0, 120);
      }
      bucket.usd += trade.usd;
      if (trade.isBuy) bucket.buys += 1;
      else bucket.sells += 1;
      bucket.h = Math.max(bucket.h, trade.price);
      bucket.l = Math.min(bucket.l, trade.price);
      bucket.c = trade.price;
    },
    window(poolKey, nowMs, windowMs) {
      const fromMs = nowMs - windowMs;
      let usd = 0;
      let buys = 0;
      let sells = 0;
      for (const bucket of byPool.get(poolKey) ?? []) {
        if (bucket.m < fromMs) continue;
        usd += bucket.usd;
        buys += bucket.buys;
        sells += bucket.sells;
      }
      const missingMs = Math.max(0, Math.min(windowMs, input.firstTradeAtMs - fromMs));
      const modelledUsd = (input.modelledUsdPerDay(poolKey) * missingMs) / 86_400_000;
      return { usd: usd + modelledUsd, modelledUsd, buys, sells };
    },
    minutes: (poolKey) => (byPool.get(poolKey) ?? []).toReversed(),
    state: () => Object.fromEntries(byPool),
  };
}
