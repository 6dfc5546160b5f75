// Pause, resume or unhalt a pair; the effect is what the signer says, not that a command was sent.
"use client";
import { Pause, Play } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { SkeletonRows } from "@/components/ui/states";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import type { PairStatus } from "@/lib/api/schemas";

const loading = (): ReactNode => <SkeletonRows rows={4} label="the form" />;
const PauseForm = dynamic(() => import("./pause-forms").then((module) => module.PauseForm), { ssr: false, loading });
const ResumeForm = dynamic(() => import("./pause-forms").then((module) => module.ResumeForm), { ssr: false, loading });

export function PauseControl({ pair }: { readonly pair: PairStatus }): ReactNode {
  // In the address: an alert or the palette leads straight to this dialog.
  const [act, setAct] = useQueryState("act", parseAsStringLiteral(["pause"]));
  const isOpen = act === "pause";
  const setOpen = (open: boolean): void => void setAct(open ? "pause" : null);
  const command = useCommand();
  const isOff = pair.pause !== null || pair.halted !== null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        {isOff ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
        {pair.halted !== null ? "Unhalt" : pair.pause !== null ? "Resume" : "Pause"}
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={(open) => {
          setOpen(open);
          if (!open) command.reset();
        }}
        title={
          pair.halted !== null ? `Unhalt ${pair.id}` : pair.pause !== null ? `Resume ${pair.id}` : `Pause ${pair.id}`
        }
      >
        {isOff ? <ResumeForm pair={pair} command={command} /> : <PauseForm pair={pair} command={command} />}
        <div className="mt-3">
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}
