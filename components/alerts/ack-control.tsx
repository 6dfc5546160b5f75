// The button that ends the reminders, with an optional note; or who pressed it.
"use client";
import { Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { useWallNow } from "@/components/live/ticker";
import type { AlertDto } from "@/lib/api/alert-schemas";
import { formatInstant } from "@/lib/format/time";
import { shortAddress } from "./alert-words";
import { useAcknowledge } from "./use-acknowledge";

export function AckControl({ alert }: { readonly alert: AlertDto }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [note, setNote] = useState("");
  const { busy, error, run } = useAcknowledge();
  if (alert.ack !== null) return <AckedBy ack={alert.ack} />;
  if (alert.clearedAtMs !== null) return null;
  const submit = async (): Promise<void> => {
    if (await run(alert, note)) setOpen(false);
  };
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        <Check size={13} aria-hidden="true" />
        Acknowledge
        <span className="sr-only">
          : {alert.title} {alert.pairId ?? ""}
        </span>
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title="Acknowledge this alert"
        description="Reminders and escalation end for everybody. The alert stays open until its cause is gone, and speaks again if it becomes worse."
        footer={
          <>
            <Button kind="quiet" onClick={() => setOpen(false)}>
              Back
            </Button>
            <Button kind="primary" busy={busy} onClick={() => void submit()}>
              Acknowledge
            </Button>
          </>
        }
      >
        <p className="mb-3 text-ink-2">{alert.sentence}</p>
        <TextField
          label="Note (optional)"
          value={note}
          maxLength={280}
          onChange={(event) => setNote(event.target.value)}
          error={error}
          help="Kept with your address, the time and your role."
        />
      </Dialog>
    </>
  );
}

function AckedBy({ ack }: { readonly ack: NonNullable<AlertDto["ack"]> }): ReactNode {
  const nowMs = useWallNow();
  return (
    <p className="text-dense text-ink-2">
      <Check size={13} aria-hidden="true" className="mr-1 inline text-tide" />
      Acknowledged by <span title={ack.by}>{shortAddress(ack.by)}</span> ({ack.role}),{" "}
      {formatInstant(ack.atMs, nowMs === 0 ? ack.atMs : nowMs)}
      {ack.note === "" ? "" : `: ${ack.note}`}
    </p>
  );
}
