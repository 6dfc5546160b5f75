// Candles of the price chart: hollow when the price rose, filled when it fell; colour is for money and ownership only.
"use client";
import type { ReactNode } from "react";
import { usePlotArea, useXAxisScale, useYAxisScale } from "recharts";

export interface Candle {
  readonly closeAtMs: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

const MOST_WIDTH = 9;
const GAP_FRAC = 0.3;

export function CandleLayer({
  candles,
  tfMs,
}: {
  readonly candles: readonly Candle[];
  readonly tfMs: number;
}): ReactNode {
  const plot = usePlotArea();
  const x = useXAxisScale();
  const y = useYAxisScale();
  const first = candles[0];
  if (plot === undefined || x === undefined || y === undefined || first === undefined) return null;
  const step = (x(first.closeAtMs + tfMs) ?? 0) - (x(first.closeAtMs) ?? 0);
  const width = Math.max(1.5, Math.min(MOST_WIDTH, step * (1 - GAP_FRAC)));
  const at = (price: number): number => Math.min(plot.y + plot.height, Math.max(plot.y, y(price) ?? plot.y));
  return (
    <g aria-hidden="true" stroke="var(--ink)" strokeWidth="1">
      {candles.map((candle) => {
        const middle = x(candle.closeAtMs - tfMs / 2);
        if (middle === undefined || middle < plot.x || middle > plot.x + plot.width) return null;
        const [top, bottom] = [at(Math.max(candle.open, candle.close)), at(Math.min(candle.open, candle.close))];
        const rose = candle.close >= candle.open;
        return (
          <g key={candle.closeAtMs}>
            <path d={`M${middle} ${at(candle.high)}V${top}M${middle} ${bottom}V${at(candle.low)}`} />
            <rect
              x={middle - width / 2}
              y={top}
              width={width}
              height={Math.max(1, bottom - top)}
              fill={rose ? "var(--sunken)" : "var(--ink)"}
            />
          </g>
        );
      })}
    </g>
  );
}
