// Decision: the shape of what an epoch decides, HOLD, RS or PRA, for plans, records and screens.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { PoolKey, PositionId } from "@/lib/units";
import type { Counterfactual } from "./counterfactual";
import type { AllocationTarget, Evaluation, TargetRange } from "./evaluation";
import type { DecisionReason } from "./decision-rules";
import type { Gate } from "./gates";
import type { KillReason } from "./kill-switch";
import type { StrategyParams } from "./params";
import type { UntrustedInput } from "./untrusted-input";

export interface DecisionBase {
  readonly epoch: number;
  /** Null when the decision fell before gain was weighed. */
  readonly gainUsdPerYear: number | null;
  readonly improvementFrac: number | null;
  readonly killSwitch: KillReason | null;
  /** In the order of evaluation. */
  readonly gates: readonly Gate[];
  /** Nearest first. */
  readonly counterfactual: readonly Counterfactual[];
}

export interface HoldDecision extends DecisionBase {
  readonly kind: "HOLD";
  readonly reason: Extract<DecisionReason, "regime" | "no_data" | "no_gain" | "min_age" | "low_kappa">;
  readonly detail: UntrustedInput | null;
}

/** One position to shift, with the range it goes to. */
export interface ShiftTarget {
  readonly positionId: PositionId;
  readonly poolKey: PoolKey;
  readonly target: TargetRange;
  /** USD share of BASE that the target range needs, 0..1. */
  readonly baseShareFrac: number;
  /** Mint what the tokens at hand allow and swap nothing; the rest stays idle (strategy-carry section 3). */
  readonly keepsMix: boolean;
}

export interface RangeShiftDecision extends DecisionBase {
  readonly kind: "RS";
  readonly reason: Extract<DecisionReason, "range_shift" | "range_shift_out" | "range_shift_width">;
  readonly positionIds: readonly PositionId[];
  readonly shifts: readonly ShiftTarget[];
}

export interface ReallocateDecision extends DecisionBase {
  readonly kind: "PRA";
  readonly reason: Extract<
    DecisionReason,
    "better_allocation" | "deploy_idle" | "to_cash" | "close_to_cash" | "close_and_restore" | "open"
  >;
  /** Empty for `to_cash`, `close_to_cash` and `close_and_restore`. */
  readonly targets: readonly AllocationTarget[];
  readonly closePositionIds: readonly PositionId[];
  readonly keepPositionIds: readonly PositionId[];
  /** `close_and_restore`: share of BASE by value to swap what was closed to; null = swap nothing. */
  readonly restoreMixFrac: number | null;
}

export type Decision = HoldDecision | RangeShiftDecision | ReallocateDecision;

export interface DecideInput {
  readonly snapshot: MarketSnapshot;
  readonly evaluation: Evaluation;
  readonly params: StrategyParams;
}
