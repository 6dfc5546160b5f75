// What the small charts have in common: the line of words above the plot, the plot, the crosshair, and figures by their name.
"use client";
import { useState, type ReactElement, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { ResponsiveContainer, Tooltip } from "recharts";
import { cx } from "@/components/ui/cx";

/** The chart gets the node above it, for what it says of the row under the crosshair. */
export function ChartBox({
  height,
  isLegend = false,
  children,
}: {
  readonly height: number;
  /** The words are always there and take the room they need; others grow upwards, so that nothing moves under the pointer. */
  readonly isLegend?: boolean;
  readonly children: (words: HTMLElement | null) => ReactElement;
}): ReactNode {
  const [words, setWords] = useState<HTMLElement | null>(null);
  return (
    <div>
      <div className={isLegend ? "min-h-[18px]" : "relative h-[18px]"}>
        <div
          ref={setWords}
          className={cx("text-dense text-ink-3", isLegend ? "pb-1.5" : "absolute inset-x-0 bottom-0 z-10 bg-panel")}
        />
      </div>
      <div style={{ height }}>
        <ResponsiveContainer width="100%" height="100%">
          {children(words)}
        </ResponsiveContainer>
      </div>
    </div>
  );
}

/** A line at an instant, or a band over a period; the words stand above the plot, where they hide nothing. */
export function Crosshair({ look }: { readonly look: "line" | "band" }): ReactNode {
  return (
    <Tooltip
      content={noTip}
      cursor={look === "line" ? { stroke: "var(--ink-3)", strokeDasharray: "2 2" } : { fill: "var(--hover)" }}
      isAnimationActive={false}
    />
  );
}

function noTip(): null {
  return null;
}

/** Written into the node above the plot: follows the crosshair without drawing the chart again. */
export function Words({
  into,
  children,
}: {
  readonly into: HTMLElement | null;
  readonly children: ReactNode;
}): ReactNode {
  return into === null
    ? null
    : createPortal(<span className="flex flex-wrap items-center gap-x-3">{children}</span>, into);
}

export function Figure({ name, value }: { readonly name: ReactNode; readonly value: string | null }): ReactNode {
  return (
    <span className="inline-flex min-w-0 items-center gap-1.5">
      {name}
      {value !== null && <b className="font-text text-ink">{value}</b>}
    </span>
  );
}
