// Fees of positions counted from a minute file against an exact replay of every swap of the same day: how wrong is each method?
import { describe, expect, it } from "vitest";
import { usableTicks } from "@/lib/amm/tick-math";
import { ticksToRange } from "@/lib/amm/ticks";
import { advancePaper, createPaper } from "@/lib/backtest/account";
import { closedAtMs, frameOf, type BacktestMarket } from "@/lib/backtest/market";
import { createMinuteInterval } from "@/lib/backtest/minute-interval";
import { createEventReplay } from "@/lib/backtest/replay/event-replay";
import { MINUTE_FEE_METHODS, minuteFees, type MinuteFeeMethod } from "@/lib/backtest/replay/minute-fees";
import {
  buildRecordedMarkets,
  liquidityOfCapital,
  median,
  rangeAround,
  readRecordedEvents,
  readRecordedMinutes,
  RECORDED_POOL,
  say,
  type TickRange,
} from "@/tests/support/recorded-day";

const MINUTE_MS = 60_000;
const usable = usableTicks(RECORDED_POOL.tickSpacing);
const RANGES = [
  { name: "full range", part: null },
  { name: "+-1 %", part: 0.01 },
  { name: "+-0.3 %", part: 0.003 },
] as const;

interface Measured {
  readonly name: string;
  /** Whether the price left the range at any time. */
  readonly hasLeft: boolean;
  /** Exact fees, raw token0 at the window's last price. */
  readonly exact0: number;
  readonly by: Readonly<Record<Counted, number>>;
}

/** The methods of `minute-fees.ts`, and the backtest's own account on the day's minutes and on its events. */
type Counted = MinuteFeeMethod | "engine_minutes" | "engine_events";
const COUNTED: readonly Counted[] = [...MINUTE_FEE_METHODS, "engine_minutes", "engine_events"];

const minutes = readRecordedMinutes();
const { events } = readRecordedEvents();
const markets = buildRecordedMarkets();

interface Held extends TickRange {
  readonly liquidity: bigint;
}

interface Fees {
  readonly fees0: number;
  readonly fees1: number;
}

/** Fees that the backtest's account counts for positions held together over bars [from, to), raw. */
function engineFees(market: BacktestMarket, held: readonly Held[], from: number, to: number): readonly Fees[] {
  const { pool, candles, track } = market;
  const atMs = candles.openAtMs[from] ?? 0;
  const state = createPaper({ atMs, price: track.price[from] ?? 0, quoteUsd: 1, wallets: [] });
  state.positions = held.map(({ tickLower, tickUpper, liquidity }, index) => {
    const { min, max } = ticksToRange(tickLower, tickUpper, frameOf(pool));
    return {
      id: index + 1,
      poolKey: pool.poolKey,
      chainId: pool.chainId,
      tickLower,
      tickUpper,
      lower: min,
      upper: max,
      liquidity: Number(liquidity) / 1e12,
      feesBase: 0,
      feesQuote: 0,
      idleBase: 0,
      idleQuote: 0,
      openedAtMs: atMs,
      refBase: 0,
      refQuote: 0,
    };
  });
  const { interval, moveTo } = createMinuteInterval(market);
  for (let index = from; index < to; index += 1) {
    moveTo(index, closedAtMs(candles, index));
    advancePaper(state, interval);
  }
  return state.positions.map(({ feesBase, feesQuote }) => ({ fees0: feesQuote * 1e6, fees1: feesBase * 1e18 }));
}

/**
 * Opens the three ranges around the price at the start of every window, each with 10 000 USDC / `smaller`, measures all ways,
 * closes them at its end.
 */
function measure(windowMinutes: number, smaller = 1n): Measured[] {
  const replay = createEventReplay(events, RECORDED_POOL);
  if (!replay.ok) throw new Error(replay.error);
  const { simulator, advanceTo } = replay.value;
  const measured: Measured[] = [];
  for (let from = 0; from < minutes.length; from += windowMinutes) {
    const rows = minutes.slice(from, from + windowMinutes);
    const first = rows[0];
    const last = rows.at(-1);
    if (first === undefined || last === undefined) break;
    expect(advanceTo(first.atMs).refused).toEqual([]);
    const { sqrtPriceX96 } = simulator.state();
    const open = RANGES.map(({ name, part }) => {
      const range: TickRange =
        part === null ? { tickLower: usable.min, tickUpper: usable.max } : rangeAround(sqrtPriceX96, part);
      const ref = { owner: `${name} from minute ${from}`, ...range };
      const liquidity = liquidityOfCapital(sqrtPriceX96, range) / smaller;
      expect(simulator.mint(ref, liquidity).ok).toBe(true);
      return { name, ref, liquidity };
    });
    expect(advanceTo(last.atMs + MINUTE_MS).refused).toEqual([]);
    // The replay holds all three at once; methods of single minutes know of no other own position.
    const held = open.map(({ ref, liquidity }) => ({ ...ref, liquidity }));
    const bySwap = engineFees(markets.events, held, from, from + rows.length);
    const price1Per0 = (Number(simulator.state().sqrtPriceX96) / 2 ** 96) ** 2;
    for (const [index, { name, ref, liquidity }] of open.entries()) {
      const fees = simulator.feesOf(ref);
      const sumBy = (method: MinuteFeeMethod): number =>
        rows.reduce((total, minute) => {
          const input = { minute, ...ref, liquidity: Number(liquidity), feePips: 500, protocolShareFrac: 0 };
          const { fees0, fees1 } = minuteFees(input, method);
          return total + fees0 + fees1 / price1Per0;
        }, 0);
      const worth = (one: Fees | undefined): number =>
        one === undefined ? Number.NaN : one.fees0 + one.fees1 / price1Per0;
      const [byMinute] = engineFees(markets.minutes, [{ ...ref, liquidity }], from, from + rows.length);
      measured.push({
        name,
        hasLeft: rows.some(
          ({ startTick, lowestTick, highestTick }) =>
            Math.min(startTick, lowestTick) < ref.tickLower || Math.max(startTick, highestTick) >= ref.tickUpper,
        ),
        exact0: Number(fees.amount0) + Number(fees.amount1) / price1Per0,
        by: {
          close_tick: sumBy("close_tick"),
          span: sumBy("span"),
          path: sumBy("path"),
          path_and_depth: sumBy("path_and_depth"),
          engine_minutes: worth(byMinute),
          engine_events: worth(bySwap[index]),
        },
      });
      expect(simulator.burn(ref, liquidity).ok).toBe(true);
    }
  }
  for (const one of measured) {
    // The backtest counts by the method that was measured best, no more and no less.
    expect(Math.abs(one.by.engine_minutes - one.by.path_and_depth), one.name).toBeLessThanOrEqual(
      1e-9 * one.by.path_and_depth,
    );
  }
  return measured;
}

function errorOf(one: Measured, method: Counted): number {
  return one.by[method] / one.exact0 - 1;
}

function percent(frac: number): string {
  return `${frac < 0 ? "" : "+"}${(frac * 100).toFixed(2)} %`;
}

/** Error of the sum over many windows, and the median and worst of their single errors. */
function summary(list: readonly Measured[], method: Counted) {
  const exact = list.reduce((total, one) => total + one.exact0, 0);
  const sizes = list.map((one) => Math.abs(errorOf(one, method)));
  return {
    total: list.reduce((total, one) => total + one.by[method], 0) / exact - 1,
    median: median(sizes),
    worst: Math.max(...sizes),
  };
}

describe("fees from minutes", () => {
  it("behavior: over the whole day, per range and method, against the exact replay", () => {
    const day = measure(1_440);
    expect(day.map(({ hasLeft }) => hasLeft)).toEqual([false, true, true]);
    for (const one of day) {
      const errors = COUNTED.map((method) => `${method} ${percent(errorOf(one, method))}`);
      const left = one.hasLeft ? "price leaves" : "price stays";
      say(`day, ${one.name} (${left}), exact fees ${(one.exact0 / 1e6).toFixed(4)} USDC: ${errors.join(", ")}`);
    }
    const [full, one, third] = day;
    if (full === undefined || one === undefined || third === undefined) throw new Error("three ranges were measured");
    expect(Math.abs(errorOf(full, "path_and_depth"))).toBeLessThan(0.01);
    expect(Math.abs(errorOf(one, "path_and_depth"))).toBeLessThan(0.02);
    expect(Math.abs(errorOf(third, "path_and_depth"))).toBeLessThan(0.03);
    // Swap by swap the backtest is exact, but for the price that our own liquidity holds back in the replay.
    expect(Math.abs(errorOf(full, "engine_events"))).toBeLessThan(0.0005);
    expect(Math.abs(errorOf(one, "engine_events"))).toBeLessThan(0.0015);
    expect(Math.abs(errorOf(third, "engine_events"))).toBeLessThan(0.0015);
    // The naive method is far off as soon as the price leaves: that is what the others are for.
    expect(Math.abs(errorOf(third, "close_tick"))).toBeGreaterThan(0.1);
  });

  it.each([60, 240])("behavior: windows of %i minutes, re-centred at each start", (length) => {
    const windows = measure(length);
    for (const { name } of RANGES) {
      for (const hasLeft of [false, true]) {
        const list = windows.filter((one) => one.name === name && one.hasLeft === hasLeft && one.exact0 > 0);
        if (list.length === 0) continue;
        const errors = COUNTED.map((method) => {
          const { total, median: middle, worst } = summary(list, method);
          return `${method} sum ${percent(total)} median ${percent(middle)} worst ${percent(worst)}`;
        });
        say(
          `${length} min, ${name}, price ${hasLeft ? "leaves" : "stays"} in ${list.length} windows: ${errors.join("; ")}`,
        );
      }
    }
    const best = (hasLeft: boolean, method: Counted = "path_and_depth") =>
      summary(
        windows.filter((one) => one.hasLeft === hasLeft && one.exact0 > 0),
        method,
      );
    expect(Math.abs(best(false).total)).toBeLessThan(0.01);
    expect(best(false).median).toBeLessThan(0.02);
    expect(Math.abs(best(true).total)).toBeLessThan(0.03);
    expect(best(false, "engine_events").worst).toBeLessThan(0.003);
    expect(Math.abs(best(true, "engine_events").total)).toBeLessThan(0.01);
    expect(best(true, "engine_events").worst).toBeLessThan(0.05);
  });

  it("behavior: with a hundredth of the money, which holds no price back, the backtest on swaps is the replay", () => {
    // Of so little the full range earns some hundred raw units an hour: there the contract's rounding is what is seen.
    const windows = measure(60, 100n).filter((one) => one.name !== "full range" && one.exact0 > 0);
    expect(windows.length).toBeGreaterThan(40);
    const { total, median: middle, worst } = summary(windows, "engine_events");
    say(
      `60 min, a hundredth of the money, +-1 % and +-0.3 %: engine_events sum ${percent(total)} median ${percent(middle)} worst ${percent(worst)}`,
    );
    expect(Math.abs(total)).toBeLessThan(0.0001);
    expect(worst).toBeLessThan(0.001);
  });
});
