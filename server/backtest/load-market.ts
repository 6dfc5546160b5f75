// Load market: files of a backtest, plain or gzipped, become one market; what is wrong with a file is said in one sentence.
import { readFile } from "node:fs/promises";
import { gunzip } from "node:zlib";
import { promisify } from "node:util";
import {
  buildCandleMarket,
  buildEventsMarket,
  buildHoursMarket,
  buildMinutesMarket,
  type BuiltMarket,
  type CandleInput,
} from "@/lib/backtest/build-market";
import type { BacktestMarket, BacktestPool } from "@/lib/backtest/market";
import { readCandles } from "@/lib/backtest/read-candles";
import { readPoolEvents, readPoolHours, readPoolMinutes } from "@/lib/backtest/read-pool";
import type { VolumeModel } from "@/lib/backtest/volume-model";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, SourceError } from "@/lib/errors/tidegate-error";

export interface MarketFiles {
  readonly candles: string | null;
  readonly poolMinutes: string | null;
  readonly poolHours: string | null;
  readonly poolEvents: string | null;
}

const unzip = promisify(gunzip);
/** A file that unpacks to more is no recording of candles. */
const MAX_BYTES = 1_500_000_000;

/** Reads the files and builds the market. `pool` is told the first price, to see whether a pair is pegged. */
export async function loadMarket(
  files: MarketFiles,
  pool: (firstPrices: readonly number[]) => BacktestPool,
  model: (pool: BacktestPool) => VolumeModel,
): Promise<Result<BacktestMarket, SourceError>> {
  let exchange: CandleInput | null = null;
  if (files.candles !== null) {
    const text = await readText(files.candles);
    if (!text.ok) return text;
    const read = readCandles(text.value);
    if (!read.ok) return err(badFile("--candles", files.candles, read.message));
    exchange = read;
  }
  const prices =
    exchange === null ? [] : [...exchange.candles.close.subarray(0, Math.ceil(exchange.candles.length / 5))];
  const name = files.poolEvents ?? files.poolMinutes ?? files.poolHours;
  if (name === null) {
    if (exchange === null)
      return err(badFile("--candles", "-", "expected a file of candles or of a pool; none was named"));
    const resolved = pool(prices);
    return finish(buildCandleMarket(resolved, exchange, model(resolved)), "--candles", files.candles ?? "-");
  }
  const text = await readText(name);
  if (!text.ok) return text;
  if (files.poolEvents !== null) {
    const rows = readPoolEvents(text.value);
    if (!rows.ok) return err(badFile("--pool-events", name, rows.message));
    return finish(buildEventsMarket(pool(prices), rows.value, exchange), "--pool-events", name);
  }
  if (files.poolMinutes !== null) {
    const rows = readPoolMinutes(text.value);
    if (!rows.ok) return err(badFile("--pool-minutes", name, rows.message));
    return finish(buildMinutesMarket(pool(prices), rows.value, exchange), "--pool-minutes", name);
  }
  const rows = readPoolHours(text.value);
  if (!rows.ok) return err(badFile("--pool-hours", name, rows.message));
  const resolved = pool(prices);
  return finish(buildHoursMarket(resolved, rows.value, exchange, model(resolved)), "--pool-hours", name);
}

function finish(built: BuiltMarket, flag: string, name: string): Result<BacktestMarket, SourceError> {
  return built.ok ? ok(built.market) : err(badFile(flag, name, built.message));
}

/** Text of a file; gzip is known by its first two bytes, whatever the name says. */
async function readText(name: string): Promise<Result<string, SourceError>> {
  try {
    const bytes = await readFile(name);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return ok((isGzip ? await unzip(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString("utf8"));
  } catch (error) {
    return err(
      new SourceError({
        code: "not_found",
        message: `The file ${name} cannot be read (${errorText(error)}): name a CSV file, plain or gzipped.`,
        retryable: false,
        cause: error,
      }),
    );
  }
}

function badFile(flag: string, name: string, sentence: string): SourceError {
  return new SourceError({
    code: "bad_data",
    message: `${flag} ${name}: ${sentence}. Name a file with the columns that "tidegate backtest --help" lists for this flag.`,
    retryable: false,
  });
}
