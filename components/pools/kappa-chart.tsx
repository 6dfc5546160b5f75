// Kappa of a pool over its epochs: measured solid, estimated dashed, the line at which it pays what it loses.
"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { SeriesChart } from "@/components/charts/series-chart";
import type { KappaPoint } from "@/lib/api/schemas";
import { formatFixed } from "@/lib/format/number";
import { formatDayMinutes, formatIso } from "@/lib/format/time";

export function KappaChart({
  title,
  points,
  fileName,
  height = 190,
}: {
  readonly title: string;
  readonly points: readonly KappaPoint[];
  readonly fileName: string;
  readonly height?: number;
}): ReactNode {
  const rows = points.map((point) => ({
    atMs: point.marketAtMs,
    measured: point.source === "measured" ? point.kappa : null,
    estimated: point.source === "estimated" ? point.kappa : null,
    low: point.kappaMin,
    high: point.kappaMax,
  }));
  const known = rows.filter((row) => row.measured !== null || row.estimated !== null);
  const hasMeasured = rows.some((row) => row.measured !== null);
  return (
    <ChartFrame
      title={title}
      meta={<span className="text-micro text-ink-3">fees over LVR, 72 h</span>}
      rows={points}
      fileName={fileName}
      columns={[
        { label: "UTC", text: (row) => formatDayMinutes(row.marketAtMs), value: (row) => formatIso(row.marketAtMs) },
        { label: "Kappa", text: (row) => formatFixed(row.kappa, 2), value: (row) => row.kappa },
        { label: "Least", text: (row) => formatFixed(row.kappaMin, 2), value: (row) => row.kappaMin },
        { label: "Most", text: (row) => formatFixed(row.kappaMax, 2), value: (row) => row.kappaMax },
        { label: "Source", text: (row) => row.source ?? "–", value: (row) => row.source },
      ]}
    >
      {known.length < 2 ? (
        <p className="text-ink-2">
          {known.length === 0
            ? "No kappa on record yet: it appears with the first epochs, as an estimate at first, measured after 24 hours of samples."
            : "One epoch on record; a line needs two."}
        </p>
      ) : (
        <SeriesChart
          label={title}
          rows={rows}
          series={[
            { key: "low", label: "least", role: "ink-3" },
            { key: "high", label: "most", role: "ink-3" },
            { key: "estimated", label: "estimated", role: "ink-2", dashed: true },
            ...(hasMeasured ? [{ key: "measured", label: "measured", role: "ink", bold: true } as const] : []),
          ]}
          threshold={{ value: 1, label: "" }}
          format={(value) => formatFixed(value, 2)}
          height={height}
          ticks={4}
          rightMargin={8}
          hasEndLabels={false}
        />
      )}
    </ChartFrame>
  );
}
