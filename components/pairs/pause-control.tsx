// Pause, resume or unhalt a pair; the effect is what the signer says, not that a command was sent.
"use client";
import { Pause, Play } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { SelectField, TextField } from "@/components/ui/field";
import { KeyValue } from "@/components/ui/key-value";
import { useWallNow } from "@/components/live/ticker";
import { PAUSE_WORD } from "@/components/shell/words";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { formatInstant } from "@/lib/format/time";
import { shortHex } from "@/lib/format/address";
import { PAUSE_KINDS, pauseKindSchema, type PauseKind } from "@/lib/registry/pair-settings";
import type { PairStatus } from "@/lib/api/schemas";
import { pauseSentence } from "./pause-words";

const EFFECT: Readonly<Record<PauseKind, string>> = {
  no_new_risk: "No new plan is made or started. A plan that runs finishes its steps. Closing is still possible.",
  no_transactions: "The signer refuses every transaction of this pair. A plan that runs stops safe at its next step.",
  stop_worker: "The worker drains and stops. Nothing is decided until it is resumed.",
};
const HOUR_MS = 3_600_000;
const UNTIL = [
  { value: "", label: "until somebody resumes it" },
  { value: "1", label: "for 1 hour" },
  { value: "4", label: "for 4 hours" },
  { value: "24", label: "for 24 hours" },
] as const;

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

interface FormProps {
  readonly pair: PairStatus;
  readonly command: ReturnType<typeof useCommand>;
}

function PauseForm({ pair, command }: FormProps): ReactNode {
  const [kind, setKind] = useState<PauseKind>("no_new_risk");
  const [hours, setHours] = useState("");
  const [reason, setReason] = useState("");
  const text = reason.trim();
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void command.run({
          action: "pair.pause",
          target: pair.id,
          params: {
            pairId: pair.id,
            kind,
            untilAtMs: hours === "" ? null : Date.now() + Number(hours) * HOUR_MS,
            reason: text,
          },
        });
      }}
    >
      <SelectField
        label="What stops"
        value={kind}
        help={EFFECT[kind]}
        onChange={(event) => setKind(pauseKindSchema.catch("no_new_risk").parse(event.target.value))}
      >
        {PAUSE_KINDS.map((each) => (
          <option key={each} value={each}>
            {PAUSE_WORD[each]}
          </option>
        ))}
      </SelectField>
      <SelectField label="How long" value={hours} onChange={(event) => setHours(event.target.value)}>
        {UNTIL.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Reason, kept in the command log"
        value={reason}
        maxLength={280}
        required
        onChange={(event) => setReason(event.target.value)}
      />
      <Button kind="primary" type="submit" disabled={text === ""} busy={command.busy}>
        {text === "" ? "Give a reason first" : `Pause ${pair.id} with wallet`}
      </Button>
    </form>
  );
}

function ResumeForm({ pair, command }: FormProps): ReactNode {
  const [note, setNote] = useState("");
  const nowMs = useWallNow();
  const text = note.trim();
  const { pause, halted } = pair;
  const isMissing = halted !== null && text === "";
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void command.run(
          halted === null
            ? { action: "pair.resume", target: pair.id, params: { pairId: pair.id, note: text } }
            : { action: "pair.unhalt", target: pair.id, params: { pairId: pair.id, note: text } },
        );
      }}
    >
      {pause !== null && halted === null && (
        <KeyValue
          ruled
          rows={[
            { key: "Paused", value: PAUSE_WORD[pause.kind] },
            { key: "In force", value: <span data-testid="pause-effect">{pauseSentence(pause, nowMs)}</span> },
            { key: "By", value: shortHex(pause.by) },
            { key: "Reason", value: pause.reason },
          ]}
        />
      )}
      {halted !== null && (
        <KeyValue
          ruled
          rows={[
            { key: "State", value: halted.state },
            { key: "Since", value: formatInstant(halted.sinceAtMs, nowMs) },
            { key: "Cause", value: halted.cause },
          ]}
        />
      )}
      <TextField
        label={halted === null ? "Note, may be empty" : "What you found, kept in the command log"}
        value={note}
        maxLength={280}
        onChange={(event) => setNote(event.target.value)}
      />
      <Button kind="primary" type="submit" disabled={isMissing} busy={command.busy}>
        {isMissing
          ? "Say what you found first"
          : halted === null
            ? `Resume ${pair.id} with wallet`
            : `Unhalt ${pair.id} with wallet`}
      </Button>
    </form>
  );
}
