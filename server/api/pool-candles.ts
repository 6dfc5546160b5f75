// Candles of one pool from GeckoTerminal, page by page within its rate: quarter hours as minutes, turned to QUOTE per BASE, every row checked.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError } from "@/lib/errors/tidegate-error";
import { fillCandles, normaliseCandles, type CandleSeries, type RawCandle } from "@/lib/market/candle";
import { excerpt, fetchJson } from "@/server/infra/http";

export interface PoolCandleDeps {
  /** For example `https://api.geckoterminal.com/api/v2`. */
  readonly baseUrl: string;
  /** True when the deployment may call now: its processes share one rate. */
  readonly takeSlot: () => Promise<boolean>;
  readonly sleep: (durationMs: number) => Promise<void>;
  /** True when nobody waits for the answer any more. */
  readonly isGone: () => boolean;
  readonly fetch?: typeof fetch;
}

export interface PoolCandleInput {
  /** The service's name of the chain. */
  readonly network: string;
  readonly pool: string;
  readonly base: string;
  readonly quote: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PoolCandles {
  /** M1; the minutes that no candle began in are flat and marked. */
  readonly series: CandleSeries;
  readonly notes: readonly string[];
}

const QUARTER_MS = 900_000;
/** Most rows the service gives at once, and pages for 61 days of quarter hours with one to spare. */
const PAGE_ROWS = 1_000;
const MAX_PAGES = 7;
const CALL_MS = 8_000;
const SLOT_POLL_MS = 200;
const SLOT_PATIENCE_MS = 20_000;
/** A pool nobody trades in keeps its price; beyond a day the service may be what is silent. */
const MAX_QUIET_QUARTERS = 96;

const tokenSchema = z.object({ address: z.string() });
const answerSchema = z.object({
  data: z.object({ attributes: z.object({ ohlcv_list: z.array(z.unknown()) }) }),
  meta: z.object({ base: tokenSchema, quote: tokenSchema }),
});
const price = z.number().positive().finite();
/** Seconds, open, high, low, close, volume. */
const rowSchema = z.tuple([z.number().int().positive(), price, price, price, price, z.number().min(0).finite()]);
type Row = z.output<typeof rowSchema>;

export async function readPoolCandles(
  deps: PoolCandleDeps,
  input: PoolCandleInput,
): Promise<Result<PoolCandles, SourceError>> {
  const rows = new Map<number, Row>();
  /** As they came: a service that sends them again does not make them more. */
  const refused = new Set<string>();
  let isInverse: boolean | null = null;
  let beforeSec = Math.ceil(input.toMs / 1_000);
  for (let page = 0; page < MAX_PAGES && beforeSec * 1_000 > input.fromMs; page += 1) {
    const slot = await waitForSlot(deps);
    if (!slot.ok) return slot;
    const answer = await askPage(deps, input, beforeSec);
    if (!answer.ok) return answer;
    const side = sideOf(answer.value, input);
    if (!side.ok) return side;
    isInverse = side.value;
    const { ohlcv_list: list } = answer.value.data.attributes;
    let oldestSec = beforeSec;
    for (const each of list) {
      const row = rowSchema.safeParse(each);
      if (!row.success) {
        refused.add(JSON.stringify(each) ?? "");
        continue;
      }
      oldestSec = Math.min(oldestSec, row.data[0]);
      rows.set(row.data[0], row.data);
    }
    // Nothing older came: that is all the service has.
    if (oldestSec >= beforeSec) break;
    beforeSec = oldestSec;
  }
  const kept = [...rows.values()]
    .filter(([sec]) => sec * 1_000 >= input.fromMs && sec * 1_000 + QUARTER_MS <= input.toMs)
    .toSorted(([left], [right]) => left - right)
    .map((row) => turned(row, isInverse === true));
  const { minutes, quiet } = withQuiet(kept);
  const notes = [
    "Candles are the pool's own quarter hours by GeckoTerminal: each one's move is taken to happen in its first minute.",
    ...(quiet > 0 ? [`${quiet} quarter hours without a trade keep the price before them.`] : []),
    ...(refused.size > 0 ? [`${refused.size} rows of GeckoTerminal were not usable numbers and were left out.`] : []),
  ];
  return ok({ series: fillCandles(normaliseCandles(minutes, input.toMs)), notes });
}

async function waitForSlot(deps: PoolCandleDeps): Promise<Result<true, SourceError>> {
  for (let waitedMs = 0; waitedMs <= SLOT_PATIENCE_MS; waitedMs += SLOT_POLL_MS) {
    if (deps.isGone()) break;
    if (await deps.takeSlot()) return ok(true);
    await deps.sleep(SLOT_POLL_MS);
  }
  return err(
    new SourceError({
      code: "rate_limited",
      retryable: true,
      message:
        "GeckoTerminal is asked one call at a time over all processes and no turn came free; try again in a minute",
    }),
  );
}

async function askPage(
  deps: PoolCandleDeps,
  input: PoolCandleInput,
  beforeSec: number,
): Promise<Result<z.output<typeof answerSchema>, SourceError>> {
  const query = `aggregate=15&limit=${PAGE_ROWS}&currency=token&before_timestamp=${beforeSec}`;
  const answer = await fetchJson({
    url: `${deps.baseUrl.replace(/\/+$/, "")}/networks/${encodeURIComponent(input.network)}/pools/${input.pool}/ohlcv/minute?${query}`,
    timeoutMs: CALL_MS,
    ...(deps.fetch === undefined ? {} : { fetch: deps.fetch }),
  });
  if (!answer.ok) return answer;
  const parsed = answerSchema.safeParse(answer.value.body);
  if (parsed.success) return ok(parsed.data);
  const came = excerpt(JSON.stringify(answer.value.body) ?? "");
  return err(badData(`${answer.value.address} answered no candles of a pool and its two tokens; came ${came}`));
}

/** True when the service prices our quote in our base. */
function sideOf(
  { meta }: z.output<typeof answerSchema>,
  { base, quote }: PoolCandleInput,
): Result<boolean, SourceError> {
  const [left, right] = [meta.base.address.toLowerCase(), meta.quote.address.toLowerCase()];
  if (left === base.toLowerCase() && right === quote.toLowerCase()) return ok(false);
  if (left === quote.toLowerCase() && right === base.toLowerCase()) return ok(true);
  return err(badData(`GeckoTerminal's candles are of ${left} and ${right}; expected ${base} and ${quote}`));
}

/** Volume counts in what the price is counted in; only its proportions over time are used. */
function turned([sec, open, high, low, close, volume]: Row, isInverse: boolean): RawCandle {
  return isInverse
    ? [sec * 1_000, 1 / open, 1 / low, 1 / high, 1 / close, volume]
    : [sec * 1_000, open, high, low, close, volume / close];
}

function withQuiet(rows: readonly RawCandle[]): { readonly minutes: readonly RawCandle[]; readonly quiet: number } {
  const minutes: RawCandle[] = [];
  let quiet = 0;
  for (const row of rows) {
    const before = minutes.at(-1);
    const fromMs = before?.[0] ?? null;
    const close = before?.[4] ?? null;
    const missing = fromMs === null ? 0 : Math.round(((row[0] ?? 0) - fromMs) / QUARTER_MS) - 1;
    if (fromMs !== null && close !== null && missing <= MAX_QUIET_QUARTERS) {
      for (let step = 1; step <= missing; step += 1) {
        minutes.push([fromMs + step * QUARTER_MS, close, close, close, close, 0]);
        quiet += 1;
      }
    }
    minutes.push(row);
  }
  return { minutes, quiet };
}

function badData(message: string): SourceError {
  return new SourceError({ code: "bad_data", retryable: false, message });
}
