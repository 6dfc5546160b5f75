// Opens the dialog that pauses, resumes or unhalts a pair; open or not is in the address.
"use client";
import { Pause, Play } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import type { PairStatus } from "@/lib/api/schemas";
import { PauseDialog } from "./pause-dialog";

export function PauseControl({ pair, off }: { readonly pair: PairStatus; readonly off: string | null }): ReactNode {
  // In the address: an alert or the palette leads straight to this dialog.
  const [act, setAct] = useQueryState("act", parseAsStringLiteral(["pause"]));
  const setOpen = (open: boolean): void => void setAct(open ? "pause" : null);
  const isOff = pair.pause !== null || pair.halted !== null;
  return (
    <>
      <Button onClick={() => setOpen(true)} disabled={off !== null} title={off ?? undefined}>
        {isOff ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
        {pair.halted !== null ? "Unhalt" : pair.pause !== null ? "Resume" : "Pause"}
      </Button>
      <PauseDialog pair={pair} open={act === "pause"} onOpenChange={setOpen} />
    </>
  );
}
