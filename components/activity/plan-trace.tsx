// The log of one plan by its trace ids: lines of processes and what was recorded, in the order it happened, and what is not in it.
"use client";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { askSettings, type SettingsAnswer } from "@/components/settings/settings-api";
import { Copyable } from "@/components/ui/copyable";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Empty, ErrorState, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import type { ApiError } from "@/lib/api/client";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { formatClock, formatIso } from "@/lib/format/time";
import { shortTrace } from "./short-trace";

type Trace = SettingsAnswer<"planTrace">;

const VIEWS = [
  { value: "short", label: "A line per operation" },
  { value: "all", label: "Every state" },
] as const;

/** Records are sent in batches of some seconds: those of the end come a moment after the plan has ended. */
const READ_MS = 5_000;

const STREAM: Readonly<Record<Trace["lines"][number]["stream"], string>> = {
  logs: "log line",
  epochs: "cycle",
  tx_log: "operation",
  audit: "command",
};

export function PlanTrace({ planId }: { readonly planId: string }): ReactNode {
  const { data: session } = useSession();
  const isSignedIn = session?.signedIn === true;
  const trace = useQuery<Trace, ApiError>({
    queryKey: ["settings", "planTrace", planId],
    queryFn: ({ signal }) => askSettings("planTrace", { params: { planId }, signal }),
    enabled: isSignedIn,
    refetchInterval: READ_MS,
    retry: (count, error) => error.retryable && count < 1,
  });
  return (
    <Panel
      title="Log by trace id"
      meta={<Copyable value={planId} shown={shortHex(planId)} what="trace id of the plan" />}
      flush
    >
      {!isSignedIn ? (
        <p className="px-3.5 py-3 text-ink-2 desk:px-4">
          {session === undefined ? (
            "It is not known yet who is signed in."
          ) : (
            <>
              <TextLink href={`/login?next=${encodeURIComponent(`/activity/${planId}`)}`}>Sign in</TextLink> to read
              what the processes wrote about this plan.
            </>
          )}
        </p>
      ) : trace.data !== undefined ? (
        <Lines trace={trace.data} />
      ) : trace.error === null ? (
        <SkeletonRows rows={6} height={40} label="the log" />
      ) : (
        <ErrorState what="the log" sentence={trace.error.message} onRetry={() => void trace.refetch()} />
      )}
    </Panel>
  );
}

/** Steps are counted from one, as the timeline does; what the signer added by itself has a name. */
function stepWords(opId: string): string {
  const part = opId.split("/").at(-1) ?? "";
  return /^\d+$/.test(part) ? `step ${Number(part) + 1}` : part;
}

function Lines({ trace }: { readonly trace: Trace }): ReactNode {
  const { problems, missing, cycleIds } = trace;
  const [view, setView] = useState<(typeof VIEWS)[number]["value"]>("short");
  const lines = view === "short" ? shortTrace(trace.lines) : trace.lines;
  return (
    <>
      {lines.length > 0 && (
        <div className="flex flex-wrap items-center gap-3 px-3.5 py-2.5 desk:px-4">
          <Segmented label="How much of the log" value={view} options={VIEWS} onChange={setView} />
          <span className="text-micro text-ink-3">
            {formatInteger(lines.length)} of {formatInteger(trace.lines.length)} lines
          </span>
        </div>
      )}
      {lines.length === 0 ? (
        <Empty title="The log store has nothing under this trace id.">
          Lines are sent every few seconds and kept as long as the store keeps them.
        </Empty>
      ) : (
        <Table caption="What was written under this trace id, oldest first">
          <thead>
            <tr>
              <Th>Time</Th>
              <Th from="desk">Written by</Th>
              <Th>What</Th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Tr key={`${line.stream}:${line.id}`}>
                <Td
                  className="align-top whitespace-nowrap"
                  title={`${formatIso(line.atMs)}, market ${formatIso(line.marketAtMs)}`}
                >
                  {formatClock(line.atMs)}
                </Td>
                <Td from="desk" className="align-top">
                  <span className="block max-w-32 wrap-anywhere">{line.process}</span>
                  <Sub>{STREAM[line.stream]}</Sub>
                </Td>
                <Td className="align-top wrap-anywhere whitespace-normal">
                  <span className="flex flex-wrap items-baseline gap-x-2">
                    <b className="font-strong">{line.event}</b>
                    {(line.level === "warn" || line.level === "error") && (
                      <Status tone={line.level === "error" ? "crit" : "warn"} className="text-micro">
                        {line.level}
                      </Status>
                    )}
                    <span className="text-micro text-ink-3 desk:hidden">
                      {line.process}, {STREAM[line.stream]}
                    </span>
                    {line.opId !== null && <span className="text-micro text-ink-3">{stepWords(line.opId)}</span>}
                  </span>
                  <span className="text-dense text-ink-2">{line.text}</span>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <div className="grid gap-1 border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
        {problems.map((problem) => (
          <p key={problem} className="wrap-anywhere">
            <Status tone="warn">Not complete</Status> {problem}
          </p>
        ))}
        {missing.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {cycleIds.length > 0 && (
          <p className="wrap-anywhere">
            {cycleIds.length === 1 ? "Cycle" : "Cycles"}: {cycleIds.join(", ")}.
          </p>
        )}
      </div>
    </>
  );
}
