// Every source of data with its age against the age from which it is no longer used, worst first within its kind.
"use client";
import type { ReactNode } from "react";
import { HEALTH } from "@/components/shell/words";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { formatAge } from "@/lib/format/age";
import { UNKNOWN } from "@/lib/format/number";
import { formatIso } from "@/lib/format/time";
import type { System } from "./system";

type Source = System["sources"][number];

const KIND: readonly { readonly kind: Source["kind"]; readonly name: string; readonly effect: string }[] = [
  {
    kind: "cex",
    name: "Exchanges, candles",
    effect: "too old: the venue has no vote; without enough venues a pair holds",
  },
  { kind: "rpc", name: "Chain endpoints", effect: "too old: what it reads is not used and the pair holds" },
  {
    kind: "gecko",
    name: "Pool volumes",
    effect: "too old: decisions that need them hold",
  },
  { kind: "lifi", name: "Swap quotes", effect: "away: no step that swaps is signed; positions stay" },
];

export function SourcesPanel({ sources }: { readonly sources: readonly Source[] }): ReactNode {
  return (
    <Panel
      title="Sources"
      meta={<span className="text-micro text-ink-3">age / oldest that is used, market time</span>}
      flush
    >
      {sources.length === 0 ? (
        <Empty title="No source has reported.">Ages appear with the collector&rsquo;s first round.</Empty>
      ) : (
        KIND.map(({ kind, name, effect }) => {
          const rows = sources
            .filter((source) => source.kind === kind)
            .toSorted((a, b) => shareOf(b) - shareOf(a) || a.id.localeCompare(b.id));
          if (rows.length === 0) return null;
          const well = rows.filter((source) => source.state === "ok").length;
          return (
            <section key={kind} aria-label={name} className="border-b last:border-b-0">
              <div className="flex flex-wrap items-baseline gap-x-3 px-3.5 pt-2.5 pb-1 desk:px-4">
                <h3 className="font-strong">{name}</h3>
                <span className="text-micro text-ink-3">
                  {well} of {rows.length} well; {effect}
                </span>
              </div>
              <Table caption={name}>
                <thead className="sr-only">
                  <tr>
                    <Th>Source</Th>
                    <Th>State</Th>
                    <Th>Age against its limit</Th>
                    <Th right>Age</Th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((source) => (
                    <Row key={source.id} source={source} />
                  ))}
                </tbody>
              </Table>
            </section>
          );
        })
      )}
    </Panel>
  );
}

function shareOf(source: Source): number {
  if (source.ageMs === null) return Number.MAX_VALUE;
  return source.maxAgeMs === null || source.maxAgeMs === 0 ? 0 : source.ageMs / source.maxAgeMs;
}

function Row({ source }: { readonly source: Source }): ReactNode {
  const state = HEALTH[source.state];
  const share = Math.min(1, shareOf(source));
  return (
    <Tr>
      <Td className="w-[38%] max-w-0 desk:w-[26%]">
        <span className="block truncate" title={source.label}>
          {source.label}
        </span>
        {source.pairId !== null && <Sub>{source.pairId}</Sub>}
      </Td>
      <Td className="w-24">
        <Status tone={state.tone}>{state.word}</Status>
      </Td>
      <Td from="desk" className="max-w-0">
        {source.state === "ok" ? (
          <span aria-hidden="true" className="relative block h-1.5 bg-line">
            <span
              className={cx("absolute inset-y-0 left-0", share >= 1 ? "bg-warn" : "bg-ink-3")}
              style={{ width: `${source.ageMs === null ? 0 : share * 100}%` }}
            />
          </span>
        ) : (
          <span className="block truncate text-ink-2" title={source.sentence}>
            {source.sentence}
          </span>
        )}
      </Td>
      <Td
        right
        title={source.lastAtMs === null ? source.sentence : `${source.sentence}, ${formatIso(source.lastAtMs)}`}
      >
        {source.ageMs === null ? UNKNOWN : formatAge(source.ageMs)}
        <span className="text-ink-3"> / {source.maxAgeMs === null ? UNKNOWN : formatAge(source.maxAgeMs)}</span>
      </Td>
    </Tr>
  );
}
