// Process entry of the collector: wires ccxt, store and market clock, ends with its control channel.
import { ok } from "@/lib/errors/result";
import { CANDLE_BUFFER_DAYS } from "@/lib/market/candle";
import type { Venue } from "@/lib/registry/schema";
import { readDeploymentId } from "@/server/config/deployment";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadSignedRegistry } from "@/server/config/live-registry";
import { wallClock } from "@/server/infra/clock";
import { EXIT_CONFIG, EXIT_RESTART, installDrain } from "@/server/infra/process/control-channel";
import { openProcess } from "@/server/infra/process/open-process";
import { createSignedReader } from "@/server/infra/signed-reader";
import {
  candleDayOf,
  deleteCandleDays,
  readCandleMeta,
  writeCandleMeta,
  writeCandles,
} from "@/server/infra/store/candles";
import { publishEvent } from "@/server/infra/store/events";
import { writeCollectorHeartbeat } from "@/server/infra/store/heartbeats";
import { writeJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";
import { candleRecords } from "@/server/infra/telemetry/records";
import { createOhlcSource } from "@/server/sources/ohlc-ccxt";
import { startCollector, type Collector } from "./collector";
import type { FeedKey } from "./ports";

const DAY_MS = 86_400_000;
/** A collector that was away this long still finds every day it must remove. */
const PRUNED_DAYS = 30;
const DRAIN_GRACE_MS = 1_500;
const ADDITIONS_EVERY_MS = 1_000;

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(EXIT_CONFIG);
}

const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
if (!settings.ok) fail(settings.error.message);
const deploymentId = readDeploymentId(settings.value.dataDir);
if (!deploymentId.ok) fail(deploymentId.error.message);
const signed = createSignedReader(settings.value.dataDir, deploymentId.value);
const loaded = loadSignedRegistry(
  { overlayFile: settings.value.registryFile, rpcUrls: settings.value.rpcUrls },
  signed.read(),
);
if (!loaded.ok) fail(loaded.error.message);
const registry = loaded.value.view;
const opened = await openProcess({ settings: settings.value, name: "collector", instance: "collector" });
if (!opened.ok) fail(opened.error.message);
const { log, telemetry, store, market } = opened.value;

const addedPairs = (): readonly string[] => signed.read().settings.registry.pairs.map(({ id }) => id);
const startedWith = addedPairs();
const pairIds = [
  ...new Set([...(settings.value.pairs ?? registry.registry.pairs.map((pair) => pair.id)), ...startedWith]),
];
const feeds: FeedKey[] = pairIds.flatMap((pairId) => {
  const pair = registry.pair(pairId);
  if (pair === null) fail(`TG_PAIRS names ${pairId}, which is not in the registry`);
  return pair.sources.map(({ venue, base, quote }): FeedKey => ({ pairId, venue, base, quote }));
});
const ohlc = createOhlcSource({ proxyUrl: settings.value.cexProxyUrl, marketNowMs: () => market.nowMs() });
const startedAtWallMs = wallClock.nowMs();

let collector: Collector | null = null;
const end = installDrain({
  drain: async () => {
    log.info("process.stopping", {});
    await collector?.stop();
    await opened.value.close();
  },
  graceMs: DRAIN_GRACE_MS,
  channel: "stdin",
});

collector = await startCollector(
  {
    wall: wallClock,
    market,
    fetchPage: (feed, sinceMs) => ohlc.fetchPage(feed, sinceMs),
    readMeta: async (pairId) => {
      const meta = await readCandleMeta(store, pairId);
      return meta.ok ? ok(meta.value.values) : meta;
    },
    writeMeta: (feed, meta) => writeCandleMeta(store, { pairId: feed.pairId, venue: feed.venue, meta }),
    writeRows: (feed, rows) => writeCandles(store, { pairId: feed.pairId, venue: feed.venue, rows }),
    writeState: (state) => writeJson(store, storeKeys.collectorState, state),
    writeHeartbeat: (phase) =>
      writeCollectorHeartbeat(store, {
        id: "collector",
        pairId: null,
        pid: process.pid,
        phase,
        epoch: null,
        loopLagMs: 0,
        rssBytes: process.memoryUsage.rss(),
        startedAtWallMs,
        atWallMs: wallClock.nowMs(),
      }),
    emitCandle: (feed, row) => emitCandle(feed.pairId, feed.venue, row),
    publishServiceChange: (id, state, detail) =>
      void publishEvent(store, { type: "service.changed", atMs: wallClock.nowMs(), id, state, detail }),
    rssBytes: () => process.memoryUsage.rss(),
    pid: process.pid,
    log,
  },
  feeds,
);
setInterval(() => {
  const added = addedPairs().filter((id) => !startedWith.includes(id));
  // A new start takes seconds, and what was collected is in the store: simpler than feeds that come and go.
  if (added.length > 0)
    end(`the pair ${added.join(", ")} was added; its feeds are opened by a new start`, EXIT_RESTART);
}, ADDITIONS_EVERY_MS).unref();
market.onTick(({ nowMs }) => void pruneAt(nowMs));
log.info("process.started", { feeds: feeds.length });
process.stdout.write(`${JSON.stringify({ ready: true, feeds: feeds.length })}\n`);

let prunedDay = 0;

/** Once a market day: days that fell out of the buffer leave the store; a few more behind them in case a day was missed. */
async function pruneAt(nowMs: number): Promise<void> {
  const today = Math.floor(nowMs / DAY_MS);
  if (today === prunedDay) return;
  prunedDay = today;
  const days = Array.from({ length: PRUNED_DAYS }, (_, index) =>
    candleDayOf((today - CANDLE_BUFFER_DAYS - 1 - index) * DAY_MS),
  );
  for (const { pairId, venue } of feeds) {
    const gone = await deleteCandleDays(store, { pairId, venue, days });
    if (!gone.ok) log.warn("collector.prune-failed", { pairId, venue, reason: gone.error.message });
  }
}

function emitCandle(pairId: string, venue: Venue, row: readonly number[]): void {
  const [openAtMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row;
  telemetry.emit(
    "candles",
    candleRecords.encode(
      { pairId, venue, open, high, low, close, volume, filled: false, venueCount: 1 },
      { atMs: openAtMs, wallAtMs: wallClock.nowMs(), eventId: `${pairId}:${venue}:${openAtMs}` },
    ),
  );
}
