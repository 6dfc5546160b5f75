// Liquidity right of now, on the chart's own price scale, with the part that is ours.
"use client";
import type { ReactNode } from "react";
import { formatPercent } from "@/lib/format/percent";
import { usePriceFrame, type PriceFrame } from "./price-frame";

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
  const frame = usePriceFrame();
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
function depthBars(buckets: readonly DepthBucket[], frame: PriceFrame): readonly DepthBar[] {
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
