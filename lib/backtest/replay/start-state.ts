// The pool as it must have been before a recorded stretch of events: who provided how much where, and at what price.
//
// How it is inferred. A swap event names the active liquidity after it, and so the liquidity of the stretch (one tick spacing
// wide) in which it ended. Every mint and burn is in the record too. What a stretch had at the start is therefore what a swap
// saw there, less the mints and burns that had covered it by then; when the record is complete all swaps that ended in one
// stretch give the same number, and the report counts those that do not.
// A stretch in which no swap ended but through which one went: the amount paid out fixes its liquidity, because the rest of
// the way is known (one number for a run of neighbours).
// Beyond the lowest and highest stretch the liquidity there goes on to the end of the scale: an assumption, without effect as
// long as the price stays inside.
// Positions burned in the record for more than was minted in it must have existed: they are placed on their own ranges. The
// rest becomes one position per run of stretches with equal liquidity. Who owned it is unknown, and nothing depends on it.
// The price before the first swap is the one from which that swap ends where it is recorded.
import { amount0Delta, amount1Delta } from "@/lib/amm/liquidity";
import { sqrtAtTick, tickAtSqrt, usableTicks } from "@/lib/amm/tick-math";
import { err, ok, type Result } from "@/lib/errors/result";
import type { PoolEvent, PoolLiquidityEvent, PoolSwapEvent } from "./events";
import { createPoolSimulator, type PoolSimulator } from "./pool-simulator";

/** Owner of everybody else's liquidity in a replay. */
export const BACKGROUND_OWNER = "background";

export interface StartPosition {
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidity: bigint;
}

export interface StartState {
  readonly sqrtPriceX96: bigint;
  readonly positions: readonly StartPosition[];
  readonly report: {
    /** Stretches in which a swap ended, and swaps that say what the first one there said. */
    readonly observedStretches: number;
    readonly agreeingSwaps: number;
    readonly contradictingSwaps: number;
    /** Stretches between observed ones in which no swap ended: computed from a swap through them, or taken from below. */
    readonly solvedStretches: number;
    readonly guessedStretches: number;
    /** Stretches that burned positions would have filled beyond what was observed. */
    readonly overfullStretches: number;
    /** Whether the first swap, from the start price, ends exactly where it is recorded. */
    readonly isFirstSwapExact: boolean;
  };
}

export interface ReplayPool {
  readonly tickSpacing: number;
  readonly feePips: number;
}

/** Events in the order of the chain; at least one must be a swap. */
export function inferStartState(events: readonly PoolEvent[], pool: ReplayPool): Result<StartState, string> {
  const { tickSpacing } = pool;
  const first = events.find((event) => event.kind === "swap");
  if (first === undefined) {
    return err("The events hold no swap, so neither price nor liquidity is known. Give a file with swaps.");
  }
  const observed = observeStretches(events, tickSpacing);
  const filled = fillGaps(events, observed.liquidityAt, tickSpacing);
  const known = knownPositions(events);
  const rest = backgroundPositions(filled.liquidityAt, known, tickSpacing);
  const positions = [...known, ...rest.positions];
  const price = priceBefore(first, events, positions, pool);
  return ok({
    sqrtPriceX96: price.sqrtPriceX96,
    positions,
    report: {
      observedStretches: observed.liquidityAt.size,
      agreeingSwaps: observed.agreeing,
      contradictingSwaps: observed.contradicting,
      solvedStretches: filled.solved,
      guessedStretches: filled.guessed,
      overfullStretches: rest.overfull,
      isFirstSwapExact: price.isExact,
    },
  });
}

/** A simulator in the start state. */
export function createStartedPool(
  start: Pick<StartState, "sqrtPriceX96" | "positions">,
  pool: ReplayPool,
): PoolSimulator {
  const simulator = createPoolSimulator({ ...pool, sqrtPriceX96: start.sqrtPriceX96 });
  for (const { tickLower, tickUpper, liquidity } of start.positions) {
    simulator.mint({ owner: BACKGROUND_OWNER, tickLower, tickUpper }, liquidity);
  }
  return simulator;
}

/** Mints less burns so far, by stretch. */
function createChanges() {
  const changes: PoolLiquidityEvent[] = [];
  return {
    add: (event: PoolLiquidityEvent) => changes.push(event),
    at: (stretch: number): bigint =>
      changes.reduce(
        (total, change) =>
          change.tickLower <= stretch && stretch < change.tickUpper
            ? total + (change.kind === "mint" ? change.liquidity : -change.liquidity)
            : total,
        0n,
      ),
  };
}

function observeStretches(events: readonly PoolEvent[], tickSpacing: number) {
  const changes = createChanges();
  const liquidityAt = new Map<number, bigint>();
  let agreeing = 0;
  let contradicting = 0;
  for (const event of events) {
    if (event.kind === "mint" || event.kind === "burn") changes.add(event);
    if (event.kind !== "swap") continue;
    const stretch = Math.floor(event.tick / tickSpacing) * tickSpacing;
    const atStart = event.liquidity - changes.at(stretch);
    const before = liquidityAt.get(stretch);
    if (before === undefined) liquidityAt.set(stretch, atStart);
    if (before === undefined || before === atStart) agreeing += 1;
    else contradicting += 1;
  }
  return { liquidityAt, agreeing, contradicting };
}

function fillGaps(events: readonly PoolEvent[], observed: ReadonlyMap<number, bigint>, tickSpacing: number) {
  const liquidityAt = new Map(observed);
  const stretches = [...observed.keys()].toSorted((a, b) => a - b);
  let solved = 0;
  let guessed = 0;
  for (const [index, stretch] of stretches.entries()) {
    const next = stretches[index + 1];
    if (next === undefined || next === stretch + tickSpacing) continue;
    const run = { from: stretch + tickSpacing, to: next };
    const answer = solveRun(events, liquidityAt, run, tickSpacing);
    for (let at = run.from; at < run.to; at += tickSpacing) {
      liquidityAt.set(at, answer ?? observed.get(stretch) ?? 0n);
      if (answer === null) guessed += 1;
      else solved += 1;
    }
  }
  return { liquidityAt, solved, guessed };
}

/** Liquidity at the start of an unobserved run from the first swap that went all through it and else through known stretches. */
function solveRun(
  events: readonly PoolEvent[],
  liquidityAt: ReadonlyMap<number, bigint>,
  run: { readonly from: number; readonly to: number },
  tickSpacing: number,
): bigint | null {
  const changes = createChanges();
  let beforeX96: bigint | null = null;
  for (const event of events) {
    if (event.kind === "mint" || event.kind === "burn") changes.add(event);
    if (event.kind !== "swap") continue;
    const startX96 = beforeX96;
    beforeX96 = event.sqrtPriceX96;
    if (startX96 === null) continue;
    const [lowX96, highX96] =
      startX96 < event.sqrtPriceX96 ? [startX96, event.sqrtPriceX96] : [event.sqrtPriceX96, startX96];
    if (lowX96 > sqrtAtTick(run.from) || highX96 < sqrtAtTick(run.to)) continue;
    const isToken1Out = event.sqrtPriceX96 < startX96;
    const paid = isToken1Out ? -event.amount1 : -event.amount0;
    const answer = liquidityOfRun({ lowX96, highX96, isToken1Out, paid, run, liquidityAt, changes, tickSpacing });
    if (answer !== null && answer >= 0n) return answer;
  }
  return null;
}

function liquidityOfRun(input: {
  readonly lowX96: bigint;
  readonly highX96: bigint;
  readonly isToken1Out: boolean;
  readonly paid: bigint;
  readonly run: { readonly from: number; readonly to: number };
  readonly liquidityAt: ReadonlyMap<number, bigint>;
  readonly changes: ReturnType<typeof createChanges>;
  readonly tickSpacing: number;
}): bigint | null {
  const { lowX96, highX96, isToken1Out, run, liquidityAt, changes, tickSpacing } = input;
  let unexplained = input.paid;
  // Raw token paid out per unit of liquidity over the run, times 2^256.
  let perLiquidityX256 = 0n;
  const from = Math.floor(tickAtSqrt(lowX96) / tickSpacing) * tickSpacing;
  for (let at = from; sqrtAtTick(at) < highX96; at += tickSpacing) {
    const a = sqrtAtTick(at) < lowX96 ? lowX96 : sqrtAtTick(at);
    const b = sqrtAtTick(at + tickSpacing) > highX96 ? highX96 : sqrtAtTick(at + tickSpacing);
    const isUnknown = at >= run.from && at < run.to;
    const start = isUnknown ? 0n : liquidityAt.get(at);
    if (start === undefined) return null;
    const liquidity = start + changes.at(at);
    // Of an unknown stretch only the changes are counted here, and burns may outweigh mints.
    if (liquidity < 0n && !isUnknown) return null;
    unexplained -= isToken1Out ? amount1Delta(a, b, liquidity, "down") : amount0Delta(a, b, liquidity, "down");
    if (isUnknown) perLiquidityX256 += isToken1Out ? (b - a) << 160n : ((b - a) << 352n) / (a * b);
  }
  return perLiquidityX256 === 0n ? null : (unexplained << 256n) / perLiquidityX256;
}

/** Ranges burned for more than was minted before, with what must have been there. */
function knownPositions(events: readonly PoolEvent[]): readonly StartPosition[] {
  const byRange = new Map<string, { tickLower: number; tickUpper: number; balance: bigint; lowest: bigint }>();
  for (const event of events) {
    if (event.kind !== "mint" && event.kind !== "burn") continue;
    const { tickLower, tickUpper } = event;
    const key = `${tickLower}:${tickUpper}`;
    const entry = byRange.get(key) ?? { tickLower, tickUpper, balance: 0n, lowest: 0n };
    entry.balance += event.kind === "mint" ? event.liquidity : -event.liquidity;
    if (entry.balance < entry.lowest) entry.lowest = entry.balance;
    byRange.set(key, entry);
  }
  return [...byRange.values()]
    .filter(({ lowest }) => lowest < 0n)
    .map(({ tickLower, tickUpper, lowest }) => ({ tickLower, tickUpper, liquidity: -lowest }));
}

function backgroundPositions(
  liquidityAt: ReadonlyMap<number, bigint>,
  known: readonly StartPosition[],
  tickSpacing: number,
) {
  const usable = usableTicks(tickSpacing);
  const stretches = [...liquidityAt.keys()].toSorted((a, b) => a - b);
  const lowest = stretches[0] ?? 0;
  const highest = stretches.at(-1) ?? 0;
  const totalAt = (stretch: number): bigint => liquidityAt.get(Math.max(lowest, Math.min(highest, stretch))) ?? 0n;
  const edges = new Set([usable.min, usable.max, ...stretches, highest + tickSpacing]);
  for (const { tickLower, tickUpper } of known) edges.add(tickLower).add(tickUpper);
  const sorted = [...edges].toSorted((a, b) => a - b);
  const positions: StartPosition[] = [];
  let overfull = 0;
  for (const [index, tickLower] of sorted.entries()) {
    const tickUpper = sorted[index + 1];
    if (tickUpper === undefined) break;
    const taken = known.reduce(
      (total, other) => (other.tickLower <= tickLower && tickLower < other.tickUpper ? total + other.liquidity : total),
      0n,
    );
    const liquidity = totalAt(tickLower) - taken;
    if (liquidity < 0n) overfull += (tickUpper - tickLower) / tickSpacing;
    const last = positions.at(-1);
    if (liquidity <= 0n) continue;
    if (last !== undefined && last.tickUpper === tickLower && last.liquidity === liquidity) {
      positions[positions.length - 1] = { ...last, tickUpper };
    } else positions.push({ tickLower, tickUpper, liquidity });
  }
  return { positions, overfull };
}

/** Bisects the start price: the further a swap starts, the further it ends. */
function priceBefore(
  first: PoolSwapEvent,
  events: readonly PoolEvent[],
  positions: readonly StartPosition[],
  pool: ReplayPool,
): { readonly sqrtPriceX96: bigint; readonly isExact: boolean } {
  const earlier = events.slice(0, events.indexOf(first));
  const zeroForOne = first.amount0 > 0n;
  const endFrom = (sqrtPriceX96: bigint): bigint => {
    const simulator = createStartedPool({ sqrtPriceX96, positions }, pool);
    for (const event of earlier) applyEvent(simulator, event);
    applyEvent(simulator, first);
    return simulator.state().sqrtPriceX96;
  };
  // Selling token0 lowers the price, so it began above where it ended; one swap seldom moves the price by half.
  const tick = tickAtSqrt(first.sqrtPriceX96);
  const usable = usableTicks(pool.tickSpacing);
  let low = zeroForOne ? first.sqrtPriceX96 : sqrtAtTick(Math.max(usable.min, tick - 7_000));
  let high = zeroForOne ? sqrtAtTick(Math.min(usable.max, tick + 7_000)) : first.sqrtPriceX96;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const end = endFrom(middle);
    if (end === first.sqrtPriceX96) return { sqrtPriceX96: middle, isExact: true };
    if (end < first.sqrtPriceX96) low = middle;
    else high = middle;
  }
  return { sqrtPriceX96: high, isExact: endFrom(high) === first.sqrtPriceX96 };
}

/** One event carried out in a simulator, swaps as exact-input swaps without a price limit; collects change nothing here. */
export function applyEvent(simulator: PoolSimulator, event: PoolEvent): boolean {
  if (event.kind === "swap") {
    const zeroForOne = event.amount0 > 0n;
    return simulator.swap({ zeroForOne, amountSpecified: zeroForOne ? event.amount0 : event.amount1 }).ok;
  }
  if (event.kind === "collect") return true;
  const { tickLower, tickUpper, liquidity } = event;
  const ref = { owner: BACKGROUND_OWNER, tickLower, tickUpper };
  // A burn of nothing only brings its owner's fees up to date, and owners are one here.
  if (liquidity === 0n) return true;
  return event.kind === "mint" ? simulator.mint(ref, liquidity).ok : simulator.burn(ref, liquidity).ok;
}
