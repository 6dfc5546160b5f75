// What the epochs add up to: divergence against its threshold, earned and lost per day, net since the first of them.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { DivergenceChart } from "@/components/charts/divergence-chart";
import { MoneyChart, type MoneyRow } from "@/components/charts/money-chart";
import { SeriesChart } from "@/components/charts/series-chart";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { SignedMoney } from "@/components/overview/money-panel";
import { Panel } from "@/components/ui/panel";
import { Empty, Skeleton } from "@/components/ui/states";
import { formatFixed } from "@/lib/format/number";
import { formatDay, formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedAxis, formatSignedUsd } from "@/lib/format/usd";
import type { EpochPoint } from "@/lib/api/schemas";
import { accumulate, perPeriod } from "./epoch-money";

/** Epochs of 15 days; more than the charts draw, they thin it. */
const EPOCHS = 1_500;

export function EpochCharts({ pairId }: { readonly pairId: string }): ReactNode {
  const epochs = useApi("pairEpochs", { params: { id: pairId }, query: { limit: EPOCHS } });
  return (
    <QueryView
      query={epochs}
      what="the epoch series"
      skeleton={
        <Panel title="Epochs">
          <Skeleton className="h-[170px] w-full" />
        </Panel>
      }
    >
      {(data) =>
        data.epochs.length === 0 ? (
          <Panel title="Epochs" flush>
            <Empty title="No epochs recorded yet.">
              Divergence, money per day and net appear here after the first epochs, read from the telemetry store.
            </Empty>
          </Panel>
        ) : (
          <>
            {(data.partial || data.source === "store") && (
              <p role="status" className="px-3.5 text-dense text-ink-3 desk:px-0">
                {data.source === "store"
                  ? "The telemetry store does not answer; these are the newest epochs kept in the cache."
                  : "The telemetry store answered with a part of the series."}
              </p>
            )}
            <div className="grid gap-3 desk:gap-4 mid:grid-cols-3">
              <Divergence pairId={pairId} epochs={data.epochs} />
              <PerDay pairId={pairId} epochs={data.epochs} />
              <Net pairId={pairId} epochs={data.epochs} />
            </div>
          </>
        )
      }
    </QueryView>
  );
}

interface Props {
  readonly pairId: string;
  readonly epochs: readonly EpochPoint[];
}

function Divergence({ pairId, epochs }: Props): ReactNode {
  const threshold = epochs.findLast((epoch) => epoch.rsThreshold !== null)?.rsThreshold ?? null;
  const rows = epochs.map((epoch) => ({ atMs: epoch.marketAtMs, divergence: epoch.divergence }));
  const hasAny = rows.some((row) => row.divergence !== null);
  return (
    <ChartFrame
      title="Divergence"
      meta={<span className="text-micro text-ink-3">threshold {formatFixed(threshold, 2)}</span>}
      rows={rows}
      fileName={`${pairId}-divergence.csv`}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.atMs), value: (row) => formatIso(row.atMs) },
        { label: "Divergence", text: (row) => formatFixed(row.divergence, 2), value: (row) => row.divergence },
      ]}
    >
      {hasAny ? (
        <DivergenceChart rows={rows} threshold={threshold} />
      ) : (
        <p className="text-ink-2">Appears with the first position: how far its range is from the target.</p>
      )}
    </ChartFrame>
  );
}

function PerDay({ pairId, epochs }: Props): ReactNode {
  const { rows, periodName } = perPeriod(epochs);
  return (
    <ChartFrame<MoneyRow>
      title={`Earned and lost per ${periodName}, $`}
      rows={rows}
      fileName={`${pairId}-money.csv`}
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
        />
      )}
    </ChartFrame>
  );
}

function Net({ pairId, epochs }: Props): ReactNode {
  const rows = accumulate(epochs);
  const first = rows[0];
  const last = rows.at(-1);
  return (
    <ChartFrame
      title={first === undefined ? "Net, $" : `Net since ${formatDay(first.atMs)}, $`}
      meta={last !== undefined && <SignedMoney value={last.net} className="text-dense" />}
      rows={rows}
      fileName={`${pairId}-net.csv`}
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
        />
      )}
    </ChartFrame>
  );
}
