// Volatility, momentum and trend force on the same time axis as the price above.
"use client";
import { memo, type ReactNode } from "react";
import { LineChart, ReferenceLine, ResponsiveContainer, XAxis, YAxis, ZIndexLayer } from "recharts";
import { formatFixed } from "@/lib/format/number";
import { Crosshair } from "./chart-box";
import { syncProps } from "./chart-sync";
import { LinesLayer } from "./lines-layer";
import { PANE_FRAC, TAG_MARGIN } from "./price-range-chart";
import { thin } from "./thin";
import { PlotSurface, TimeAxis } from "./time-axis";

export interface ForceRow {
  readonly atMs: number;
  readonly v: number | null;
  readonly m: number | null;
  readonly t: number | null;
}

const LANES = [
  { key: "v", name: "Volatility", guides: [] },
  { key: "m", name: "Momentum", guides: [30, 70] },
  { key: "t", name: "Trend", guides: [40, 60] },
] as const;

export const ForcesChart = memo(function ForcesChart({
  rows,
  fromAtMs,
  nowAtMs,
  syncId,
}: {
  readonly rows: readonly ForceRow[];
  readonly fromAtMs: number;
  readonly nowAtMs: number;
  readonly syncId: string;
}): ReactNode {
  const inWindow = rows.filter((row) => row.atMs >= fromAtMs);
  const shown = thin(inWindow);
  const end = nowAtMs + (nowAtMs - fromAtMs) * PANE_FRAC;
  return (
    <div>
      {LANES.map(({ key, name, guides }, index) => {
        const isLast = index === LANES.length - 1;
        const value = inWindow.findLast((row) => row[key] !== null)?.[key] ?? null;
        const [low, high] = laneDomain(inWindow, key, guides);
        return (
          <div key={key} className="relative" style={{ height: isLast ? 68 : 49 }}>
            <span className="absolute top-1.5 left-1 z-10 bg-sunken px-1 text-micro text-ink-3">
              {name} <b className="font-strong text-ink">{formatFixed(value, 0)}</b>
            </span>
            <ResponsiveContainer width="100%" height="100%">
              <LineChart
                data={shown}
                margin={{ top: 5, right: TAG_MARGIN, bottom: isLast ? 24 : 5, left: 0 }}
                {...syncProps(syncId)}
                title={`${name} force, now ${formatFixed(value, 0)} of 100`}
                accessibilityLayer={false}
                role="img"
              >
                <XAxis dataKey="atMs" type="number" domain={[fromAtMs, end]} hide allowDataOverflow />
                <YAxis type="number" domain={[low, high]} width={0} hide allowDataOverflow />
                <ZIndexLayer zIndex={-200}>
                  <PlotSurface />
                  <TimeAxis fromAtMs={fromAtMs} toAtMs={isLast ? nowAtMs : fromAtMs} hasGrid={false} />
                </ZIndexLayer>
                {guides.map((guide) => (
                  <ReferenceLine
                    key={guide}
                    y={guide}
                    stroke="var(--line-2)"
                    strokeDasharray="2 3"
                    label={{ value: String(guide), position: "right", fontSize: 11, fill: "var(--ink-3)" }}
                  />
                ))}
                <ZIndexLayer zIndex={400}>
                  <LinesLayer rows={inWindow} lines={[{ key, stroke: "var(--ink-2)", width: 1.2, dot: 2.5 }]} />
                </ZIndexLayer>
                <Crosshair look="line" />
              </LineChart>
            </ResponsiveContainer>
          </div>
        );
      })}
    </div>
  );
});

function laneDomain(
  rows: readonly ForceRow[],
  key: "v" | "m" | "t",
  guides: readonly number[],
): readonly [number, number] {
  const values = [...rows.flatMap((row) => (row[key] === null ? [] : [row[key]])), ...guides];
  if (values.length === 0) return [0, 100];
  const low = values.reduce((min, value) => Math.min(min, value));
  const high = values.reduce((max, value) => Math.max(max, value));
  const air = Math.max(1, (high - low) * 0.08);
  return [low - air, high + air];
}
