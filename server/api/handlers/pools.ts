// Reads of pools: all of them with what each pays and costs, and one with the history of its kappa.
import { contract } from "@/lib/api/contract";
import type { KappaPoint, LeftOutPool, PoolDto } from "@/lib/api/schemas";
import { snapshotWireSchema } from "@/lib/api/snapshot-wire";
import { err, ok, type Result } from "@/lib/errors/result";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { EPOCH_MS } from "@/lib/units";
import type { ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { readEpochInputs } from "@/server/api/epoch-inputs";
import { bindHandler } from "@/server/api/handler";
import { knownPair, readDeskState, readEpochs, type DeskState } from "@/server/api/reads";
import { leftOutPools } from "@/server/api/views/left-out-pools";
import { kappaPoints, poolKeyOf, poolView, type PoolReadings } from "@/server/api/views/pool-view";
import { EPOCHS_KEPT_COUNT } from "@/server/infra/store/keys";
import { marketNowMs } from "./pairs";

const DAY_MS = 86_400_000;
/** A cycle that failed has no pools in its record: the newest one that has is looked for in these. */
const LOOK_BACK_EPOCHS = 10;

async function readingsOf(deps: ApiDeps, desk: DeskState, pairId: string): Promise<Result<PoolReadings, ApiError>> {
  const epochs = await readEpochs(deps, { pairId, limit: LOOK_BACK_EPOCHS });
  if (!epochs.ok) return epochs;
  const record = epochs.value.find((each) => each.pools.length > 0) ?? null;
  const wire = record === null ? ok(null) : await readEpochInputs(deps, { pairId, epoch: record.epoch });
  if (!wire.ok) return wire;
  return ok({
    record,
    snapshot: wire.value === null ? null : snapshotWireSchema.parse(wire.value),
    state: desk.workers.get(pairId) ?? null,
  });
}

const poolsHandler = bindHandler(contract.pools, async ({ deps, query }) => {
  if (query.pair !== undefined) {
    const pair = knownPair(deps, query.pair);
    if (!pair.ok) return pair;
  }
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const pools: PoolDto[] = [];
  const leftOut: LeftOutPool[] = [];
  for (const pairId of deps.settings.pairIds) {
    if (query.pair !== undefined && query.pair !== pairId) continue;
    const readings = await readingsOf(deps, desk.value, pairId);
    if (!readings.ok) return readings;
    pools.push(...deps.registry.poolsOf(pairId).map((pool) => poolView(pool, readings.value)));
    leftOut.push(...leftOutPools(deps.registry, pairId, desk.value.workers.get(pairId) ?? null));
  }
  return ok({ data: { pools, leftOut, nextCursor: null } });
});

const poolHandler = bindHandler(contract.pool, async ({ deps, params, query }) => {
  const pool = findPool(deps, params.chainId, params.address);
  if (!pool.ok) return pool;
  const pairId = pool.value.pool.pair;
  const key = poolKeyOf(pool.value);
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const readings = await readingsOf(deps, desk.value, pairId);
  if (!readings.ok) return readings;
  const view = poolView(pool.value, readings.value);
  const toMs = query.to ?? marketNowMs(deps, desk.value) + EPOCH_MS;
  const fromMs = query.from ?? toMs - 7 * DAY_MS;
  const series = await deps.telemetry.analyses({ pairId, poolKey: key, fromMs, toMs, limit: query.limit });
  if (series.ok && series.value.points.length > 0) {
    const history = series.value.points.map((point): KappaPoint => ({
      epoch: null,
      marketAtMs: point.marketAtMs,
      source: point.kappaSource,
      kappa: point.kappa,
      kappaMin: point.kappaMin,
      kappaMax: point.kappaMax,
      feePerLiquidityYear: point.feePerLiquidityYear,
      lossPerLiquidityYear: point.lossPerLiquidityYear,
      tvlUsd: point.tvlUsd,
      volumeUsdPerDay: point.volumeUsdPerDay,
    }));
    return ok({ data: { pool: view, history, source: "telemetry", partial: series.value.partial } });
  }
  const kept = await readEpochs(deps, { pairId, limit: EPOCHS_KEPT_COUNT });
  if (!kept.ok) return kept;
  const wanted = kept.value.filter((record) => record.marketAtMs >= fromMs && record.marketAtMs <= toMs);
  return ok({
    data: {
      pool: view,
      history: kappaPoints(wanted.slice(0, query.limit), key),
      source: "store",
      partial: !series.ok || kept.value.length >= EPOCHS_KEPT_COUNT,
    },
  });
});

function findPool(deps: ApiDeps, chainId: number, address: string): Result<ResolvedPool, ApiError> {
  for (const pairId of deps.settings.pairIds) {
    const found = deps.registry
      .poolsOf(pairId)
      .find((each) => each.chain.id === chainId && each.pool.id.toLowerCase() === address.toLowerCase());
    if (found !== undefined) return ok(found);
  }
  return err({
    code: "not_found",
    message: `No pair of this deployment has the pool ${address} on chain ${chainId}. GET /api/pools lists them.`,
  });
}

export const poolHandlers = [poolsHandler, poolHandler];
