// Score card of a rebalance: what the plan's model expected of the first day and week, and what the epochs after it really showed.
import { sumFlows, type EpochFlowPoint, type FlowSums } from "./pnl-report";

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

export interface ScoreWindow {
  readonly horizonMs: number;
  /**
   * `pending`: the window is not over. `measured`: it is. `cut_short`: another plan changed the positions before its end, so the figures
   * are of the time until then. `unknown`: epochs of the window are not kept any more, or none had figures.
   */
  readonly state: "pending" | "measured" | "cut_short" | "unknown";
  /** End of what was measured, market time. */
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
 * Epochs after the plan's end belong to it until the horizon or the next executed plan of the pair. The first epoch after the end
 * carries the plan's own gas and swap cost, so `earned.alphaUsd` and `expectedAlphaUsd` both have the cost in them.
 */
export function scorePlan(input: {
  readonly plan: ScoredPlan;
  /** Kept epochs of the pair, any order. */
  readonly points: readonly EpochFlowPoint[];
  /** Market time at which the next executed plan of the pair ended; null when there is none. */
  readonly nextPlanAtMs: number | null;
  readonly nowMs: number;
}): readonly ScoreWindow[] {
  const { plan, nextPlanAtMs, nowMs } = input;
  return SCORE_HORIZONS_MS.map((horizonMs) => {
    const horizonEndMs = plan.endedAtMs + horizonMs;
    const isCut = nextPlanAtMs !== null && nextPlanAtMs < horizonEndMs && nextPlanAtMs <= nowMs;
    const untilMs = Math.min(isCut ? nextPlanAtMs : horizonEndMs, nowMs);
    const inWindow = input.points.filter(({ marketAtMs }) => marketAtMs > plan.endedAtMs && marketAtMs <= untilMs);
    const wanted = Math.floor((untilMs - plan.endedAtMs) / EPOCH_MS);
    const measuredMs = Math.max(0, untilMs - plan.endedAtMs);
    const days = measuredMs / DAY_MS;
    const expectedFeesUsd = plan.forecast.feesUsdPerDayAfter * days;
    const expectedLvrUsd = plan.forecast.lvrUsdPerDayAfter * days;
    const earned = inWindow.length === 0 ? null : sumFlows(inWindow);
    // A missed epoch's flows are in the next one; only a window whose beginning is gone is not whole.
    const isKnown = earned !== null && inWindow.length * 2 >= wanted;
    const isOver = untilMs < nowMs || horizonEndMs <= nowMs;
    return {
      horizonMs,
      state: isOver && !isKnown ? "unknown" : isCut ? "cut_short" : horizonEndMs <= nowMs ? "measured" : "pending",
      untilMs,
      measuredFrac: measuredMs / horizonMs,
      expectedFeesUsd,
      expectedLvrUsd,
      expectedAlphaUsd: expectedFeesUsd - expectedLvrUsd - plan.forecast.costUsd,
      earned,
      feesRatio: earned === null || !(expectedFeesUsd > 0) ? null : earned.feesUsd / expectedFeesUsd,
    };
  });
}
