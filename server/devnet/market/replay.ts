// Replays an OHLCV file as the price path: inside each bar the price visits open, both extremes and close on the 12 s grid.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DevnetError } from "@/server/devnet/devnet-error";
import { HISTORY_DAYS, MARKET_START_AT_MS, TICK_MS } from "./setup";

export interface Replay {
  /** Price and volume of the tick that begins at a market time; undefined outside the file. */
  at(fromMs: number): { readonly price: number; readonly volume: number } | undefined;
}

type Bar = readonly [openAtMs: number, open: number, high: number, low: number, close: number, volume: number];

/** Loads `openMs,open,high,low,close,volume` rows (header optional, `.gz` allowed); its first rows become the history. */
export function loadReplay(file: string): Replay {
  return createReplay(parseOhlcvCsv(readText(file), file));
}

export function createReplay(bars: readonly Bar[]): Replay {
  const first = bars[0];
  const second = bars[1];
  if (first === undefined || second === undefined) {
    throw new DevnetError({ code: "bad_input", message: "An OHLCV replay needs at least two bars.", retryable: false });
  }
  const intervalMs = second[0] - first[0];
  const ticks = Math.max(1, Math.round(intervalMs / TICK_MS));
  const historyMs = Math.min(HISTORY_DAYS * 86_400_000, Math.floor(bars.length / 2) * intervalMs);
  const offsetMs = MARKET_START_AT_MS - Math.floor(historyMs / 60_000) * 60_000 - first[0];
  const byTime = new Map(bars.map((bar) => [bar[0] + offsetMs, bar]));
  const originMs = first[0] + offsetMs;
  return {
    at(fromMs) {
      const barAtMs = originMs + Math.floor((fromMs - originMs) / intervalMs) * intervalMs;
      const bar = byTime.get(barAtMs);
      if (bar === undefined) return undefined;
      const [, open, high, low, close, volume] = bar;
      const [near, far] = close >= open ? [low, high] : [high, low];
      const last = ticks - 1;
      const anchors: readonly (readonly [number, number])[] = [
        [0, open],
        [Math.min(last, Math.round(ticks / 3)), near],
        [Math.min(last, Math.round((2 * ticks) / 3)), far],
        [last, close],
      ];
      return { price: interpolate(anchors, Math.floor((fromMs - barAtMs) / TICK_MS)), volume: volume / ticks };
    },
  };
}

export function parseOhlcvCsv(text: string, file: string): Bar[] {
  const bars: Bar[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const cells = line.split(",").slice(0, 6).map(Number);
    const [time, open, high, low, close, volume] = cells;
    const isHeader = bars.length === 0 && !cells.every(Number.isFinite);
    if (isHeader) continue;
    if (
      time === undefined ||
      open === undefined ||
      high === undefined ||
      low === undefined ||
      close === undefined ||
      volume === undefined ||
      !cells.every(Number.isFinite) ||
      Math.min(open, high, low, close) <= 0
    ) {
      throw new DevnetError({
        code: "bad_input",
        message: `${file}, line ${index + 1}: expected openMs,open,high,low,close,volume with positive prices, got "${line.slice(0, 80)}".`,
        retryable: false,
      });
    }
    // Seconds and microseconds are both seen in published files; times before 1e11 are seconds, after 1e14 microseconds.
    const openAtMs = time < 1e11 ? time * 1000 : time > 1e14 ? time / 1000 : time;
    bars.push([Math.floor(openAtMs / 60_000) * 60_000, open, high, low, close, volume]);
  }
  return bars.toSorted((left, right) => left[0] - right[0]);
}

function interpolate(anchors: readonly (readonly [number, number])[], at: number): number {
  let previous = anchors[0];
  for (const anchor of anchors) {
    if (previous !== undefined && at <= anchor[0]) {
      const span = anchor[0] - previous[0];
      return span <= 0 ? anchor[1] : previous[1] + ((anchor[1] - previous[1]) * (at - previous[0])) / span;
    }
    previous = anchor;
  }
  return previous?.[1] ?? Number.NaN;
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (cause) {
    throw new DevnetError({
      code: "bad_input",
      message: `Cannot read the OHLCV file ${file}. Check the path.`,
      retryable: false,
      cause,
    });
  }
}
