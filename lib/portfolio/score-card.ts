// Score card of a rebalance: what the plan's model expected of the first day and week, and what the epochs after it really showed.
import { flowOf, type FlowFigures, type FlowSums } from "./pnl-report";

export interface ScoredPlan {
  readonly planId: string;
  /** Market time at which it ended, unix ms. */
  readonly endedAtMs: number;
  readonly forecast: {
    readonly feesUsdPerDayAfter: number;
    readonly lvrUsdPerDayAfter: number;
    readonly costUsd: number;
  };
}

/** An epoch's flows of the positions that were there after the plan. */
export interface ScorePoint extends Pick<FlowFigures, "feesUsd" | "markUsd" | "hodlUsd"> {
  /** Market time of the epoch, unix ms. */
  readonly marketAtMs: number;
}

export interface ScoreInput {
  readonly plan: ScoredPlan;
  /** What its operations cost by the ledger. */
  readonly costs: Pick<FlowFigures, "gasUsd" | "swapCostUsd" | "bridgeCostUsd">;
  /** Kept epochs of the pair, any order. */
  readonly points: readonly ScorePoint[];
  /** Market time of the oldest kept epoch; null without any. */
  readonly keptFromMs: number | null;
  /** Market time at which the next executed plan of the pair ended; null when there is none. */
  readonly nextPlanAtMs: number | null;
  readonly nowMs: number;
}

export interface ScoreWindow {
  readonly horizonMs: number;
  /**
   * `pending`: the window is not over. `measured`: it is. `cut_short`: another plan changed the positions before its end, so the figures
   * are of the time until then. `unknown`: epochs of the window are not kept any more.
   */
  readonly state: "pending" | "measured" | "cut_short" | "unknown";
  /** The last epoch that is measured, market time. */
  readonly untilMs: number;
  /** Part of the horizon that was measured, 0..1. */
  readonly measuredFrac: number;
  /** The model's expectation for the time measured: fees, divergence, fees - divergence - cost of the plan; US dollars. */
  readonly expectedFeesUsd: number;
  readonly expectedLvrUsd: number;
  readonly expectedAlphaUsd: number;
  /** Null until something was measured. */
  readonly earned: FlowSums | null;
  /** Fees earned over fees expected; null when nothing was expected or measured. */
  readonly feesRatio: number | null;
}

export const SCORE_HORIZONS_MS = [24 * 3_600_000, 7 * 24 * 3_600_000] as const;

const DAY_MS = 86_400_000;
const EPOCH_MS = 900_000;

/**
 * Epochs after the plan's end belong to it until the horizon or the next executed plan of the pair; what is expected is for the time
 * that those epochs cover. Its cost is what its own operations cost by the ledger, whenever they were counted.
 */
export function scorePlan(input: ScoreInput): readonly ScoreWindow[] {
  const { plan, nextPlanAtMs, nowMs } = input;
  return SCORE_HORIZONS_MS.map((horizonMs) => {
    const horizonEndMs = plan.endedAtMs + horizonMs;
    const isCut = nextPlanAtMs !== null && nextPlanAtMs < horizonEndMs && nextPlanAtMs <= nowMs;
    const limitMs = Math.min(isCut ? nextPlanAtMs : horizonEndMs, nowMs);
    const isKept = input.keptFromMs !== null && input.keptFromMs <= plan.endedAtMs + EPOCH_MS;
    const inWindow = isKept
      ? input.points.filter(({ marketAtMs }) => marketAtMs > plan.endedAtMs && marketAtMs <= limitMs)
      : [];
    const untilMs = inWindow.reduce((latest, { marketAtMs }) => Math.max(latest, marketAtMs), plan.endedAtMs);
    const days = (untilMs - plan.endedAtMs) / DAY_MS;
    const expectedFeesUsd = plan.forecast.feesUsdPerDayAfter * days;
    const expectedLvrUsd = plan.forecast.lvrUsdPerDayAfter * days;
    const isOver = isCut || horizonEndMs <= nowMs;
    return {
      horizonMs,
      state: isOver && !isKept ? "unknown" : isCut ? "cut_short" : horizonEndMs <= nowMs ? "measured" : "pending",
      untilMs,
      measuredFrac: (untilMs - plan.endedAtMs) / horizonMs,
      expectedFeesUsd,
      expectedLvrUsd,
      expectedAlphaUsd: expectedFeesUsd - expectedLvrUsd - plan.forecast.costUsd,
      earned: earnedOf(inWindow, input.costs),
      feesRatio: !(expectedFeesUsd > 0)
        ? null
        : inWindow.reduce((sum, point) => sum + point.feesUsd, 0) / expectedFeesUsd,
    };
  });
}

function earnedOf(points: readonly ScorePoint[], costs: ScoreInput["costs"]): FlowSums | null {
  if (points.length === 0) return null;
  const add = (key: "feesUsd" | "markUsd" | "hodlUsd"): number => points.reduce((sum, point) => sum + point[key], 0);
  return {
    ...flowOf({ feesUsd: add("feesUsd"), markUsd: add("markUsd"), hodlUsd: add("hodlUsd"), ...costs }),
    epochs: points.length,
  };
}
