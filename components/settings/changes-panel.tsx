// What a signature would change, in words, with the button that asks the wallet for it.
"use client";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { CommandNote } from "@/components/wallet/command-note";
import type { UseCommand } from "@/components/wallet/use-command";

interface ShownChange {
  readonly id: string;
  readonly label: string;
  readonly before: string;
  readonly after: string;
  /** Said under it. */
  readonly note?: string | undefined;
}

export function ChangesPanel({
  version,
  problem,
  changes,
  warning,
  command,
  blocked,
  onSign,
  onUndo,
  children,
}: {
  readonly version: number;
  /** Why it cannot be signed as it stands, null when it can. */
  readonly problem: string | null;
  readonly changes: readonly ShownChange[];
  /** Can be signed, but somebody should know. */
  readonly warning?: string | null | undefined;
  readonly command: UseCommand;
  /** Why this person cannot sign it, null otherwise. */
  readonly blocked?: string | null | undefined;
  readonly onSign: () => void;
  readonly onUndo: () => void;
  /** What happens with a signature. */
  readonly children: ReactNode;
}): ReactNode {
  const isBlocked = typeof blocked === "string";
  return (
    <Panel title="Changes" meta={<span className="text-micro text-ink-3">version {version}</span>}>
      {problem !== null ? (
        <p className="text-warn">{problem}</p>
      ) : changes.length === 0 ? (
        <p className="text-ink-2">Nothing is changed yet. Each change is listed here before you sign it.</p>
      ) : (
        <ul aria-label="Changes" className="grid gap-1.5">
          {changes.map(({ id, label, before, after, note }) => (
            <li key={id} className="wrap-anywhere">
              <span className="block text-dense text-ink-3">{label}</span>
              {before} <span className="text-ink-3">→</span> <b className="font-title text-prop">{after}</b>
              {note !== undefined && <span className="block text-dense text-ink-2">{note}</span>}
            </li>
          ))}
        </ul>
      )}
      {typeof warning === "string" && (
        <p className="mt-3 border-l-2 border-warn bg-warn-soft px-3 py-2 text-dense text-ink-2">{warning}</p>
      )}
      <div className="mt-4 grid gap-2">
        <Button
          kind="primary"
          disabled={problem !== null || changes.length === 0 || isBlocked}
          busy={command.busy}
          onClick={onSign}
        >
          Sign these changes with wallet
        </Button>
        <Button
          kind="quiet"
          disabled={(problem === null && changes.length === 0) || command.busy !== null}
          onClick={onUndo}
        >
          Take everything back
        </Button>
        {isBlocked && <p className="text-dense text-ink-2">{blocked}</p>}
        <CommandNote state={command.state} />
      </div>
      <p className="mt-3 text-dense text-ink-3">{children}</p>
    </Panel>
  );
}
