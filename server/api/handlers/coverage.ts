// How complete the stored candles of a pair are: per exchange the gaps of the last market day.
import { settingsContract } from "@/lib/api/settings-contract";
import { ok } from "@/lib/errors/result";
import { coverageOf } from "@/lib/market/coverage";
import { MINUTE_MS } from "@/lib/units";
import { bindHandler } from "@/server/api/handler";
import { knownPair, readDeskState } from "@/server/api/reads";
import { CANDLE_COLUMNS, readCandles } from "@/server/infra/store/candles";
import { marketNowMs } from "./pairs";

const DAY_MS = 86_400_000;
/** A minute is stored within this time after it closed; younger ones are no gap yet. */
const SETTLED_MS = 3 * MINUTE_MS;

const coverageHandler = bindHandler(settingsContract.candleCoverage, async ({ deps, params }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const toMs = Math.floor((marketNowMs(deps, desk.value) - SETTLED_MS) / MINUTE_MS) * MINUTE_MS;
  const fromMs = toMs - DAY_MS;
  const venues = await Promise.all(
    (deps.registry.pair(params.id)?.sources ?? []).map(async ({ venue }) => {
      const rows = await readCandles(deps.store, { pairId: params.id, venue, fromMs, toMs });
      if (!rows.ok) return { venue, minutes: 0, gaps: [], problem: rows.error.message };
      const minutesMs = Array.from(
        { length: rows.value.length / CANDLE_COLUMNS },
        (_, row) => rows.value[row * CANDLE_COLUMNS] ?? 0,
      );
      const { minutes, gaps } = coverageOf(minutesMs, fromMs, toMs);
      return { venue, minutes, gaps: [...gaps], problem: null };
    }),
  );
  return ok({ data: { pairId: params.id, fromMs, toMs, venues } });
});

export const coverageHandlers = [coverageHandler];
