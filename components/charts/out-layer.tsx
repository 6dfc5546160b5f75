// Time out of range: hatch between price and edge, a strip on the floor, and the words where the price left.
"use client";
import { useId, type ReactNode } from "react";
import { outOfRangeStretches, type PricePoint, type RangeLife } from "./out-of-range";
import { usePriceFrame, type PriceFrame } from "./price-frame";

export function OutOfRange({
  points,
  lives,
}: {
  readonly points: readonly PricePoint[];
  readonly lives: readonly RangeLife[];
}): ReactNode {
  const id = useId();
  const frame = usePriceFrame();
  if (frame === null) return null;
  const stretches = outOfRangeStretches(points, lives);
  return (
    <g aria-hidden="true">
      <defs>
        <pattern id={id} width="4" height="8" patternUnits="userSpaceOnUse">
          <rect width="1.5" height="8" fill="var(--warn)" />
        </pattern>
      </defs>
      {stretches.map(({ points: run }, index) => {
        const first = run[0];
        const end = run.at(-1);
        if (first === undefined || end === undefined) return null;
        const forth = run.map((point) => `${frame.x(point.atMs)} ${frame.y(point.price)}`);
        const back = run.toReversed().map((point) => `${frame.x(point.atMs)} ${frame.y(point.edge)}`);
        const x1 = frame.x(first.atMs);
        return (
          <g key={index}>
            <path d={`M${[...forth, ...back].join("L")}Z`} fill={`url(#${id})`} fillOpacity=".75" />
            <rect
              x={x1 - 1}
              width={Math.max(3, frame.x(end.atMs) - x1 + 1)}
              y={frame.bottom - 4}
              height="4"
              fill="var(--warn)"
            />
          </g>
        );
      })}
    </g>
  );
}

/** Words at the point where the price left: "out 37 min"; the hatch alone is too thin. */
export function OutCallout({
  points,
  lives,
  text,
}: {
  readonly points: readonly PricePoint[];
  readonly lives: readonly RangeLife[];
  readonly text: string;
}): ReactNode {
  const frame = usePriceFrame();
  if (frame === null) return null;
  const left = outOfRangeStretches(points, lives).at(-1)?.points[0];
  if (left === undefined) return null;
  return (
    <g aria-hidden="true">
      <Callout frame={frame} x={frame.x(left.atMs)} y={frame.y(left.price)} text={text} />
    </g>
  );
}

function Callout({
  frame,
  x,
  y,
  text,
}: {
  readonly frame: PriceFrame;
  readonly x: number;
  readonly y: number;
  readonly text: string;
}): ReactNode {
  const width = 14 + text.length * 6;
  const left = x - width - 12 >= frame.left ? x - width - 12 : Math.min(frame.right - width, x + 12);
  const top = Math.min(frame.bottom - 26, Math.max(frame.top + 4, y - 9));
  return (
    <g>
      <path d={`M${x} ${y}L${left > x ? left : left + width} ${top + 9}`} stroke="var(--warn)" />
      <rect x={left} y={top} width={width} height="18" fill="var(--panel)" stroke="var(--warn)" />
      <text x={left + width / 2} y={top + 12.5} fontSize="11" textAnchor="middle" fill="var(--warn)">
        {text}
      </text>
    </g>
  );
}
