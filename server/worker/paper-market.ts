// The market of a paper account: what pools paid between two samples per unit of others' liquidity, and at which prices a plan lands.
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { PaperPool, PaperPoolInterval } from "@/lib/backtest/paper-state";
import { POOL_SAMPLE_MS, type PoolSample, type TickPoolSample } from "@/lib/market/pool-sample";
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

/** Chains never share a block: samples of the same five minutes make one step, which ends with the latest of them. */
export function paperSteps(input: PaperStepsInput): PaperSteps {
  let unseenMs = 0;
  const marks: Record<string, number> = { ...input.marks };
  const tracks = input.pools.flatMap((state): PoolTrack[] => {
    const known = (input.samples[state.poolKey] ?? []).filter(
      (sample): sample is TickPoolSample => sample.kind === "ticks" && sample.observedAtMs <= input.untilMs,
    );
    const mark = input.marks[state.poolKey];
    const samples = mark === undefined ? known.slice(-1) : known.filter(({ observedAtMs }) => observedAtMs >= mark);
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) return [];
    if (mark !== undefined) unseenMs = Math.max(unseenMs, first.observedAtMs - mark);
    marks[state.poolKey] = last.observedAtMs;
    return [{ state, samples }];
  });
  const slots = [...new Set(tracks.flatMap(({ samples }) => samples.slice(1).map(slotOfSample)))].toSorted(
    (left, right) => left - right,
  );
  const steps = slots.map((slot): PaperStep => {
    const here = tracks.map(({ state, samples }) => {
      const at = samples.findLastIndex((sample) => slotOfSample(sample) <= slot);
      const after = samples[Math.max(0, at)];
      // A pool without a sample in this round stands still; the next one brings what it paid meanwhile.
      const before = after !== undefined && slotOfSample(after) === slot ? samples[at - 1] : after;
      return { state, before: before ?? after, after };
    });
    return {
      toMs: Math.max(
        ...here.flatMap(({ after }) =>
          after !== undefined && slotOfSample(after) === slot ? [after.observedAtMs] : [],
        ),
      ),
      intervals: here.flatMap(({ state, before, after }) =>
        before === undefined || after === undefined ? [] : [intervalOf(state, before, after)],
      ),
      pools: here.flatMap(({ state, after }) => (after === undefined ? [] : [paperPoolOf(state, after)])),
    };
  });
  return { steps, marks, unseenMs };
}

function slotOfSample({ observedAtMs }: TickPoolSample): number {
  return Math.floor(observedAtMs / POOL_SAMPLE_MS);
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
    start,
    low: Math.min(start, end),
    high: Math.max(start, end),
    price: end,
    feeBase: growthBase * 10 ** shift * undiluted,
    feeQuote: growthQuote * 10 ** -shift * undiluted,
    othersLiquidity: othersOf(state, before),
    swaps: null,
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
  return {
    poolKey: state.poolKey,
    start: price,
    low: price,
    high: price,
    price,
    feeBase: 0,
    feeQuote: 0,
    othersLiquidity: 0,
    swaps: null,
  };
}
