// What an operation may do differently from its rehearsal, per kind: tokens, directions, amounts, rate, worth and proportion.
import { describe, expect, it } from "vitest";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import { mulberry32 } from "@/lib/math/rng";
import { TEST_SEED } from "@/tests/support/seed";
import { findDeltaLeft, type DeltaQuestion, type Movement } from "./rehearsed-deltas";

const BASE: Address = `0x${"0a".repeat(20)}`;
const QUOTE: Address = `0x${"0b".repeat(20)}`;
const STRANGER: Address = `0x${"0c".repeat(20)}`;
const POOL: Address = `0x${"0d".repeat(20)}`;
const TICK = -198_080;
const PRICE = 1.0001 ** TICK * 1e12;
const DRIFT_FRAC = 0.01;
const SLIPPAGE_BPS = 50;
const WIDTH = DRIFT_FRAC + SLIPPAGE_BPS / 10_000;
const ONE = 10n ** 18n;

const bounds = {
  referencePrice: PRICE,
  maxPriceMoveFrac: DRIFT_FRAC,
  maxSlippageBps: SLIPPAGE_BPS,
  poolTicks: [{ pool: POOL, tick: TICK, maxTickMove: 100 }],
} as unknown as Plan["bounds"];
const range = { chainId: 1, pool: POOL, token0: BASE, token1: QUOTE, tickLower: TICK - 600, tickUpper: TICK + 600 };
const slippage = { family: "uniswap-v3", maxSlippageBps: SLIPPAGE_BPS };
const burn = { kind: "burn", ...range, ...slippage } as unknown as Step;
const mint = { kind: "mint", ...range, ...slippage } as unknown as Step;
const swap = { kind: "swap", chainId: 1, tokenIn: BASE, tokenOut: QUOTE } as unknown as Step;
const bridge = { kind: "bridge", chainId: 1, tokenIn: QUOTE } as unknown as Step;
const approve = { kind: "approve", chainId: 1, token: BASE } as unknown as Step;

const moved = (base: bigint, quote: bigint): readonly Movement[] =>
  [
    { token: BASE, amountRaw: base },
    { token: QUOTE, amountRaw: quote },
  ].filter(({ amountRaw }) => amountRaw !== 0n);

function worthAt(price: number) {
  return (parts: readonly Movement[]): number =>
    parts.reduce((sum, { token, amountRaw }) => {
      const amount = Math.abs(Number(amountRaw));
      return sum + (token === BASE ? (amount / 1e18) * price : amount / 1e6);
    }, 0);
}

function ask(step: Step, input: Partial<DeltaQuestion> & Pick<DeltaQuestion, "rehearsed" | "now">, price = PRICE) {
  return findDeltaLeft({
    step,
    bounds,
    most: [
      { token: BASE, amountRaw: 10n * ONE },
      { token: QUOTE, amountRaw: 100_000n * 10n ** 6n },
    ],
    valueThen: worthAt(PRICE),
    valueNow: worthAt(price),
    ...input,
  });
}

/** What a position of the range holds at a tick. */
function held(tick: number, liquidity: bigint, rounding: "up" | "down") {
  const sides = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(sqrtAtTick(tick), sides, liquidity, rounding);
  return { base: amount0, quote: amount1, price: 1.0001 ** tick * 1e12 };
}

describe("tokens and directions", () => {
  it("error: a token that did not move in the rehearsal, either way, in any kind of step", () => {
    for (const step of [burn, mint, swap, bridge, approve]) {
      for (const amountRaw of [-1n, 1n]) {
        expect(ask(step, { rehearsed: [], now: [{ token: STRANGER, amountRaw }] })).toEqual({
          token: STRANGER,
          expected: "no change: it did not move in the rehearsal",
          came: amountRaw > 0n ? "+1" : "-1",
        });
      }
    }
  });

  it("error: an exit that takes, a mint that pays, a swap that takes the other token", () => {
    const paid = moved(ONE, 2_000_000_000n);
    expect(ask(burn, { rehearsed: paid, now: moved(ONE, -1n) })).toMatchObject({ token: QUOTE, came: "-1" });
    const taken = moved(-ONE, -2_000_000_000n);
    expect(ask(mint, { rehearsed: taken, now: moved(1n, -2_000_000_000n) })).toMatchObject({ token: BASE });
    const traded = moved(-ONE, 2_500_000_000n);
    expect(ask(swap, { rehearsed: traded, now: moved(-ONE, -1n) })).toMatchObject({ token: QUOTE });
  });

  it("error: more leaves than the operation's own amount, by one unit", () => {
    const most = [{ token: QUOTE, amountRaw: 1_000n }];
    expect(ask(bridge, { rehearsed: moved(0n, -900n), now: moved(0n, -1_000n), most })).toBeNull();
    expect(ask(bridge, { rehearsed: moved(0n, -900n), now: moved(0n, -1_001n), most })).toEqual({
      token: QUOTE,
      expected: "at most -1000",
      came: "-1001",
    });
  });
});

describe("a swap", () => {
  const rehearsed = moved(-ONE, 2_500_000_000n);
  it("default: less is swapped at the rehearsed rate, or at a better one", () => {
    expect(ask(swap, { rehearsed, now: moved(-ONE / 4n, 625_000_000n) })).toBeNull();
    expect(ask(swap, { rehearsed, now: moved(-ONE, 2_900_000_000n) })).toBeNull();
  });

  it("threshold: the rate may fall by drift and slippage together, not by a unit more", () => {
    const least = 2_500_000_000n - (2_500_000_000n * BigInt(Math.round(WIDTH * 1e6))) / 1_000_000n;
    expect(ask(swap, { rehearsed, now: moved(-ONE, least) })).toBeNull();
    expect(ask(swap, { rehearsed, now: moved(-ONE, least - 1n) })).toEqual({
      token: QUOTE,
      expected: `at least +${least} for ${ONE} of ${BASE} (rehearsed +2500000000 for ${ONE})`,
      came: `+${least - 1n}`,
    });
  });
});

describe(`an exit, seed ${TEST_SEED}`, () => {
  const rng = mulberry32(TEST_SEED);
  it("default: wherever the price goes inside the plan's bound, a position that lost nothing passes", () => {
    for (let round = 0; round < 200; round += 1) {
      const then = held(TICK, 10n ** 15n, "down");
      const now = held(TICK + Math.round((rng() * 2 - 1) * 99), 10n ** 15n, "down");
      const question = { rehearsed: moved(then.base, then.quote), now: moved(now.base, now.quote) };
      expect(ask(burn, question, now.price), `at ${now.price}`).toBeNull();
    }
  });

  it("error: a twentieth that is missing at any price inside the bound is named with its token", () => {
    for (let round = 0; round < 200; round += 1) {
      const then = held(TICK, 10n ** 15n, "down");
      const now = held(TICK + Math.round((rng() * 2 - 1) * 99), 10n ** 15n, "down");
      const rest = moved((now.base * 90n) / 100n, (now.quote * 95n) / 100n);
      const left = ask(burn, { rehearsed: moved(then.base, then.quote), now: rest }, now.price);
      expect(left?.expected, `at ${now.price}`).toContain("together worth at least");
    }
    const then = held(TICK, 10n ** 15n, "down");
    const left = ask(burn, { rehearsed: moved(then.base, then.quote), now: moved((then.base * 9n) / 10n, then.quote) });
    expect(left).toMatchObject({ token: BASE });
    expect(left?.came).toContain(`+${(then.base * 9n) / 10n} while ${QUOTE} came as +${then.quote}`);
  });

  it("default: fees earned since are no reason to stay in", () => {
    const then = held(TICK, 10n ** 15n, "down");
    const now = moved(then.base * 2n, then.quote * 2n);
    expect(ask(burn, { rehearsed: moved(then.base, then.quote), now })).toBeNull();
  });
});

describe(`a mint, seed ${TEST_SEED}`, () => {
  const rng = mulberry32(TEST_SEED);
  it("default: any size in the proportion that the range has inside the tick bound", () => {
    const then = held(TICK, 10n ** 14n, "up");
    for (let round = 0; round < 200; round += 1) {
      const now = held(TICK + Math.round((rng() * 2 - 1) * 99), 10n ** 13n * BigInt(1 + Math.floor(rng() * 10)), "up");
      const question = { rehearsed: moved(-then.base, -then.quote), now: moved(-now.base, -now.quote) };
      expect(ask(mint, question, now.price), `at ${now.price}`).toBeNull();
    }
  });

  it("error: a proportion of a price far outside the bound names the token there is too much of", () => {
    const then = held(TICK, 10n ** 14n, "up");
    const rehearsed = moved(-then.base, -then.quote);
    const low = held(TICK - 400, 10n ** 14n, "up");
    expect(ask(mint, { rehearsed, now: moved(-low.base, -low.quote) })).toMatchObject({ token: BASE });
    const high = held(TICK + 400, 10n ** 14n, "up");
    const left = ask(mint, { rehearsed, now: moved(-high.base, -high.quote) });
    expect(left).toMatchObject({ token: QUOTE });
    expect(left?.expected).toContain("of what goes in (rehearsed");
  });

  it("default: Liquidity Book is held to its tokens and amounts only", () => {
    const bins = { ...range, ...slippage, kind: "mint", family: "liquidity-book" } as unknown as Step;
    const then = held(TICK, 10n ** 14n, "up");
    expect(ask(bins, { rehearsed: moved(-then.base, -then.quote), now: moved(-then.base, 0n) })).toBeNull();
  });
});
