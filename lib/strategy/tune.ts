// Tune: when the range parameters are searched anew, on which pool's economics, and what is kept for the next search.
import { unitHoldings } from "@/lib/portfolio/valuation";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { standaloneAmountUsd } from "./allocation";
import { toAllocationPool, type AssessedPool } from "./assess-pools";
import { splitIncome } from "./economics";
import { createFitness, type FitnessContext } from "./fitness";
import { optimizeRangeParamsSteps } from "./optimizer";
import type { RangeParams, StrategyParams } from "./params";
import type { StrategyMemory } from "./tuning";
import { prepareTuningBarsSteps, type TuningBars } from "./tuning-bars";

export interface TuneInput {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly memory: StrategyMemory;
  /** Pools assessed with the parameters in force before the search. */
  readonly assessed: readonly AssessedPool[];
  readonly deployableUsd: number;
  /** Bars prepared by the caller; made from the snapshot's candles when there are none. */
  readonly tuningBars: (() => TuningBars) | undefined;
}

/** Least bars between two shifts of the simulation: an hour (strategy.md section 9). */
const MIN_GAP_BARS = 4;

/** Parameters the last search put in force; the operator's own or the defaults when tuning is off or none has run. */
export function paramsInForce(params: StrategyParams, memory: StrategyMemory): RangeParams {
  return params.optimizerEnabled ? (memory.lastTuning?.params ?? params.range) : params.range;
}

/**
 * Whether this epoch searches: none has run yet, or a multiple of `optimizerEveryEpochs` was reached since the last one (a multiple
 * that fell into a suppressed epoch or a restart is made up for at the next one).
 */
export function isSearchDue(params: StrategyParams, memory: StrategyMemory, epoch: number): boolean {
  if (!params.optimizerEnabled) return false;
  const every = Math.max(1, Math.trunc(params.optimizerEveryEpochs));
  const last = memory.lastTuning;
  // Too little history costs nothing to find out again, and a start's history arrives in pieces.
  if (last === null || last.verdict === "too_few_bars") return true;
  return Math.floor(epoch / every) !== Math.floor(last.ranAtEpoch / every);
}

/**
 * One search on the economics of the eligible pool with the best standalone income; without such a pool there is none and the memory
 * stays. After `defaults` the incumbent is the defaults again; too few bars leave incumbent and warm start as they were.
 */
export function* tuneSteps(input: TuneInput): Generator<void, StrategyMemory> {
  const { snapshot, params, memory } = input;
  const context = contextOf(input);
  if (context === null) return memory;
  const bars =
    input.tuningBars === undefined
      ? yield* prepareTuningBarsSteps(snapshot.candles, snapshot.observedAtMs)
      : input.tuningBars();
  yield;
  const result = yield* optimizeRangeParamsSteps({
    fitness: createFitness(bars.fitness, context),
    pairId: snapshot.pairId,
    epoch: snapshot.epoch,
    defaults: params.defaultRange,
    incumbent: memory.incumbent,
    warmStart: memory.warmStart,
  });
  const { objective, objectiveDefaults, holdout, holdoutIncumbent, evals, verdict } = result;
  const hasSearched = verdict !== "too_few_bars";
  return {
    warmStart: hasSearched ? result.warmStart : memory.warmStart,
    incumbent: !hasSearched ? memory.incumbent : verdict === "defaults" ? null : result.params,
    lastTuning: {
      ranAtEpoch: snapshot.epoch,
      verdict,
      params: result.params,
      objective: finite(objective),
      objectiveDefaults: finite(objectiveDefaults),
      holdout: finite(holdout),
      holdoutIncumbent: finite(holdoutIncumbent),
      evals,
      bars: bars.bars.length,
    },
  };
}

/**
 * Market and costs of the simulation in quote units: the pool's volume, fee, gas, swap cost and least width, others' liquidity from
 * the same depth the allocation uses, and as capital the most the allocation could put there.
 */
function contextOf(input: TuneInput): FitnessContext | null {
  const { snapshot, params, deployableUsd } = input;
  const { price, quoteUsd } = snapshot;
  const pool = bestPool(input);
  if (pool === null || pool.terms === null || pool.target === null) return null;
  const { state, terms } = pool;
  const unitValue = unitHoldings(price, pool.target.effective.min, pool.target.effective.max).value;
  const context: FitnessContext = {
    capitalUsd: toAllocationPool(pool, deployableUsd, params).capUsd / quoteUsd,
    othersLiquidity: terms.depthUsd / (unitValue * quoteUsd),
    feeUsdPerDay: (pool.volumeUsdPerDay * pool.feeFrac * (1 - state.protocolShareFrac)) / quoteUsd,
    gasRsUsd: state.gasRsUsd / quoteUsd,
    swapCostFrac: pool.swapCostFrac,
    minGapBars: MIN_GAP_BARS,
    minWidth: pool.minWidth,
  };
  const isUsable = Object.values(context).every((value: number) => Number.isFinite(value)) && context.capitalUsd > 0;
  return isUsable ? context : null;
}

/** The eligible pool whose own best amount earns the most now; ties by pool key. */
function bestPool(input: TuneInput): AssessedPool | null {
  const { assessed, deployableUsd, params } = input;
  let best: AssessedPool | null = null;
  let bestNet = Number.NEGATIVE_INFINITY;
  for (const pool of assessed) {
    if (pool.exclusion !== null || pool.terms === null) continue;
    const amountUsd = standaloneAmountUsd(toAllocationPool(pool, deployableUsd, params), deployableUsd);
    const net = amountUsd > 0 ? splitIncome(pool.terms, amountUsd).netUsdPerYear : Number.NaN;
    const isTie = net === bestNet && best !== null && pool.state.poolKey < best.state.poolKey;
    if (!(net > bestNet) && !isTie) continue;
    best = pool;
    bestNet = net;
  }
  return best;
}

/** Bars that no honest candle series holds may leave a score without a value. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
