// What one exchange shows of the price path: its own small noise and volume, its own intervals, the running candle last.
import { fnv1a32 } from "@/lib/math/rng";
import type { Venue } from "@/lib/registry/schema";
import type { BookRow } from "@/server/devnet/market/candle-book";
import type { PricePath } from "@/server/devnet/market/price-path";
import { VENUE_SCALES, type DevnetPairId } from "@/server/devnet/market/setup";

const MINUTE_MS = 60_000;
/** Largest distance of one exchange from the path, and its price step in decimals. Choices. */
const NOISE_FRAC: Readonly<Record<DevnetPairId, number>> = { "WETH-USDC": 1e-4, "USDC-USDT": 1e-5 };
const DECIMALS: Readonly<Record<DevnetPairId, number>> = { "WETH-USDC": 2, "USDC-USDT": 5 };

export interface CandleQuery {
  readonly venue: Venue;
  readonly pairId: DevnetPairId;
  readonly intervalMs: number;
  /** First open time wanted, inclusive; undefined = the newest `limit` rows. */
  readonly fromMs: number | undefined;
  /** Last open time wanted, inclusive. */
  readonly toMs: number | undefined;
  readonly limit: number;
  /** Which end a too long range keeps. */
  readonly keep: "oldest" | "newest";
}

/** Rows oldest first; the candle that is still open at `nowMs` is the last one. */
export function venueCandles(path: PricePath, nowMs: number, query: CandleQuery): BookRow[] {
  const { intervalMs, limit } = query;
  const openBucket = Math.floor(nowMs / intervalMs) * intervalMs;
  const toMs = Math.min(query.toMs ?? openBucket, openBucket);
  const lastBucket = Math.floor(toMs / intervalMs) * intervalMs;
  const newestFrom = lastBucket - (limit - 1) * intervalMs;
  const wantedFrom = query.fromMs === undefined ? newestFrom : Math.ceil(query.fromMs / intervalMs) * intervalMs;
  const fromMs = query.keep === "newest" ? Math.max(wantedFrom, newestFrom) : wantedFrom;
  const untilMs = Math.min(lastBucket, fromMs + (limit - 1) * intervalMs);
  if (untilMs < fromMs) return [];
  const minutes = path
    .book(query.pairId)
    .rows(fromMs, untilMs + intervalMs - MINUTE_MS, ((untilMs - fromMs) / intervalMs + 1) * (intervalMs / MINUTE_MS));
  const running = runningMinute(path, query.pairId, nowMs);
  const last = minutes.at(-1);
  if (
    running[0] >= fromMs &&
    running[0] <= untilMs + intervalMs - MINUTE_MS &&
    (last === undefined || last[0] < running[0])
  )
    minutes.push(running);
  return aggregate(
    minutes.filter((row) => row[0] <= nowMs).map((row) => asSeenBy(query.venue, query.pairId, row)),
    intervalMs,
  );
}

/** A minute that has just begun has no trades yet: flat at the last price. */
function runningMinute(path: PricePath, pairId: DevnetPairId, nowMs: number): BookRow {
  const price = path.price(pairId);
  return [Math.floor(nowMs / MINUTE_MS) * MINUTE_MS, price, price, price, price, 0];
}

function asSeenBy(venue: Venue, pairId: DevnetPairId, row: BookRow): BookRow {
  const [openAtMs, open, high, low, close, volume] = row;
  const noise = (fnv1a32(`${venue}:${pairId}:${openAtMs}`) / 4_294_967_296) * 2 - 1;
  const scale = 1 + NOISE_FRAC[pairId] * noise;
  const round = (value: number) => Number((value * scale).toFixed(DECIMALS[pairId]));
  const volumeNoise = 0.8 + 0.4 * (fnv1a32(`${openAtMs}:${venue}`) / 4_294_967_296);
  return [
    openAtMs,
    round(open),
    round(high),
    round(low),
    round(close),
    Number((volume * VENUE_SCALES[venue] * volumeNoise).toFixed(4)),
  ];
}

function aggregate(minutes: readonly BookRow[], intervalMs: number): BookRow[] {
  if (intervalMs === MINUTE_MS) return [...minutes];
  const out: BookRow[] = [];
  for (const row of minutes) {
    const bucket = Math.floor(row[0] / intervalMs) * intervalMs;
    const last = out.at(-1);
    if (last === undefined || last[0] !== bucket) out.push([bucket, row[1], row[2], row[3], row[4], row[5]]);
    else
      out[out.length - 1] = [
        bucket,
        last[1],
        Math.max(last[2], row[2]),
        Math.min(last[3], row[3]),
        row[4],
        last[5] + row[5],
      ];
  }
  return out;
}
