// The signer: its named state with cause, wallet, log positions; stopping all signing by a hold, resuming by an owner.
"use client";
import { useState, type ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Button } from "@/components/ui/button";
import { Copyable } from "@/components/ui/copyable";
import { TextField } from "@/components/ui/field";
import { HoldButton } from "@/components/ui/hold-button";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { Status, type StatusTone } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { formatInstant } from "@/lib/format/time";
import type { System } from "./system";

export function SigningPanel({ signer }: { readonly signer: System["signer"] }): ReactNode {
  const nowMs = useWallNow();
  const { stopped } = signer;
  const tone: StatusTone =
    stopped !== null
      ? "crit"
      : signer.state === null
        ? "unknown"
        : signer.state === "NORMAL"
          ? "ok"
          : signer.state.startsWith("HALT") || signer.state === "LOCKED"
            ? "crit"
            : "warn";
  return (
    <Panel
      title="Signing"
      meta={<Status tone={tone}>{stopped !== null ? "Stopped" : (signer.state ?? "Unknown")}</Status>}
    >
      <div className="grid gap-4">
        <KeyValue
          rows={[
            { key: "Why", value: signer.cause === "" ? "no cause given" : signer.cause },
            {
              key: "Since",
              value: signer.sinceAtMs === null ? "not known" : formatInstant(signer.sinceAtMs, nowMs),
            },
            {
              key: "Wallet",
              value:
                signer.wallet === null ? (
                  "not known"
                ) : (
                  <Copyable value={signer.wallet} shown={shortHex(signer.wallet)} what="wallet address" />
                ),
            },
            { key: "Journal", value: `record ${formatInteger(signer.journalSeq)}` },
            {
              key: "Command log",
              value: (
                <>
                  entry {formatInteger(signer.commandSeq)}, <TextLink href="/settings/audit">read it</TextLink>
                </>
              ),
            },
          ]}
        />
        {stopped === null ? <StopForm /> : <ResumeForm stopped={stopped} nowMs={nowMs} />}
      </div>
    </Panel>
  );
}

function StopForm(): ReactNode {
  const [reason, setReason] = useState("");
  const command = useCommand();
  const text = reason.trim();
  return (
    <div className="grid gap-3 border-t pt-3">
      <p className="text-dense text-ink-2">
        Stopping refuses every new transaction of every pair, at once and after a restart too. Positions stay open and
        keep earning.
      </p>
      <TextField
        label="Reason, kept in the command log"
        value={reason}
        maxLength={280}
        onChange={(event) => setReason(event.target.value)}
      />
      <HoldButton
        label={text === "" ? "Give a reason to stop signing" : "Hold 3 s to stop, then sign"}
        disabled={text === ""}
        busy={command.busy}
        onConfirm={() => void command.run({ action: "system.stop", target: "system", params: { reason: text } })}
      />
      <CommandNote state={command.state} />
    </div>
  );
}

function ResumeForm({
  stopped,
  nowMs,
}: {
  readonly stopped: NonNullable<System["signer"]["stopped"]>;
  readonly nowMs: number;
}): ReactNode {
  const [note, setNote] = useState("");
  const command = useCommand();
  const text = note.trim();
  return (
    <div className="grid gap-3 border-t pt-3">
      <p className="border-l-2 border-crit px-3 text-ink-2">
        {stopped.reason}
        <span className="block text-dense text-ink-3">
          Stopped by {shortHex(stopped.by)}, {formatInstant(stopped.sinceAtMs, nowMs)}. Only an owner can resume.
        </span>
      </p>
      <TextField
        label="Note, kept in the command log"
        value={note}
        maxLength={280}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button
        kind="primary"
        disabled={text === ""}
        busy={command.busy}
        onClick={() => void command.run({ action: "system.resume", target: "system", params: { note: text } })}
      >
        {text === "" ? "Give a note to resume" : "Resume signing with wallet"}
      </Button>
      <CommandNote state={command.state} />
    </div>
  );
}
