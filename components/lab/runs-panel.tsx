// Runs kept in this browser: open, compare with, rename, delete; the bundled sample is always first to hand.
"use client";
import { GitCompareArrows, Pencil, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import type { LabState, SetLabState } from "./lab-state";
import { SAMPLE_HEAD, type RunHead } from "./run-store";
import { SAMPLE_ID } from "./sample-id";
import { useRunActs, useRunList } from "./use-runs";

export function RunsPanel({
  state,
  setState,
}: {
  readonly state: LabState;
  readonly setState: SetLabState;
}): ReactNode {
  const runs = useRunList();
  const acts = useRunActs();
  const [renamed, setRenamed] = useState<RunHead | null>(null);
  const [deleted, setDeleted] = useState<RunHead | null>(null);
  const heads = [SAMPLE_HEAD, ...(runs.data ?? [])];
  return (
    <Panel title="Runs" meta={<span className="text-micro text-ink-3">kept in this browser</span>} flush>
      {runs.isPending ? (
        <SkeletonRows rows={2} height={48} label="kept runs" />
      ) : (
        <ul>
          {heads.map((head) => (
            <li
              key={head.id}
              className={cx(
                "flex items-center gap-1 border-b py-1.5 pr-2 pl-3.5 last:border-b-0 desk:pl-4",
                head.id === state.run && "bg-raised shadow-[inset_2px_0_0_var(--tide)]",
              )}
            >
              <button
                type="button"
                aria-current={head.id === state.run ? "true" : undefined}
                onClick={() => void setState({ run: head.id }, { history: "push" })}
                className="min-h-9 min-w-0 flex-1 text-left"
              >
                <span className="block truncate font-strong hover:text-tide">{head.name}</span>
                <span className="block truncate text-micro text-ink-3" title={head.source}>
                  {head.id === SAMPLE_ID ? head.source : `${formatDayMinutes(head.savedAtMs)} · ${head.source}`}
                </span>
              </button>
              {head.id !== state.run && (
                <Button
                  size="small"
                  kind="quiet"
                  aria-label={`Compare with ${head.name}`}
                  title="Compare with the open run"
                  onClick={() => void setState({ with: head.id, tab: "compare" }, { history: "push" })}
                >
                  <GitCompareArrows size={13} aria-hidden="true" />
                </Button>
              )}
              {head.id !== SAMPLE_ID && (
                <>
                  <Button
                    size="small"
                    kind="quiet"
                    aria-label={`Rename ${head.name}`}
                    title={`Kept ${formatIso(head.savedAtMs)}`}
                    onClick={() => setRenamed(head)}
                  >
                    <Pencil size={13} aria-hidden="true" />
                  </Button>
                  <Button size="small" kind="quiet" aria-label={`Delete ${head.name}`} onClick={() => setDeleted(head)}>
                    <Trash2 size={13} aria-hidden="true" />
                  </Button>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {(runs.error !== null || acts.problem !== null) && (
        <p role="status" className="border-t px-3.5 py-2 text-dense desk:px-4">
          <Status tone="warn">Runs are not kept</Status>{" "}
          <span className="text-ink-2">{runs.error?.message ?? acts.problem}</span>
        </p>
      )}
      {renamed !== null && (
        <RenameDialog
          head={renamed}
          onClose={() => setRenamed(null)}
          onRename={(name) => {
            acts.rename(renamed, name);
            setRenamed(null);
          }}
        />
      )}
      <Dialog
        open={deleted !== null}
        onOpenChange={() => setDeleted(null)}
        title={`Delete "${deleted?.name ?? ""}"?`}
        description="Its report is removed from this browser. It can be run again from the same data."
        footer={
          <>
            <Button onClick={() => setDeleted(null)}>Keep it</Button>
            <Button
              kind="danger"
              onClick={() => {
                if (deleted === null) return;
                acts.remove(deleted.id);
                void setState({
                  ...(state.run === deleted.id ? { run: null, twin: null } : {}),
                  ...(state.with === deleted.id ? { with: null } : {}),
                });
                setDeleted(null);
              }}
            >
              Delete the run
            </Button>
          </>
        }
      >
        <p className="text-ink-2">Download it first if the numbers may be needed again.</p>
      </Dialog>
    </Panel>
  );
}

function RenameDialog({
  head,
  onClose,
  onRename,
}: {
  readonly head: RunHead;
  readonly onClose: () => void;
  readonly onRename: (name: string) => void;
}): ReactNode {
  const [name, setName] = useState(head.name);
  const trimmed = name.trim();
  const error = trimmed === "" ? "Expected a name." : trimmed.length > 80 ? "Expected at most 80 characters." : null;
  return (
    <Dialog open onOpenChange={onClose} title="Rename the run">
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (error === null) onRename(trimmed);
        }}
      >
        <TextField
          label="Name"
          value={name}
          autoFocus
          autoComplete="off"
          error={error}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={error !== null}>
          Rename
        </Button>
      </form>
    </Dialog>
  );
}
