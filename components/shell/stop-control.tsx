// The quiet shield: stops all signing after a hold and a signature, shows that it is stopped, and lets an owner resume.
"use client";
import { ShieldAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { HoldButton } from "@/components/ui/hold-button";
import { KeyValue } from "@/components/ui/key-value";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { shortHex } from "@/lib/format/address";
import { formatUsd } from "@/lib/format/usd";

export function StopControl(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const command = useCommand();
  const system = useApi("system");
  const overview = useApi("overview");
  const stopped = system.data?.signer.stopped ?? null;
  const pairs = overview.data?.pairs ?? [];
  const open = pairs.filter((pair) => pair.openPlanId !== null).length;
  const text = reason.trim();
  return (
    <>
      <Button onClick={() => setOpen(true)} aria-label={stopped === null ? "Stop all signing" : "Signing is stopped"}>
        <ShieldAlert size={14} aria-hidden="true" className="text-crit" />
        <span className="hidden desk:inline">{stopped === null ? "Stop" : "Stopped"}</span>
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={(next) => {
          setOpen(next);
          if (!next) command.reset();
        }}
        title={stopped === null ? "Stop all signing" : "Signing is stopped"}
        description={
          stopped === null
            ? "The signer refuses every new transaction of every pair, at once and after a restart too. Positions stay open and keep earning."
            : `Stopped by ${shortHex(stopped.by)}: ${stopped.reason}`
        }
      >
        <div className="grid gap-4">
          <KeyValue
            ruled
            rows={[
              { key: "Stays in positions", value: formatUsd(sumOf(pairs.map((pair) => pair.positionsUsd))) },
              { key: "Stays idle in the wallet", value: formatUsd(overview.data?.money.idleUsd) },
              { key: "Plans open now", value: open === 0 ? "none" : `${open}, each stops at its next step` },
              { key: "Ends by", value: "an owner's signed resume" },
            ]}
          />
          <TextField
            label={stopped === null ? "Reason, kept in the command log" : "Note, kept in the command log"}
            value={reason}
            maxLength={280}
            onChange={(event) => setReason(event.target.value)}
          />
          {stopped === null ? (
            <HoldButton
              label={text === "" ? "Give a reason first" : "Hold 3 s to stop, then sign"}
              disabled={text === ""}
              busy={command.busy}
              onConfirm={() => void command.run({ action: "system.stop", target: "system", params: { reason: text } })}
            />
          ) : (
            <Button
              kind="primary"
              disabled={text === ""}
              busy={command.busy}
              onClick={() => void command.run({ action: "system.resume", target: "system", params: { note: text } })}
            >
              {text === "" ? "Give a note first" : "Resume signing with wallet"}
            </Button>
          )}
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}

/** Null when any part is unknown: a sum with a hole is no sum. */
function sumOf(values: readonly (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return total;
}
