// The door of the strategy: everything other rooms may use.
export type { Allocation } from "./allocation";
export type {
  Counterfactual,
  Decision,
  DecisionReason,
  Gate,
  GateComparison,
  GateGroup,
  GateStatus,
  GateUnit,
  HoldDecision,
  RangeShiftDecision,
  ReallocateDecision,
  ShiftTarget,
  UntrustedInput,
} from "./decide";
export type { IncomeSplit, PoolTerms } from "./economics";
export type {
  AllocationTarget,
  Evaluation,
  PoolEvaluation,
  PoolExclusion,
  PositionEvaluation,
  TargetRange,
  TransitionCost,
} from "./evaluate";
export type { Forces, FrameForces, FrameName } from "./forces";
export type { KillReason } from "./kill-switch";
export type { ParamBound, RangeParams, StrategyParams } from "./params";
export { RANGE_PARAM_BOUNDS } from "./params";
export type { MarketType, PriceRange } from "./range";
export type { Regime, RegimeReason } from "./regime";
