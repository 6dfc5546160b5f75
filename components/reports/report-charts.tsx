// A report drawn: what each hour or day earned and cost, and the running sum of net beside holding; the same rows as table and file.
"use client";
import type { ReactNode } from "react";
import { ChartFrame, type ChartColumn } from "@/components/charts/chart-frame";
import { MoneyChart, type MoneyRow } from "@/components/charts/money-chart";
import { SeriesChart } from "@/components/charts/series-chart";
import { Panel } from "@/components/ui/panel";
import type { MoneyReportDto } from "@/lib/api/money-schemas";
import { formatDay, formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedAxis, formatSignedUsd } from "@/lib/format/usd";
import { runningSums, type RunningSum } from "./running-sums";

const DAY_MS = 86_400_000;
const CHART_HEIGHT = 190;

interface Row extends MoneyRow {
  readonly feesUsd: number;
  readonly divergenceUsd: number;
  readonly costsUsd: number;
}

export function ReportCharts({ report, name }: { readonly report: MoneyReportDto; readonly name: string }): ReactNode {
  const isDays = report.barMs >= DAY_MS;
  const unit = isDays ? "day" : "hour";
  const rows = report.bars.map(rowOf);
  if (rows.length === 0) {
    return (
      <Panel title={`By ${unit}, $`}>
        <p className="text-ink-2">Bars appear with the first epoch after a position was opened.</p>
      </Panel>
    );
  }
  const when: ChartColumn<{ readonly atMs: number }> = {
    label: isDays ? "Day, UTC" : "Hour, UTC",
    text: ({ atMs }) => (isDays ? formatDay(atMs) : formatDayMinutes(atMs)),
    value: ({ atMs }) => formatIso(atMs),
  };
  return (
    <div className="grid grid-cols-1 gap-3 desk:gap-4 mid:grid-cols-2">
      <ChartFrame<Row>
        title={`By ${unit}, $`}
        meta={<span className="text-micro text-ink-3">market time, UTC</span>}
        rows={rows}
        fileName={`tidegate-${name}-by-${unit}.csv`}
        columns={[
          when,
          money("Fees", (row) => row.feesUsd),
          money("Divergence", (row) => row.divergenceUsd),
          money("Costs", (row) => row.costsUsd),
          money("Net", (row) => row.netUsd),
        ]}
      >
        <MoneyChart
          label={`Per ${unit}: fees up, divergence and costs down, net with the price effect as a line`}
          rows={rows}
          names={{ gain: "fees", loss: "divergence, costs", net: "net with price effect" }}
          isDays={isDays}
          height={CHART_HEIGHT}
        />
      </ChartFrame>
      <ChartFrame<RunningSum>
        title="Against holding, $"
        meta={<span className="text-micro text-ink-3">sum since the span began</span>}
        rows={runningSums(report.bars, report.barMs)}
        fileName={`tidegate-${name}-against-holding.csv`}
        columns={[
          { ...when, label: "Until, UTC", text: ({ atMs }) => formatDayMinutes(atMs) },
          money("Net", (row) => row.netUsd),
          money("Holding", (row) => row.hodlUsd),
          money("Alpha", (row) => row.alphaUsd),
        ]}
      >
        <SeriesChart
          label="Running sums: net of liquidity, holding the same tokens, and their difference alpha"
          rows={runningSums(report.bars, report.barMs).map(({ atMs, netUsd, hodlUsd, alphaUsd }) => ({
            atMs,
            netUsd,
            hodlUsd,
            alphaUsd,
          }))}
          series={[
            { key: "netUsd", label: "net", role: "ink", bold: true },
            { key: "hodlUsd", label: "holding", role: "ink-3" },
            { key: "alphaUsd", label: "alpha", role: "tide", dashed: true },
          ]}
          format={formatSignedAxis}
          hasZero
          ticks={3}
          height={CHART_HEIGHT}
        />
      </ChartFrame>
    </div>
  );
}

function money<T>(label: string, usd: (row: T) => number): ChartColumn<T> {
  return { label, text: (row) => formatSignedUsd(usd(row)), value: usd };
}

function rowOf(bar: MoneyReportDto["bars"][number]): Row {
  const divergenceUsd = 0 - bar.lvrUsd;
  const costsUsd = 0 - bar.gasUsd - bar.swapCostUsd - bar.bridgeCostUsd;
  return {
    atMs: bar.startAtMs,
    gainUsd: bar.feesUsd + Math.max(0, divergenceUsd),
    lossUsd: Math.min(0, divergenceUsd) + costsUsd,
    netUsd: bar.netUsd,
    feesUsd: bar.feesUsd,
    divergenceUsd,
    costsUsd,
  };
}
