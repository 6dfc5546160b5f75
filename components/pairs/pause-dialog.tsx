// The dialog in which a pair is paused, resumed or unhalted; the effect is what the signer says, not that a command was sent.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { Dialog } from "@/components/ui/dialog";
import { lazyPart } from "@/components/ui/lazy-part";
import { SkeletonRows } from "@/components/ui/states";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { PairSummary } from "@/lib/api/schemas";
import type { PauseKind } from "@/lib/registry/mode";

const loading = (): ReactNode => <SkeletonRows rows={4} label="the form" />;
const PauseForm = dynamic(
  lazyPart(() => import("./pause-forms").then((module) => module.PauseForm)),
  { ssr: false, loading },
);
const ResumeForm = dynamic(
  lazyPart(() => import("./pause-forms").then((module) => module.ResumeForm)),
  { ssr: false, loading },
);

export function PauseDialog({
  pair,
  open,
  onOpenChange,
  kind,
}: {
  readonly pair: Pick<PairSummary, "id" | "pause" | "halted">;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** Chosen before it opened. */
  readonly kind?: PauseKind | undefined;
}): ReactNode {
  const command = useCommand();
  const isOff = pair.pause !== null || pair.halted !== null;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        onOpenChange(next);
        if (!next) command.reset();
      }}
      title={
        pair.halted !== null ? `Unhalt ${pair.id}` : pair.pause !== null ? `Resume ${pair.id}` : `Pause ${pair.id}`
      }
    >
      {isOff ? (
        <ResumeForm pair={pair} command={command} />
      ) : (
        <PauseForm key={kind} pair={pair} command={command} first={kind} />
      )}
      <div className="mt-3">
        <CommandNote state={command.state} />
      </div>
    </Dialog>
  );
}
