// Amounts on top of each other over time: ours in steps of one hue, what lies idle hatched, names at the right end.
"use client";
import { useId, type ReactNode } from "react";
import { Area, AreaChart, useActiveTooltipLabel, XAxis, YAxis, ZIndexLayer } from "recharts";
import { formatDayMinutes } from "@/lib/format/time";
import { valueTicks } from "./axis-ticks";
import { ChartBox, Crosshair, Figure, Words } from "./chart-box";
import { syncProps } from "./chart-sync";
import { ValueAxis } from "./period-axis";
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
  const hatch = useId();
  const shown = thin(rows);
  const most = shown.reduce((max, row) => Math.max(max, totalOf(row, layers)), 0);
  const high = most > 0 ? most * 1.045 : 1;
  return (
    <ChartBox height={height} isLegend>
      {(words) => (
        <AreaChart
          data={[...shown]}
          margin={{ top: 4, right: LABEL_MARGIN, bottom: 20, left: 0 }}
          title={label}
          {...syncProps(syncId)}
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
            <ValueAxis ticks={valueTicks(0, high, 3)} format={format} />
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
              fillOpacity={layer.look === "idle" ? 0.7 : shadeOf(index)}
              isAnimationActive={false}
              activeDot={false}
              connectNulls={false}
            />
          ))}
          <Crosshair look="line" />
          <Readout into={words} rows={shown} layers={layers} format={format} />
        </AreaChart>
      )}
    </ChartBox>
  );
}

function totalOf(row: StackRow, layers: readonly Layer[]): number {
  return layers.reduce((sum, { key }) => sum + (row[key] ?? 0), 0);
}

/** Legend and readout in one: the newest row until the crosshair picks another. */
function Readout({
  into,
  rows,
  layers,
  format,
}: {
  readonly into: HTMLElement | null;
  readonly rows: readonly StackRow[];
  readonly layers: readonly Layer[];
  readonly format: (value: number) => string;
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active) ?? rows.at(-1);
  if (row === undefined) return null;
  return (
    <Words into={into}>
      <b className="font-text text-ink">{formatDayMinutes(row.atMs)}</b>
      {layers.map((layer, index) => {
        const value = row[layer.key];
        return (
          <Figure
            key={layer.key}
            name={
              <>
                <Swatch layer={layer} index={index} />
                <span className="max-w-48 truncate" title={layer.label}>
                  {layer.label}
                </span>
              </>
            }
            value={typeof value === "number" ? format(value) : "–"}
          />
        );
      })}
    </Words>
  );
}

function Swatch({ layer, index }: { readonly layer: Layer; readonly index: number }): ReactNode {
  const fill = `color-mix(in srgb, var(--tide) ${100 * shadeOf(index)}%, transparent)`;
  return layer.look === "idle" ? (
    <span aria-hidden="true" className="inline-block h-2.5 w-3 shrink-0 border border-ink-3 hatch-idle" />
  ) : (
    <span
      aria-hidden="true"
      className="inline-block h-2.5 w-3 shrink-0 border border-tide"
      style={{ backgroundColor: fill }}
    />
  );
}

function shadeOf(index: number): number {
  return SHADES[Math.min(index, SHADES.length - 1)] ?? 0.12;
}
