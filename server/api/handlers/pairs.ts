// Reads of one pair: state, positions, epochs, candles, decisions, depth, ranges, settings.
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import type { EpochPoint } from "@/lib/api/schemas";
import type { WorkerState } from "@/lib/api/worker-state";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { err, ok, type Result } from "@/lib/errors/result";
import { formatFeePips } from "@/lib/format/percent";
import { candleRows, type CandleSeries } from "@/lib/market/candle";
import { resampleCandles } from "@/lib/market/resample";
import { EPOCH_MS, MINUTE_MS } from "@/lib/units";
import { fromStoreError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { knownPair, pairAuthority, readDeskState, readEpochs, type DeskState } from "@/server/api/reads";
import { pairSummary } from "@/server/api/views/pair-summary";
import { poolFacts } from "@/server/api/views/pool-view";
import { decisionSentence } from "@/server/api/views/sentences";
import { readCandleMeta } from "@/server/infra/store/candles";
import { EPOCHS_KEPT_COUNT } from "@/server/infra/store/keys";
import { readMergedCandles } from "@/server/infra/store/merged-candles";

const DAY_MS = 86_400_000;
const TIMEFRAME_MINUTES = { "1m": 1, "15m": 15, "1h": 60, "4h": 240 } as const;

interface PairContext {
  readonly desk: DeskState;
  readonly state: WorkerState | null;
}

async function pairContext(deps: ApiDeps, pairId: string): Promise<Result<PairContext, ApiError>> {
  const pair = knownPair(deps, pairId);
  if (!pair.ok) return pair;
  const desk = await readDeskState(deps);
  return desk.ok ? ok({ desk: desk.value, state: desk.value.workers.get(pairId) ?? null }) : desk;
}

/** Market time as the workers last saw it; wall time where none has reported. */
export function marketNowMs(deps: ApiDeps, desk: DeskState): number {
  const seen = [...desk.workers.values()].map((state) => state.marketAtMs);
  if (desk.collector !== null) seen.push(desk.collector.marketAtMs);
  return seen.length === 0 ? deps.nowMs() : Math.max(...seen);
}

export function marketSpeed(desk: DeskState): number {
  return [...desk.workers.values()][0]?.marketSpeed ?? 1;
}

const pairsHandler = bindHandler(contract.pairs, async ({ deps }) => {
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  return ok({
    data: { pairs: deps.settings.pairIds.map((id) => pairSummary(deps, desk.value, id)), nextCursor: null },
  });
});

const statusHandler = bindHandler(contract.pairStatus, async ({ deps, params }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const { desk, state } = context.value;
  const epochs = await readEpochs(deps, { pairId: params.id, limit: 1 });
  if (!epochs.ok) return epochs;
  const authority = pairAuthority(desk, params.id);
  const summary = pairSummary(deps, desk, params.id);
  const record = epochs.value[0] ?? null;
  const { lastDecision } = summary;
  return ok({
    data: {
      ...summary,
      // The sentence as decisions have it everywhere, with the numbers of the record.
      lastDecision:
        lastDecision === null || record === null || lastDecision.epoch !== record.epoch
          ? lastDecision
          : { ...lastDecision, sentence: decisionSentence(record) },
      configVersion: authority?.configVersion ?? 0,
      blocks: state?.blocks ?? [],
      epoch: record,
      nextEpochMarketAtMs: state?.nextEpochMarketAtMs ?? null,
      marketNowMs: marketNowMs(deps, desk),
      marketSpeed: marketSpeed(desk),
      freshness: state?.freshness ?? [],
      account: state?.account ?? [],
    },
  });
});

const positionsHandler = bindHandler(contract.pairPositions, async ({ deps, params }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  return ok({ data: { positions: context.value.state?.positions ?? [], nextCursor: null } });
});

const allocationsHandler = bindHandler(contract.pairAllocations, async ({ deps, params }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const epochs = await readEpochs(deps, { pairId: params.id, limit: 10 });
  if (!epochs.ok) return epochs;
  const record = epochs.value.find((epoch) => epoch.pools.length > 0);
  const { state } = context.value;
  return ok({
    data: {
      allocations: (record?.pools ?? []).map((pool) => ({
        poolKey: pool.poolKey,
        dexName: pool.dexName,
        chainId: Number(pool.poolKey.split(":")[0]),
        feeFrac: pool.feeFrac,
        tvlUsd: pool.tvlUsd,
        volumeUsdPerDay: pool.volumeUsdPerDay,
        currentUsd: (state?.positions ?? [])
          .filter((position) => position.poolKey === pool.poolKey)
          .reduce((sum, position) => sum + position.valueUsd, 0),
        targetUsd: pool.allocatedUsd,
        netAprFrac: pool.income?.netAprFrac ?? pool.standaloneIncome?.netAprFrac ?? null,
        exclusion: pool.exclusion,
      })),
      idleUsd: state?.idleUsd ?? null,
      nextCursor: null,
    },
  });
});

const cursorSchema = z.string().regex(/^\d{1,9}$/);

/** Newest first within the store's kept epochs; the cursor is an offset from the newest epoch number. */
async function epochPage(
  deps: ApiDeps,
  input: {
    readonly pairId: string;
    readonly from: number | undefined;
    readonly to: number | undefined;
    readonly limit: number;
    readonly cursor: string | undefined;
    readonly keep: (record: EpochRecord) => boolean;
  },
): Promise<Result<{ records: readonly EpochRecord[]; nextCursor: string | null }, ApiError>> {
  if (input.cursor !== undefined && !cursorSchema.safeParse(input.cursor).success) {
    return err({
      code: "bad_request",
      field: "cursor",
      message: "The cursor is not one this API gave; leave it out to start at the newest.",
    });
  }
  const all = await readEpochs(deps, { pairId: input.pairId, limit: EPOCHS_KEPT_COUNT });
  if (!all.ok) return all;
  const before = input.cursor === undefined ? Number.POSITIVE_INFINITY : Number(input.cursor);
  const wanted = all.value.filter(
    (record) =>
      record.epoch < before &&
      record.marketAtMs >= (input.from ?? 0) &&
      record.marketAtMs <= (input.to ?? Number.POSITIVE_INFINITY) &&
      input.keep(record),
  );
  const records = wanted.slice(0, input.limit);
  const last = records.at(-1);
  return ok({ records, nextCursor: wanted.length > records.length && last !== undefined ? String(last.epoch) : null });
}

const snapshotsHandler = bindHandler(contract.pairSnapshots, async ({ deps, params, query }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const page = await epochPage(deps, {
    pairId: params.id,
    from: query.from,
    to: query.to,
    limit: query.limit,
    cursor: query.cursor,
    keep: () => true,
  });
  return page.ok ? ok({ data: { snapshots: [...page.value.records], nextCursor: page.value.nextCursor } }) : page;
});

const decisionsHandler = bindHandler(contract.pairDecisions, async ({ deps, params, query }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const page = await epochPage(deps, {
    pairId: params.id,
    from: query.from,
    to: query.to,
    limit: query.limit,
    cursor: query.cursor,
    keep: (record) => query.kind === undefined || record.decision?.kind === query.kind,
  });
  if (!page.ok) return page;
  return ok({ data: { decisions: page.value.records.map(decisionView), nextCursor: page.value.nextCursor } });
});

const decisionHandler = bindHandler(contract.pairDecision, async ({ deps, params }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const all = await readEpochs(deps, { pairId: params.id, limit: EPOCHS_KEPT_COUNT });
  if (!all.ok) return all;
  const record = all.value.find((entry) => entry.epoch === params.epoch);
  if (record === undefined) {
    return err({
      code: "not_found",
      message: `Epoch ${params.epoch} of ${params.id} is not kept here; the last ${EPOCHS_KEPT_COUNT} are, older ones are in the log store.`,
    });
  }
  return ok({ data: decisionView(record) });
});

function decisionView(record: EpochRecord) {
  return {
    pairId: record.pairId,
    epoch: record.epoch,
    marketAtMs: record.marketAtMs,
    sentence: decisionSentence(record),
    record,
  };
}

/** Chart fields of an epoch record, for when the log store is away or has nothing yet. */
function epochPoint(record: EpochRecord): EpochPoint {
  const capital = record.capitalUsd !== null && record.capitalUsd > 0 ? record.capitalUsd : null;
  const apr = (net: number | null): number | null => (net === null || capital === null ? null : net / capital);
  return {
    epoch: record.epoch,
    marketAtMs: record.marketAtMs,
    price: record.price,
    v: record.forces?.v ?? null,
    m: record.forces?.m ?? null,
    t: record.forces?.t ?? null,
    targetLower: record.target?.min ?? null,
    targetUpper: record.target?.max ?? null,
    divergence:
      record.positions.length === 0 ? null : Math.max(...record.positions.map((position) => position.divergence)),
    rsThreshold: record.params?.rsThreshold ?? null,
    decision: record.decision?.kind ?? null,
    reason: record.decision?.reason ?? null,
    planId: record.planId,
    valueUsd: record.capitalUsd,
    idleUsd: record.idleUsd,
    feesUsd: record.flows?.feesUsd ?? null,
    netUsd: record.flows?.netUsd ?? null,
    gasUsd: record.flows?.gasUsd ?? null,
    lvrUsd: record.flows?.lvrUsd ?? null,
    currentAprFrac: apr(record.currentNetUsdPerYear),
    targetAprFrac: apr(record.targetNetUsdPerYear),
    fetchMs: record.durations.fetchMs,
    computeMs: record.durations.computeMs,
    decideMs: record.durations.decideMs,
    executeMs: record.durations.executeMs,
    totalMs: record.durations.totalMs,
  };
}

const epochsHandler = bindHandler(contract.pairEpochs, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const toMs = query.to ?? marketNowMs(deps, context.value.desk) + EPOCH_MS;
  const fromMs = query.from ?? toMs - 7 * DAY_MS;
  const series = await deps.telemetry.epochs({ pairId: params.id, fromMs, toMs, limit: query.limit });
  if (series.ok && series.value.points.length > 0) {
    return ok({
      data: { epochs: [...series.value.points], source: "telemetry", partial: series.value.partial, nextCursor: null },
    });
  }
  const kept = await readEpochs(deps, { pairId: params.id, limit: EPOCHS_KEPT_COUNT });
  if (!kept.ok) return kept;
  const points = kept.value
    .filter((record) => record.marketAtMs >= fromMs && record.marketAtMs <= toMs)
    .slice(0, query.limit)
    .map(epochPoint)
    .toReversed();
  // The store keeps 400 epochs only: a window that reaches further back is partial, and so is any answer without the log store.
  return ok({
    data: {
      epochs: points,
      source: "store",
      partial: !series.ok || kept.value.length >= EPOCHS_KEPT_COUNT,
      nextCursor: null,
    },
  });
});

const analysesHandler = bindHandler(contract.pairAnalyses, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const toMs = query.to ?? marketNowMs(deps, context.value.desk) + EPOCH_MS;
  const fromMs = query.from ?? toMs - 7 * DAY_MS;
  const series = await deps.telemetry.analyses({ pairId: params.id, fromMs, toMs, limit: query.limit });
  if (!series.ok) {
    return err({
      code: "unavailable",
      message: `The log store does not answer: ${series.error.message}`,
      details: { service: "telemetry" },
    });
  }
  return ok({ data: { analyses: [...series.value.points], partial: series.value.partial, nextCursor: null } });
});

const STEP_MINUTES = { "15m": 15, "1h": 60, "4h": 240 } as const;

const allocationHistoryHandler = bindHandler(contract.pairAllocationHistory, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const toMs = query.to ?? marketNowMs(deps, context.value.desk) + EPOCH_MS;
  const fromMs = query.from ?? toMs - 7 * DAY_MS;
  const series = await deps.telemetry.allocations({
    pairId: params.id,
    fromMs,
    toMs,
    stepMinutes: STEP_MINUTES[query.step],
  });
  if (!series.ok) {
    return err({
      code: "unavailable",
      message: `The log store does not answer: ${series.error.message}`,
      details: { service: "telemetry" },
    });
  }
  const { points, partial } = series.value;
  const idle = new Map(points.map((point) => [point.atMs, point.idleUsd]));
  const labels = new Map(
    deps.registry
      .poolsOf(params.id)
      .map(poolFacts)
      .map((pool) => [pool.poolKey, `${pool.dexName} ${formatFeePips(pool.feePips)}, ${pool.chainName}`]),
  );
  return ok({
    data: {
      // A pool that has left the registry keeps its key as its name.
      pools: [...new Set(points.map((point) => point.poolKey))].map((poolKey) => ({
        poolKey,
        label: labels.get(poolKey) ?? poolKey,
      })),
      points: points.map(({ atMs, poolKey, currentUsd, targetUsd }) => ({ atMs, poolKey, currentUsd, targetUsd })),
      idle: [...idle].map(([atMs, usd]) => ({ atMs, usd })),
      partial,
    },
  });
});

/** M1 candles of all venues, merged as the strategy reads them; empty where none has any. */
export async function mergedCandles(
  deps: ApiDeps,
  input: { readonly pairId: string; readonly fromMs: number; readonly toMs: number },
): Promise<Result<{ readonly series: CandleSeries; readonly venues: readonly string[] }, ApiError>> {
  const sources = deps.registry.pair(input.pairId)?.sources ?? [];
  const read = await readMergedCandles(deps.store, { ...input, sources });
  if (!read.ok) return err(fromStoreError(read.error));
  for (const { message } of read.value.problems) deps.log.warn("api.candles-unreadable", { reason: message });
  return ok({ series: read.value.candles, venues: read.value.venues });
}

const candlesHandler = bindHandler(contract.pairCandles, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const minutes = TIMEFRAME_MINUTES[query.tf];
  const toMs = query.to ?? marketNowMs(deps, context.value.desk);
  const mostMs = query.limit * minutes * MINUTE_MS;
  const fromMs = Math.max(query.from ?? 0, toMs - mostMs);
  const merged = await mergedCandles(deps, { pairId: params.id, fromMs, toMs });
  if (!merged.ok) return merged;
  const series = minutes === 1 ? merged.value.series : resampleCandles(merged.value.series, minutes, toMs);
  const rows = candleRows(series).slice(-query.limit);
  const meta = await readCandleMeta(deps.store, params.id);
  const lastAt = meta.ok ? [...meta.value.values.values()].map((venue) => venue.lastTs ?? 0) : [];
  return ok({
    data: {
      candles: rows.map((row): [number, number, number, number, number, number] => [
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
      ]),
      venues: [...merged.value.venues],
      lastAtMs: lastAt.length === 0 ? null : Math.max(...lastAt),
      nextCursor: null,
    },
  });
});

const depthHandler = bindHandler(contract.pairDepth, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const depth = (context.value.state?.depth ?? []).filter(
    (entry) => query.pool === undefined || entry.pool === query.pool,
  );
  return ok({ data: { depth, nextCursor: null } });
});

const rangesHandler = bindHandler(contract.pairRanges, async ({ deps, params, query }) => {
  const context = await pairContext(deps, params.id);
  if (!context.ok) return context;
  const ranges = (context.value.state?.ranges ?? []).filter(
    (range) =>
      range.fromAtMs <= (query.to ?? Number.POSITIVE_INFINITY) &&
      (range.toAtMs ?? Number.POSITIVE_INFINITY) >= (query.from ?? 0),
  );
  return ok({ data: { ranges, nextCursor: null } });
});

/** Limits and parameters are for those who may act on them. */
const CONFIG_ROLE = "operator";

const configHandler = bindHandler(
  contract.pairConfig,
  async ({ deps, params }) => {
    const context = await pairContext(deps, params.id);
    if (!context.ok) return context;
    const authority = pairAuthority(context.value.desk, params.id);
    if (authority === null) {
      return err({
        code: "unavailable",
        message:
          context.value.desk.authorityProblem === null
            ? `The signer has not taken up ${params.id} yet; ask again in a moment.`
            : `The settings of ${params.id} are the signer's and it does not answer (${context.value.desk.authorityProblem}).`,
        details: { service: "signer" },
      });
    }
    return ok({ data: { configVersion: authority.configVersion, settings: authority.settings, mode: authority.mode } });
  },
  CONFIG_ROLE,
);

export const pairHandlers = [
  pairsHandler,
  statusHandler,
  positionsHandler,
  allocationsHandler,
  allocationHistoryHandler,
  snapshotsHandler,
  decisionsHandler,
  decisionHandler,
  epochsHandler,
  analysesHandler,
  candlesHandler,
  depthHandler,
  rangesHandler,
  configHandler,
];
