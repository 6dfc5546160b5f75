// What a backtest of a pool needs before it is added: its facts, and candles from the collector or, for a pair nobody collects, from the pool itself.
import { setTimeout as sleep } from "node:timers/promises";
import { packCandles } from "@/lib/api/candle-columns";
import { settingsContract } from "@/lib/api/settings-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { createCandleSeries, type CandleSeries } from "@/lib/market/candle";
import { mergeEntries } from "@/lib/registry/merge-entries";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { MINUTE_MS } from "@/lib/units";
import type { ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { knownUsdPrice } from "@/server/api/quote-usd";
import { readPoolCandles, type PoolCandleDeps } from "@/server/api/pool-candles";
import { readDeskState } from "@/server/api/reads";
import { poolFacts } from "@/server/api/views/pool-view";
import { createRegistryView } from "@/server/config/registry";
import { storeKeys } from "@/server/infra/store/keys";
import { takeRateSlot } from "@/server/infra/store/rate-slot";
import { mergedCandles } from "./pairs";
import { marketNowMs } from "./pairs";

const DAY_MS = 86_400_000;
/** 30 days to walk, and what the strategy looks back on before them. */
const SPAN_MS = 61 * DAY_MS;
/** Fewer recorded days than this: the pool's own candles may be more. */
const FEW_MS = 10 * DAY_MS;
/** GeckoTerminal's free rate, as the workers keep it. */
const SLOT_MS = 2_000;

interface Found {
  readonly from: "collector" | "pool" | "none";
  readonly series: CandleSeries;
  readonly venues: readonly string[];
  readonly notes: readonly string[];
}

const trialHandler = bindHandler(
  settingsContract.poolTrial,
  async ({ deps, body, request }) => {
    const { addition } = body;
    const [added] = addition.pools;
    if (added === undefined) return err({ code: "bad_request", field: "addition", message: "A pool is missing." });
    const view = createRegistryView(
      mergeEntries(deps.registry.registry, { version: 1, chains: [], dexes: [], ...addition }),
    );
    const pool = view
      .poolsOf(added.pair)
      .find(({ chain, pool: each }) => chain.id === added.chainId && each.id.toLowerCase() === added.id.toLowerCase());
    if (pool === undefined) {
      const reason = view.unusableOf(added.pair)[0]?.reason ?? "its chain, DEX or tokens are not known here";
      return err({ code: "bad_request", field: "addition", message: `${added.id} cannot be used: ${reason}.` });
    }
    const desk = await readDeskState(deps);
    if (!desk.ok) return desk;
    const toMs = marketNowMs(deps, desk.value);
    const found = await candlesFor(deps, pool, { fromMs: toMs - SPAN_MS, toMs, isGone: () => request.signal.aborted });
    if (!found.ok) return found;
    const known = knownUsdPrice(pool.quote, {
      registry: deps.registry,
      workers: desk.value.workers,
      nowMs: deps.nowMs(),
    });
    const series = known === null ? found.value.series : inDollars(found.value.series, known.usd);
    return ok({
      data: {
        facts: poolFacts(pool),
        isPegged: view.isPegged(added.pair),
        isQuoteUsd: pool.quote.pegCurrency === "USD",
        quoteUsd: known?.usd ?? null,
        from: found.value.from,
        venues: [...found.value.venues],
        candles: packCandles(series),
        notes: [...found.value.notes],
      },
    });
  },
  "operator",
);

/**
 * Prices in dollars at the quote's price of now. A pool's result does not depend on the unit its price is told in, so that a walk in it
 * is one in dollars; what the quote itself did against the dollar is not in it.
 */
function inDollars(series: CandleSeries, quoteUsd: number): CandleSeries {
  if (quoteUsd === 1) return series;
  const scaled = (column: Float64Array): Float64Array => column.map((value) => value * quoteUsd);
  return {
    ...series,
    open: scaled(series.open),
    high: scaled(series.high),
    low: scaled(series.low),
    close: scaled(series.close),
  };
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly isGone: () => boolean;
}

/** The collector's minutes are finer and of several exchanges; the pool's own are asked for when those are few. */
async function candlesFor(deps: ApiDeps, pool: ResolvedPool, window: Window): Promise<Result<Found, ApiError>> {
  const pairId = pool.pool.pair;
  const isCollected = deps.settings.pairIds.includes(pairId);
  const recorded = isCollected
    ? await mergedCandles(deps, { pairId, fromMs: window.fromMs, toMs: window.toMs })
    : ok({ series: createCandleSeries(MINUTE_MS, 0), venues: [] });
  if (!recorded.ok) return recorded;
  const { series, venues } = recorded.value;
  if (spanOf(series) >= FEW_MS) return ok({ from: "collector", series, venues, notes: [] });
  const own = await ownCandles(deps, pool, window);
  if ("series" in own && spanOf(own.series) > spanOf(series)) {
    return ok({ from: "pool", series: own.series, venues: [], notes: own.notes });
  }
  const asked = isCollected
    ? "The collector keeps fewer than ten days of this pair."
    : "No collector runs for this pair yet.";
  const notes = [asked, "problem" in own ? own.problem : "GeckoTerminal knows no more of the pool."];
  return ok({ from: series.length === 0 ? "none" : "collector", series, venues, notes });
}

async function ownCandles(
  deps: ApiDeps,
  pool: ResolvedPool,
  window: Window,
): Promise<{ readonly series: CandleSeries; readonly notes: readonly string[] } | { readonly problem: string }> {
  const network = pool.chain.geckoSlug;
  if (network === null) return { problem: `GeckoTerminal does not know ${pool.chain.name}.` };
  if (deps.settingsDesk === undefined) return { problem: "GeckoTerminal is not asked by this process." };
  const reader: PoolCandleDeps = {
    baseUrl: deps.settingsDesk.geckoUrl,
    takeSlot: async () => {
      const slot = await takeRateSlot(deps.store, storeKeys.geckoSlot, SLOT_MS);
      return slot.ok && slot.value;
    },
    sleep: (durationMs) => sleep(durationMs),
    isGone: window.isGone,
    fetch: deps.fetch,
  };
  const candles = await readPoolCandles(reader, {
    network,
    pool: pool.pool.id,
    base: pool.base.address,
    quote: pool.quote.address,
    fromMs: window.fromMs,
    toMs: window.toMs,
  });
  if (candles.ok) return candles.value;
  return {
    problem:
      candles.error.code === "not_found"
        ? "GeckoTerminal does not know the pool."
        : `GeckoTerminal: ${candles.error.message}.`,
  };
}

function spanOf(series: CandleSeries): number {
  return series.length < 2 ? 0 : (series.openAtMs[series.length - 1] ?? 0) - (series.openAtMs[0] ?? 0);
}

export const poolTrialHandlers = [trialHandler];
