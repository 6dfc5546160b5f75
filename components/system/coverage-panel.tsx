// The last market day of candles per exchange: full where there is a minute, hatched where there is a gap; the same as table and file.
"use client";
import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { ChartFrame } from "@/components/charts/chart-frame";
import { QueryView } from "@/components/live/query-view";
import { askSettings, type SettingsAnswer } from "@/components/settings/settings-api";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import type { ApiError } from "@/lib/api/client";
import { formatAge } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatPercent } from "@/lib/format/percent";
import { formatDayMinutes, formatIso } from "@/lib/format/time";

type Coverage = SettingsAnswer<"candleCoverage">;
type Venue = Coverage["venues"][number];

const READ_MS = 30_000;
const MINUTE_MS = 60_000;

export function CoveragePanel({ pairIds }: { readonly pairIds: readonly string[] }): ReactNode {
  const [chosen, setChosen] = useQueryState("pair", parseAsString);
  const pair = chosen !== null && pairIds.includes(chosen) ? chosen : (pairIds[0] ?? null);
  const coverage = useQuery<Coverage, ApiError>({
    queryKey: ["settings", "candleCoverage", pair],
    queryFn: ({ signal }) => askSettings("candleCoverage", { params: { id: pair ?? "" }, signal }),
    enabled: pair !== null,
    refetchInterval: READ_MS,
  });
  if (pair === null) {
    return (
      <Panel title="Candle coverage" flush>
        <Empty title="No pair is collected.">Minutes appear with the first pair.</Empty>
      </Panel>
    );
  }
  return (
    <QueryView
      query={coverage}
      what="the candles"
      skeleton={
        <Panel title="Candle coverage" flush>
          <SkeletonRows rows={6} height={28} label="the candles" />
        </Panel>
      }
    >
      {(data) => (
        <ChartFrame<Venue>
          title="Candle coverage"
          meta={<span className="text-micro text-ink-3">24 h to {formatDayMinutes(data.toMs)}</span>}
          tools={
            <select
              aria-label="Pair of the coverage"
              value={pair}
              onChange={(event) => void setChosen(event.target.value)}
              className="h-9 rounded-control border border-edge bg-raised px-1.5 text-dense desk:h-7"
            >
              {pairIds.map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          }
          rows={data.venues}
          fileName={`tidegate-${pair}-coverage.csv`}
          columns={[
            { label: "Exchange", text: ({ venue }) => venue, value: ({ venue }) => venue },
            { label: "Minutes", text: ({ minutes }) => formatInteger(minutes), value: ({ minutes }) => minutes },
            { label: "Gaps", text: ({ gaps }) => formatInteger(gaps.length), value: ({ gaps }) => gaps.length },
            {
              label: "Longest",
              text: (venue) => formatAge(longestMs(venue)),
              value: (venue) => longestMs(venue) / MINUTE_MS,
            },
            {
              label: "Gaps, UTC",
              text: ({ gaps }) => formatInteger(gaps.length),
              value: ({ gaps }) => gaps.map(({ fromMs, toMs }) => `${formatIso(fromMs)}/${formatIso(toMs)}`).join(" "),
            },
          ]}
        >
          <ul className="grid gap-1.5">
            {data.venues.map((venue) => (
              <Bar key={venue.venue} venue={venue} coverage={data} />
            ))}
          </ul>
          <p className="mt-2 text-micro text-ink-3">
            A gap up to 15 min is bridged by the last close, a longer one stays a hole.
          </p>
        </ChartFrame>
      )}
    </QueryView>
  );
}

function longestMs({ gaps }: Venue): number {
  return gaps.reduce((longest, { fromMs, toMs }) => Math.max(longest, toMs - fromMs), 0);
}

function Bar({ venue, coverage }: { readonly venue: Venue; readonly coverage: Coverage }): ReactNode {
  const spanMs = coverage.toMs - coverage.fromMs;
  const missingMs = venue.gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return (
    <li className="grid grid-cols-[56px_minmax(0,1fr)_92px] items-center gap-3 text-dense">
      <span className="truncate text-ink-2" title={venue.venue}>
        {venue.venue}
      </span>
      <span aria-hidden="true" className="relative h-3 overflow-hidden bg-tide/45">
        {venue.problem === null ? (
          venue.gaps.map(({ fromMs, toMs }) => (
            <span
              key={fromMs}
              title={`${formatDayMinutes(fromMs)} to ${formatDayMinutes(toMs)}`}
              className="hatch-warn absolute inset-y-0 bg-sunken"
              style={{
                left: `${((fromMs - coverage.fromMs) / spanMs) * 100}%`,
                width: `max(2px, ${((toMs - fromMs) / spanMs) * 100}%)`,
              }}
            />
          ))
        ) : (
          <span className="absolute inset-0 bg-hover" />
        )}
      </span>
      <span className="text-right">
        {venue.problem !== null ? (
          <Status tone="unknown" title={venue.problem}>
            Unknown
          </Status>
        ) : venue.gaps.length === 0 ? (
          <span className="text-ink-3">no gap</span>
        ) : (
          <span title={`longest ${formatAge(longestMs(venue))}`}>
            {venue.gaps.length} {venue.gaps.length === 1 ? "gap" : "gaps"}, {formatPercent(missingMs / spanMs, 1)}
          </span>
        )}
      </span>
    </li>
  );
}
