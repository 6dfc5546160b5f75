// Our tick and liquidity maths and the pool simulator against the published Uniswap V3 bytecode on a local chain.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { MAX_SQRT_X96, MIN_SQRT_X96, sqrtAtTick, tickAtSqrt, usableTicks } from "@/lib/amm/tick-math";
import { createPoolSimulator, maxLiquidityPerTick } from "@/lib/backtest/replay/pool-simulator";
import { mulberry32, type Rng } from "@/lib/math/rng";
import { MAX_TICK, MIN_TICK } from "@/lib/units";
import {
  simulate,
  simulatedState,
  startPoolChain,
  type OwnedRange,
  type PoolAction,
  type PoolChain,
  type PoolOutcome,
} from "@/tests/support/pool-chain";
import { TEST_SEED } from "@/tests/support/seed";

const SPACINGS = [1, 10, 60, 200];
const POOLS = [
  { name: "6/18 decimals, 0.05 %", decimals: [6, 18], feePips: 500, tickSpacing: 10, tick: 199_045 },
  { name: "18/6 decimals, 0.3 %", decimals: [18, 6], feePips: 3_000, tickSpacing: 60, tick: -199_101 },
  { name: "6/6 decimals, 0.01 %", decimals: [6, 6], feePips: 100, tickSpacing: 1, tick: -3 },
  { name: "8/18 decimals, 1 %", decimals: [8, 18], feePips: 10_000, tickSpacing: 200, tick: 257_777 },
] as const;

let chain: PoolChain;
beforeAll(async () => {
  chain = await startPoolChain();
});
afterAll(async () => {
  await chain.stop();
});

function integer(rng: Rng, min: number, max: number): number {
  return min + Math.floor(rng() * (max - min + 1));
}

/** A number of up to `max` bits, every length as likely. */
function bits(rng: Rng, min: number, max: number): bigint {
  let value = 1n;
  for (let count = integer(rng, min, max); count > 1; count -= 1) value = (value << 1n) | BigInt(integer(rng, 0, 1));
  return value;
}

describe(`TickMath in the pool's bytecode (seed ${TEST_SEED})`, () => {
  it("behavior: every boundary, the edges of every spacing, and thousands of random ticks and prices", async () => {
    const rng = mulberry32(TEST_SEED);
    const ticks = new Set<number>();
    for (const centre of [MIN_TICK, 0, MAX_TICK]) {
      for (let near = -3; near <= 3; near += 1) ticks.add(centre + near);
    }
    for (const spacing of SPACINGS) {
      const { min, max } = usableTicks(spacing);
      for (const edge of [min, min + spacing, -spacing, spacing, max - spacing, max]) {
        for (const near of [-1, 0, 1]) ticks.add(edge + near);
      }
    }
    // Each bit of a tick's size is one factor of the product: alone and in the longest chain.
    for (let bit = 0; bit < 20; bit += 1) {
      for (const size of [1 << bit, (1 << bit) - 1]) ticks.add(size).add(-size);
    }
    for (let count = 0; count < 20_000; count += 1) ticks.add(integer(rng, MIN_TICK, MAX_TICK));
    const inRange = [...ticks].filter((tick) => tick >= MIN_TICK && tick <= MAX_TICK);

    // A root is proven by both of its sides: at it the tick begins, one below it the tick before ends.
    const roots = inRange.map((tick) => sqrtAtTick(tick));
    const random = Array.from({ length: 20_000 }, () => {
      const low = sqrtAtTick(integer(rng, MIN_TICK, MAX_TICK - 1));
      return low + (low * BigInt(integer(rng, 0, 49))) / 1_000_000n;
    }).filter((price) => price < MAX_SQRT_X96);
    const pool = await chain.createPool({ ...POOLS[0], sqrtPriceX96: sqrtAtTick(0) });
    const [atRoot, belowRoot, atRandom] = [
      await chain.ticksOf(pool, roots),
      await chain.ticksOf(
        pool,
        roots.map((root) => root - 1n),
      ),
      await chain.ticksOf(pool, random),
    ];
    // The contract takes prices in [MIN, MAX) only.
    expect(atRoot).toEqual(inRange.map((tick) => (tick === MAX_TICK ? null : tick)));
    expect(belowRoot).toEqual(inRange.map((tick) => (tick === MIN_TICK ? null : tick - 1)));
    expect(atRandom).toEqual(random.map((price) => tickAtSqrt(price)));
    expect([sqrtAtTick(MIN_TICK), sqrtAtTick(MAX_TICK)]).toEqual([MIN_SQRT_X96, MAX_SQRT_X96]);
    expect(inRange.length).toBeGreaterThan(20_000);
    process.stdout.write(
      `TickMath: ${inRange.length} roots proven on both sides, ${random.length} random prices, all equal (seed ${TEST_SEED})\n`,
    );
  });
});

describe.each(POOLS)("a pool of $name", (setup) => {
  it(`behavior: mint and burn amounts of random ranges, to the wei (seed ${TEST_SEED})`, async () => {
    const rng = mulberry32(TEST_SEED + setup.feePips);
    const sqrtPriceX96 = sqrtAtTick(setup.tick) + bits(rng, 1, 40);
    const pool = await chain.createPool({ ...setup, sqrtPriceX96 });
    expect(await chain.maxLiquidityPerTick(pool)).toBe(maxLiquidityPerTick(setup.tickSpacing));
    const actions: PoolAction[] = [];
    const expected: PoolOutcome[] = [];
    for (let count = 0; count < 150; count += 1) {
      const range = randomRange(rng, setup);
      const liquidity = bits(rng, 1, 90);
      const held = { kind: "mint", owner: 1, ...range, liquidity } as const;
      actions.push(held, { ...held, kind: "burn" }, { ...held, kind: "collect" });
      const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
      const paid = amountsForLiquidity(sqrtPriceX96, bounds, liquidity, "down");
      expected.push({ kind: "mint", ...amountsForLiquidity(sqrtPriceX96, bounds, liquidity, "up") });
      expected.push({ kind: "burn", ...paid }, { kind: "collect", ...paid });
    }
    expect(await chain.run(pool, actions)).toEqual(expected);
  });

  it(`behavior: a random life of swaps, mints, burns, collects and a protocol fee, every event and the whole state equal (seed ${TEST_SEED})`, async () => {
    const rng = mulberry32(TEST_SEED + setup.tickSpacing * 7_919);
    const sqrtPriceX96 = sqrtAtTick(setup.tick) + 1n;
    const pool = await chain.createPool({ ...setup, sqrtPriceX96 });
    const simulator = createPoolSimulator({ ...setup, sqrtPriceX96 });
    const ranges: OwnedRange[] = [];
    let counted = 0;
    for (const protocol of [
      [0, 0],
      [4, 10],
    ] as const) {
      await chain.setFeeProtocol(pool, protocol[0], protocol[1]);
      expect(simulator.setFeeProtocol(protocol[0], protocol[1]).ok).toBe(true);
      const actions: PoolAction[] = [];
      const expected: PoolOutcome[] = [];
      for (let count = 0; count < 400; count += 1) {
        const action = randomAction(rng, setup, ranges, simulator.state().tick);
        const outcome = simulate(simulator, action);
        if (!outcome.ok) continue;
        actions.push(action);
        expected.push(outcome.value);
        if (action.kind === "mint") ranges.push(action);
      }
      expect(await chain.run(pool, actions)).toEqual(expected);
      counted += actions.length;
      expect(await chain.stateOf(pool, simulator, ranges)).toEqual(simulatedState(simulator, ranges));
    }
    expect(counted).toBeGreaterThan(400);
    process.stdout.write(
      `${setup.name}: ${counted} actions, ${ranges.length} mints, every event and the state equal\n`,
    );

    // What one refuses the other refuses too.
    const price = simulator.state().sqrtPriceX96;
    const spacing = setup.tickSpacing;
    const mint = { kind: "mint", owner: 1, tickLower: -spacing, tickUpper: spacing, liquidity: 1n } as const;
    const bad: PoolAction[] = [
      { kind: "swap", zeroForOne: true, amount: 0n, sqrtLimitX96: MIN_SQRT_X96 + 1n },
      { kind: "swap", zeroForOne: true, amount: 1n, sqrtLimitX96: price },
      { kind: "swap", zeroForOne: false, amount: 1n, sqrtLimitX96: price },
      { kind: "swap", zeroForOne: true, amount: 1n, sqrtLimitX96: MIN_SQRT_X96 },
      { kind: "swap", zeroForOne: false, amount: 1n, sqrtLimitX96: MAX_SQRT_X96 },
      { ...mint, liquidity: 0n },
      { ...mint, tickLower: spacing },
      { ...mint, tickUpper: MAX_TICK + spacing - (MAX_TICK % spacing) },
      { ...mint, liquidity: maxLiquidityPerTick(spacing) + 1n },
      { ...mint, kind: "burn", tickLower: -17 * spacing, liquidity: 0n },
      { ...mint, kind: "burn", tickLower: -17 * spacing, liquidity: 1n },
    ];
    if (spacing > 1) bad.push({ ...mint, tickLower: -spacing - 1 });
    for (const action of bad) {
      expect([action, await chain.refuses(pool, action)]).toEqual([action, true]);
      expect([action, simulate(simulator, action).ok]).toEqual([action, false]);
    }
  });
});

type Setup = (typeof POOLS)[number];

function randomRange(rng: Rng, setup: Setup, around: number = setup.tick) {
  const { tickSpacing } = setup;
  const { min, max } = usableTicks(tickSpacing);
  if (rng() < 0.1) return { tickLower: min, tickUpper: max };
  const clamp = (tick: number): number => Math.max(min, Math.min(max, tick));
  const centre = Math.round(around / tickSpacing) + integer(rng, -40, 40);
  // Often a bound beside or on the tick at hand: there the sides of a range are decided.
  const near = Math.round(around / tickSpacing) * tickSpacing;
  if (rng() < 0.2) return { tickLower: near, tickUpper: near + integer(rng, 1, 20) * tickSpacing };
  if (rng() < 0.2) return { tickLower: near - integer(rng, 1, 20) * tickSpacing, tickUpper: near };
  const half = rng() < 0.1 ? integer(rng, 1, 2_000) : integer(rng, 1, 60);
  const tickLower = Math.min(clamp((centre - half) * tickSpacing), max - tickSpacing);
  return { tickLower, tickUpper: Math.max(clamp((centre + half) * tickSpacing), tickLower + tickSpacing) };
}

function randomAction(rng: Rng, setup: Setup, ranges: readonly OwnedRange[], tick: number): PoolAction {
  const kind = rng();
  const known = ranges[integer(rng, 0, Math.max(0, ranges.length - 1))];
  if (known === undefined || kind < 0.15) {
    const range = randomRange(rng, setup, tick);
    return { kind: "mint", owner: integer(rng, 0, 1), ...range, liquidity: bits(rng, 30, 80) };
  }
  const range = { owner: known.owner, tickLower: known.tickLower, tickUpper: known.tickUpper };
  if (kind < 0.25) return { kind: "burn", ...range, liquidity: rng() < 0.3 ? 0n : bits(rng, 30, 80) };
  if (kind < 0.3) return { kind: "collect", ...range };
  const zeroForOne = rng() < 0.5;
  // Back towards the start more often than away, so that the price stays where the liquidity is.
  const isHome = rng() < 0.3;
  const away = (zeroForOne ? -1 : 1) * integer(rng, 1, 60 * setup.tickSpacing);
  const goal = isHome ? setup.tick : tick + away;
  const limitTick = rng() < 0.5 ? goal : Math.round(goal / setup.tickSpacing) * setup.tickSpacing;
  const direction = isHome ? tick >= setup.tick : zeroForOne;
  const amount = bits(rng, 1, 95);
  return {
    kind: "swap",
    zeroForOne: direction,
    amount: rng() < 0.3 ? -amount : amount,
    sqrtLimitX96: sqrtAtTick(Math.max(MIN_TICK + 1, Math.min(MAX_TICK - 1, limitTick))),
  };
}
