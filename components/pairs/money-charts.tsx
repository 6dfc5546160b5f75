// Value, earned and lost, and net of a pair over the chosen window.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { MoneyChart, type MoneyRow } from "@/components/charts/money-chart";
import { SeriesChart } from "@/components/charts/series-chart";
import { SignedMoney } from "@/components/live/signed-money";
import { formatDay, formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedAxis, formatSignedUsd, formatUsd, formatUsdAxis } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import type { GroupProps } from "./chart-group";
import { accumulate, perPeriod } from "./epoch-money";

export function MoneyCharts(props: GroupProps): ReactNode {
  return (
    <>
      <Value {...props} />
      <PerPeriod {...props} />
      <Net {...props} />
    </>
  );
}

function Value({ pairId, epochs, fromAtMs, toAtMs, window, syncId }: GroupProps): ReactNode {
  const rows = epochs.map(({ epoch, valueUsd, idleUsd }) => ({
    atMs: epoch * EPOCH_MS,
    value: valueUsd,
    deployed: valueUsd === null || idleUsd === null ? null : valueUsd - idleUsd,
    idle: idleUsd,
  }));
  const last = rows.findLast((row) => row.value !== null);
  return (
    <ChartFrame
      title="Value, $"
      level={3}
      meta={last !== undefined && <span className="text-dense">{formatUsd(last.value)}</span>}
      rows={rows}
      fileName={`${pairId}-value-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Value", text: (row) => formatUsd(row.value), value: (row) => row.value },
        { label: "In positions", text: (row) => formatUsd(row.deployed), value: (row) => row.deployed },
        { label: "Idle", text: (row) => formatUsd(row.idle), value: (row) => row.idle },
      ]}
    >
      {last === undefined ? (
        <p className="text-ink-2">Appears with the first capital: all of it, and what of it is in positions.</p>
      ) : (
        <SeriesChart
          label="Value of the pair, and what of it is in positions"
          rows={rows}
          series={[
            { key: "deployed", label: "in positions", role: "tide" },
            { key: "value", label: "value", role: "ink", bold: true },
          ]}
          format={formatUsdAxis}
          rightMargin={112}
          fromAtMs={fromAtMs}
          toAtMs={toAtMs}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}

function PerPeriod({ pairId, epochs, window, syncId }: GroupProps): ReactNode {
  const { rows, periodName } = perPeriod(epochs);
  return (
    <ChartFrame<MoneyRow>
      title={`Earned and lost per ${periodName}, $`}
      level={3}
      rows={rows}
      fileName={`${pairId}-money-${window}.csv`}
      columns={[
        {
          label: "UTC",
          text: (row) => (periodName === "day" ? formatDay(row.atMs) : formatDayMinutes(row.atMs)),
          value: (row) => formatIso(row.atMs),
        },
        { label: "Fees", text: (row) => formatSignedUsd(row.gainUsd), value: (row) => row.gainUsd },
        { label: "Divergence and gas", text: (row) => formatSignedUsd(row.lossUsd), value: (row) => row.lossUsd },
        { label: "Net", text: (row) => formatSignedUsd(row.netUsd), value: (row) => row.netUsd },
      ]}
    >
      {rows.length === 0 ? (
        <p className="text-ink-2">Appears with the first position: fees up, divergence and gas down, net as a line.</p>
      ) : (
        <MoneyChart
          label={`Fees, divergence and gas, and net per ${periodName}`}
          rows={rows}
          names={{ gain: "fees", loss: "divergence, gas", net: "net" }}
          isDays={periodName === "day"}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}

function Net({ pairId, epochs, fromAtMs, toAtMs, window, syncId }: GroupProps): ReactNode {
  const rows = accumulate(epochs);
  const first = rows[0];
  const last = rows.at(-1);
  return (
    <ChartFrame
      title={first === undefined ? "Net, $" : `Net since ${formatDay(first.atMs)}, $`}
      level={3}
      meta={last !== undefined && <SignedMoney value={last.net} className="text-dense" />}
      rows={rows}
      fileName={`${pairId}-net-${window}.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Fees", text: (row) => formatSignedUsd(row.fees), value: (row) => row.fees },
        { label: "Divergence", text: (row) => formatSignedUsd(row.divergence), value: (row) => row.divergence },
        { label: "Gas", text: (row) => formatSignedUsd(row.gas), value: (row) => row.gas },
        { label: "Net", text: (row) => formatSignedUsd(row.net), value: (row) => row.net },
      ]}
    >
      {first === undefined ? (
        <p className="text-ink-2">Appears with the first position.</p>
      ) : (
        <SeriesChart
          label="Fees, divergence, gas and net, added up"
          rows={rows}
          hasZero
          format={formatSignedAxis}
          series={[
            { key: "fees", label: "fees", role: "pos" },
            { key: "divergence", label: "divergence", role: "neg" },
            { key: "gas", label: "gas", role: "ink-3", dashed: true },
            { key: "net", label: "net", role: "ink", bold: true },
          ]}
          rightMargin={104}
          fromAtMs={fromAtMs}
          toAtMs={toAtMs}
          syncId={syncId}
        />
      )}
    </ChartFrame>
  );
}
