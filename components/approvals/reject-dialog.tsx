// Rejecting a plan: a reason that stays in the command log, then a signature.
"use client";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { CommandNote } from "@/components/wallet/command-note";
import type { PlanDecision } from "./use-plan-decision";

export function RejectDialog({
  isOpen,
  onClose,
  what,
  decision,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The plan's title. */
  readonly what: string;
  readonly decision: PlanDecision;
}): ReactNode {
  const [reason, setReason] = useState("");
  const text = reason.trim();
  return (
    <Dialog
      open={isOpen}
      onOpenChange={(open) => {
        if (open) return;
        onClose();
        decision.reject.reset();
      }}
      title={`Reject: ${what}`}
      description="Nothing is sent and everything stays as it is (HOLD). The strategy may propose again from the next epoch on."
      footer={
        <>
          <Button onClick={onClose}>Keep it waiting</Button>
          <Button
            kind="danger"
            disabled={text === "" || decision.rejectBlocked !== null}
            busy={decision.reject.busy}
            onClick={() => decision.runReject(text)}
          >
            {text === "" ? "Give a reason first" : "Reject with wallet"}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <TextField
          label="Reason, kept in the command log"
          value={reason}
          maxLength={280}
          autoFocus
          onChange={(event) => setReason(event.target.value)}
        />
        {decision.rejectBlocked !== null && <p className="text-warn">{decision.rejectBlocked}</p>}
        <CommandNote state={decision.reject.state} />
      </div>
    </Dialog>
  );
}
