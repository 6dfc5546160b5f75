// The recorded day of a real pool (Uniswap V3 USDC/WETH 0.05 %, Ethereum, 2024-01-05) as the replay tests use it.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick, tickAtSqrt } from "@/lib/amm/tick-math";
import { buildEventsMarket, buildMinutesMarket } from "@/lib/backtest/build-market";
import type { BacktestMarket } from "@/lib/backtest/market";
import { readPoolEvents, readPoolMinutes } from "@/lib/backtest/read-pool";
import { parsePoolEvents } from "@/lib/backtest/replay/events";
import type { PoolMinute } from "@/lib/backtest/replay/minute-fees";
import { invariant } from "@/lib/errors/invariant";
import { buildBacktestPool } from "./build-backtest";

export const RECORDED_POOL = { tickSpacing: 10, feePips: 500, decimals: [6, 18] } as const;
/** Value of each of our positions, raw token0: 10 000 USDC. */
const CAPITAL0 = 10_000_000_000n;

const EVENTS_FILE = "tests/data/univ3-eth-usdc-weth-500-tick-20240105.csv.gz";
const MINUTES_FILE = "tests/data/univ3-eth-usdc-weth-500-minute-20240105.csv.gz";

/** Every event of the day, by block and log. */
export function readRecordedEvents() {
  return parsePoolEvents(recordedRows(EVENTS_FILE));
}

/** The day as the backtest reads it: from its minutes, and from its events. */
export function buildRecordedMarkets(): { readonly minutes: BacktestMarket; readonly events: BacktestMarket } {
  const pool = buildBacktestPool();
  const minutes = readPoolMinutes(recordedText(MINUTES_FILE));
  const events = readPoolEvents(recordedText(EVENTS_FILE));
  invariant(minutes.ok && events.ok, "the recorded day can be read");
  const [byMinute, bySwap] = [
    buildMinutesMarket(pool, minutes.value, null),
    buildEventsMarket(pool, events.value, null),
  ];
  invariant(byMinute.ok && bySwap.ok, "the recorded day is a market");
  return { minutes: byMinute.market, events: bySwap.market };
}

/** The 1 440 minutes of the same day. */
export function readRecordedMinutes(): (PoolMinute & { readonly atMs: number })[] {
  let last: number | null = null;
  return recordedRows(MINUTES_FILE).map((row) => {
    const value = (column: string): number => Number(row[column]);
    const startTick = last ?? value("openTick");
    last = value("closeTick");
    return {
      atMs: Date.parse(`${(row["timestamp"] ?? "").replace(" ", "T")}Z`),
      startTick,
      lowestTick: value("lowestTick"),
      highestTick: value("highestTick"),
      closeTick: value("closeTick"),
      inAmount0: value("inAmount0"),
      inAmount1: value("inAmount1"),
      netAmount1: value("netAmount1"),
      liquidity: value("currentLiquidity"),
    };
  });
}

function recordedText(file: string): string {
  return gunzipSync(readFileSync(file)).toString("utf8");
}

function recordedRows(file: string): Record<string, string>[] {
  const [head = "", ...lines] = recordedText(file).trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
  });
}

export interface TickRange {
  readonly tickLower: number;
  readonly tickUpper: number;
}

/** A price range of +-part around a price as the narrowest usable ticks that contain it. */
export function rangeAround(sqrtPriceX96: bigint, part: number): TickRange {
  const { tickSpacing } = RECORDED_POOL;
  const away = (factor: number): number => tickAtSqrt(sqrtPriceX96) + Math.log(factor) / Math.log(1.0001);
  return {
    tickLower: Math.floor(away(1 - part) / tickSpacing) * tickSpacing,
    tickUpper: Math.ceil(away(1 + part) / tickSpacing) * tickSpacing,
  };
}

/** Liquidity that 10 000 USDC buy in a range. */
export function liquidityOfCapital(sqrtPriceX96: bigint, range: TickRange): bigint {
  const unit = 10n ** 18n;
  const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(sqrtPriceX96, bounds, unit, "down");
  return (CAPITAL0 * unit) / (amount0 + (amount1 << 192n) / (sqrtPriceX96 * sqrtPriceX96));
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A line of measured numbers, seen in the test's output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
