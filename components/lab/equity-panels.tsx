// Value and drawdown of all twins over time: the chosen twin in the colour of what is ours, holding in ink, the others grey and named.
"use client";
import { useState, type ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { SeriesChart, type Series, type SeriesRow } from "@/components/charts/series-chart";
import { cx } from "@/components/ui/cx";
import { useIsWide } from "@/components/ui/use-is-wide";
import type { BacktestReport, TwinName, TwinReport } from "@/lib/backtest/report";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatSignedAxis, formatSignedUsd } from "@/lib/format/usd";
import { changeSinceStart, curveRows, drawdown, TWIN_LABEL } from "./lab-numbers";

export function EquityPanels({
  report,
  chosen,
}: {
  readonly report: BacktestReport;
  readonly chosen: TwinName;
}): ReactNode {
  const isWide = useIsWide();
  const [hidden, setHidden] = useState<ReadonlySet<TwinName>>(new Set());
  // The chosen twin is drawn last, above the others, and cannot be hidden.
  const twins = report.twins
    .filter((twin) => twin.name === chosen || !hidden.has(twin.name))
    .toSorted((left, right) => rank(left.name, chosen) - rank(right.name, chosen));
  const series = twins.map((twin): Series => look(twin.name, chosen));
  const money = curveRows(twins.map((twin) => ({ key: twin.name, points: changeSinceStart(twin.equity) })));
  const falls = curveRows(twins.map((twin) => ({ key: twin.name, points: drawdown(twin.equity) })));
  const syncId = "lab-equity";
  return (
    <>
      <ChartFrame<SeriesRow>
        title="Value since the start"
        rows={money}
        fileName="lab-equity.csv"
        columns={columnsOf(twins, formatSignedUsd)}
      >
        <SeriesChart
          label="Change in value of every twin since the start, US dollars"
          rows={money}
          series={series}
          format={formatSignedAxis}
          hasZero
          height={isWide ? 300 : 240}
          ticks={5}
          rightMargin={isWide ? 132 : 8}
          hasEndLabels={isWide}
          syncId={syncId}
        />
        <ul className="mt-2 flex flex-wrap gap-1.5" aria-label="Twins in the charts">
          {report.twins.map((twin) => {
            const isShown = twin.name === chosen || !hidden.has(twin.name);
            return (
              <li key={twin.name}>
                <button
                  type="button"
                  aria-pressed={isShown}
                  disabled={twin.name === chosen}
                  onClick={() => setHidden(toggled(hidden, twin.name))}
                  className={cx(
                    "inline-flex h-9 items-center gap-1.5 rounded-chip border px-2 text-micro desk:h-6",
                    isShown ? "border-line-2 text-ink-2" : "border-line text-ink-3 line-through",
                  )}
                >
                  <Swatch name={twin.name} chosen={chosen} />
                  {TWIN_LABEL[twin.name]}
                </button>
              </li>
            );
          })}
        </ul>
      </ChartFrame>
      <ChartFrame<SeriesRow>
        title="Drawdown"
        meta={<span className="text-micro text-ink-3">fall from the highest value so far</span>}
        rows={falls}
        fileName="lab-drawdown.csv"
        columns={columnsOf(twins, (value) => formatSignedPercent(value, 2))}
      >
        <SeriesChart
          label="Fall of every twin from its highest value so far"
          rows={falls}
          series={series}
          format={(value) => formatPercent(value, 1)}
          hasZero
          height={150}
          ticks={3}
          rightMargin={isWide ? 132 : 8}
          hasEndLabels={isWide}
          syncId={syncId}
        />
      </ChartFrame>
    </>
  );
}

function columnsOf(twins: readonly TwinReport[], text: (value: number | null | undefined) => string) {
  return [
    {
      label: "UTC",
      text: (row: SeriesRow) => formatDayMinutes(row.atMs),
      value: (row: SeriesRow) => formatIso(row.atMs),
    },
    ...twins.map((twin) => ({
      label: TWIN_LABEL[twin.name],
      text: (row: SeriesRow) => text(row[twin.name]),
      value: (row: SeriesRow) => row[twin.name] ?? null,
    })),
  ];
}

function toggled(hidden: ReadonlySet<TwinName>, name: TwinName): ReadonlySet<TwinName> {
  const next = new Set(hidden);
  if (!next.delete(name)) next.add(name);
  return next;
}

function rank(name: TwinName, chosen: TwinName): number {
  return name === chosen ? 2 : name === "hold" ? 1 : 0;
}

function look(name: TwinName, chosen: TwinName): Series {
  const label = TWIN_LABEL[name];
  if (name === chosen) return { key: name, label, role: "tide", bold: true };
  if (name === "hold") return { key: name, label, role: "ink" };
  return { key: name, label, role: "ink-3" };
}

function Swatch({ name, chosen }: { readonly name: TwinName; readonly chosen: TwinName }): ReactNode {
  return (
    <span
      aria-hidden="true"
      className={cx(
        "inline-block w-3.5 border-t",
        name === chosen ? "border-t-2 border-tide!" : name === "hold" ? "border-ink!" : "border-ink-3!",
      )}
    />
  );
}
