// Amounts on top of each other over time: ours in steps of one hue, what lies idle hatched, names at the right end.
"use client";
import { useId, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import {
  Area,
  AreaChart,
  ResponsiveContainer,
  Tooltip,
  useActiveTooltipLabel,
  usePlotArea,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from "recharts";
import { formatDayMinutes } from "@/lib/format/time";
import { valueTicks } from "./axis-ticks";
import { thin } from "./thin";
import { PlotSurface, TimeAxis } from "./time-axis";

export interface Layer {
  readonly key: string;
  readonly label: string;
  readonly look: "ours" | "idle";
}

export type StackRow = { readonly atMs: number } & Readonly<Record<string, number | null>>;

/** Strongest at the bottom; the edges of the layers keep them apart where the shades are close. */
const SHADES = [0.62, 0.42, 0.28, 0.18, 0.12] as const;
const LABEL_MARGIN = 52;

export function StackChart({
  label,
  rows,
  layers,
  format,
  fromAtMs,
  toAtMs,
  height = 150,
  syncId,
}: {
  readonly label: string;
  readonly rows: readonly StackRow[];
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly format: (value: number) => string;
  readonly fromAtMs: number;
  readonly toAtMs: number;
  readonly height?: number;
  readonly syncId?: string;
}): ReactNode {
  const [node, setNode] = useState<HTMLElement | null>(null);
  const hatch = useId();
  const shown = thin(rows);
  const most = shown.reduce((max, row) => Math.max(max, totalOf(row, layers)), 0);
  const high = most > 0 ? most * 1.045 : 1;
  return (
    <div>
      <div ref={setNode} className="min-h-[18px] text-dense text-ink-3" />
      <div style={{ height }}>
        <ResponsiveContainer width="100%" height="100%">
          <AreaChart
            data={[...shown]}
            margin={{ top: 4, right: LABEL_MARGIN, bottom: 20, left: 0 }}
            title={label}
            {...(syncId === undefined ? {} : { syncId, syncMethod: "value" as const })}
          >
            <XAxis dataKey="atMs" type="number" domain={[fromAtMs, toAtMs]} hide allowDataOverflow />
            <YAxis type="number" domain={[0, high]} width={0} hide />
            <defs>
              <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="1" height="5" fill="var(--ink-3)" />
              </pattern>
            </defs>
            <ZIndexLayer zIndex={-200}>
              <PlotSurface />
              <TimeAxis fromAtMs={fromAtMs} toAtMs={toAtMs} />
              <Values values={valueTicks(0, high, 3)} format={format} />
            </ZIndexLayer>
            {layers.map((layer, index) => (
              <Area
                key={layer.key}
                dataKey={layer.key}
                name={layer.label}
                stackId="all"
                type="stepAfter"
                stroke={layer.look === "idle" ? "var(--ink-3)" : "var(--tide)"}
                strokeWidth={1.2}
                fill={layer.look === "idle" ? `url(#${hatch})` : "var(--tide)"}
                fillOpacity={layer.look === "idle" ? 0.7 : (SHADES[Math.min(index, SHADES.length - 1)] ?? 0.12)}
                isAnimationActive={false}
                activeDot={false}
                connectNulls={false}
              />
            ))}
            <Tooltip
              content={noTip}
              cursor={{ stroke: "var(--ink-3)", strokeDasharray: "2 2" }}
              isAnimationActive={false}
            />
            <Readout node={node} rows={shown} layers={layers} format={format} />
          </AreaChart>
        </ResponsiveContainer>
      </div>
    </div>
  );
}

function noTip(): null {
  return null;
}

function totalOf(row: StackRow, layers: readonly Layer[]): number {
  return layers.reduce((sum, { key }) => sum + (row[key] ?? 0), 0);
}

function Values({
  values,
  format,
}: {
  readonly values: readonly number[];
  readonly format: (value: number) => string;
}): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  if (plot === undefined || y === undefined) return null;
  return (
    <g aria-hidden="true" fontSize="11" fill="var(--ink-3)">
      {values.map((value) => (
        <g key={value}>
          <line x1={plot.x} x2={plot.x + plot.width} y1={y(value)} y2={y(value)} stroke="var(--line)" />
          <text x={plot.x + plot.width + 6} y={(y(value) ?? 0) + 4}>
            {format(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Legend and readout in one: the newest row until the crosshair picks another. */
function Readout({
  node,
  rows,
  layers,
  format,
}: {
  readonly node: HTMLElement | null;
  readonly rows: readonly StackRow[];
  readonly layers: readonly Layer[];
  readonly format: (value: number) => string;
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active) ?? rows.at(-1);
  if (node === null || row === undefined) return null;
  return createPortal(
    <span className="mb-1.5 flex flex-wrap gap-x-3">
      <b className="font-text text-ink">{formatDayMinutes(row.atMs)}</b>
      {layers.map((layer, index) => {
        const value = row[layer.key];
        return (
          <span key={layer.key} className="inline-flex min-w-0 items-center gap-1.5">
            <span
              aria-hidden="true"
              className={
                layer.look === "idle"
                  ? "inline-block h-2.5 w-3 border border-ink-3 hatch-idle"
                  : "inline-block h-2.5 w-3 border border-tide"
              }
              style={
                layer.look === "idle"
                  ? undefined
                  : {
                      backgroundColor: `color-mix(in srgb, var(--tide) ${100 * (SHADES[Math.min(index, SHADES.length - 1)] ?? 0.12)}%, transparent)`,
                    }
              }
            />
            <span className="max-w-48 truncate" title={layer.label}>
              {layer.label}
            </span>{" "}
            <b className="font-text text-ink">{typeof value === "number" ? format(value) : "–"}</b>
          </span>
        );
      })}
    </span>,
    node,
  );
}
