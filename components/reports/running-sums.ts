// Sums from the start of a span to the end of each bar: net, holding, and their difference.
import type { MoneyReportDto } from "@/lib/api/money-schemas";

export interface RunningSum {
  /** End of the bar; the first one is where nothing is summed yet. */
  readonly atMs: number;
  readonly netUsd: number;
  readonly hodlUsd: number;
  readonly alphaUsd: number;
}

export function runningSums(
  bars: readonly Pick<MoneyReportDto["bars"][number], "startAtMs" | "netUsd" | "hodlUsd" | "alphaUsd">[],
  barMs: number,
): readonly RunningSum[] {
  const first = bars[0];
  if (first === undefined) return [];
  const sums: RunningSum[] = [{ atMs: first.startAtMs, netUsd: 0, hodlUsd: 0, alphaUsd: 0 }];
  for (const bar of bars) {
    const before = sums.at(-1);
    sums.push({
      atMs: bar.startAtMs + barMs,
      netUsd: (before?.netUsd ?? 0) + bar.netUsd,
      hodlUsd: (before?.hodlUsd ?? 0) + bar.hodlUsd,
      alphaUsd: (before?.alphaUsd ?? 0) + bar.alphaUsd,
    });
  }
  return sums;
}
