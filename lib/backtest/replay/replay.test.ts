// The replay's parts on small pools whose answers can be said beforehand: start state, gaps, refusals, minute paths.
import { describe, expect, it } from "vitest";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { createEventReplay } from "./event-replay";
import type { PoolEvent, PoolLiquidityEvent, PoolSwapEvent } from "./events";
import { minuteFees, pathInRangeFrac, servingLiquidity, type PoolMinute } from "./minute-fees";
import { createPoolSimulator, maxLiquidityPerTick, type PoolSimulator } from "./pool-simulator";
import { BACKGROUND_OWNER, inferStartState } from "./start-state";

const POOL = { tickSpacing: 10, feePips: 500 };
const UNIT = 10n ** 18n;

/** A market of three stretches with liquidity 5, 8 and 3 around tick 5, and its record. */
function createRecorder() {
  const simulator = createPoolSimulator({ ...POOL, sqrtPriceX96: sqrtAtTick(5) });
  const events: PoolEvent[] = [];
  const place = () => ({ block: events.length + 1, logIndex: 0, atMs: events.length * 1_000 });
  const mint = (tickLower: number, tickUpper: number, liquidity: bigint): void => {
    expect(simulator.mint({ owner: BACKGROUND_OWNER, tickLower, tickUpper }, liquidity).ok).toBe(true);
  };
  mint(-100, 0, 5n * UNIT);
  mint(0, 10, 8n * UNIT);
  mint(10, 100, 3n * UNIT);
  return {
    simulator,
    events,
    /** Swaps until the price is at a tick's root, and records it. */
    swapTo(tick: number, offset = 1n): void {
      const goal = sqrtAtTick(tick) + offset;
      const zeroForOne = goal < simulator.state().sqrtPriceX96;
      const result = simulator.swap({ zeroForOne, amountSpecified: 10n ** 30n, sqrtLimitX96: goal });
      if (!result.ok) throw new Error(result.error);
      const { amount0, amount1, sqrtPriceX96, tick: after, liquidity } = result.value;
      events.push({ kind: "swap", ...place(), amount0, amount1, sqrtPriceX96, tick: after, liquidity });
    },
    change(kind: "mint" | "burn", tickLower: number, tickUpper: number, liquidity: bigint): void {
      const ref = { owner: BACKGROUND_OWNER, tickLower, tickUpper };
      const result = kind === "mint" ? simulator.mint(ref, liquidity) : simulator.burn(ref, liquidity);
      if (!result.ok) throw new Error(result.error);
      events.push({ kind, ...place(), ...result.value, tickLower, tickUpper, liquidity });
    },
  };
}

function liquidityAt(simulator: PoolSimulator, tick: number): bigint {
  return simulator
    .initializedTicks()
    .filter((at) => at <= tick)
    .reduce((total, at) => total + (simulator.tickInfo(at)?.liquidityNet ?? 0n), 0n);
}

describe("inferStartState", () => {
  it("behavior: liquidity per stretch comes back from swaps, mints and burns, and the record replays onto itself", () => {
    const { simulator, events, swapTo, change } = createRecorder();
    swapTo(3);
    change("mint", 0, 20, 2n * UNIT);
    swapTo(15);
    change("burn", 10, 100, UNIT);
    swapTo(-5);
    swapTo(7);
    const replay = createEventReplay(events, POOL);
    if (!replay.ok) throw new Error(replay.error);
    const { start, simulator: played } = replay.value;
    expect(start.report).toEqual({
      observedStretches: 3,
      agreeingSwaps: 4,
      contradictingSwaps: 0,
      solvedStretches: 0,
      guessedStretches: 0,
      overfullStretches: 0,
      isFirstSwapExact: true,
    });
    expect([-1, 0, 10].map((tick) => liquidityAt(played, tick))).toEqual([5n * UNIT, 8n * UNIT, 3n * UNIT]);
    // The burned unit must have been a position of its own range.
    expect(start.positions).toContainEqual({ tickLower: 10, tickUpper: 100, liquidity: UNIT });
    expect(replay.value.advanceTo(3_000)).toEqual({ done: 3, refused: [] });
    expect(replay.value.isDone()).toBe(false);
    expect(replay.value.advanceTo(Number.POSITIVE_INFINITY)).toEqual({ done: 3, refused: [] });
    expect(replay.value.isDone()).toBe(true);
    // Token amounts of a limited swap leave a rest below one unit of price; nothing more may differ.
    const distance = Number(played.state().sqrtPriceX96 - simulator.state().sqrtPriceX96);
    expect(Math.abs(distance) / Number(simulator.state().sqrtPriceX96)).toBeLessThan(1e-15);
    expect(played.state().liquidity).toBe(simulator.state().liquidity);
  });

  it("behavior: a stretch that was only crossed is solved from what the crossing paid out, in both directions", () => {
    for (const [from, to] of [
      [-5, 15],
      [15, -5],
    ] as const) {
      const { events, swapTo } = createRecorder();
      swapTo(from);
      swapTo(to);
      const start = inferStartState(events, POOL);
      if (!start.ok) throw new Error(start.error);
      expect(start.value.report.solvedStretches).toBe(1);
      const middle = start.value.positions.find(({ tickLower, tickUpper }) => tickLower <= 0 && tickUpper >= 10);
      expect(Math.abs(Number(middle?.liquidity ?? 0n) / 8e18 - 1)).toBeLessThan(1e-10);
    }
  });

  it("behavior: swaps that contradict each other are counted, and a record without swaps is refused", () => {
    const { events, swapTo } = createRecorder();
    swapTo(3);
    swapTo(7);
    const [first, second] = events.filter((event): event is PoolSwapEvent => event.kind === "swap");
    if (first === undefined || second === undefined) throw new Error("two swaps were recorded");
    const start = inferStartState([first, { ...second, liquidity: second.liquidity + 1n }], POOL);
    expect(start.ok && start.value.report.contradictingSwaps).toBe(1);
    expect(inferStartState([], POOL).ok).toBe(false);
  });

  it("behavior: an event that the pool cannot carry out is named, the others are", () => {
    const { events, swapTo } = createRecorder();
    swapTo(3);
    swapTo(7);
    const impossible: PoolLiquidityEvent = {
      kind: "mint",
      block: 9,
      logIndex: 0,
      atMs: 9_000,
      amount0: 0n,
      amount1: 0n,
      tickLower: 3,
      tickUpper: 17,
      liquidity: UNIT,
    };
    const replay = createEventReplay([...events, impossible], POOL);
    if (!replay.ok) throw new Error(replay.error);
    expect(replay.value.advanceTo(10_000)).toEqual({ done: 2, refused: [impossible] });
  });
});

describe("createPoolSimulator", () => {
  it("error: refuses what the contract refuses and changes nothing", () => {
    const { simulator } = createRecorder();
    const before = simulator.state();
    const ref = { owner: "us", tickLower: 0, tickUpper: 10 };
    expect(simulator.swap({ zeroForOne: true, amountSpecified: 0n })).toEqual({ ok: false, error: "amount_zero" });
    const upward = { zeroForOne: true, amountSpecified: 1n, sqrtLimitX96: before.sqrtPriceX96 };
    expect(simulator.swap(upward)).toEqual({ ok: false, error: "price_limit" });
    expect(simulator.mint({ ...ref, tickUpper: 7 }, 1n)).toEqual({ ok: false, error: "ticks" });
    expect(simulator.mint({ ...ref, tickUpper: 0 }, 1n)).toEqual({ ok: false, error: "ticks" });
    expect(simulator.mint(ref, maxLiquidityPerTick(10))).toEqual({ ok: false, error: "tick_liquidity" });
    expect(simulator.burn(ref, 1n)).toEqual({ ok: false, error: "position_liquidity" });
    expect(simulator.setFeeProtocol(3, 0)).toEqual({ ok: false, error: "protocol_fee" });
    expect(simulator.state()).toEqual(before);
    expect(simulator.feesOf(ref)).toEqual({ amount0: 0n, amount1: 0n });
  });
});

describe("minute fees", () => {
  const minute: PoolMinute = {
    startTick: 100,
    lowestTick: 90,
    highestTick: 109,
    closeTick: 105,
    inAmount0: 1e12,
    inAmount1: 2e18,
    netAmount1: null,
    liquidity: 9e17,
  };
  const position = { tickLower: 80, tickUpper: 120, liquidity: 1e17, feePips: 500, protocolShareFrac: 0 };

  it("behavior: in range all the time, every method pays our part of active liquidity", () => {
    for (const method of ["close_tick", "span", "path", "path_and_depth"] as const) {
      const { fees0, fees1 } = minuteFees({ minute, ...position }, method);
      expect(fees0).toBeCloseTo(1e12 * 0.0005 * 0.1, 3);
      expect(fees1 / (2e18 * 0.0005 * 0.1)).toBeCloseTo(1, 12);
    }
    expect(minuteFees({ minute, ...position, protocolShareFrac: 0.25 }).fees0).toBeCloseTo(3.75e7, 3);
    expect(minuteFees({ minute, ...position, liquidity: 0 })).toEqual({ fees0: 0, fees1: 0 });
    expect(minuteFees({ minute: { ...minute, liquidity: 0 }, ...position }).fees0).toBeCloseTo(5e8, 3);
  });

  it("behavior: the netted way counts each leg, a still price is in or out", () => {
    const path = { start: 0, low: -10, high: 10, close: 5 };
    expect(pathInRangeFrac(path, -100, 100)).toBe(1);
    // 0 -> -10 -> 10 -> 5: 35 in all; of it 10 below 0 twice.
    expect(pathInRangeFrac(path, -100, 0)).toBeCloseTo(20 / 35, 12);
    expect(pathInRangeFrac(path, 100, 200)).toBe(0);
    expect(pathInRangeFrac({ start: 3, low: 3, high: 3, close: 3 }, 3, 4)).toBe(1);
    expect(pathInRangeFrac({ start: 3, low: 3, high: 3, close: 3 }, 2, 3)).toBe(0);
    // Mirrored path, mirrored range, same share.
    expect(pathInRangeFrac({ start: 0, low: -10, high: 10, close: -5 }, 0, 100)).toBeCloseTo(20 / 35, 12);
  });

  it("behavior: liquidity that served one swap and left is seen in how little the price moved", () => {
    const still = { ...minute, startTick: 100, lowestTick: 100, highestTick: 100, closeTick: 100 };
    const step = 1.0001 ** (101 / 2) - 1.0001 ** (100 / 2);
    expect(servingLiquidity({ ...still, netAmount1: -5e18 * step }) / 5e18).toBeCloseTo(1, 9);
    expect(servingLiquidity({ ...still, netAmount1: 5e16 * step })).toBe(still.liquidity);
    expect(servingLiquidity(still)).toBe(still.liquidity);
  });
});
