// Sums of epoch money: per day (or hour while there is little history) and running since the first epoch with a position.
import type { MoneyRow } from "@/components/charts/money-chart";
import type { EpochPoint } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";
import { epochPeriods, type EpochPeriods } from "./epoch-periods";

function withMoney(epochs: readonly EpochPoint[]): readonly EpochPoint[] {
  return epochs.filter((epoch) => epoch.netUsd !== null);
}

/** Divergence loss is never a gain, whatever sign it was stored with. */
function lossOf(epoch: EpochPoint): number {
  return -Math.abs(epoch.lvrUsd ?? 0) - Math.abs(epoch.gasUsd ?? 0);
}

export function perPeriod(epochs: readonly EpochPoint[]): Pick<EpochPeriods, "periodName"> & {
  readonly rows: readonly MoneyRow[];
} {
  const known = withMoney(epochs);
  const { periodName, startOf } = epochPeriods(known);
  const sums = new Map<number, { gainUsd: number; lossUsd: number; netUsd: number }>();
  for (const epoch of known) {
    const atMs = startOf(epoch);
    const sum = sums.get(atMs) ?? { gainUsd: 0, lossUsd: 0, netUsd: 0 };
    sum.gainUsd += epoch.feesUsd ?? 0;
    sum.lossUsd += lossOf(epoch);
    sum.netUsd += epoch.netUsd ?? 0;
    sums.set(atMs, sum);
  }
  return { rows: [...sums].map(([atMs, sum]) => ({ atMs, ...sum })), periodName };
}

export type RunningRow = {
  readonly atMs: number;
  readonly fees: number;
  readonly divergence: number;
  readonly gas: number;
  readonly net: number;
};

export function accumulate(epochs: readonly EpochPoint[]): readonly RunningRow[] {
  const rows: RunningRow[] = [];
  let [fees, divergence, gas, net] = [0, 0, 0, 0];
  for (const epoch of withMoney(epochs)) {
    fees += epoch.feesUsd ?? 0;
    divergence -= Math.abs(epoch.lvrUsd ?? 0);
    gas -= Math.abs(epoch.gasUsd ?? 0);
    net += epoch.netUsd ?? 0;
    rows.push({ atMs: epoch.epoch * EPOCH_MS, fees, divergence, gas, net });
  }
  return rows;
}
