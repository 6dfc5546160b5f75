// Bars per day or hour: up to two amounts stacked, told apart by fill and outline, with a readout by pointer or arrow keys.
"use client";
import { useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import {
  Bar,
  BarChart,
  ResponsiveContainer,
  Tooltip,
  useActiveTooltipLabel,
  usePlotArea,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from "recharts";
import { formatClockMinutes, formatDay, formatDayMinutes } from "@/lib/format/time";
import { valueTicks } from "./axis-ticks";
import { PlotSurface } from "./time-axis";

export interface BarRow {
  readonly atMs: number;
  readonly first: number;
  readonly second: number;
}

/** Labels need this much room. */
const LABEL_WIDTH = 46;

export function PeriodBars({
  label,
  rows,
  names,
  format,
  isWhole = false,
  isDays,
  height = 150,
}: {
  readonly label: string;
  readonly rows: readonly BarRow[];
  readonly names: { readonly first: string; readonly second: string | null };
  readonly format: (value: number) => string;
  /** Counts have no ticks between whole numbers. */
  readonly isWhole?: boolean;
  readonly isDays: boolean;
  readonly height?: number;
}): ReactNode {
  const [node, setNode] = useState<HTMLElement | null>(null);
  const most = rows.reduce((max, row) => Math.max(max, row.first + row.second), 0);
  const high = most > 0 ? most * 1.05 : 1;
  const ticks = valueTicks(0, high, 3).filter((tick) => !isWhole || Number.isInteger(tick));
  return (
    <div>
      <div ref={setNode} className="min-h-[18px] text-dense text-ink-3" />
      <div style={{ height }}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={[...rows]} margin={{ top: 4, right: 48, bottom: 20, left: 0 }} title={label}>
            <XAxis dataKey="atMs" hide />
            <YAxis type="number" domain={[0, high]} width={0} hide />
            <ZIndexLayer zIndex={-200}>
              <PlotSurface />
              <Labels rows={rows} ticks={ticks} format={format} isDays={isDays} />
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
            <Tooltip content={noTip} cursor={{ fill: "var(--hover)" }} isAnimationActive={false} />
            <Readout node={node} rows={rows} names={names} format={format} isDays={isDays} />
          </BarChart>
        </ResponsiveContainer>
      </div>
    </div>
  );
}

function noTip(): null {
  return null;
}

function Labels({
  rows,
  ticks,
  format,
  isDays,
}: {
  readonly rows: readonly BarRow[];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  readonly isDays: boolean;
}): ReactNode {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (plot === undefined || x === undefined || y === undefined) return null;
  const every = Math.max(1, Math.ceil((rows.length * LABEL_WIDTH) / plot.width));
  const step = plot.width / Math.max(1, rows.length);
  return (
    <g aria-hidden="true" fontSize="11" fill="var(--ink-3)">
      {rows.map((row, index) =>
        index % every === 0 && step * (index + 0.5) > 20 && plot.width - step * (index + 0.5) > 20 ? (
          <text key={row.atMs} x={plot.x + step * (index + 0.5)} y={plot.y + plot.height + 14} textAnchor="middle">
            {isDays ? formatDay(row.atMs) : formatClockMinutes(row.atMs)}
          </text>
        ) : null,
      )}
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={plot.x} x2={plot.x + plot.width} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text x={plot.x + plot.width + 6} y={(y(tick) ?? 0) + 4}>
            {format(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}

function Readout({
  node,
  rows,
  names,
  format,
  isDays,
}: {
  readonly node: HTMLElement | null;
  readonly rows: readonly BarRow[];
  readonly names: { readonly first: string; readonly second: string | null };
  readonly format: (value: number) => string;
  readonly isDays: boolean;
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active);
  if (node === null) return null;
  return createPortal(
    <span className="flex flex-wrap items-center gap-x-3">
      {row !== undefined && (
        <b className="font-text text-ink">{isDays ? formatDay(row.atMs) : formatDayMinutes(row.atMs)}</b>
      )}
      <span className="inline-flex items-center gap-1.5">
        <span aria-hidden="true" className="inline-block h-2 w-3 bg-ink-3" />
        {names.first} {row !== undefined && <b className="font-text text-ink">{format(row.first)}</b>}
      </span>
      {names.second !== null && (
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden="true" className="inline-block h-2 w-3 border border-ink-2" />
          {names.second} {row !== undefined && <b className="font-text text-ink">{format(row.second)}</b>}
        </span>
      )}
    </span>,
    node,
  );
}
