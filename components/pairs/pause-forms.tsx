// What a person fills in to pause, resume or unhalt a pair; loaded when the dialog opens.
"use client";
import { useState, type ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { PAUSE_WORD } from "@/components/shell/words";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { KeyValue } from "@/components/ui/key-value";
import type { UseCommand } from "@/components/wallet/use-command";
import { shortHex } from "@/lib/format/address";
import { formatInstant } from "@/lib/format/time";
import type { PairSummary } from "@/lib/api/schemas";
import { PAUSE_KINDS, pauseKindSchema, type PauseKind } from "@/lib/registry/pair-settings";
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

interface FormProps {
  readonly pair: Pick<PairSummary, "id" | "pause" | "halted">;
  readonly command: UseCommand;
}

export function PauseForm({
  pair,
  command,
  first = "no_new_risk",
}: FormProps & { readonly first?: PauseKind | undefined }): ReactNode {
  const [kind, setKind] = useState<PauseKind>(first);
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

export function ResumeForm({ pair, command }: FormProps): ReactNode {
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
