// Gas and decisions that acted, per day (or hour while the window is short), with the periods in which nothing happened.
import type { BarRow } from "@/components/charts/period-bars";
import type { EpochPoint } from "@/lib/api/schemas";
import { epochPeriods, type EpochPeriods } from "./epoch-periods";

export interface Periods extends Pick<EpochPeriods, "periodName"> {
  readonly rows: readonly BarRow[];
}

export function gasPerPeriod(epochs: readonly EpochPoint[]): Periods {
  const known = epochs.filter((epoch) => epoch.gasUsd !== null);
  return perPeriod(known, (epoch) => ({ first: Math.abs(epoch.gasUsd ?? 0), second: 0 }));
}

/** A decision counts when it became a plan; what was decided and never planned moved nothing. */
export function churnPerPeriod(epochs: readonly EpochPoint[]): Periods {
  return perPeriod(epochs, ({ decision, planId }) => ({
    first: decision === "RS" && planId !== null ? 1 : 0,
    second: decision === "PRA" && planId !== null ? 1 : 0,
  }));
}

function perPeriod(
  epochs: readonly EpochPoint[],
  amounts: (epoch: EpochPoint) => { readonly first: number; readonly second: number },
): Periods {
  const [oldest, newest] = [epochs[0], epochs.at(-1)];
  if (oldest === undefined || newest === undefined) return { rows: [], periodName: "hour" };
  const { periodName, periodMs, startOf } = epochPeriods(epochs);
  const sums = new Map<number, { first: number; second: number }>();
  for (let atMs = startOf(oldest); atMs <= startOf(newest); atMs += periodMs) sums.set(atMs, { first: 0, second: 0 });
  for (const epoch of epochs) {
    const sum = sums.get(startOf(epoch));
    const { first, second } = amounts(epoch);
    if (sum === undefined) continue;
    sum.first += first;
    sum.second += second;
  }
  return { rows: [...sums].map(([atMs, sum]) => ({ atMs, ...sum })), periodName };
}
