// Our ranges as bands over the time they were open, and the target from now on.
"use client";
import { useId, type ReactNode } from "react";
import type { RangeLife } from "./out-of-range";
import { usePriceFrame } from "./price-frame";

export function RangeBands({
  lives,
  nowAtMs,
}: {
  readonly lives: readonly RangeLife[];
  readonly nowAtMs: number;
}): ReactNode {
  const frame = usePriceFrame();
  if (frame === null) return null;
  return (
    <g aria-hidden="true">
      {lives.map((life, index) => {
        const isOpen = life.toAtMs === null;
        const x1 = frame.x(life.fromAtMs);
        const x2 = frame.x(life.toAtMs ?? nowAtMs);
        if (x2 - x1 < 0.5) return null;
        const top = frame.y(life.upper);
        const bottom = frame.y(life.lower);
        return (
          <g key={index}>
            <rect
              x={x1}
              y={top}
              width={x2 - x1}
              height={bottom - top}
              fill="var(--tide)"
              fillOpacity={isOpen ? 0.16 : 0.09}
            />
            <path
              d={`M${x1} ${top}H${x2}M${x1} ${bottom}H${x2}`}
              stroke="var(--tide)"
              strokeWidth={isOpen ? 2 : 1.25}
              strokeOpacity={isOpen ? 1 : 0.7}
            />
          </g>
        );
      })}
    </g>
  );
}

/** The target from now on: hatched, dashed edges, right of now only. */
export function ProposalBand({
  lower,
  upper,
  nowAtMs,
}: {
  readonly lower: number;
  readonly upper: number;
  readonly nowAtMs: number;
}): ReactNode {
  const id = useId();
  const frame = usePriceFrame();
  if (frame === null) return null;
  const x1 = frame.x(nowAtMs);
  const top = frame.y(upper);
  const bottom = frame.y(lower);
  return (
    <g aria-hidden="true">
      <defs>
        <pattern id={id} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="1" height="7" fill="var(--prop)" />
        </pattern>
      </defs>
      <rect x={x1} y={top} width={frame.right - x1} height={bottom - top} fill={`url(#${id})`} fillOpacity=".38" />
      <path
        d={`M${x1} ${top}H${frame.right}M${x1} ${bottom}H${frame.right}`}
        stroke="var(--prop)"
        strokeWidth="1.5"
        strokeDasharray="5 3"
      />
    </g>
  );
}
