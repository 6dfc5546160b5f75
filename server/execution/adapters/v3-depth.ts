// Liquidity per segment around the price of a V3-shaped pool: initialized ticks from its bitmap or its list, nearest first.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { DepthSegment, LivePool, RangeIndexes } from "@/lib/actions/family";
import type { Address } from "@/lib/units";
import { ask, askAll, badAnswer, type Question, type ReadPlace } from "./v3-call";

/** The second value is the net liquidity in every family; what follows differs and is not read here. */
const TICKS_ABI = parseAbi([
  "function tickBitmap(int16 wordPosition) view returns (uint256)",
  "function tickTable(int16 wordPosition) view returns (uint256)",
  "function ticks(int24 tick) view returns (uint128 liquidityGross, int128 liquidityNet)",
]);
const LIST_ABI = parseAbi([
  "function safelyGetStateOfAMM() view returns (uint160 sqrtPrice, int24 tick, uint16 lastFee, uint8 pluginConfig, uint128 activeLiquidity, int24 nextTick, int24 previousTick)",
  "function ticks(int24 tick) view returns (uint256 liquidityTotal, int128 liquidityDelta, int24 prevTick, int24 nextTick, uint256 outerFeeGrowth0Token, uint256 outerFeeGrowth1Token)",
]);

/** Most bitmap words (256 usable ticks each) and most ticks of one reading. Beyond, the depth ends nearer to the price than asked. */
const MAX_WORDS = 96;
const MAX_TICKS = 200;

export interface TickChange {
  readonly tick: number;
  /** Liquidity added when the price crosses upwards. */
  readonly netRaw: bigint;
}

/** All initialized ticks of `known`, ascending: lower inclusive, upper exclusive. */
export interface TickChanges {
  readonly changes: readonly TickChange[];
  readonly known: RangeIndexes;
}

/** By bitmap: words of the window, then the ticks they name. `getter` is the pool's name for its bitmap. */
export async function changesByBitmap(
  place: ReadPlace,
  input: {
    readonly pool: Address;
    readonly getter: "tickBitmap" | "tickTable";
    /** Ticks per bit: the pool's spacing, or 1 where every tick has its own bit. */
    readonly ticksPerBit: number;
    readonly live: Pick<LivePool, "tick">;
    readonly window: RangeIndexes;
  },
): Promise<TickChanges> {
  const { pool, getter, live, ticksPerBit: spacing } = input;
  const wanted = aroundPrice(input.window, live.tick);
  const wordOf = (tick: number): number => Math.floor(Math.floor(tick / spacing) / 256);
  const center = wordOf(live.tick);
  const first = Math.max(wordOf(wanted.tickLower), center - MAX_WORDS / 2);
  const last = Math.min(wordOf(wanted.tickUpper - 1), center + MAX_WORDS / 2);
  const words = await askAll(
    place,
    Array.from({ length: last - first + 1 }, (_, index): Question<bigint> => wordQuestion(pool, getter, first + index)),
  );
  const ticks = words.flatMap((word, index) => ticksOfWord(word, first + index, spacing));
  const known = {
    tickLower: Math.max(wanted.tickLower, first * 256 * spacing),
    tickUpper: Math.min(wanted.tickUpper, (last + 1) * 256 * spacing),
  };
  return readChanges(place, pool, nearest(ticks, known, live.tick));
}

/** By the linked list of Algebra Integral: each call answers a tick's liquidity and where the next one is. */
export async function changesByList(
  place: ReadPlace,
  input: { readonly pool: Address; readonly live: Pick<LivePool, "tick">; readonly window: RangeIndexes },
): Promise<TickChanges> {
  const { pool } = input;
  const wanted = aroundPrice(input.window, input.live.tick);
  const [, , , , , nextTick, previousTick] = await ask(place, {
    to: pool,
    data: encodeFunctionData({ abi: LIST_ABI, functionName: "safelyGetStateOfAMM" }),
    decode: (data) => decodeFunctionResult({ abi: LIST_ABI, functionName: "safelyGetStateOfAMM", data }),
  });
  const [down, up] = await Promise.all([
    walkList(place, { pool, from: previousTick, isUp: false, isInside: (tick) => tick >= wanted.tickLower }),
    walkList(place, { pool, from: nextTick, isUp: true, isInside: (tick) => tick < wanted.tickUpper }),
  ]);
  return {
    changes: [...down.changes.toReversed(), ...up.changes],
    known: {
      tickLower: down.isWhole ? wanted.tickLower : (down.changes.at(-1)?.tick ?? wanted.tickLower),
      tickUpper: up.isWhole ? wanted.tickUpper : (up.changes.at(-1)?.tick ?? wanted.tickUpper),
    },
  };
}

/** Ascending, contiguous segments of the window, from the liquidity at the price outwards. Empty where nothing of it is known. */
export function segmentsOf(
  live: Pick<LivePool, "tick" | "liquidityRaw">,
  window: RangeIndexes,
  { changes, known }: TickChanges,
): readonly DepthSegment[] {
  const above = changes.filter(({ tick }) => tick > live.tick);
  const below = changes.filter(({ tick }) => tick <= live.tick).toReversed();
  const segments: DepthSegment[] = [];
  let liquidityRaw = live.liquidityRaw;
  let from = below[0]?.tick ?? known.tickLower;
  for (const { tick, netRaw } of above) {
    segments.push({ tickLower: from, tickUpper: tick, liquidityRaw });
    liquidityRaw += netRaw;
    from = tick;
  }
  segments.push({ tickLower: from, tickUpper: known.tickUpper, liquidityRaw });
  liquidityRaw = live.liquidityRaw;
  for (const [index, { tick, netRaw }] of below.entries()) {
    liquidityRaw -= netRaw;
    segments.unshift({ tickLower: below[index + 1]?.tick ?? known.tickLower, tickUpper: tick, liquidityRaw });
  }
  return segments
    .map((each) => ({
      ...each,
      tickLower: Math.max(each.tickLower, window.tickLower),
      tickUpper: Math.min(each.tickUpper, window.tickUpper),
    }))
    .filter((each) => each.tickLower < each.tickUpper);
}

/** The window widened to the price: liquidity is only known there, and followed from it. */
function aroundPrice({ tickLower, tickUpper }: RangeIndexes, tick: number): RangeIndexes {
  return { tickLower: Math.min(tickLower, tick), tickUpper: Math.max(tickUpper, tick + 1) };
}

function wordQuestion(pool: Address, getter: "tickBitmap" | "tickTable", word: number): Question<bigint> {
  return {
    to: pool,
    data: encodeFunctionData({ abi: TICKS_ABI, functionName: getter, args: [word] }),
    decode: (data) => decodeFunctionResult({ abi: TICKS_ABI, functionName: getter, data }),
  };
}

function ticksOfWord(word: bigint, position: number, spacing: number): number[] {
  const ticks: number[] = [];
  for (let bit = 0; bit < 256; bit += 1) {
    if (((word >> BigInt(bit)) & 1n) === 1n) ticks.push((position * 256 + bit) * spacing);
  }
  return ticks;
}

/** The ticks of the range next to the price, half of the limit on each side at least, and the range that they make known. */
function nearest(
  ticks: readonly number[],
  known: RangeIndexes,
  current: number,
): { readonly ticks: readonly number[]; readonly known: RangeIndexes } {
  const inside = ticks.filter((tick) => tick >= known.tickLower && tick < known.tickUpper);
  const below = inside.filter((tick) => tick <= current);
  const above = inside.filter((tick) => tick > current);
  const keptBelow = below.slice(-ticksLeft(above.length));
  const keptAbove = above.slice(0, ticksLeft(below.length));
  return {
    ticks: [...keptBelow, ...keptAbove],
    known: {
      tickLower: keptBelow.length < below.length ? (keptBelow[0] ?? known.tickLower) : known.tickLower,
      tickUpper: keptAbove.length < above.length ? (keptAbove.at(-1) ?? known.tickUpper) : known.tickUpper,
    },
  };
}

/** What one side may have when the other has this many. */
function ticksLeft(others: number): number {
  return Math.max(MAX_TICKS / 2, MAX_TICKS - others);
}

async function readChanges(
  place: ReadPlace,
  pool: Address,
  { ticks, known }: ReturnType<typeof nearest>,
): Promise<TickChanges> {
  const changes = await askAll(
    place,
    ticks.map((tick) => ({
      to: pool,
      data: encodeFunctionData({ abi: TICKS_ABI, functionName: "ticks", args: [tick] }),
      decode: (data): TickChange => {
        const [grossRaw, netRaw] = decodeFunctionResult({ abi: TICKS_ABI, functionName: "ticks", data });
        // A bit without liquidity means that the bitmap is packed otherwise than this family's: no depth is better than a wrong one.
        if (grossRaw === 0n) throw badAnswer(pool, `says tick ${tick} is initialized and has no liquidity there`);
        return { tick, netRaw };
      },
    })),
  );
  return { changes, known };
}

async function walkList(
  place: ReadPlace,
  input: {
    readonly pool: Address;
    readonly from: number;
    readonly isUp: boolean;
    readonly isInside: (tick: number) => boolean;
  },
): Promise<{ readonly changes: readonly TickChange[]; readonly isWhole: boolean }> {
  const changes: TickChange[] = [];
  let tick = input.from;
  while (input.isInside(tick)) {
    if (changes.length === MAX_TICKS / 2) return { changes, isWhole: false };
    const [, netRaw, prevTick, nextTick] = await ask(place, {
      to: input.pool,
      data: encodeFunctionData({ abi: LIST_ABI, functionName: "ticks", args: [tick] }),
      decode: (data) => decodeFunctionResult({ abi: LIST_ABI, functionName: "ticks", data }),
    });
    changes.push({ tick, netRaw });
    const following = input.isUp ? nextTick : prevTick;
    // The ends of the list (the least and the highest tick) point at themselves.
    if (following === tick) break;
    tick = following;
  }
  return { changes, isWhole: true };
}
