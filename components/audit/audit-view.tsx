// The command log: every signed act with who, in which role, what and what followed; a chain of hashes, newest first.
"use client";
import { parseAsInteger, useQueryState } from "nuqs";
import { Fragment, useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Copyable } from "@/components/ui/copyable";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { CommandRecord } from "@/lib/api/commands";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { formatInstant, formatIso } from "@/lib/format/time";

const PAGE = 50;
const STATUS: Readonly<Record<CommandRecord["status"], { readonly word: string; readonly tone: StatusTone }>> = {
  accepted: { word: "Accepted", tone: "prop" },
  done: { word: "Done", tone: "ok" },
  refused: { word: "Refused", tone: "warn" },
};

export function AuditView(): ReactNode {
  const system = useApi("system");
  const newest = system.data?.signer.commandSeq ?? null;
  const [until, setUntil] = useQueryState("until", parseAsInteger.withOptions({ history: "push" }));
  // The log is read forwards, so a page of the newest begins that many entries before its end.
  const last = until ?? newest ?? 0;
  const after = Math.max(0, last - PAGE);
  const audit = useApi("audit", { query: { seq: after, limit: PAGE } }, { enabled: newest !== null || until !== null });
  return (
    <Panel
      title="Command log"
      meta={
        <span className="text-micro text-ink-3">
          {newest === null ? "" : `${formatInteger(newest)} entries, each holds the hash of the one before`}
        </span>
      }
      flush
    >
      {newest === null && until === null && !system.isPending ? (
        <Empty title="The signer does not answer.">
          The log lives with the signer; it is shown as soon as the signer is back. Nothing in it is lost.
        </Empty>
      ) : (
        <QueryView
          query={audit}
          what="the command log"
          skeleton={<SkeletonRows rows={8} height={46} label="the log" />}
        >
          {({ commands }) =>
            commands.length === 0 ? (
              <Empty title="Nobody has signed a command yet.">
                Approvals, rejections, pauses, mode and settings changes, restarts and stops are kept here for good.
              </Empty>
            ) : (
              <>
                <Log commands={commands.filter((command) => command.seq <= last).toReversed()} />
                <div className="flex flex-wrap items-center justify-end gap-2 border-t px-3.5 py-2.5 desk:px-4">
                  <p className="mr-auto max-w-prose text-dense text-ink-3">
                    The whole chain is checked on the signer&rsquo;s machine by{" "}
                    <code className="font-hash">tidegate audit verify</code>.
                  </p>
                  <Button size="small" disabled={until === null} onClick={() => void setUntil(null)}>
                    Newest
                  </Button>
                  <Button size="small" disabled={after === 0} onClick={() => void setUntil(after)}>
                    Older
                  </Button>
                </div>
              </>
            )
          }
        </QueryView>
      )}
    </Panel>
  );
}

function Log({ commands }: { readonly commands: readonly CommandRecord[] }): ReactNode {
  const nowMs = useWallNow();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Table caption="Signed commands, newest first">
      <thead>
        <tr>
          <Th right from="desk">
            No.
          </Th>
          <Th>When, who</Th>
          <Th>Act</Th>
          <Th>Outcome</Th>
          <Th from="mid">What followed</Th>
          <Th right>Details</Th>
        </tr>
      </thead>
      <tbody>
        {commands.map((command) => {
          const isOpen = open === command.commandId;
          const status = STATUS[command.status];
          return (
            <Fragment key={command.commandId}>
              <Tr>
                <Td right from="desk" className="text-ink-3">
                  {formatInteger(command.seq)}
                </Td>
                <Td>
                  <span title={formatIso(command.atMs)}>{formatInstant(command.atMs, nowMs)}</span>
                  <Sub>
                    {command.address === null
                      ? command.action === "genesis"
                        ? "at setup"
                        : "by the system"
                      : shortHex(command.address)}
                    {command.role !== null && `, ${command.role}`}
                  </Sub>
                </Td>
                <Td>
                  <b className="font-strong">{command.action}</b>
                  <Sub className="break-all">
                    {command.target.startsWith("0x") ? shortHex(command.target) : command.target}
                  </Sub>
                </Td>
                <Td>
                  <Status tone={status.tone}>{status.word}</Status>
                </Td>
                <Td from="mid" className="max-w-96 text-ink-2">
                  <span className="line-clamp-2" title={command.result}>
                    {command.result}
                  </span>
                </Td>
                <Td right>
                  <Button
                    size="small"
                    kind="quiet"
                    aria-expanded={isOpen}
                    aria-label={`Details of entry ${command.seq}`}
                    onClick={() => setOpen(isOpen ? null : command.commandId)}
                  >
                    {isOpen ? "Fold" : "Show"}
                  </Button>
                </Td>
              </Tr>
              {isOpen && (
                <tr>
                  <td colSpan={6} className="border-b px-3.5 pb-3 desk:px-4">
                    <p className="text-ink-2 mid:hidden">{command.result}</p>
                    <p className="flex flex-wrap items-center gap-x-4 text-ink-3">
                      <span>
                        command{" "}
                        <Copyable value={command.commandId} shown={shortHex(command.commandId)} what="command id" />
                      </span>
                      <span>
                        entry hash <Copyable value={command.hash} shown={shortHex(command.hash)} what="entry hash" />
                      </span>
                      {command.address !== null && (
                        <span>
                          signed by{" "}
                          <Copyable value={command.address} shown={shortHex(command.address)} what="address" />
                        </span>
                      )}
                    </p>
                    <pre
                      tabIndex={0}
                      role="group"
                      aria-label={`Parameters of entry ${command.seq}`}
                      className="mt-2 max-h-72 overflow-auto border bg-sunken p-2.5 font-hash text-micro text-ink-2"
                    >
                      {JSON.stringify(command.params, null, 2)}
                    </pre>
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </Table>
  );
}
