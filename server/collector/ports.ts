// What the collector needs from outside; main.ts builds it.
import type { CollectorState } from "@/lib/api/worker-state";
import type { Result } from "@/lib/errors/result";
import type { SourceError, StoreError } from "@/lib/errors/tidegate-error";
import type { RawCandle } from "@/lib/market/candle";
import type { Venue } from "@/lib/registry/schema";

export interface Tick {
  readonly seq: number;
  readonly nowMs: number;
}

export interface FeedMeta {
  readonly lastTs: number | null;
  readonly coverageFrom: number | null;
  readonly fetchedAtMarketMs: number;
  readonly fetchedAtWallMs: number;
  readonly error: string | null;
}

export interface FeedKey {
  readonly pairId: string;
  readonly venue: Venue;
  readonly base: string;
  readonly quote: string;
}

export interface CollectorDeps {
  readonly wall: { nowMs(): number; monotonicMs(): number };
  readonly market: {
    nowMs(): number;
    onTick(listener: (tick: Tick) => void): () => void;
    ack(seq: number, participant: string): Promise<void>;
  };
  /** One page of M1 rows from `sinceMs` on, oldest first, as many as the venue gives. */
  readonly fetchPage: (feed: FeedKey, sinceMs: number) => Promise<Result<readonly RawCandle[], SourceError>>;
  readonly readMeta: (pairId: string) => Promise<Result<ReadonlyMap<string, FeedMeta>, StoreError>>;
  /** `added`: the store held none before. */
  readonly writeMeta: (feed: FeedKey, meta: FeedMeta) => Promise<Result<"added" | "kept", StoreError>>;
  /** Packed rows [ts,o,h,l,c,v], ascending, closed minutes. */
  readonly writeRows: (feed: FeedKey, rows: Float64Array) => Promise<Result<true, StoreError>>;
  readonly writeState: (state: CollectorState) => Promise<Result<true, StoreError>>;
  readonly writeHeartbeat: (phase: string) => Promise<Result<true, StoreError>>;
  /** Emission never throws and never waits. */
  readonly emitCandle: (feed: FeedKey, row: readonly number[]) => void;
  readonly publishServiceChange: (id: string, state: string, detail: string) => void;
  readonly rssBytes: () => number;
  readonly pid: number;
  readonly log: {
    info(event: string, fields?: Readonly<Record<string, unknown>>): void;
    warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  };
}
