// Bars per day or hour: up to two amounts stacked, told apart by fill and outline, with a readout by pointer or arrow keys.
"use client";
import type { ReactNode } from "react";
import { Bar, BarChart, useActiveTooltipLabel, XAxis, YAxis, ZIndexLayer } from "recharts";
import { valueTicks } from "./axis-ticks";
import { ChartBox, Crosshair, Figure, Words } from "./chart-box";
import { syncProps } from "./chart-sync";
import { PeriodAxis, periodName } from "./period-axis";
import { PlotSurface } from "./time-axis";

export interface BarRow {
  readonly atMs: number;
  readonly first: number;
  readonly second: number;
}

interface Props {
  readonly label: string;
  readonly rows: readonly BarRow[];
  readonly names: { readonly first: string; readonly second: string | null };
  readonly format: (value: number) => string;
  /** Counts have no ticks between whole numbers. */
  readonly isWhole?: boolean;
  readonly isDays: boolean;
  readonly height?: number;
  /** Charts with the same id share the crosshair. */
  readonly syncId?: string;
}

export function PeriodBars(props: Props): ReactNode {
  const { label, rows, names, format, isWhole = false, isDays, height = 150, syncId } = props;
  const most = rows.reduce((max, row) => Math.max(max, row.first + row.second), 0);
  const high = most > 0 ? most * 1.05 : 1;
  const ticks = valueTicks(0, high, 3).filter((tick) => !isWhole || Number.isInteger(tick));
  return (
    <ChartBox height={height}>
      {(words) => (
        <BarChart
          data={[...rows]}
          margin={{ top: 4, right: 48, bottom: 20, left: 0 }}
          title={label}
          {...syncProps(syncId)}
        >
          <XAxis dataKey="atMs" hide />
          <YAxis type="number" domain={[0, high]} width={0} hide />
          <ZIndexLayer zIndex={-200}>
            <PlotSurface />
            <PeriodAxis rows={rows} ticks={ticks} format={format} isDays={isDays} />
          </ZIndexLayer>
          <Bar dataKey="first" stackId="all" fill="var(--ink-3)" isAnimationActive={false} maxBarSize={36} />
          {names.second !== null && (
            <Bar
              dataKey="second"
              stackId="all"
              fill="transparent"
              stroke="var(--ink-2)"
              strokeWidth={1.4}
              isAnimationActive={false}
              maxBarSize={36}
            />
          )}
          <Crosshair look="band" />
          <Readout {...props} into={words} />
        </BarChart>
      )}
    </ChartBox>
  );
}

/** The legend, with the figures of the period under the crosshair. */
function Readout({
  into,
  rows,
  names,
  format,
  isDays,
}: Pick<Props, "rows" | "names" | "format" | "isDays"> & { readonly into: HTMLElement | null }): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active);
  return (
    <Words into={into}>
      {row !== undefined && <b className="font-text text-ink">{periodName(row.atMs, isDays)}</b>}
      <Figure
        name={
          <>
            <span aria-hidden="true" className="inline-block h-2 w-3 bg-ink-3" />
            {names.first}
          </>
        }
        value={row === undefined ? null : format(row.first)}
      />
      {names.second !== null && (
        <Figure
          name={
            <>
              <span aria-hidden="true" className="inline-block h-2 w-3 border border-ink-2" />
              {names.second}
            </>
          }
          value={row === undefined ? null : format(row.second)}
        />
      )}
    </Words>
  );
}
