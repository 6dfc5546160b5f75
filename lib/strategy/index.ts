// The door of the strategy: everything other rooms may use.
export type { Allocation, AllocationInput, AllocationPool } from "./allocation";
export { allocate } from "./allocation";
export { MIN_TRANSFER_USD } from "./bridge-cost";
export type { Counterfactual, CounterfactualCondition } from "./counterfactual";
export type {
  Decision,
  DecideInput,
  HoldDecision,
  RangeShiftDecision,
  ReallocateDecision,
  ShiftTarget,
} from "./decision";
export { decide } from "./decide";
export type { DecisionReason } from "./decision-rules";
export type { IncomeSplit, PoolTerms } from "./economics";
export {
  computePoolTerms,
  computeVolumeUsdPerDay,
  depthOfLiquidityUsd,
  depthOfTvlUsd,
  meanExitYears,
  splitIncome,
  timeInRangeFrac,
} from "./economics";
export { evaluate, evaluateSteps } from "./evaluate";
export type { EvaluateInput } from "./evaluate-input";
export type {
  AllocationTarget,
  CarryPoolEvaluation,
  CashChoice,
  Evaluation,
  PoolEvaluation,
  PoolExclusion,
  PositionEvaluation,
  TargetRange,
  TransitionCost,
} from "./evaluation";
export type { Forces, FrameForces, FrameName } from "./forces";
export { computeForces } from "./forces";
export type { Gate, GateComparison, GateGroup, GateStatus, GateUnit } from "./gates";
export type { KillReason } from "./kill-switch";
export type { MarketReading } from "./market-reading";
export { readMarket } from "./market-reading";
export type { OptimizerVerdict } from "./optimizer";
export type { CarryParams, ParamBound, PolicyName, RangeParams, StrategyParams } from "./params";
export { SPEC_CARRY, RANGE_PARAM_BOUNDS } from "./params";
export type { PoolRates } from "./pool-rates";
export type { MarketType, PriceRange } from "./range";
export { computeDivergence, computeRange } from "./range";
export type { Regime, RegimeReason } from "./regime";
export { computeRegime } from "./regime";
export { paramsInForce } from "./tune";
export type { StrategyMemory, TuningReport } from "./tuning";
export { NO_MEMORY } from "./tuning";
export type { TuningBars, TuningHistory } from "./tuning-bars";
export { createTuningHistory, prepareTuningBars } from "./tuning-bars";
export type { UntrustedInput } from "./untrusted-input";
export { sigmaPerYearOf } from "./volatility";
