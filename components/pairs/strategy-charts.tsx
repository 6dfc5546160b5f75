// Divergence against its threshold, what the range earns against the best one, and where capital lay, over the chosen window.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { DivergenceChart } from "@/components/charts/divergence-chart";
import { SeriesChart } from "@/components/charts/series-chart";
import { formatFixed } from "@/lib/format/number";
import { formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import { AllocationPanel } from "./allocation-panel";
import type { GroupProps } from "./chart-group";

export function StrategyCharts(props: GroupProps): ReactNode {
  return (
    <>
      <Divergence {...props} />
      <Apr {...props} />
      <AllocationPanel {...props} />
    </>
  );
}

function Divergence({ pairId, epochs, fromAtMs, toAtMs, window, syncId }: GroupProps): ReactNode {
  const threshold = epochs.findLast((epoch) => epoch.rsThreshold !== null)?.rsThreshold ?? null;
  const rows = epochs.map((epoch) => ({
    atMs: epoch.epoch * EPOCH_MS,
    divergence: epoch.divergence,
    threshold: epoch.rsThreshold,
  }));
  const hasAny = rows.some((row) => row.divergence !== null);
  return (
    <ChartFrame
      title="Divergence"
      level={3}
      meta={<span className="text-micro text-ink-3">threshold {formatFixed(threshold, 2)}</span>}
      rows={rows}
      fileName={`${pairId}-divergence-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Divergence", text: (row) => formatFixed(row.divergence, 2), value: (row) => row.divergence },
        { label: "Threshold", text: (row) => formatFixed(row.threshold, 2), value: (row) => row.threshold },
      ]}
    >
      {hasAny ? (
        <DivergenceChart rows={rows} threshold={threshold} fromAtMs={fromAtMs} toAtMs={toAtMs} syncId={syncId} />
      ) : (
        <p className="text-ink-2">Appears with the first position: how far its range is from the target.</p>
      )}
    </ChartFrame>
  );
}

function Apr({ pairId, epochs, fromAtMs, toAtMs, window, syncId }: GroupProps): ReactNode {
  const rows = epochs.map((epoch) => ({
    atMs: epoch.epoch * EPOCH_MS,
    current: epoch.currentAprFrac,
    best: epoch.targetAprFrac,
  }));
  const last = rows.findLast((row) => row.current !== null || row.best !== null);
  return (
    <ChartFrame
      title="APR, now and best"
      level={3}
      meta={<span className="text-micro text-ink-3">net, by the model</span>}
      rows={rows}
      fileName={`${pairId}-apr-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Our range", text: (row) => formatSignedPercent(row.current), value: (row) => row.current },
        { label: "Best found", text: (row) => formatSignedPercent(row.best), value: (row) => row.best },
      ]}
    >
      {last === undefined ? (
        <p className="text-ink-2">
          Appears with the first epochs: what our range would earn in a year, beside the best one found.
        </p>
      ) : (
        <SeriesChart
          label="Net APR of our range and of the best one found"
          rows={rows}
          hasZero
          series={[
            { key: "best", label: "best", role: "prop", dashed: true },
            { key: "current", label: "ours", role: "tide", bold: true },
          ]}
          format={(value) => formatSignedPercent(value, 1)}
          rightMargin={92}
          fromAtMs={fromAtMs}
          toAtMs={toAtMs}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}
