// Layers of the price chart that the chart library does not have: range bands, the proposal, out-of-range hatch, depth, tags and the decisions lane.
"use client";
import Link from "next/link";
import { useId, type ReactNode } from "react";
import { usePlotArea, useXAxisScale, useYAxisScale } from "recharts";
import { formatPercent } from "@/lib/format/percent";
import { valueTicks } from "./axis-ticks";
import { outOfRangeStretches, type PricePoint, type RangeLife } from "./out-of-range";
import { placeTags } from "./place-tags";

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (atMs: number) => number;
  readonly y: (price: number) => number;
}

/** Scales and plot box; null until the chart is measured. Values beyond the plot are held at its border. */
function useFrame(): Frame | null {
  const plot = usePlotArea();
  const xScale = useXAxisScale();
  const yScale = useYAxisScale();
  if (plot === undefined || xScale === undefined || yScale === undefined) return null;
  const left = plot.x;
  const right = plot.x + plot.width;
  const top = plot.y;
  const bottom = plot.y + plot.height;
  return {
    left,
    right,
    top,
    bottom,
    x: (atMs) => Math.min(right, Math.max(left, xScale(atMs) ?? left)),
    y: (price) => Math.min(bottom, Math.max(top, yScale(price) ?? bottom)),
  };
}

export function RangeBands({
  lives,
  nowAtMs,
}: {
  readonly lives: readonly RangeLife[];
  readonly nowAtMs: number;
}): ReactNode {
  const frame = useFrame();
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
  const frame = useFrame();
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

export function OutOfRange({
  points,
  lives,
}: {
  readonly points: readonly PricePoint[];
  readonly lives: readonly RangeLife[];
}): ReactNode {
  const id = useId();
  const frame = useFrame();
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
  const frame = useFrame();
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
  readonly frame: Frame;
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

export interface DepthBucket {
  readonly lower: number;
  readonly upper: number;
  readonly usd: number;
  readonly oursUsd: number;
}

/** Height of a bar and the gap under it. */
const BAR = 4;
const BAR_STEP = 5;

/**
 * Bars share the price scale and each stands for the same stretch of it, so that their lengths compare; the loudest are clipped.
 * Ours is a column that says where; how much is said in words.
 */
export function DepthPane({
  buckets,
  nowAtMs,
  price,
}: {
  readonly buckets: readonly DepthBucket[];
  readonly nowAtMs: number;
  readonly price: number | null;
}): ReactNode {
  const frame = useFrame();
  if (frame === null || buckets.length === 0) return null;
  const left = frame.x(nowAtMs);
  const width = frame.right - left;
  if (width < 2 * BAR) return null;
  const bars = depthBars(buckets, frame);
  const sorted = bars.map((bar) => bar.density).toSorted((a, b) => a - b);
  const clip = sorted[Math.floor((sorted.length - 1) * 0.96)] ?? 0;
  const here = buckets.find((bucket) => price !== null && bucket.lower <= price && price < bucket.upper);
  const share = here === undefined || here.usd <= 0 || here.oursUsd <= 0 ? null : here.oursUsd / here.usd;
  if (!(clip > 0)) return null;
  return (
    <g aria-hidden="true">
      {bars.map((bar) => (
        <g key={bar.top}>
          <rect
            x={left + 8}
            y={bar.top}
            width={Math.min(1, bar.density / clip) * (width - 12)}
            height={BAR}
            fill="var(--ink-3)"
            fillOpacity=".3"
          />
          {bar.isOurs && <rect x={left} y={bar.top} width="6" height={BAR} fill="var(--tide)" />}
        </g>
      ))}
      <line x1={left} x2={left} y1={frame.top} y2={frame.bottom} stroke="var(--line-2)" />
      <rect x={frame.right - 62} y={frame.top} width="62" height="17" fill="var(--sunken)" />
      <text x={frame.right - 4} y={frame.top + 12} fontSize="11" textAnchor="end" fill="var(--ink-2)">
        {share === null ? "depth" : `ours ${formatPercent(share, 1)}`}
      </text>
    </g>
  );
}

interface DepthBar {
  readonly top: number;
  /** US dollars per unit of price. */
  readonly density: number;
  readonly isOurs: boolean;
}

/** One bar per few pixels of the plot, from the bucket that holds its middle. */
function depthBars(buckets: readonly DepthBucket[], frame: Frame): readonly DepthBar[] {
  const spans = buckets.map((bucket) => ({
    top: frame.y(bucket.upper),
    bottom: frame.y(bucket.lower),
    density: bucket.usd / (bucket.upper - bucket.lower),
    isOurs: bucket.oursUsd > 0,
  }));
  const bars: DepthBar[] = [];
  for (let top = frame.top; top + BAR <= frame.bottom; top += BAR_STEP) {
    const middle = top + BAR / 2;
    const inside = spans.filter((span) => span.top <= middle && middle < span.bottom);
    const density = inside.reduce((sum, span) => sum + span.density, 0);
    if (density > 0) bars.push({ top, density, isOurs: inside.some((span) => span.isOurs) });
  }
  return bars;
}

export interface PriceTag {
  readonly id: string;
  readonly price: number;
  readonly look: "price" | "edge" | "target";
}

const TAG_HEIGHT = 18;
const TAG_GAP = 19;
const GRID_GAP = 15;

export function PriceAxis({
  tags,
  format,
  domain,
}: {
  readonly tags: readonly PriceTag[];
  readonly format: (price: number) => string;
  readonly domain: readonly [number, number];
}): ReactNode {
  const frame = useFrame();
  if (frame === null) return null;
  const inside = tags.filter((tag) => tag.price >= domain[0] && tag.price <= domain[1]);
  const placed = placeTags(
    inside.map((tag) => ({ id: tag.id, y: frame.y(tag.price), fixed: tag.look === "price" })),
    TAG_GAP,
    frame.top,
    frame.bottom,
  );
  const spots = [...placed.values()];
  const ticks = valueTicks(domain[0], domain[1], 5);
  const x = frame.right + 5;
  const width = Math.max(52, ...inside.map((tag) => format(tag.price).length * 6.4 + 12));
  return (
    <g aria-hidden="true">
      {ticks.map((tick) => {
        const y = frame.y(tick);
        const hasRoom = spots.every((spot) => Math.abs(spot - y) >= GRID_GAP);
        return (
          <g key={tick}>
            <line x1={frame.left} x2={frame.right} y1={y} y2={y} stroke="var(--line)" />
            {hasRoom && (
              <text x={x + 6} y={y + 4} fontSize="11" fill="var(--ink-3)">
                {format(tick)}
              </text>
            )}
          </g>
        );
      })}
      {inside.map((tag) => {
        const at = frame.y(tag.price);
        const y = placed.get(tag.id) ?? at;
        return (
          <g key={tag.id}>
            {tag.look === "price" && (
              <line x1={frame.left} x2={frame.right} y1={at} y2={at} stroke="var(--ink-3)" strokeDasharray="1 3" />
            )}
            {Math.abs(y - at) > 1 && <path d={`M${frame.right} ${at}L${x} ${y}`} stroke="var(--ink-3)" />}
            {/* The price is told from the edges by its point, also where their colours are one grey. */}
            {tag.look === "price" && <path d={`M${x} ${y - 6}L${x - 5} ${y}L${x} ${y + 6}Z`} fill="var(--ink)" />}
            <rect
              x={x}
              y={y - TAG_HEIGHT / 2}
              width={width}
              height={TAG_HEIGHT}
              fill={tag.look === "price" ? "var(--ink)" : tag.look === "edge" ? "var(--tide)" : "var(--panel)"}
              stroke={tag.look === "target" ? "var(--prop)" : "none"}
              strokeDasharray={tag.look === "target" ? "3 2" : undefined}
            />
            <text
              x={x + 6}
              y={y + 4}
              fontSize="11"
              fontWeight="600"
              fill={tag.look === "target" ? "var(--prop)" : "var(--bg)"}
            >
              {format(tag.price)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

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
  const frame = useFrame();
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
