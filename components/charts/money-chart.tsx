// Earned and lost per period: gains filled up, losses outlined down, net as an ink line over them.
"use client";
import type { ReactNode } from "react";
import {
  Bar,
  BarChart,
  ReferenceLine,
  useActiveTooltipLabel,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from "recharts";
import { formatSignedAxis, formatSignedUsd } from "@/lib/format/usd";
import { valueTicks } from "./axis-ticks";
import { ChartBox, Crosshair, Figure, Words } from "./chart-box";
import { syncProps } from "./chart-sync";
import { PeriodAxis, periodName, useBands } from "./period-axis";
import { PlotSurface } from "./time-axis";

export interface MoneyRow {
  readonly atMs: number;
  /** >= 0. */
  readonly gainUsd: number;
  /** <= 0. */
  readonly lossUsd: number;
  readonly netUsd: number;
}

interface Props {
  readonly label: string;
  readonly rows: readonly MoneyRow[];
  readonly names: { readonly gain: string; readonly loss: string; readonly net: string };
  /** Rows are days; otherwise their labels are times of day. */
  readonly isDays?: boolean;
  readonly height?: number;
  /** Charts with the same id share the crosshair. */
  readonly syncId?: string;
}

export function MoneyChart(props: Props): ReactNode {
  const { label, rows, isDays = true, height = 150, syncId } = props;
  const low = Math.min(0, ...rows.map((row) => Math.min(row.lossUsd, row.netUsd)));
  const high = Math.max(0, ...rows.map((row) => Math.max(row.gainUsd, row.netUsd)));
  const air = Math.max((high - low) * 0.045, 0.01);
  const domain: [number, number] = [low - air, high + air];
  return (
    <ChartBox height={height}>
      {(words) => (
        <BarChart
          data={[...rows]}
          margin={{ top: 4, right: 48, bottom: 20, left: 0 }}
          stackOffset="sign"
          title={label}
          {...syncProps(syncId)}
        >
          <XAxis dataKey="atMs" hide />
          <YAxis type="number" domain={domain} width={0} hide />
          <ZIndexLayer zIndex={-200}>
            <PlotSurface />
            <PeriodAxis rows={rows} ticks={valueTicks(...domain, 3)} format={formatSignedAxis} isDays={isDays} />
          </ZIndexLayer>
          <ReferenceLine y={0} stroke="var(--line-2)" />
          <Bar dataKey="gainUsd" stackId="money" fill="var(--pos)" isAnimationActive={false} maxBarSize={36} />
          <Bar
            dataKey="lossUsd"
            stackId="money"
            fill="transparent"
            stroke="var(--neg)"
            strokeWidth={1.4}
            isAnimationActive={false}
            maxBarSize={36}
          />
          <ZIndexLayer zIndex={700}>
            <NetLines rows={rows} />
          </ZIndexLayer>
          <Crosshair look="band" />
          <Readout into={words} rows={rows} names={props.names} isDays={isDays} />
        </BarChart>
      )}
    </ChartBox>
  );
}

function NetLines({ rows }: Pick<Props, "rows">): ReactNode {
  const y = useYAxisScale();
  const bands = useBands(rows.length);
  if (y === undefined || bands === null) return null;
  const half = Math.min(20, bands.step * 0.42);
  return (
    <g aria-hidden="true" stroke="var(--ink)" strokeWidth="2">
      {rows.map(({ atMs, netUsd }, index) => {
        const middle = bands.middle(index);
        return <line key={atMs} x1={middle - half} x2={middle + half} y1={y(netUsd)} y2={y(netUsd)} />;
      })}
    </g>
  );
}

function Readout({
  into,
  rows,
  names,
  isDays,
}: Pick<Props, "rows" | "names"> & { readonly into: HTMLElement | null; readonly isDays: boolean }): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active);
  if (row === undefined) return null;
  return (
    <Words into={into}>
      <b className="font-text text-ink">{periodName(row.atMs, isDays)}</b>
      <Figure name={names.gain} value={formatSignedUsd(row.gainUsd)} />
      <Figure name={names.loss} value={formatSignedUsd(row.lossUsd)} />
      <Figure name={names.net} value={formatSignedUsd(row.netUsd)} />
    </Words>
  );
}
