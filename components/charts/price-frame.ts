// Scales and plot box of the price chart, for the layers that the chart library does not have.
"use client";
import { usePlotArea, useXAxisScale, useYAxisScale } from "recharts";

export interface PriceFrame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (atMs: number) => number;
  readonly y: (price: number) => number;
}

/** Scales and plot box; null until the chart is measured. Values beyond the plot are held at its border. */
export function usePriceFrame(): PriceFrame | null {
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
