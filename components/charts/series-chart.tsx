// A small chart of one or more lines over time: labels at the lines' ends, an optional threshold, a readout by pointer or arrow keys.
"use client";
import type { ReactNode } from "react";
import {
  LineChart,
  ReferenceLine,
  useActiveTooltipLabel,
  usePlotArea,
  useYAxisScale,
  XAxis,
  YAxis,
  ZIndexLayer,
} from "recharts";
import { formatDayMinutes } from "@/lib/format/time";
import { valueTicks } from "./axis-ticks";
import { ChartBox, Crosshair, Figure, Words } from "./chart-box";
import { syncProps } from "./chart-sync";
import { LinesLayer } from "./lines-layer";
import { placeTags } from "./place-tags";
import { thin } from "./thin";
import { PlotSurface, TimeAxis } from "./time-axis";

export interface Series {
  readonly key: string;
  readonly label: string;
  /** Colour role: "ink", "pos", "neg", "ink-3", "tide", "prop". */
  readonly role: "ink" | "ink-2" | "ink-3" | "pos" | "neg" | "tide" | "prop";
  readonly dashed?: boolean;
  readonly bold?: boolean;
}

export type SeriesRow = { readonly atMs: number } & Readonly<Record<string, number | null>>;

export function SeriesChart({
  label,
  rows,
  series,
  format,
  threshold = null,
  hasZero = false,
  height = 150,
  rightMargin = 96,
  hasEndLabels = true,
  ticks = 0,
  syncId,
  fromAtMs,
  toAtMs,
}: {
  readonly label: string;
  readonly rows: readonly SeriesRow[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly threshold?: { readonly value: number; readonly label: string } | null;
  readonly hasZero?: boolean;
  readonly height?: number;
  readonly rightMargin?: number;
  readonly hasEndLabels?: boolean;
  /** Horizontal grid lines with their value, about this many. */
  readonly ticks?: number;
  /** Charts with the same id share the crosshair. */
  readonly syncId?: string;
  /** The stretch of time shown; that of the rows when missing. */
  readonly fromAtMs?: number;
  readonly toAtMs?: number;
}): ReactNode {
  const shown = thin(rows);
  const from = fromAtMs ?? shown[0]?.atMs ?? 0;
  const to = toAtMs ?? shown.at(-1)?.atMs ?? 1;
  const [low, high] = domainOf(rows, series, threshold?.value ?? null, hasZero);
  return (
    <ChartBox height={height}>
      {(words) => (
        <LineChart
          data={[...shown]}
          margin={{ top: 4, right: rightMargin, bottom: 20, left: 0 }}
          title={label}
          {...syncProps(syncId)}
        >
          <XAxis dataKey="atMs" type="number" domain={[from, to]} hide allowDataOverflow />
          <YAxis type="number" domain={[low, high]} width={0} hide allowDataOverflow />
          <ZIndexLayer zIndex={-200}>
            <PlotSurface />
            <TimeAxis fromAtMs={from} toAtMs={to} />
            {ticks > 0 && <ValueGrid values={valueTicks(low, high, ticks)} />}
          </ZIndexLayer>
          {ticks > 0 && (
            <ZIndexLayer zIndex={1100}>
              <ValueLabels values={valueTicks(low, high, ticks)} format={format} />
            </ZIndexLayer>
          )}
          {hasZero && <ReferenceLine y={0} stroke="var(--line-2)" />}
          {threshold !== null && (
            <ReferenceLine
              y={threshold.value}
              stroke="var(--ink-3)"
              strokeDasharray="4 3"
              label={{ value: threshold.label, position: "right", fontSize: 11, fill: "var(--ink-2)" }}
            />
          )}
          <ZIndexLayer zIndex={400}>
            <LinesLayer
              rows={rows}
              lines={series.map((each) => ({
                key: each.key,
                stroke: `var(--${each.role})`,
                width: each.bold === true ? 1.8 : 1.2,
                dot: 2.5,
                ...(each.dashed === true ? { dash: "4 3" } : {}),
              }))}
            />
          </ZIndexLayer>
          <Crosshair look="line" />
          {hasEndLabels && (
            <ZIndexLayer zIndex={1200}>
              <EndLabels rows={rows} series={series} format={format} />
            </ZIndexLayer>
          )}
          <Readout into={words} rows={shown} series={series} format={format} />
        </LineChart>
      )}
    </ChartBox>
  );
}

function ValueGrid({ values }: { readonly values: readonly number[] }): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  if (plot === undefined || y === undefined) return null;
  return (
    <g aria-hidden="true">
      {values.map((value) => (
        <line
          key={value}
          x1={plot.x}
          x2={plot.x + plot.width}
          y1={y(value) ?? plot.y}
          y2={y(value) ?? plot.y}
          stroke="var(--line)"
        />
      ))}
    </g>
  );
}

/** On the lines, not beside them: the right side belongs to the lines' names. */
function ValueLabels({
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
    <g aria-hidden="true">
      {values.map((value) => (
        <text
          key={value}
          x={plot.x + 4}
          // Under the line where there is no room above it.
          y={(y(value) ?? plot.y) + ((y(value) ?? plot.y) - plot.y < 14 ? 11 : -3)}
          fontSize="11"
          fill="var(--ink-3)"
          stroke="var(--sunken)"
          strokeWidth="3"
          paintOrder="stroke"
        >
          {format(value)}
        </text>
      ))}
    </g>
  );
}

function EndLabels({
  rows,
  series,
  format,
}: {
  readonly rows: readonly SeriesRow[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  if (plot === undefined || y === undefined) return null;
  const ends = series.flatMap((each) => {
    const value = rows.findLast((row) => typeof row[each.key] === "number")?.[each.key];
    return typeof value === "number" ? [{ each, value, at: y(value) ?? plot.y }] : [];
  });
  const placed = placeTags(
    ends.map(({ each, at }) => ({ id: each.key, y: at, fixed: false })),
    13,
    plot.y + 4,
    plot.y + plot.height - 2,
  );
  return (
    <g aria-hidden="true">
      {ends.map(({ each, value, at }) => (
        <text
          key={each.key}
          x={plot.x + plot.width + 6}
          y={(placed.get(each.key) ?? at) + 4}
          fontSize="11"
          fill={`var(--${each.role})`}
        >
          {each.label} {format(value)}
        </text>
      ))}
    </g>
  );
}

function Readout({
  into,
  rows,
  series,
  format,
}: {
  readonly into: HTMLElement | null;
  readonly rows: readonly SeriesRow[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}): ReactNode {
  const active = useActiveTooltipLabel();
  const row = rows.find((each) => each.atMs === active);
  if (row === undefined) return null;
  return (
    <Words into={into}>
      <b className="font-text text-ink">{formatDayMinutes(row.atMs)}</b>
      {series.map(({ key, label }) => {
        const value = row[key];
        return <Figure key={key} name={label} value={typeof value === "number" ? format(value) : "–"} />;
      })}
    </Words>
  );
}

function domainOf(
  rows: readonly SeriesRow[],
  series: readonly Series[],
  threshold: number | null,
  hasZero: boolean,
): readonly [number, number] {
  let low = hasZero ? 0 : Number.POSITIVE_INFINITY;
  let high = hasZero ? 0 : Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    for (const { key } of series) {
      const value = row[key];
      if (typeof value !== "number") continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (threshold !== null) {
    low = Math.min(low, threshold);
    high = Math.max(high, threshold);
  }
  if (!(high >= low)) return [0, 1];
  const air = Math.max((high - low) * 0.045, Math.abs(high) * 1e-6, 1e-9);
  return [low - air, high + air];
}
