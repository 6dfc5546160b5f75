// Earned and lost per period: gains filled up, losses outlined down, net as an ink line over them.
"use client";
import { useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import {
  Bar,
  BarChart,
  ReferenceLine,
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
import { formatSignedAxis, formatSignedUsd } from "@/lib/format/usd";
import { valueTicks } from "./axis-ticks";
import { PlotSurface } from "./time-axis";

export interface MoneyRow {
  readonly atMs: number;
  /** >= 0. */
  readonly gainUsd: number;
  /** <= 0. */
  readonly lossUsd: number;
  readonly netUsd: number;
}

export function MoneyChart({
  label,
  rows,
  names,
  isDays = true,
  height = 150,
}: {
  readonly label: string;
  readonly rows: readonly MoneyRow[];
  /** Rows are days; otherwise their labels are times of day. */
  readonly isDays?: boolean;
  readonly names: { readonly gain: string; readonly loss: string; readonly net: string };
  readonly height?: number;
}): ReactNode {
  const [node, setNode] = useState<HTMLElement | null>(null);
  const low = Math.min(0, ...rows.map((row) => Math.min(row.lossUsd, row.netUsd)));
  const high = Math.max(0, ...rows.map((row) => Math.max(row.gainUsd, row.netUsd)));
  const air = Math.max((high - low) * 0.045, 0.01);
  const domain = [low - air, high + air] as const;
  return (
    <div>
      <div ref={setNode} className="min-h-[18px] text-dense text-ink-3" />
      <div style={{ height }}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart
            data={[...rows]}
            margin={{ top: 4, right: 48, bottom: 20, left: 0 }}
            stackOffset="sign"
            title={label}
          >
            <XAxis dataKey="atMs" hide />
            <YAxis type="number" domain={[domain[0], domain[1]]} width={0} hide />
            <ZIndexLayer zIndex={-200}>
              <PlotSurface />
              <Labels rows={rows} domain={domain} isDays={isDays} />
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
            <Tooltip content={noTip} cursor={{ fill: "var(--hover)" }} isAnimationActive={false} />
            <Readout node={node} rows={rows} names={names} />
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
  domain,
  isDays,
}: {
  readonly rows: readonly MoneyRow[];
  readonly domain: readonly [number, number];
  readonly isDays: boolean;
}): ReactNode {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (plot === undefined || x === undefined || y === undefined) return null;
  const every = Math.max(1, Math.ceil((rows.length * 46) / plot.width));
  const step = plot.width / Math.max(1, rows.length);
  return (
    <g aria-hidden="true" fontSize="11" fill="var(--ink-3)">
      {rows.map((row, index) =>
        index % every === 0 && step * (index + 0.5) > 20 ? (
          <text key={row.atMs} x={plot.x + step * (index + 0.5)} y={plot.y + plot.height + 14} textAnchor="middle">
            {isDays ? formatDay(row.atMs) : formatClockMinutes(row.atMs)}
          </text>
        ) : null,
      )}
      {valueTicks(domain[0], domain[1], 3).map((tick) => (
        <g key={tick}>
          <line x1={plot.x} x2={plot.x + plot.width} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text x={plot.x + plot.width + 6} y={(y(tick) ?? 0) + 4}>
            {formatSignedAxis(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}

function NetLines({ rows }: { readonly rows: readonly MoneyRow[] }): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  if (plot === undefined || y === undefined) return null;
  const step = plot.width / Math.max(1, rows.length);
  const half = Math.min(20, step * 0.42);
  return (
    <g aria-hidden="true">
      {rows.map((row, index) => {
        const at = plot.x + step * (index + 0.5);
        return (
          <line
            key={row.atMs}
            x1={at - half}
            x2={at + half}
            y1={y(row.netUsd)}
            y2={y(row.netUsd)}
            stroke="var(--ink)"
            strokeWidth="2"
          />
        );
      })}
    </g>
  );
}

function Readout({
  node,
  rows,
  names,
}: {
  readonly node: HTMLElement | null;
  readonly rows: readonly MoneyRow[];
  readonly names: { readonly gain: string; readonly loss: string; readonly net: string };
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active);
  if (node === null || row === undefined) return null;
  return createPortal(
    <span className="flex flex-wrap gap-x-3">
      <b className="font-text text-ink">{formatDayMinutes(row.atMs)}</b>
      <span>
        {names.gain} <b className="font-text text-ink">{formatSignedUsd(row.gainUsd)}</b>
      </span>
      <span>
        {names.loss} <b className="font-text text-ink">{formatSignedUsd(row.lossUsd)}</b>
      </span>
      <span>
        {names.net} <b className="font-text text-ink">{formatSignedUsd(row.netUsd)}</b>
      </span>
    </span>,
    node,
  );
}
