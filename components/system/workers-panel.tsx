// One worker per pair: state, heartbeat, last epoch, lateness, restarts, memory, and a signed restart.
"use client";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { WallAge } from "@/components/live/age";
import { useWallNow } from "@/components/live/ticker";
import { reasonWords } from "@/components/shell/words";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { WorkerDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";
import { formatBytes } from "@/lib/format/bytes";
import { formatInteger, UNKNOWN } from "@/lib/format/number";
import { formatDayMinutes } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";

const STATE: Readonly<Record<WorkerDto["state"], { readonly word: string; readonly tone: StatusTone }>> = {
  starting: { word: "Starting", tone: "prop" },
  running: { word: "Running", tone: "ok" },
  draining: { word: "Draining", tone: "paused" },
  backoff: { word: "Waits to restart", tone: "warn" },
  halted: { word: "Halted", tone: "crit" },
  stopped: { word: "Stopped", tone: "paused" },
  missing: { word: "No worker", tone: "crit" },
};
/** Workers report every 15 s; after three silences they count as gone. */
const HEARTBEAT_MS = 15_000;

export function WorkersPanel({ workers }: { readonly workers: readonly WorkerDto[] }): ReactNode {
  return (
    <Panel title="Workers" meta={<span className="text-micro text-ink-3">one per pair</span>} flush>
      {workers.length === 0 ? (
        <Empty title="No worker is known.">The orchestrator starts one per configured pair and reports it here.</Empty>
      ) : (
        <Table caption="Workers with state, heartbeat and last epoch">
          <thead>
            <tr>
              <Th>Pair</Th>
              <Th>State</Th>
              <Th right from="desk">
                Heartbeat
              </Th>
              <Th right from="desk">
                Last epoch
              </Th>
              <Th right from="wide">
                Late by
              </Th>
              <Th right from="mid">
                Restarts
              </Th>
              <Th right from="desk">
                Memory
              </Th>
              <Th right>Act</Th>
            </tr>
          </thead>
          <tbody>
            {workers.map((worker) => (
              <WorkerRow key={worker.pairId} worker={worker} />
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}

function WorkerRow({ worker }: { readonly worker: WorkerDto }): ReactNode {
  const command = useCommand();
  const nowMs = useWallNow();
  const state = STATE[worker.state];
  const untilMs = worker.nextStartAtMs === null || nowMs === 0 ? null : worker.nextStartAtMs - nowMs;
  const isQuiet = command.state.phase === "idle" || command.busy !== null;
  return (
    <>
      <Tr>
        <Td>
          <TextLink href={`/pairs/${encodeURIComponent(worker.pairId)}`} className="font-title text-ink!">
            {worker.pairId}
          </TextLink>
          <Sub>
            {worker.pid === null ? "no process" : `pid ${worker.pid}`}
            {worker.phase !== "" && `, ${reasonWords(worker.phase)}`}
          </Sub>
        </Td>
        <Td words>
          <Status tone={state.tone}>{state.word}</Status>
          {untilMs !== null && untilMs > 0 && <Sub>again in {formatAge(untilMs)}</Sub>}
          {worker.lastExit !== null && <Sub>last end: {worker.lastExit}</Sub>}
        </Td>
        <Td right from="desk">
          {worker.heartbeatAtMs === null ? (
            <span title="No heartbeat yet">{UNKNOWN}</span>
          ) : (
            <WallAge atMs={worker.heartbeatAtMs} periodMs={HEARTBEAT_MS} />
          )}
        </Td>
        <Td right from="desk">
          {worker.lastEpoch === null ? (
            <span title="No epoch has been decided yet">{UNKNOWN}</span>
          ) : (
            <span title={`epoch ${worker.lastEpoch}`}>{formatDayMinutes(worker.lastEpoch * EPOCH_MS)}</span>
          )}
        </Td>
        <Td right from="wide">
          {formatAge(worker.latenessMs)}
        </Td>
        <Td right from="mid">
          {formatInteger(worker.restarts)}
        </Td>
        <Td right from="desk">
          {formatBytes(worker.rssBytes)}
        </Td>
        <Td right>
          <Button
            size="small"
            busy={command.busy === null ? null : "Waits…"}
            aria-label={`Restart the worker of ${worker.pairId}`}
            onClick={() =>
              void command.run({
                action: "worker.restart",
                target: worker.pairId,
                params: { pairId: worker.pairId },
              })
            }
          >
            <RotateCw size={13} aria-hidden="true" />
            Restart
          </Button>
        </Td>
      </Tr>
      {!(isQuiet && command.busy === null) && (
        <tr>
          <td colSpan={8} className="border-b px-3.5 py-2 text-dense text-ink-2 desk:px-4">
            {command.busy !== null ? command.busy : <CommandNote state={command.state} />}
          </td>
        </tr>
      )}
    </>
  );
}
