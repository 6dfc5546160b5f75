// One recorded day of a real pool, replayed swap by swap through the simulator and the published V3 contracts, with our positions in it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_SQRT_X96, MIN_SQRT_X96, usableTicks } from "@/lib/amm/tick-math";
import type { PoolEvent } from "@/lib/backtest/replay/events";
import { createPoolSimulator, type PoolSimulator } from "@/lib/backtest/replay/pool-simulator";
import { applyEvent, createStartedPool, inferStartState, type StartState } from "@/lib/backtest/replay/start-state";
import {
  simulate,
  simulatedState,
  startPoolChain,
  type ChainPool,
  type OwnedRange,
  type PoolAction,
  type PoolChain,
  type PoolOutcome,
} from "@/tests/support/pool-chain";
import {
  liquidityOfCapital,
  median,
  rangeAround,
  readRecordedEvents,
  RECORDED_POOL,
  say,
} from "@/tests/support/recorded-day";

const MARKET = 0;
const US = 1;
const CHECKPOINTS = 12;

function toAction(event: PoolEvent): PoolAction | null {
  if (event.kind === "collect") return null;
  if (event.kind === "swap") {
    const zeroForOne = event.amount0 > 0n;
    const amount = zeroForOne ? event.amount0 : event.amount1;
    // The limits of a swap that sets none, as the router passes them.
    const sqrtLimitX96 = zeroForOne ? MIN_SQRT_X96 + 1n : MAX_SQRT_X96 - 1n;
    return { kind: "swap", zeroForOne, amount, sqrtLimitX96 };
  }
  // A burn of nothing brings fees of its owner up to date; here all others are one owner.
  if (event.liquidity === 0n) return null;
  const { kind, tickLower, tickUpper, liquidity } = event;
  return { kind, owner: MARKET, tickLower, tickUpper, liquidity };
}

const { events, dropped } = readRecordedEvents();
const inferred = inferStartState(events, RECORDED_POOL);
if (!inferred.ok) throw new Error(inferred.error);
const start: StartState = inferred.value;
const usable = usableTicks(RECORDED_POOL.tickSpacing);
const OURS = [
  { name: "full range", tickLower: usable.min, tickUpper: usable.max },
  { name: "+-1 %", ...rangeAround(start.sqrtPriceX96, 0.01) },
  { name: "+-0.3 %", ...rangeAround(start.sqrtPriceX96, 0.003) },
].map((range) => ({ ...range, owner: US, liquidity: liquidityOfCapital(start.sqrtPriceX96, range) }));

function openingActions(): PoolAction[] {
  return [
    ...start.positions.map((position) => ({ kind: "mint", owner: MARKET, ...position }) as const),
    ...OURS.map(({ owner, tickLower, tickUpper, liquidity }) => {
      return { kind: "mint", owner, tickLower, tickUpper, liquidity } as const;
    }),
  ];
}

function carryOut(simulator: PoolSimulator, actions: readonly PoolAction[]): PoolOutcome[] {
  return actions.map((action) => {
    const outcome = simulate(simulator, action);
    if (!outcome.ok) throw new Error(`the simulator refuses ${action.kind}: ${outcome.error}`);
    return outcome.value;
  });
}

describe("the start state of the recorded day", () => {
  it("behavior: every swap agrees about the liquidity of its stretch, nothing is guessed", () => {
    expect(dropped).toEqual([]);
    expect(events.filter(({ kind }) => kind === "swap").length).toBe(6_046);
    expect(start.report).toEqual({
      observedStretches: 39,
      agreeingSwaps: 6_046,
      contradictingSwaps: 0,
      solvedStretches: 3,
      guessedStretches: 0,
      overfullStretches: 0,
      isFirstSwapExact: true,
    });
  });
});

describe("the recorded market without us", () => {
  it("behavior: the replayed price stays on the recorded one", () => {
    const simulator = createStartedPool(start, RECORDED_POOL);
    const distances: number[] = [];
    let sameTick = 0;
    let sameLiquidity = 0;
    for (const event of events) {
      expect(applyEvent(simulator, event)).toBe(true);
      if (event.kind !== "swap") continue;
      const { sqrtPriceX96, tick, liquidity } = simulator.state();
      distances.push(Math.abs(Number(sqrtPriceX96 - event.sqrtPriceX96)) / Number(event.sqrtPriceX96));
      if (tick === event.tick) sameTick += 1;
      if (liquidity === event.liquidity) sameLiquidity += 1;
    }
    const worst = Math.max(...distances);
    say(
      `without us: same tick after ${sameTick} and same active liquidity after ${sameLiquidity} of ${distances.length} swaps; distance of square root prices median ${median(distances).toExponential(1)}, worst ${worst.toExponential(1)}`,
    );
    expect(sameTick).toBeGreaterThanOrEqual(6_044);
    expect(sameLiquidity).toBeGreaterThanOrEqual(6_045);
    expect(worst).toBeLessThan(3e-7);
  });
});

describe("the recorded day", () => {
  let chain: PoolChain;
  let pool: ChainPool;
  beforeAll(async () => {
    chain = await startPoolChain();
    pool = await chain.createPool({ ...RECORDED_POOL, sqrtPriceX96: start.sqrtPriceX96 });
  });
  afterAll(async () => {
    await chain.stop();
  });

  it("behavior: simulator and contracts agree to the wei after every swap, at every checkpoint and at the end", async () => {
    const startedAt = performance.now();
    const simulator = createPoolSimulator({ ...RECORDED_POOL, sqrtPriceX96: start.sqrtPriceX96 });
    const refs: readonly OwnedRange[] = OURS;
    const actions = events.map(toAction).filter((action) => action !== null);
    const size = Math.ceil(actions.length / CHECKPOINTS);
    const touch = refs.map(({ owner, tickLower, tickUpper }) => {
      return { kind: "burn", owner, tickLower, tickUpper, liquidity: 0n } as const;
    });
    const compare = async (part: readonly PoolAction[]): Promise<PoolOutcome[]> => {
      const ours = carryOut(simulator, part);
      expect(await chain.run(pool, part)).toEqual(ours);
      expect(await chain.stateOf(pool, simulator, refs)).toEqual(simulatedState(simulator, refs));
      return ours;
    };

    const opened = await compare(openingActions());
    const paid = opened.slice(-OURS.length);
    say(
      `start: price ${start.sqrtPriceX96}, ${start.positions.length} background positions, tick ${simulator.state().tick}`,
    );
    const replayed: PoolOutcome[] = [];
    for (let from = 0; from < actions.length; from += size) {
      // A burn of 0 makes the contract write its feeGrowthInside and the fees owed into the position.
      const outcomes = await compare([...actions.slice(from, from + size), ...touch]);
      replayed.push(...outcomes.filter(({ kind }) => kind === "swap"));
      const { sqrtPriceX96, tick } = simulator.state();
      const inside = OURS.map((range) => simulator.feeGrowthInside(range.tickLower, range.tickUpper).feeGrowth0X128);
      say(
        `after ${replayed.length} swaps: sqrtPriceX96 ${sqrtPriceX96}, tick ${tick}, feeGrowthInside0 ${inside.join(" ")} equal`,
      );
    }

    const swaps = events.filter((event) => event.kind === "swap");
    expect(replayed.length).toBe(swaps.length);
    const distances = replayed.map(({ sqrtPriceX96 = 0n }, index) => {
      const recorded = swaps[index]?.sqrtPriceX96 ?? 1n;
      return Math.abs(Number(sqrtPriceX96 - recorded)) / Number(recorded);
    });
    const sameTick = replayed.filter(({ tick }, index) => tick === swaps[index]?.tick).length;
    const worst = Math.max(...distances);
    say(
      `replayed against recorded square root prices, our liquidity in the pool: same tick after ${sameTick} of ${swaps.length} swaps, distance median ${median(distances).toExponential(1)}, worst ${worst.toExponential(1)}`,
    );
    expect(worst).toBeLessThan(2e-4);

    for (const [index, range] of OURS.entries()) {
      const { owner, tickLower, tickUpper, liquidity } = range;
      const close = { owner, tickLower, tickUpper } as const;
      const fees = simulator.feesOf({ ...close, owner: String(owner) });
      const [burned] = await compare([{ kind: "burn", ...close, liquidity }]);
      const [collected] = await compare([{ kind: "collect", ...close }]);
      if (burned === undefined || collected === undefined) throw new Error("a burn and a collect leave an event each");
      // What is collected is what was burned and the fees, nothing else.
      expect(collected.amount0).toBe(burned.amount0 + fees.amount0);
      expect(collected.amount1).toBe(burned.amount1 + fees.amount1);
      say(
        `${range.name} [${tickLower}, ${tickUpper}] L ${liquidity}: minted ${paid[index]?.amount0} / ${paid[index]?.amount1}, fees ${fees.amount0} / ${fees.amount1}, burned ${burned.amount0} / ${burned.amount1}: equal in simulator and contract`,
      );
    }
    say(`replayed in ${Math.round(performance.now() - startedAt)} ms`);
  });
});
