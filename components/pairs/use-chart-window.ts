// The stretch of time that all charts of a pair show, and how the price is drawn: kept in the URL, so a link is a screen.
"use client";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { PairStatus } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NAMES = ["24h", "3d", "7d", "30d"] as const;
const DRAWINGS = ["line", "candles"] as const;
export type WindowName = (typeof NAMES)[number];
export type Drawing = (typeof DRAWINGS)[number];
type Timeframe = "15m" | "1h" | "4h";

const WINDOW: Readonly<
  Record<WindowName, { readonly ms: number; readonly label: string; readonly tf: Readonly<Record<Drawing, Timeframe>> }>
> = {
  "24h": { ms: DAY_MS, label: "24 h", tf: { line: "15m", candles: "15m" } },
  // A candle needs about five pixels: at most 200 of them.
  "3d": { ms: 3 * DAY_MS, label: "3 d", tf: { line: "15m", candles: "1h" } },
  "7d": { ms: 7 * DAY_MS, label: "7 d", tf: { line: "15m", candles: "1h" } },
  "30d": { ms: 30 * DAY_MS, label: "30 d", tf: { line: "1h", candles: "4h" } },
};
const TIMEFRAME_MS: Readonly<Record<Timeframe, number>> = { "15m": 900_000, "1h": HOUR_MS, "4h": 4 * HOUR_MS };

export const WINDOW_OPTIONS = NAMES.map((name) => ({ value: name, label: WINDOW[name].label }));
export const DRAWING_OPTIONS = [
  { value: "line", label: "Line" },
  { value: "candles", label: "Candles" },
] as const satisfies readonly { readonly value: Drawing; readonly label: string }[];

/** What is pressed; in the URL. */
export interface ChartChoice {
  readonly name: WindowName;
  readonly drawing: Drawing;
  readonly setName: (name: WindowName) => void;
  readonly setDrawing: (drawing: Drawing) => void;
}

export interface ChartWindow {
  readonly label: string;
  /** The same start for every chart, so that they share one reading of the epochs. */
  readonly fromAtMs: number;
  /** Newest quarter hour. */
  readonly boundaryAtMs: number;
  readonly tf: Timeframe;
  readonly tfMs: number;
}

export function useChartChoice(pair: Pick<PairStatus, "stateSinceAtMs" | "marketNowMs" | "state">): ChartChoice {
  const [chosen, setName] = useQueryState("window", parseAsStringLiteral(NAMES));
  const [drawing, setDrawing] = useQueryState("draw", parseAsStringLiteral(DRAWINGS).withDefault("line"));
  // When the price has left the range the last hours are what matters.
  // What happened within a day would be a few pixels wide in a week.
  const isRecent = pair.stateSinceAtMs !== null && pair.marketNowMs - pair.stateSinceAtMs < DAY_MS;
  return {
    name: chosen ?? (pair.state === "out_of_range" || isRecent ? "24h" : "7d"),
    drawing,
    setName: (next) => void setName(next),
    setDrawing: (next) => void setDrawing(next),
  };
}

export function windowLabel(name: WindowName): string {
  return WINDOW[name].label;
}

export function chartWindow(name: WindowName, drawing: Drawing, marketNowMs: number): ChartWindow {
  const { ms, label, tf } = WINDOW[name];
  const boundaryAtMs = Math.floor(marketNowMs / EPOCH_MS) * EPOCH_MS;
  return {
    label,
    fromAtMs: Math.floor((boundaryAtMs - ms) / HOUR_MS) * HOUR_MS,
    boundaryAtMs,
    tf: tf[drawing],
    tfMs: TIMEFRAME_MS[tf[drawing]],
  };
}
