// Ages of values on the page: against market time for market facts, against wall time for processes and people.
"use client";
import type { ReactNode } from "react";
import { AgeChip, type AgeLevel } from "@/components/ui/age-chip";
import { formatAge } from "@/lib/format/age";
import { formatInstant, formatIso } from "@/lib/format/time";
import { useWallNow } from "./ticker";
import { useMarketNow } from "./use-market-now";

/** Ring from two periods, hatched from four. */
export function ageLevel(ageMs: number, periodMs: number): AgeLevel {
  return ageMs >= 4 * periodMs ? "stale" : ageMs >= 2 * periodMs ? "late" : "fresh";
}

export interface AgeProps {
  readonly atMs: number | null | undefined;
  /** How often the value should be new, in the same time as `atMs`. */
  readonly periodMs: number;
  readonly prefix?: string;
  readonly suffix?: string;
}

function Age({ atMs, periodMs, prefix, suffix, nowMs }: AgeProps & { readonly nowMs: number | null }): ReactNode {
  if (atMs === null || atMs === undefined || nowMs === null || nowMs === 0) return null;
  const ageMs = Math.max(0, nowMs - atMs);
  return (
    <AgeChip level={ageLevel(ageMs, periodMs)} title={`${formatIso(atMs)} (${formatInstant(atMs, nowMs)})`}>
      {prefix === undefined ? "" : `${prefix} `}
      {formatAge(ageMs)}
      {suffix === undefined ? "" : ` ${suffix}`}
    </AgeChip>
  );
}

/** Age of something the market or a chain said. */
export function MarketAge(props: AgeProps): ReactNode {
  return <Age {...props} nowMs={useMarketNow().marketNowMs} />;
}

/** Age of something a process or a person did. */
export function WallAge(props: AgeProps): ReactNode {
  return <Age {...props} nowMs={useWallNow()} />;
}
