// Every source of data with its age against the age from which it is no longer used: exchanges as a grid of venue and pair, the rest as rows.
"use client";
import type { ReactNode } from "react";
import { HEALTH } from "@/components/shell/words";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status, StatusShape } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { formatAge } from "@/lib/format/age";
import { UNKNOWN } from "@/lib/format/number";
import { formatIso } from "@/lib/format/time";
import type { System } from "./system";

type Source = System["sources"][number];

const OTHERS: readonly { readonly kind: Source["kind"]; readonly name: string; readonly effect: string }[] = [
  { kind: "rpc", name: "Chain readings", effect: "too old: what it reads is not used and the pair holds" },
  { kind: "gecko", name: "Pool volumes", effect: "too old: decisions that need them hold" },
  { kind: "lifi", name: "Swap quotes", effect: "away: no step that swaps is signed; positions stay" },
];

export function SourcesPanel({ sources }: { readonly sources: readonly Source[] }): ReactNode {
  const venues = sources.filter((source) => source.kind === "cex");
  return (
    <Panel
      title="Sources"
      meta={<span className="text-micro text-ink-3">age / oldest that is used, market time</span>}
      flush
    >
      {sources.length === 0 ? (
        <Empty title="No source has reported.">Ages appear with the collector&rsquo;s first round.</Empty>
      ) : (
        <>
          {venues.length > 0 && <Venues sources={venues} />}
          {OTHERS.map(({ kind, name, effect }) => {
            const rows = sources
              .filter((source) => source.kind === kind)
              .toSorted((a, b) => shareOf(b) - shareOf(a) || a.id.localeCompare(b.id));
            return rows.length === 0 ? null : (
              <section key={kind} aria-label={name} className="border-t">
                <Head name={name} rows={rows} effect={effect} />
                <Table caption={name}>
                  <thead className="sr-only">
                    <tr>
                      <Th>Source</Th>
                      <Th>State</Th>
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
          })}
        </>
      )}
    </Panel>
  );
}

function Head({
  name,
  rows,
  effect,
}: {
  readonly name: string;
  readonly rows: readonly Source[];
  readonly effect: string;
}): ReactNode {
  const well = rows.filter((source) => source.state === "ok").length;
  return (
    <div className="flex flex-wrap items-baseline gap-x-3 px-3.5 pt-2.5 pb-1 desk:px-4">
      <h3 className="font-strong">{name}</h3>
      <span className="text-micro text-ink-3">
        {well} of {rows.length} well; {effect}
      </span>
    </div>
  );
}

/** Venue by pair: one look shows whether a venue or a pair is sick. */
function Venues({ sources }: { readonly sources: readonly Source[] }): ReactNode {
  const names = [...new Set(sources.map((source) => source.label))].toSorted((a, b) => a.localeCompare(b));
  const pairs = [...new Set(sources.map((source) => source.pairId ?? "all pairs"))].toSorted((a, b) =>
    a.localeCompare(b),
  );
  return (
    <section aria-label="Exchanges, candles">
      <Head
        name="Exchanges, candles"
        rows={sources}
        effect="too old: the venue has no vote; without enough venues a pair holds"
      />
      <Table caption="Age of the last closed minute per exchange and pair">
        <thead>
          <tr>
            <Th>Exchange</Th>
            {pairs.map((pair) => (
              <Th key={pair} right>
                {pair}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const troubled = sources.filter((source) => source.label === name && source.state !== "ok");
            return (
              <Tr key={name}>
                <Td words>
                  {name}
                  {troubled.map((source) => (
                    <Sub key={source.id} className="max-w-72 whitespace-normal">
                      {source.pairId}: {source.sentence}
                    </Sub>
                  ))}
                </Td>
                {pairs.map((pair) => {
                  const source = sources.find((one) => one.label === name && (one.pairId ?? "all pairs") === pair);
                  return (
                    <Td key={pair} right>
                      {source === undefined ? (
                        <span className="text-ink-3" title="This exchange is not read for this pair">
                          not read
                        </span>
                      ) : (
                        <Age source={source} />
                      )}
                    </Td>
                  );
                })}
              </Tr>
            );
          })}
        </tbody>
      </Table>
    </section>
  );
}

function shareOf(source: Source): number {
  if (source.ageMs === null) return Number.MAX_VALUE;
  return source.maxAgeMs === null || source.maxAgeMs === 0 ? 0 : source.ageMs / source.maxAgeMs;
}

function Age({ source }: { readonly source: Source }): ReactNode {
  const { tone, word } = HEALTH[source.state];
  const isWell = source.state === "ok";
  return (
    <span
      title={source.lastAtMs === null ? source.sentence : `${source.sentence}, ${formatIso(source.lastAtMs)}`}
      className={cx("inline-flex items-center gap-1.5", !isWell && "hatch-stale px-1.5")}
    >
      <span
        className={
          tone === "warn" ? "text-warn" : tone === "crit" ? "text-crit" : tone === "ok" ? "text-tide" : "text-ink-3"
        }
      >
        <StatusShape tone={tone} size={10} />
      </span>
      <span className="sr-only">{word},</span>
      <span>
        {source.ageMs === null ? UNKNOWN : formatAge(source.ageMs)}
        {/* What is asked when it is needed has no age that is too old. */}
        {source.maxAgeMs !== null && <span className="text-ink-3"> / {formatAge(source.maxAgeMs)}</span>}
      </span>
    </span>
  );
}

function Row({ source }: { readonly source: Source }): ReactNode {
  const state = HEALTH[source.state];
  return (
    <Tr>
      <Td words className="w-1/2">
        {source.label}
        <Sub className="whitespace-normal">
          {source.pairId === null ? "" : `${source.pairId}, `}
          {source.sentence}
        </Sub>
      </Td>
      <Td className="w-1/4">
        <Status tone={state.tone}>{state.word}</Status>
      </Td>
      <Td right className="w-1/4">
        <Age source={source} />
      </Td>
    </Tr>
  );
}
