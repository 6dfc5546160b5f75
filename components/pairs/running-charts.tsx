// What the pair costs to run: gas, how often it acts, and how long its epochs take, over the chosen window.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { PeriodBars, type BarRow } from "@/components/charts/period-bars";
import { SeriesChart } from "@/components/charts/series-chart";
import { formatDuration } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatDay, formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatUsd, formatUsdAxis } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import type { GroupProps } from "./chart-group";
import { churnPerPeriod, gasPerPeriod } from "./epoch-churn";

export function RunningCharts(props: GroupProps): ReactNode {
  return (
    <>
      <Gas {...props} />
      <Churn {...props} />
      <Timing {...props} />
    </>
  );
}

function Gas({ pairId, epochs, window, syncId }: GroupProps): ReactNode {
  const { rows, periodName } = gasPerPeriod(epochs);
  const totalUsd = rows.reduce((sum, row) => sum + row.first, 0);
  return (
    <ChartFrame<BarRow>
      title={`Gas per ${periodName}, $`}
      level={3}
      meta={rows.length > 0 && <span className="text-dense">{formatUsd(totalUsd)}</span>}
      rows={rows}
      fileName={`${pairId}-gas-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Gas", text: (row) => formatUsd(row.first), value: (row) => row.first },
      ]}
    >
      {rows.length === 0 ? (
        <p className="text-ink-2">Appears with the first transaction of the pair.</p>
      ) : (
        <PeriodBars
          label={`Gas paid per ${periodName}`}
          rows={rows}
          names={{ first: "gas", second: null }}
          format={formatUsdAxis}
          isDays={periodName === "day"}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}

function Churn({ pairId, epochs, window, syncId }: GroupProps): ReactNode {
  const { rows, periodName } = churnPerPeriod(epochs);
  const acted = rows.reduce((sum, row) => sum + row.first + row.second, 0);
  return (
    <ChartFrame<BarRow>
      title={`Churn per ${periodName}`}
      level={3}
      meta={
        <span className="text-micro text-ink-3">
          {acted} of {epochs.length} epochs acted
        </span>
      }
      rows={rows}
      fileName={`${pairId}-churn-${window}.csv`}
      columns={[
        {
          label: "UTC",
          text: (row) => (periodName === "day" ? formatDay(row.atMs) : formatDayMinutes(row.atMs)),
          value: (row) => formatIso(row.atMs),
        },
        { label: "Range shifts", text: (row) => String(row.first), value: (row) => row.first },
        { label: "Reallocations", text: (row) => String(row.second), value: (row) => row.second },
      ]}
    >
      {acted === 0 ? (
        <p className="text-ink-2">No range shift and no reallocation in this window: every epoch held.</p>
      ) : (
        <PeriodBars
          label={`Range shifts and reallocations per ${periodName}`}
          rows={rows}
          names={{ first: "range shifts", second: "reallocations" }}
          format={(value) => formatFixed(value, 0)}
          isWhole
          isDays={periodName === "day"}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}

function Timing({ pairId, epochs, fromAtMs, toAtMs, window, syncId }: GroupProps): ReactNode {
  const rows = epochs.map(({ epoch, fetchMs, computeMs, decideMs, executeMs, totalMs }) => ({
    atMs: epoch * EPOCH_MS,
    fetch: fetchMs,
    think: computeMs === null || decideMs === null ? null : computeMs + decideMs,
    execute: executeMs,
    total: totalMs,
  }));
  return (
    <ChartFrame
      title="Time of an epoch"
      level={3}
      rows={rows}
      fileName={`${pairId}-timing-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Fetch", text: (row) => formatDuration(row.fetch), value: (row) => row.fetch },
        { label: "Compute and decide", text: (row) => formatDuration(row.think), value: (row) => row.think },
        { label: "Execute", text: (row) => formatDuration(row.execute), value: (row) => row.execute },
        { label: "Total", text: (row) => formatDuration(row.total), value: (row) => row.total },
      ]}
    >
      <SeriesChart
        label="Time of an epoch: fetch, think, execute and all of it"
        rows={rows}
        hasZero
        series={[
          { key: "fetch", label: "fetch", role: "ink-3" },
          { key: "think", label: "think", role: "tide" },
          { key: "execute", label: "act", role: "prop", dashed: true },
          { key: "total", label: "total", role: "ink", bold: true },
        ]}
        format={formatDuration}
        rightMargin={92}
        fromAtMs={fromAtMs}
        toAtMs={toAtMs}
        syncId={syncId}
      />
    </ChartFrame>
  );
}
