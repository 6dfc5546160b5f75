// Candle files of a backtest: 1-minute rows as they are, longer bars laid into minutes without inventing a path.
import { fillCandles, normaliseCandles, type CandleSeries, type RawCandle } from "@/lib/market/candle";
import { MINUTE_MS } from "@/lib/units";
import { MAX_NAMED_ROWS, parseCsv, type CsvColumns } from "./csv";
import type { DataQuality } from "./market";

export type CandleFile =
  | {
      readonly ok: true;
      readonly candles: CandleSeries;
      /** Length of the file's bars, ms. */
      readonly barMs: number;
      /** Smallest step the first prices move by. */
      readonly priceStep: number | null;
      readonly data: DataQuality;
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/** Bar lengths that are accepted; each divides the hour, so that every 15-minute bar ends with one of them or holds whole ones. */
const BAR_MINUTES = [1, 5, 15, 30, 60];
/** Bars beyond this number are more than nine years of minutes: refused before memory is. */
const MAX_MINUTES = 5_000_000;

/** Reads `ts_ms, open, high, low, close, volume`. Only the rules of strategy.md section 2 change a row, and each change is counted. */
export function readCandles(text: string): CandleFile {
  const csv = parseCsv(text, { numbers: ["ts_ms", "open", "high", "low", "close", "volume?"] });
  if (!csv.ok) return csv;
  const { length, rows } = csv.value;
  if (length === 0) return { ok: false, message: `expected rows of candles; none of ${rows} rows could be read` };
  const barMs = detectBarMs(csv.value);
  if (barMs === null) {
    return {
      ok: false,
      message: `expected bars of ${BAR_MINUTES.join(", ")} minutes; the usual distance of two rows is none of them`,
    };
  }

  const [atMs, open, high, low, close, volume] = csv.value.columns;
  const dropped = [...csv.value.dropped];
  let { droppedCount } = csv.value;
  const drop = (line: number, reason: string): void => {
    droppedCount += 1;
    dropped.push({ line, reason });
  };
  let reordered = 0;
  let repeated = 0;
  let repaired = 0;
  let withoutVolume = 0;
  let newestAtMs = Number.NEGATIVE_INFINITY;
  const seen = new Map<number, number>();
  for (let index = 0; index < length; index += 1) {
    const prices = [open![index]!, high![index]!, low![index]!, close![index]!];
    const bar = Math.floor(atMs![index]! / barMs) * barMs;
    const wrong = prices.findIndex((price) => !(price > 0 && Number.isFinite(price)));
    if (wrong >= 0) {
      drop(csv.value.lines[index]!, `${["open", "high", "low", "close"][wrong] ?? ""} is no positive number`);
      continue;
    }
    if (seen.has(bar)) repeated += 1;
    seen.set(bar, index);
    if (bar < newestAtMs) reordered += 1;
    newestAtMs = Math.max(newestAtMs, bar);
    if (high![index]! < Math.max(...prices) || low![index]! > Math.min(...prices)) repaired += 1;
    if (!(volume![index]! >= 0)) withoutVolume += 1;
  }
  if (seen.size === 0)
    return { ok: false, message: `expected rows with positive prices; none of ${rows} rows has them` };
  const bars = [...seen].toSorted((left, right) => left[0] - right[0]);
  const spanMinutes = (bars.at(-1)![0] - bars[0]![0]) / MINUTE_MS;
  if (spanMinutes > MAX_MINUTES) {
    return {
      ok: false,
      message: `expected at most ${MAX_MINUTES} minutes; the rows span ${Math.round(spanMinutes)}: are the times unix milliseconds?`,
    };
  }

  const minutes = barMs / MINUTE_MS;
  const raw: RawCandle[] = [];
  for (const [bar, index] of bars) {
    // Nothing of a long bar is known before it closes: flat at its open until its last minute, which carries all of it.
    for (let step = 0; step < minutes - 1; step += 1) {
      const price = open![index]!;
      raw.push([bar + step * MINUTE_MS, price, price, price, price, 0]);
    }
    raw.push([bar + barMs - MINUTE_MS, open![index]!, high![index]!, low![index]!, close![index]!, volume![index]!]);
  }
  const normalised = normaliseCandles(raw, newestAtMs + barMs);
  const candles = fillCandles(normalised);
  let holes = 0;
  for (let index = 1; index < candles.length; index += 1) {
    if (candles.openAtMs[index]! - candles.openAtMs[index - 1]! > MINUTE_MS) holes += 1;
  }

  const notes: string[] = [];
  if (minutes > 1) {
    notes.push(
      `The candles are ${minutes}-minute bars: each is laid into minutes as flat at its open until its last minute, which carries its high, low, close and volume, so that nothing is known before the bar closed; paths within a bar are not invented.`,
    );
  }
  if (repeated > 0) notes.push(`${repeated} rows repeat the time of an earlier one: the later row counts.`);
  if (reordered > 0) notes.push(`${reordered} rows were out of order and were sorted.`);
  if (repaired > 0) notes.push(`${repaired} rows had a high or low inside their own prices: widened to contain them.`);
  if (withoutVolume > 0) notes.push(`${withoutVolume} rows have no valid volume: counted as 0.`);
  if (holes > 0)
    notes.push(`${holes} holes of more than 15 minutes stay holes: no decision is made and no fee counted in them.`);
  return {
    ok: true,
    candles,
    barMs,
    priceStep: findPriceStep(candles),
    data: {
      rows,
      dropped: dropped.toSorted((left, right) => left.line - right.line).slice(0, MAX_NAMED_ROWS),
      droppedCount,
      filledMinutes: candles.length - normalised.length,
      holes,
    },
    notes,
  };
}

/** The most frequent distance of two neighbouring rows, when it is an accepted bar length. */
function detectBarMs(csv: CsvColumns): number | null {
  const atMs = csv.columns[0]!;
  if (csv.length < 2) return MINUTE_MS;
  const counts = new Map<number, number>();
  for (let index = 1; index < csv.length; index += 1) {
    const step = Math.round((atMs[index]! - atMs[index - 1]!) / MINUTE_MS);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let usual = 0;
  let most = 0;
  for (const [step, count] of counts) {
    if (count > most) [usual, most] = [step, count];
  }
  return BAR_MINUTES.includes(usual) ? usual * MINUTE_MS : null;
}

/** Bars whose digits tell the step of the prices. */
const STEP_BARS = 1_440;
const MAX_DECIMALS = 12;

/** 10^-d with d the most decimals any close among the first bars is written with; later bars are not looked at. */
function findPriceStep(candles: CandleSeries): number | null {
  let decimals = 0;
  for (let index = 0; index < Math.min(STEP_BARS, candles.length); index += 1) {
    const text = String(candles.close[index]!);
    if (text.includes("e")) return null;
    const dot = text.indexOf(".");
    if (dot >= 0) decimals = Math.max(decimals, text.length - dot - 1);
  }
  return decimals > MAX_DECIMALS ? null : 10 ** -decimals;
}
