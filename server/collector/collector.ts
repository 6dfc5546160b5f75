// Collector: at each market tick the newest candles of every pair and venue, acknowledged when stored; history in the background.
import type { CollectorState } from "@/lib/api/worker-state";
import { createFeed, type Feed } from "./feed";
import type { CollectorDeps, FeedKey, Tick } from "./ports";

export interface Collector {
  /** Resolves when the running round is over. */
  stop(): Promise<void>;
}

const HEARTBEAT_EVERY_MS = 15_000;
const STATE_EVERY_MS = 1_000;
const BACKFILL_PAUSE_MS = 1_000;
/** A feed whose newest minute is older than this is degraded: the strategy's own limit on candles is 5 min (section 10). */
const STALE_AFTER_MS = 300_000;
const PARTICIPANT = "collector";

export async function startCollector(deps: CollectorDeps, feedKeys: readonly FeedKey[]): Promise<Collector> {
  const feeds = await openFeeds(deps, feedKeys);
  let pendingTick: Tick | null = null;
  let round: Promise<void> | null = null;
  const run = { isStopping: false };
  let stateWrittenAtMonoMs = Number.NEGATIVE_INFINITY;
  let phase = "first candles";

  function onTick(tick: Tick): void {
    pendingTick = tick;
    round ??= runRounds().finally(() => {
      round = null;
    });
  }

  /** Ticks that arrive during a round are worked off together by the next one. */
  async function runRounds(): Promise<void> {
    while (pendingTick !== null && !run.isStopping) {
      const tick: Tick = pendingTick;
      pendingTick = null;
      await Promise.all(feeds.map((feed) => feed.advance(tick.nowMs)));
      await deps.market.ack(tick.seq, PARTICIPANT);
      await writeState(tick.nowMs);
    }
  }

  async function backfillAll(): Promise<void> {
    while (!run.isStopping) {
      const progress = await Promise.all(feeds.map((feed) => feed.backfill(deps.market.nowMs())));
      const isBusy = progress.some(Boolean);
      phase = isBusy ? "history" : "idle";
      if (!isBusy) await new Promise((resolve) => setTimeout(resolve, BACKFILL_PAUSE_MS));
    }
  }

  async function writeState(nowMs: number): Promise<void> {
    if (deps.wall.monotonicMs() - stateWrittenAtMonoMs < STATE_EVERY_MS) return;
    stateWrittenAtMonoMs = deps.wall.monotonicMs();
    // Going on is safe when the store is away: the next round writes again.
    await deps.writeState(toState(deps, feeds, nowMs));
  }

  const stopTicks = deps.market.onTick(onTick);
  const heartbeat = setInterval(() => void deps.writeHeartbeat(phase), HEARTBEAT_EVERY_MS);
  void deps.writeHeartbeat(phase);
  onTick({ seq: 0, nowMs: deps.market.nowMs() });
  const history = backfillAll();

  return {
    async stop() {
      run.isStopping = true;
      stopTicks();
      clearInterval(heartbeat);
      await round;
      await history;
    },
  };
}

async function openFeeds(deps: CollectorDeps, keys: readonly FeedKey[]): Promise<readonly Feed[]> {
  const feeds: Feed[] = [];
  for (const pairId of new Set(keys.map((key) => key.pairId))) {
    const stored = await deps.readMeta(pairId);
    if (!stored.ok) deps.log.warn("collector.meta-unreadable", { pairId, detail: stored.error.message });
    for (const key of keys.filter((each) => each.pairId === pairId)) {
      feeds.push(createFeed(deps, key, stored.ok ? (stored.value.get(key.venue) ?? null) : null));
    }
  }
  return feeds;
}

function toState(deps: CollectorDeps, feeds: readonly Feed[], nowMs: number): CollectorState {
  return {
    pid: deps.pid,
    updatedAtMs: deps.wall.nowMs(),
    marketAtMs: nowMs,
    rssBytes: deps.rssBytes(),
    venues: feeds.map((feed) => {
      const { feed: key, lastTs, coverageFrom, error } = feed.status();
      const ageMs = lastTs === null ? null : Math.max(0, nowMs - lastTs - 60_000);
      const isFresh = ageMs !== null && ageMs <= STALE_AFTER_MS;
      return {
        pairId: key.pairId,
        venue: key.venue,
        state: lastTs === null && error === null ? "unknown" : isFresh ? "ok" : "degraded",
        lastTs,
        coverageFromMs: coverageFrom,
        ageMs,
        error,
      };
    }),
  };
}
