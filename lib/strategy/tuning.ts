// Tuning: what the search for range parameters found, and what must be kept for the next one.
import type { RangeParams } from "./params";
import type { OptimizerVerdict } from "./optimizer";

/** The newest search, as the epoch record and the pair page show it. */
export interface TuningReport {
  readonly ranAtEpoch: number;
  readonly verdict: OptimizerVerdict;
  /** What the search put in force. */
  readonly params: RangeParams;
  /** J of the best point and of the defaults, net per year per unit of capital; null when nothing was searched. */
  readonly objective: number | null;
  readonly objectiveDefaults: number | null;
  /** Net per year on bars the search never saw: best point and incumbent. */
  readonly holdout: number | null;
  readonly holdoutIncumbent: number | null;
  readonly evals: number;
  /** M15 bars of the window. */
  readonly bars: number;
}

/** State that evaluate hands from one epoch to the next; plain JSON, kept by the caller. */
export interface StrategyMemory {
  /** Point of the unit cube the last search ended on. */
  readonly warmStart: readonly number[] | null;
  /** Last accepted parameters. */
  readonly incumbent: RangeParams | null;
  readonly lastTuning: TuningReport | null;
}

export const NO_MEMORY: StrategyMemory = { warmStart: null, incumbent: null, lastTuning: null };
