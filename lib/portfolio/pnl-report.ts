// Profit and loss over time from the flows of epochs (strategy.md section 12): flows add up, so days are sums of their epochs.
import { formatIso } from "@/lib/format/time";

/** Flows of one epoch, US dollars. */
export interface EpochFlowPoint {
  readonly epoch: number;
  /** Market time of the epoch, unix ms. */
  readonly marketAtMs: number;
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly hodlUsd: number;
  readonly lvrUsd: number;
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  readonly bridgeCostUsd: number;
  readonly netUsd: number;
  readonly alphaUsd: number;
}

export interface FlowSums {
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly hodlUsd: number;
  readonly lvrUsd: number;
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  readonly bridgeCostUsd: number;
  readonly netUsd: number;
  readonly alphaUsd: number;
  readonly epochs: number;
}

export interface DayPnl extends FlowSums {
  /** `2026-11-23`, UTC of market time. */
  readonly day: string;
  readonly startAtMs: number;
}

const DAY_MS = 86_400_000;

/** What flows are made of; the others follow from these. */
export interface FlowFigures {
  readonly feesUsd: number;
  readonly markUsd: number;
  readonly hodlUsd: number;
  readonly gasUsd: number;
  readonly swapCostUsd: number;
  readonly bridgeCostUsd: number;
}

export type Flows = Omit<FlowSums, "epochs">;

/** lvr = hodl - mark; net = fees + mark - gas - swaps - bridges; alpha = fees - lvr - gas - swaps - bridges. */
export function flowOf(figures: FlowFigures): Flows {
  const { feesUsd, markUsd, hodlUsd, gasUsd, swapCostUsd, bridgeCostUsd } = figures;
  const lvrUsd = hodlUsd - markUsd;
  const spentUsd = gasUsd + swapCostUsd + bridgeCostUsd;
  return {
    feesUsd,
    markUsd,
    hodlUsd,
    lvrUsd,
    gasUsd,
    swapCostUsd,
    bridgeCostUsd,
    netUsd: feesUsd + markUsd - spentUsd,
    alphaUsd: feesUsd - lvrUsd - spentUsd,
  };
}

export function sumFlows(points: readonly Flows[]): FlowSums {
  const sums = {
    feesUsd: 0,
    markUsd: 0,
    hodlUsd: 0,
    lvrUsd: 0,
    gasUsd: 0,
    swapCostUsd: 0,
    bridgeCostUsd: 0,
    netUsd: 0,
    alphaUsd: 0,
    epochs: points.length,
  };
  for (const point of points) {
    sums.feesUsd += point.feesUsd;
    sums.markUsd += point.markUsd;
    sums.hodlUsd += point.hodlUsd;
    sums.lvrUsd += point.lvrUsd;
    sums.gasUsd += point.gasUsd;
    sums.swapCostUsd += point.swapCostUsd;
    sums.bridgeCostUsd += point.bridgeCostUsd;
    sums.netUsd += point.netUsd;
    sums.alphaUsd += point.alphaUsd;
  }
  return sums;
}

/** One row per UTC day of market time that has an epoch, oldest first. */
export function pnlByDay(points: readonly EpochFlowPoint[]): readonly DayPnl[] {
  const days = new Map<number, EpochFlowPoint[]>();
  for (const point of points) {
    const startAtMs = Math.floor(point.marketAtMs / DAY_MS) * DAY_MS;
    days.set(startAtMs, [...(days.get(startAtMs) ?? []), point]);
  }
  return [...days]
    .toSorted(([left], [right]) => left - right)
    .map(([startAtMs, inDay]) => ({
      day: formatIso(startAtMs).slice(0, 10),
      startAtMs,
      ...sumFlows(inDay),
    }));
}
