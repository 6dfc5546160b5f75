// Divergence of our range from the target, with the threshold that starts a range shift.
"use client";
import type { ReactNode } from "react";
import { formatFixed } from "@/lib/format/number";
import { SeriesChart, type SeriesRow } from "./series-chart";

export function DivergenceChart({
  rows,
  threshold,
  fromAtMs,
  toAtMs,
  syncId,
}: {
  /** Rows with the key `divergence`, 0..1. */
  readonly rows: readonly SeriesRow[];
  readonly threshold: number | null;
  readonly fromAtMs: number;
  readonly toAtMs: number;
  readonly syncId: string;
}): ReactNode {
  return (
    <SeriesChart
      label="Divergence between our range and the target, 0 to 1"
      rows={rows}
      series={[{ key: "divergence", label: "divergence", role: "ink-2" }]}
      format={(value) => formatFixed(value, 2)}
      threshold={threshold === null ? null : { value: threshold, label: formatFixed(threshold, 2) }}
      rightMargin={40}
      hasEndLabels={false}
      fromAtMs={fromAtMs}
      toAtMs={toAtMs}
      syncId={syncId}
    />
  );
}
