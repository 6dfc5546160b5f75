// The axes of bars: a label under as many periods as there is room for, and the values at the right end of their lines.
"use client";
import type { ReactNode } from "react";
import { usePlotArea, useYAxisScale } from "recharts";
import { formatClockMinutes, formatDay, formatDayMinutes } from "@/lib/format/time";

/** Labels need this much room. */
const LABEL_WIDTH = 46;
/** Half a label: nearer to the plot's edge it would be cut. */
const LABEL_EDGE = 20;

/** Middle of a period and how far periods are apart, in the plot. */
export function useBands(count: number): { readonly step: number; readonly middle: (index: number) => number } | null {
  const plot = usePlotArea();
  if (plot === undefined) return null;
  const step = plot.width / Math.max(1, count);
  return { step, middle: (index) => plot.x + step * (index + 0.5) };
}

/** What a period is called beside its figures. */
export function periodName(atMs: number, isDays: boolean): string {
  return isDays ? formatDay(atMs) : formatDayMinutes(atMs);
}

export function PeriodAxis({
  rows,
  ticks,
  format,
  isDays,
}: {
  readonly rows: readonly { readonly atMs: number }[];
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  /** Rows are days; otherwise their labels are times of day. */
  readonly isDays: boolean;
}): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  const bands = useBands(rows.length);
  if (plot === undefined || y === undefined || bands === null) return null;
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / bands.step));
  return (
    <g aria-hidden="true" fontSize="11" fill="var(--ink-3)">
      {rows.map(({ atMs }, index) => {
        const middle = bands.middle(index);
        const isCut = middle - plot.x <= LABEL_EDGE || plot.x + plot.width - middle <= LABEL_EDGE;
        return index % every !== 0 || isCut ? null : (
          <text key={atMs} x={middle} y={plot.y + plot.height + 14} textAnchor="middle">
            {isDays ? formatDay(atMs) : formatClockMinutes(atMs)}
          </text>
        );
      })}
      <ValueAxis ticks={ticks} format={format} />
    </g>
  );
}

/** Horizontal lines with their value right of the plot. */
export function ValueAxis({
  ticks,
  format,
}: {
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}): ReactNode {
  const plot = usePlotArea();
  const y = useYAxisScale();
  if (plot === undefined || y === undefined) return null;
  return (
    <g aria-hidden="true" fontSize="11" fill="var(--ink-3)">
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
