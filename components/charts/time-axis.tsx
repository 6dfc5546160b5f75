// Bottom labels of a time axis, drawn inside a chart at the plot's own scale.
"use client";
import type { ReactNode } from "react";
import { usePlotArea, useXAxisScale } from "recharts";
import { formatClockMinutes, formatDay } from "@/lib/format/time";
import { timeTicks } from "./axis-ticks";

const LABEL_WIDTH = 76;

export function TimeAxis({
  fromAtMs,
  toAtMs,
  offset = 14,
  hasGrid = true,
}: {
  readonly fromAtMs: number;
  readonly toAtMs: number;
  /** Baseline of the labels below the plot. */
  readonly offset?: number;
  readonly hasGrid?: boolean;
}): ReactNode {
  const plot = usePlotArea();
  const x = useXAxisScale();
  if (plot === undefined || x === undefined) return null;
  const end = x(toAtMs) ?? plot.x + plot.width;
  const { atMs, isDays } = timeTicks(fromAtMs, toAtMs, Math.max(2, Math.floor((end - plot.x) / LABEL_WIDTH)));
  return (
    <g aria-hidden="true">
      {atMs.map((at) => {
        const left = x(at);
        if (left === undefined) return null;
        const isMidnight = at % 86_400_000 === 0;
        const isEdge = left - plot.x < 18 || plot.x + plot.width - left < 18;
        return (
          <g key={at}>
            {hasGrid && (
              <line
                x1={left}
                x2={left}
                y1={plot.y}
                y2={plot.y + plot.height}
                stroke="var(--line)"
                strokeDasharray={isMidnight ? undefined : "2 3"}
              />
            )}
            {!isEdge && (
              <text x={left} y={plot.y + plot.height + offset} textAnchor="middle" fontSize="11" fill="var(--ink-3)">
                {isDays || isMidnight ? formatDay(at) : formatClockMinutes(at)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** The plot's own surface, behind everything. */
export function PlotSurface(): ReactNode {
  const plot = usePlotArea();
  if (plot === undefined) return null;
  return <rect x={plot.x} y={plot.y} width={plot.width} height={plot.height} fill="var(--sunken)" />;
}
