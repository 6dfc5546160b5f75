// What the browser's backtest and preview run on: the recorded market of this system, as columns.
import { packCandles } from "@/lib/api/candle-columns";
import { contract } from "@/lib/api/contract";
import { packSamples } from "@/lib/api/sample-columns";
import { err, ok } from "@/lib/errors/result";
import { MINUTE_MS } from "@/lib/units";
import { fromStoreError } from "@/server/api/api-error";
import { readEpochInputs } from "@/server/api/epoch-inputs";
import { bindHandler } from "@/server/api/handler";
import { knownPair, pairAuthority, readDeskState, readEpochs } from "@/server/api/reads";
import { poolFacts, poolKeyOf } from "@/server/api/views/pool-view";
import { EPOCHS_KEPT_COUNT } from "@/server/infra/store/keys";
import { readPoolSamples } from "@/server/infra/store/pool-samples";
import { marketNowMs, mergedCandles } from "./pairs";

const DAY_MS = 86_400_000;
const MAX_LAB_MS = 90 * DAY_MS;
/** What forces and regime look back on: 180 bars of 4 h (strategy.md section 3) and a day more. */
const PREVIEW_HISTORY_MS = 31 * DAY_MS;
const candlesHandler = bindHandler(contract.labCandles, async ({ deps, query }) => {
  const pair = knownPair(deps, query.pair);
  if (!pair.ok) return pair;
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const toMs = query.to ?? marketNowMs(deps, desk.value);
  const fromMs = Math.max(query.from ?? 0, toMs - MAX_LAB_MS);
  if (fromMs >= toMs) {
    return err({ code: "bad_request", field: "from", message: `from (${fromMs}) must be before to (${toMs}).` });
  }
  const found = await mergedCandles(deps, { pairId: query.pair, fromMs, toMs });
  if (!found.ok) return found;
  return ok({
    data: {
      pairId: query.pair,
      fromMs,
      toMs,
      venues: [...found.value.venues],
      candles: packCandles(found.value.series),
    },
  });
});

const samplesHandler = bindHandler(contract.labPoolSamples, async ({ deps, query }) => {
  const pair = knownPair(deps, query.pair);
  if (!pair.ok) return pair;
  const pools = deps.registry.poolsOf(query.pair);
  const pool = pools.find(
    (each) => poolKeyOf(each) === query.pool || each.pool.id.toLowerCase() === query.pool.toLowerCase(),
  );
  if (pool === undefined) {
    return err({
      code: "not_found",
      message: `${query.pair} has no pool ${query.pool}. It has: ${pools.map(poolKeyOf).join(", ") || "none"}.`,
    });
  }
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const stored = await readPoolSamples(deps.store, {
    pairId: query.pair,
    poolKey: poolKeyOf(pool),
    nowMs: marketNowMs(deps, desk.value),
  });
  if (!stored.ok) return err(fromStoreError(stored.error));
  return ok({ data: { facts: poolFacts(pool), samples: packSamples(stored.value.samples) } });
});

const previewHandler = bindHandler(contract.pairPreviewInput, async ({ deps, params, query }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const epochs = await readEpochs(deps, { pairId: params.id, limit: EPOCHS_KEPT_COUNT });
  if (!epochs.ok) return epochs;
  const epoch = query.epoch ?? epochs.value.find((record) => record.pools.length > 0)?.epoch;
  if (epoch === undefined) {
    return err({ code: "not_found", message: `${params.id} has no epoch yet; the first comes with its worker.` });
  }
  const snapshot = await readEpochInputs(deps, { pairId: params.id, epoch });
  if (!snapshot.ok) return snapshot;
  if (snapshot.value === null) {
    return err({
      code: "not_found",
      message: `The inputs of epoch ${epoch} of ${params.id} are not kept here (a week is). Leave out epoch for the newest.`,
    });
  }
  const authority = pairAuthority(desk.value, params.id);
  if (authority === null) {
    return err({
      code: "unavailable",
      message: `The settings of ${params.id} are the signer's and it does not answer (${desk.value.authorityProblem ?? "no reason given"}).`,
      details: { service: "signer" },
    });
  }
  const { observedAtMs } = snapshot.value;
  const toMs = Math.floor(observedAtMs / MINUTE_MS) * MINUTE_MS;
  const candles = await mergedCandles(deps, { pairId: params.id, fromMs: toMs - PREVIEW_HISTORY_MS, toMs });
  if (!candles.ok) return candles;
  const poolSamples: { poolKey: string; samples: ReturnType<typeof packSamples> }[] = [];
  for (const { poolKey } of snapshot.value.pools) {
    const stored = await readPoolSamples(deps.store, { pairId: params.id, poolKey, nowMs: observedAtMs });
    if (!stored.ok) return err(fromStoreError(stored.error));
    poolSamples.push({ poolKey, samples: packSamples(stored.value.samples) });
  }
  const before = epochs.value.find((record) => record.epoch < epoch && (record.memory ?? null) !== null);
  return ok({
    data: {
      pairId: params.id,
      epoch,
      isPegged: deps.registry.isPegged(params.id),
      overrides: authority.settings.params,
      memory: before?.memory ?? null,
      snapshot: snapshot.value,
      candles: packCandles(candles.value.series),
      poolSamples,
    },
  });
});

export const labHandlers = [candlesHandler, samplesHandler, previewHandler];
