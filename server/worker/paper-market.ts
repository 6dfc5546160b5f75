// The market of a paper account: what pools paid between two samples per unit of others' liquidity, and at which prices a plan lands.
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { PaperPool, PaperPoolInterval } from "@/lib/backtest/paper-state";
import type { PoolSample, TickPoolSample } from "@/lib/market/pool-sample";
import type { TickPoolState } from "@/lib/market/snapshot";

/** One step of market time, from one round of samples to the next. */
export interface PaperStep {
  readonly toMs: number;
  readonly intervals: readonly PaperPoolInterval[];
  /** The pools as a plan finds them at `toMs`. */
  readonly pools: readonly PaperPool[];
}

export interface PaperSteps {
  readonly steps: readonly PaperStep[];
  /** Time of the newest sample used, by pool key: the next steps begin there. */
  readonly marks: Readonly<Record<string, number>>;
  /** Time whose fees are lost because the sample at its start is not kept any more, ms, the longest over the pools. */
  readonly unseenMs: number;
}

export interface PaperStepsInput {
  readonly pools: readonly TickPoolState[];
  readonly samples: Readonly<Record<string, readonly PoolSample[]>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly untilMs: number;
}

const TWO_128 = 2 ** 128;
const HALF_WORD = 1n << 255n;

interface PoolTrack {
  readonly state: TickPoolState;
  /** From the mark on; the first one only opens the first interval. */
  readonly samples: readonly TickPoolSample[];
}

/** Samples of several chains never share a block: those of one round end at the latest of them. */
export function paperSteps(input: PaperStepsInput): PaperSteps {
  let unseenMs = 0;
  const marks: Record<string, number> = {};
  const tracks = input.pools.flatMap((state): PoolTrack[] => {
    const known = (input.samples[state.poolKey] ?? []).filter(
      (sample): sample is TickPoolSample => sample.kind === "ticks" && sample.observedAtMs <= input.untilMs,
    );
    const mark = input.marks[state.poolKey];
    const samples = mark === undefined ? known.slice(-1) : known.filter(({ observedAtMs }) => observedAtMs >= mark);
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) {
      if (mark !== undefined) marks[state.poolKey] = mark;
      return [];
    }
    if (mark !== undefined) unseenMs = Math.max(unseenMs, first.observedAtMs - mark);
    marks[state.poolKey] = last.observedAtMs;
    return [{ state, samples }];
  });
  const rounds = Math.max(0, ...tracks.map(({ samples }) => samples.length - 1));
  const steps: PaperStep[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // Newest samples are aligned: a pool that joined later has no steps in the first rounds.
    const here = tracks.map((track) => {
      const at = track.samples.length - 1 - rounds + round;
      return { track, before: track.samples[at - 1], after: track.samples[at] };
    });
    const times = here.flatMap(({ after }) => (after === undefined ? [] : [after.observedAtMs]));
    steps.push({
      toMs: Math.max(...times),
      intervals: here.flatMap(({ track, before, after }) =>
        after === undefined ? [] : [intervalOf(track.state, before ?? after, after)],
      ),
      pools: here.flatMap(({ track, after }) => (after === undefined ? [] : [paperPoolOf(track.state, after)])),
    });
  }
  return { steps, marks, unseenMs };
}

/** Fees as in strategy-carry section 1: growth without our own dilution, in whole tokens per unit of human liquidity. */
function intervalOf(state: TickPoolState, before: TickPoolSample, after: TickPoolSample): PaperPoolInterval {
  const [start, end] = [priceOf(state, before), priceOf(state, after)];
  const shift = (state.quote.decimals - state.base.decimals) / 2;
  const growth0 = growthOf(before.feeGrowthGlobal0X128, after.feeGrowthGlobal0X128);
  const growth1 = growthOf(before.feeGrowthGlobal1X128, after.feeGrowthGlobal1X128);
  const [growthBase, growthQuote] = state.baseIsToken0 ? [growth0, growth1] : [growth1, growth0];
  const ownFrac = before.liquidityRaw > 0n ? Number(before.ownLiquidityRaw) / Number(before.liquidityRaw) : 0;
  const undiluted = 1 / (1 - Math.min(0.5, ownFrac));
  return {
    poolKey: state.poolKey,
    price: end,
    low: Math.min(start, end),
    high: Math.max(start, end),
    feeBase: growthBase * 10 ** shift * undiluted,
    feeQuote: growthQuote * 10 ** -shift * undiluted,
    othersLiquidity: othersOf(state, before),
  };
}

/** Growth of a wrapping counter; one that seems to go back is a reorganised block and counts for nothing. */
function growthOf(before: bigint, after: bigint): number {
  const difference = BigInt.asUintN(256, after - before);
  return difference >= HALF_WORD ? 0 : Number(difference) / TWO_128;
}

function othersOf(state: TickPoolState, sample: TickPoolSample): number {
  const others = sample.liquidityRaw - sample.ownLiquidityRaw;
  return humanAmount(others > 0n ? others : 0n, (state.base.decimals + state.quote.decimals) / 2);
}

function priceOf(state: TickPoolState, sample: Pick<TickPoolSample, "sqrtPriceX96">): number {
  return sqrtToPrice(sample.sqrtPriceX96, {
    decBase: state.base.decimals,
    decQuote: state.quote.decimals,
    baseIsToken0: state.baseIsToken0,
  });
}

function paperPoolOf(state: TickPoolState, sample: TickPoolSample): PaperPool {
  return {
    poolKey: state.poolKey,
    chainId: state.chainId,
    price: priceOf(state, sample),
    baseDecimals: state.base.decimals,
    quoteDecimals: state.quote.decimals,
    baseIsToken0: state.baseIsToken0,
    feeFrac: state.feePips / 1e6,
    othersLiquidity: othersOf(state, sample),
  };
}

/** A pool that stands still until `snapshot` time: for the moment between the newest sample and the epoch. */
export function stillInterval(state: TickPoolState): PaperPoolInterval {
  const price = priceOf(state, state);
  return { poolKey: state.poolKey, price, low: price, high: price, feeBase: 0, feeQuote: 0, othersLiquidity: 0 };
}
