// What became of a signed act, beside its button: refused and failed say why, done says what is true now.
"use client";
import type { ReactNode } from "react";
import { Status } from "@/components/ui/status";
import type { CommandState } from "./use-command";

export function CommandNote({ state }: { readonly state: CommandState }): ReactNode {
  const { phase, sentence } = state;
  return (
    <div role="status" className="text-dense text-ink-2 empty:hidden">
      {phase === "done" && (
        <>
          <Status tone="ok">Done</Status> <span>{sentence}</span>
        </>
      )}
      {phase === "accepted" && (
        <>
          <Status tone="prop">Accepted</Status> <span>{sentence}</span>
        </>
      )}
      {(phase === "refused" || phase === "failed") && (
        <>
          <Status tone="warn">{phase === "refused" ? "Refused" : "Not sent"}</Status> <span>{sentence}</span>
        </>
      )}
    </div>
  );
}
