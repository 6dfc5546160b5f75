// Which part is sick, and does it touch decisions: one word, four figures, then processes, workers, sources and signing.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { isReadingOld } from "@/components/live/is-reading-old";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { HEALTH } from "@/components/shell/words";
import { HeadStatus } from "@/components/ui/head-status";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { StatTile } from "@/components/ui/stat-tile";
import { Skeleton, SkeletonRows } from "@/components/ui/states";
import { StatusShape } from "@/components/ui/status";
import { formatAge } from "@/lib/format/age";
import { formatBytes } from "@/lib/format/bytes";
import { UNKNOWN } from "@/lib/format/number";
import { OrphansPanel } from "./orphans-panel";
import { ServicesPanel } from "./services-panel";
import { SigningPanel } from "./signing-panel";
import { SourcesPanel } from "./sources-panel";
import type { System } from "./system";
import { TransfersPanel } from "./transfers-panel";
import { VersionsPanel } from "./versions-panel";
import { WorkersPanel } from "./workers-panel";

/** Below the first screen: loaded after it. */
const EndpointsPanel = dynamic(
  lazyPart(() => import("./endpoints-panel").then((module) => module.EndpointsPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Chain endpoints" flush>
        <SkeletonRows rows={2} height={44} label="the endpoints" />
      </Panel>
    ),
  },
);
const CoveragePanel = dynamic(
  lazyPart(() => import("./coverage-panel").then((module) => module.CoveragePanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Candle coverage" flush>
        <SkeletonRows rows={6} height={28} label="the candles" />
      </Panel>
    ),
  },
);

/** Restarts, ages and memory change without an event. */
const READ_MS = 5_000;

export function SystemView(): ReactNode {
  const system = useApi("system", {}, { refetchMs: READ_MS });
  return (
    <QueryView query={system} what="the system" skeleton={<SystemSkeleton />}>
      {(data) => (
        <div className="grid grid-cols-1 gap-3 desk:gap-4">
          <Summary system={data} isOld={isReadingOld(system)} />
          <ServicesPanel services={data.services} />
          <div className="grid grid-cols-1 items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
            <div className="grid grid-cols-1 gap-3 desk:gap-4">
              <WorkersPanel workers={data.workers} />
              <EndpointsPanel />
              <SourcesPanel sources={data.sources} />
              <div id="transfers" className="scroll-mt-16">
                <TransfersPanel />
              </div>
              <div id="orphans" className="scroll-mt-16">
                <OrphansPanel />
              </div>
            </div>
            <div className="grid grid-cols-1 gap-3 desk:gap-4">
              <SigningPanel signer={data.signer} />
              <CoveragePanel pairIds={data.workers.map(({ pairId }) => pairId)} />
              <VersionsPanel versions={data.versions} />
            </div>
          </div>
        </div>
      )}
    </QueryView>
  );
}

function Summary({
  system,
  isOld,
}: {
  readonly system: System;
  /** The last reading failed: what it said before is no answer for now. */
  readonly isOld: boolean;
}): ReactNode {
  const state = HEALTH[isOld ? "unknown" : system.overall];
  const up = system.workers.filter((worker) => worker.state === "running").length;
  const restarts = system.workers.reduce((total, worker) => total + worker.restarts, 0);
  const well = system.sources.filter((source) => source.state === "ok").length;
  const aged = system.sources.filter((source) => source.ageMs !== null);
  const oldest = aged.reduce<(typeof aged)[number] | null>(
    (worst, source) => (worst === null || shareOf(source) > shareOf(worst) ? source : worst),
    null,
  );
  const lateness = system.workers.flatMap((worker) => (worker.latenessMs === null ? [] : [worker.latenessMs]));
  const rss = [...system.services, ...system.workers].flatMap((part) =>
    part.rssBytes === null ? [] : [part.rssBytes],
  );
  return (
    <section
      aria-label="State of the system"
      className="grid gap-px border-y bg-line desk:border mid:grid-cols-[minmax(260px,1.5fr)_repeat(4,minmax(0,1fr))]"
    >
      <div className="bg-panel p-3.5 desk:p-4">
        <HeadStatus tone={state.tone}>{state.word}</HeadStatus>
        <p className="mt-1 text-ink-2">
          {isOld ? `Last known: ${HEALTH[system.overall].word}. ` : ""}
          {system.sentence}
        </p>
      </div>
      <div className="grid grid-cols-2 gap-px bg-line mid:contents">
        <Tile
          label="Workers"
          value={`${up} of ${system.workers.length} up`}
          context={restarts === 0 ? "no restart" : `${restarts} ${restarts === 1 ? "restart" : "restarts"} so far`}
          tone={up === system.workers.length ? "ok" : "warn"}
        />
        <Tile
          label="Decisions on time"
          value={lateness.length === 0 ? UNKNOWN : `${lateness.length} of ${system.workers.length}`}
          context={
            lateness.length === 0
              ? "no epoch decided yet"
              : `worst lateness ${formatAge(lateness.reduce((max, ms) => Math.max(max, ms), 0))}, market time`
          }
          tone="ok"
        />
        <Tile
          label="Sources"
          value={`${well} of ${system.sources.length} well`}
          context={
            oldest === null
              ? "nothing read yet"
              : `oldest ${oldest.label}${oldest.pairId === null ? "" : ` ${oldest.pairId}`}, ${formatAge(oldest.ageMs)} of ${formatAge(oldest.maxAgeMs)}`
          }
          tone={well === system.sources.length ? "ok" : "warn"}
        />
        <Tile
          label="Memory known here"
          value={rss.length === 0 ? UNKNOWN : formatBytes(rss.reduce((total, bytes) => total + bytes, 0))}
          context={`${rss.length} processes that report it`}
          tone="ok"
        />
      </div>
    </section>
  );
}

function shareOf(source: System["sources"][number]): number {
  return source.ageMs === null || source.maxAgeMs === null || source.maxAgeMs === 0
    ? 0
    : source.ageMs / source.maxAgeMs;
}

function Tile({
  label,
  value,
  context,
  tone,
}: {
  readonly label: string;
  readonly value: string;
  readonly context: string;
  readonly tone: "ok" | "warn";
}): ReactNode {
  return (
    <StatTile
      className="bg-panel p-3.5 desk:p-4"
      label={label}
      shape={
        tone === "warn" ? (
          <span className="text-warn">
            <StatusShape tone="warn" />
          </span>
        ) : undefined
      }
      value={value}
      context={<span className="text-ink-3">{context}</span>}
    />
  );
}

function SystemSkeleton(): ReactNode {
  return (
    <div className="grid gap-3 desk:gap-4">
      <div className="h-[92px] border-y bg-panel p-4 desk:border">
        <Skeleton className="h-7 w-40" />
        <Skeleton className="mt-3 h-4 w-72" />
      </div>
      <Panel title="Processes and stores" flush>
        <SkeletonRows rows={5} height={46} label="processes" />
      </Panel>
      <Panel title="Workers" flush>
        <SkeletonRows rows={2} height={46} label="workers" />
      </Panel>
    </div>
  );
}
