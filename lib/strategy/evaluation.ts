// Evaluation: the shape of everything that evaluate computes, for decisions, plans and screens.
import type { ObservedPosition, PositionRange } from "@/lib/market/snapshot";
import type { EffectiveRange } from "@/lib/portfolio/position";
import type { PairId, PoolKey, PositionId } from "@/lib/units";
import type { Allocation } from "./allocation";
import type { IncomeSplit, PoolTerms } from "./economics";
import type { Forces } from "./forces";
import type { KillReason } from "./kill-switch";
import type { PolicyName, RangeParams } from "./params";
import type { PoolRates } from "./pool-rates";
import type { PriceRange } from "./range";
import type { Regime } from "./regime";
import type { StrategyMemory, TuningReport } from "./tuning";

/** Why a pool takes no part in the allocation; null when it does. */
export type PoolExclusion =
  | "no_range"
  | "low_tvl"
  | "stale"
  | "invalid_terms"
  | "no_income"
  | "no_depth"
  /** Carry: nothing is known of what the pool pays, or it pays too little for what it costs. */
  | "no_rates"
  | "low_kappa";

/** A range as it would be minted: what was asked for, the ticks or bins, and the price range these really cover. */
export interface TargetRange {
  readonly requested: PriceRange;
  readonly range: PositionRange;
  readonly effective: EffectiveRange;
}

export interface PoolEvaluation {
  readonly poolKey: PoolKey;
  readonly chainId: number;
  readonly family: string;
  readonly dexName: string;
  readonly feeFrac: number;
  readonly tvlUsd: number | null;
  readonly volumeUsdPerDay: number;
  /** Least half-width that makes sense here, log price. */
  readonly minWidth: number;
  readonly target: TargetRange | null;
  /** Null without a range or when a term is not a finite number (exit and life may be Infinity: no volatility). */
  readonly terms: PoolTerms | null;
  /** Depth comes from TVL because the active liquidity is unknown. */
  readonly isDepthEstimated: boolean;
  readonly hasOpenPosition: boolean;
  readonly exclusion: PoolExclusion | null;
  /** What the allocation gives this pool, US dollars, and what that earns. */
  readonly allocatedUsd: number;
  readonly income: IncomeSplit | null;
  /** Income of the standalone optimum, to rank pools that were not chosen. */
  readonly standaloneUsd: number;
  readonly standaloneIncome: IncomeSplit | null;
  /** What the pool paid and what it cost, whatever the policy. */
  readonly rates: PoolRates;
  /** Numbers of the carry policy; null under `forces`. */
  readonly carry: CarryPoolEvaluation | null;
}

/** Width and yield of one pool under the carry policy (strategy-carry section 2). */
export interface CarryPoolEvaluation {
  /** Best half-width in log price, and the yearly utility there, US dollars; null without one. */
  readonly halfWidth: number | null;
  readonly mode: "keep" | "centre" | null;
  readonly netUsdPerYear: number | null;
  /** Expected time to leave the range, and the whole cycle with gap and reaction, years. */
  readonly exitYears: number | null;
  readonly cycleYears: number | null;
  /** Capital the numbers above are for, US dollars. */
  readonly amountUsd: number;
  /** Kappa the rules go by: that of the shorter window when it is lower. */
  readonly kappa: number | null;
  readonly isWorthEntering: boolean;
}

/** A position under the carry policy: what it earns at its width and would earn at the best one (strategy-carry sections 2 to 5). */
export interface CarryPositionEvaluation {
  readonly rates: Pick<PoolRates, "source" | "kappa">;
  /** Its tokens, uncollected fees and leftovers at the pool's own price, US dollars. */
  readonly amountUsd: number;
  /** Half-widths now and at best, log price. */
  readonly halfWidth: number | null;
  readonly bestHalfWidth: number | null;
  readonly mode: "keep" | "centre" | null;
  /** Yearly utility at both, US dollars; now as if it were in range. */
  readonly netNowUsdPerYear: number | null;
  readonly bestNetUsdPerYear: number | null;
  readonly bestExitYears: number | null;
  /** Share of the value a shift to the target swaps; 0 = none, mint what fits. Null without a target. */
  readonly swapShareFrac: number | null;
  readonly ageEpochs: number;
}

/** Why capital stays cash, and which pool came closest to being worth it. */
export interface CashChoice {
  readonly nearestPoolKey: PoolKey | null;
  /** Best yearly net that pool would give, US dollars (not above 0), and the size it is for. */
  readonly nearestNetUsdPerYear: number | null;
  readonly nearestUsd: number | null;
  /** The same as a fraction of that size per year: what is missing to break even. */
  readonly shortfallFrac: number | null;
}

export interface PositionEvaluation {
  readonly positionId: PositionId;
  readonly poolKey: PoolKey;
  readonly position: ObservedPosition;
  /** Null when its pool was not read. */
  readonly current: EffectiveRange | null;
  readonly target: TargetRange | null;
  readonly isInRange: boolean;
  /** 0..1, in log price, between the current and the target effective range. */
  readonly divergence: number;
  /** Value without uncollected fees, and the fees, US dollars. */
  readonly valueUsd: number;
  readonly feesUsd: number;
  readonly baseShareFrac: number;
  readonly targetBaseShareFrac: number | null;
  readonly incomeNow: IncomeSplit | null;
  readonly incomeAtTarget: IncomeSplit | null;
  /** incomeAtTarget - incomeNow at the same size, US dollars per year. */
  readonly deltaNetUsdPerYear: number;
  /** Expected life of the target range, years. */
  readonly lifeYears: number;
  /** Gas plus swap cost of shifting it now, US dollars. */
  readonly shiftCostUsd: number;
  readonly ageMs: number;
  /** A reallocation would leave it alone. */
  readonly keptByAllocation: boolean;
  /** Numbers of the carry policy; missing under `forces`. */
  readonly carry?: CarryPositionEvaluation;
}

/** Where capital should go: what a reallocation builds its plan from. */
export interface AllocationTarget {
  readonly poolKey: PoolKey;
  readonly chainId: number;
  readonly amountUsd: number;
  /** Share of the capital deployed on this chain, 0..1; amounts of each chain's wallet are split by it. */
  readonly chainShareFrac: number;
  readonly target: TargetRange;
  /** USD share of BASE that the target range needs, 0..1. */
  readonly baseShareFrac: number;
  /** Positions of this pool that stay as they are; when not empty nothing is minted here. */
  readonly keepPositionIds: readonly PositionId[];
}

/** What moving to the targets costs, US dollars. */
export interface TransitionCost {
  readonly gasUsd: number;
  readonly swapUsd: number;
  /** Fees and gas of bridges for what must move between chains. */
  readonly bridgeUsd: number;
  readonly swappedNotionalUsd: number;
  readonly totalUsd: number;
}

export interface Evaluation {
  readonly pairId: PairId;
  readonly policy: PolicyName;
  readonly epoch: number;
  readonly observedAtMs: number;
  readonly price: number;
  readonly quoteUsd: number;
  readonly forces: Forces;
  /** Yearly volatility behind the blended vforce. */
  readonly sigmaPerYear: number;
  readonly regime: Regime;
  /** First kill switch that tripped; then `paramsUsed` are the defaults. */
  readonly killSwitch: KillReason | null;
  readonly paramsUsed: RangeParams;
  /** Newest search for parameters; null when tuning is off or nothing was ever searched. */
  readonly tuning: TuningReport | null;
  /** What the caller keeps and hands in next time. */
  readonly memory: StrategyMemory;
  /** Set when nothing is worth deploying and cash is allowed. */
  readonly cash: CashChoice | null;
  /** Range without the width floor of any pool; null when price or forces are invalid. */
  readonly target: PriceRange | null;
  readonly pools: readonly PoolEvaluation[];
  readonly allocation: Allocation;
  readonly targets: readonly AllocationTarget[];
  /** Positions a reallocation closes. */
  readonly closePositionIds: readonly PositionId[];
  readonly positions: readonly PositionEvaluation[];
  /** K: capital the decision counts with, US dollars. */
  readonly capitalUsd: number;
  /** Capital given to the allocation: K less the cash reserve. */
  readonly deployableUsd: number;
  readonly idleUsd: number;
  readonly currentNetUsdPerYear: number;
  readonly targetNetUsdPerYear: number;
  readonly gainUsdPerYear: number;
  readonly improvementFrac: number;
  readonly transitionCost: TransitionCost;
}
