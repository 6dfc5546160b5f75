// Earlier settings, newest first: who signed them and when; taking one fills the form, signing it is the way back.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { shortHex } from "@/lib/format/address";
import { formatInstant, formatIso } from "@/lib/format/time";

interface ShownVersion {
  readonly id: string;
  /** Null where versions are not counted one by one. */
  readonly version: number | null;
  readonly atMs: number;
  readonly by: string | null;
  /** What it said, in short. */
  readonly summary?: string | undefined;
  readonly isInForce: boolean;
  readonly onTake: () => void;
}

export function VersionsPanel({
  versions,
  empty,
}: {
  /** Newest first. */
  readonly versions: readonly ShownVersion[];
  readonly empty: string;
}): ReactNode {
  const nowMs = useWallNow();
  return (
    <Panel title="Versions" flush>
      {versions.length === 0 ? (
        <Empty title="No change has been signed.">{empty}</Empty>
      ) : (
        <Table caption="Signed changes, newest first">
          <thead>
            <tr>
              <Th>When</Th>
              <Th>By</Th>
              <Th right>
                <span className="sr-only">Act</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {versions.map(({ id, version, atMs, by, summary, isInForce, onTake }) => (
              <Tr key={id}>
                <Td title={formatIso(atMs)}>
                  {formatInstant(atMs, nowMs)}
                  {version !== null && <Sub>version {version}</Sub>}
                </Td>
                <Td>
                  {by === null ? "at setup" : <span className="font-hash">{shortHex(by)}</span>}
                  {summary !== undefined && <Sub>{summary}</Sub>}
                </Td>
                <Td right>
                  <Button
                    size="small"
                    disabled={isInForce}
                    aria-label={version === null || isInForce ? undefined : `Fill in version ${version}`}
                    onClick={onTake}
                  >
                    {isInForce ? "In force" : "Fill in"}
                  </Button>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
