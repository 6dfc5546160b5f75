// Lines over time inside a chart, drawn from all rows at the plot's own scale, with a dot on each under the crosshair.
"use client";
import { useId, useMemo, type ReactNode } from "react";
import { useActiveTooltipLabel, usePlotArea, useXAxisScale, useYAxisScale } from "recharts";
import { linePath } from "./line-path";

export interface LineLook<K extends string = string> {
  readonly key: K;
  /** A colour; "none" draws the dot only. */
  readonly stroke: string;
  readonly width: number;
  readonly opacity?: number;
  readonly dash?: string;
  /** `step` holds a value until the next one. */
  readonly shape?: "linear" | "step";
  /** Radius of the dot under the crosshair; none when missing. */
  readonly dot?: number;
}

interface Props<T> {
  readonly rows: readonly T[];
  readonly lines: readonly LineLook<keyof T & string>[];
}

/** The chart library's own line prepares labels and lengths for every point, which nobody sees: this one costs a path. */
export function LinesLayer<T extends { readonly atMs: number }>({ rows, lines }: Props<T>): ReactNode {
  const clip = useId();
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  const paths = useMemo(
    () =>
      x === undefined || y === undefined
        ? []
        : lines.map((line) => ({
            line,
            d: linePath(
              rows.map((row) => {
                const value = row[line.key];
                return { x: x(row.atMs) ?? 0, y: typeof value === "number" ? (y(value) ?? null) : null };
              }),
              line.shape,
            ),
          })),
    [rows, lines, x, y],
  );
  if (plot === undefined) return null;
  return (
    <g aria-hidden="true">
      <clipPath id={clip}>
        <rect x={plot.x} y={plot.y - 1} width={plot.width} height={plot.height + 2} />
      </clipPath>
      <g clipPath={`url(#${clip})`} fill="none">
        {paths.map(({ line, d }) => (
          <path
            key={line.key}
            d={d}
            stroke={line.stroke}
            strokeWidth={line.width}
            strokeOpacity={line.opacity}
            strokeDasharray={line.dash}
            strokeLinecap={line.dash === undefined ? "round" : undefined}
          />
        ))}
      </g>
      <Dots rows={rows} lines={lines} />
    </g>
  );
}

/** Follows the crosshair without drawing the lines again. */
function Dots<T extends { readonly atMs: number }>({ rows, lines }: Props<T>): ReactNode {
  const active = useActiveTooltipLabel();
  const x = useXAxisScale();
  const y = useYAxisScale();
  const row = active === undefined ? undefined : rows.find((each) => each.atMs === active);
  const left = row === undefined ? undefined : x?.(row.atMs);
  if (row === undefined || left === undefined) return null;
  return lines.map((line) => {
    const value = row[line.key];
    const top = typeof value === "number" ? y?.(value) : undefined;
    if (line.dot === undefined || top === undefined) return null;
    const fill = line.stroke === "none" ? "var(--ink)" : line.stroke;
    return <circle key={line.key} cx={left} cy={top} r={line.dot} fill={fill} stroke="var(--bg)" />;
  });
}
