// The lane under the price: a mark for each decision that acted, as a link to it.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { usePriceFrame } from "./price-frame";

export interface DecisionMark {
  readonly id: string;
  readonly atMs: number;
  readonly look: "RS" | "PRA" | "manual" | "proposed";
  readonly label: string;
  readonly href: string;
}

/** Marks are links with a 24 px target; HOLD has none. */
export function DecisionLane({
  marks,
  lane,
}: {
  readonly marks: readonly DecisionMark[];
  readonly lane: number;
}): ReactNode {
  const frame = usePriceFrame();
  if (frame === null) return null;
  const y = frame.bottom + lane;
  return (
    <g>
      {marks.map((mark) => {
        const x = frame.x(mark.atMs);
        return (
          <g key={mark.id}>
            <line
              x1={x}
              x2={x}
              y1={frame.top}
              y2={frame.bottom}
              stroke="var(--line-2)"
              strokeDasharray="2 3"
              aria-hidden="true"
            />
            <Link href={mark.href} aria-label={mark.label} className="[&:hover>path]:fill-ink">
              <title>{mark.label}</title>
              <rect x={x - 12} y={y - 12} width="24" height="24" fill="transparent" />
              <path d={SHAPE[mark.look](x, y)} {...FILL[mark.look]} strokeWidth="1.4" />
            </Link>
          </g>
        );
      })}
    </g>
  );
}

const FILL = {
  RS: { fill: "var(--tide)" },
  PRA: { fill: "var(--tide)" },
  manual: { fill: "var(--tide)" },
  proposed: { fill: "var(--panel)", stroke: "var(--prop)" },
} as const;
const SHAPE = {
  RS: (x: number, y: number) => `M${x} ${y - 5.5}L${x + 5.5} ${y}L${x} ${y + 5.5}L${x - 5.5} ${y}Z`,
  PRA: (x: number, y: number) => `M${x - 4.5} ${y - 4.5}h9v9h-9Z`,
  manual: (x: number, y: number) => `M${x} ${y - 5.5}l5.5 4l-2.1 6.5h-6.8l-2.1 -6.5Z`,
  proposed: (x: number, y: number) => `M${x} ${y - 5.5}L${x + 5.5} ${y}L${x} ${y + 5.5}L${x - 5.5} ${y}Z`,
} as const;
