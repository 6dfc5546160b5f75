// The deployment's market time, carried forward between the ticks of the stream.
"use client";
import { useStreamClock } from "./stream-store";
import { useWallNow } from "./ticker";
import { useApi } from "./use-api";

export interface MarketNow {
  /** Unix ms of market time; null until the first answer. */
  readonly marketNowMs: number | null;
  /** Market seconds per second; 1 on real markets. */
  readonly speed: number;
}

/** Beyond this the clock stands still rather than guess: the simulator may wait for a slow machine. */
const FORWARD_MS = 3_000;

export function useMarketNow(): MarketNow {
  const clock = useStreamClock();
  const wallNowMs = useWallNow();
  const overview = useApi("overview");
  const known =
    clock ??
    (overview.data === undefined
      ? null
      : {
          marketNowMs: overview.data.marketNowMs,
          speed: overview.data.marketSpeed,
          receivedAtMs: overview.dataUpdatedAt,
        });
  if (known === null) return { marketNowMs: null, speed: 1 };
  const passed = wallNowMs === 0 ? 0 : Math.max(0, wallNowMs - known.receivedAtMs);
  const forward = known.speed === 1 ? passed : Math.min(FORWARD_MS, passed) * known.speed;
  return { marketNowMs: known.marketNowMs + forward, speed: known.speed };
}
