// Stops all signing after a hold and a signature, shows that it is stopped, and lets an owner resume.
"use client";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { HoldButton } from "@/components/ui/hold-button";
import { KeyValue } from "@/components/ui/key-value";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { shortHex } from "@/lib/format/address";
import { formatClock } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";

export function StopForm(): ReactNode {
  const [reason, setReason] = useState("");
  const command = useCommand();
  const stopped = useApi("system").data?.signer.stopped ?? null;
  const overview = useApi("overview").data;
  const pairs = overview?.pairs ?? [];
  const open = pairs.filter((pair) => pair.openPlanId !== null).length;
  const text = reason.trim();
  return (
    <>
      <p className="text-ink-2">
        {stopped === null
          ? "The signer refuses every new transaction of every pair, at once and after a restart too. Positions stay open and keep earning."
          : `The signer refuses since ${formatClock(stopped.sinceAtMs)} UTC. Stopped by ${shortHex(stopped.by)}: ${stopped.reason}`}
      </p>
      <KeyValue
        ruled
        rows={[
          { key: "Stays in positions", value: formatUsd(sumOf(pairs.map((pair) => pair.positionsUsd))) },
          { key: "Stays idle in the wallet", value: formatUsd(overview?.money.idleUsd) },
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
