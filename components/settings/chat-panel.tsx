// Who may ask by chat: a Telegram user per line and the person it stands for; who wrote without being on the list can be taken over.
"use client";
import type { ReactNode } from "react";
import { WallAge } from "@/components/live/age";
import { useWallNow } from "@/components/live/ticker";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { Alerts } from "@/lib/api/alert-schemas";
import type { Person } from "@/lib/api/authority-settings";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import type { AlertText } from "./alert-text";
import { chatRows, withChatRow, withoutChatRow } from "./chat-form";

const POLL_PERIOD_MS = 60_000;

export function ChatPanel({
  text,
  problems,
  people,
  state,
  onChange,
}: {
  readonly text: AlertText;
  readonly problems: Readonly<Record<string, string>>;
  /** Null: the list could not be read. */
  readonly people: readonly Person[] | null;
  /** Missing: no chat is set up. */
  readonly state: Alerts["chat"];
  readonly onChange: (text: AlertText) => void;
}): ReactNode {
  const nowMs = useWallNow();
  const rows = chatRows(text);
  const isOn = text["chat.on"] === "on";
  const listed = new Set(rows.map((row) => text[`chat.${row}.userId`] ?? ""));
  const strangers = (state?.strangers ?? []).filter(({ userId }) => !listed.has(userId));
  const field = (key: string) => ({
    value: text[key] ?? "",
    error: problems[key] ?? null,
    onChange: (event: { readonly target: { readonly value: string } }) =>
      onChange({ ...text, [key]: event.target.value }),
  });
  return (
    <Panel title="Commands by chat">
      <p className="mb-3 max-w-prose text-ink-2">
        People on this list may write <code className="font-mono">/status</code>,{" "}
        <code className="font-mono">/ack</code> and <code className="font-mono">/pause</code> to the Telegram bot. A
        pause only forbids, and a signed resume ends it; nothing else can be asked there.{" "}
        <TextLink href="/docs/alerts">Manual</TextLink>
      </p>
      <div className="mb-3 grid items-start gap-x-6 gap-y-3 desk:grid-cols-3">
        <SelectField label="Commands by chat" {...field("chat.on")}>
          <option value="off">off</option>
          <option value="on">on, for the people below</option>
        </SelectField>
        <div className="desk:col-span-2 desk:pt-6">
          <ChatState state={state} />
        </div>
      </div>
      {rows.length === 0 ? (
        <p className="text-ink-2">Nobody is on the list{isOn ? ", so every command is refused" : ""}.</p>
      ) : (
        <ul className="grid gap-3">
          {rows.map((row) => (
            <li key={row} className="grid items-start gap-x-6 gap-y-2 desk:grid-cols-[1fr_1fr_auto]">
              <TextField label="Telegram user, number" inputMode="numeric" {...field(`chat.${row}.userId`)} />
              <PersonField label="Stands for" people={people} {...field(`chat.${row}.address`)} />
              <Button kind="quiet" className="desk:mt-6" onClick={() => onChange(withoutChatRow(text, row))}>
                Take off<span className="sr-only"> the line of {text[`chat.${row}.userId`] || "the new user"}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3">
        <Button onClick={() => onChange(withChatRow(text, ""))}>Add a person</Button>
      </div>
      {strangers.length > 0 && (
        <div className="mt-4 border-t pt-3">
          <p className="mb-2 text-ink-2">Wrote without being on the list and got no answer:</p>
          <ul className="grid gap-1.5">
            {strangers.map(({ userId, lastAtMs, count }) => (
              <li key={userId} className="flex flex-wrap items-center gap-x-3">
                <span className="font-mono tabular-nums">{userId}</span>
                <span className="text-dense text-ink-3">
                  {count} {count === 1 ? "message" : "messages"}, {formatAge(nowMs - lastAtMs)} ago
                </span>
                <Button size="small" onClick={() => onChange(withChatRow(text, userId))}>
                  Put on the list<span className="sr-only"> {userId}</span>
                </Button>
              </li>
            ))}
          </ul>
          <p className="mt-2 text-dense text-ink-3">Put on only who told you this number themselves.</p>
        </div>
      )}
    </Panel>
  );
}

function ChatState({ state }: { readonly state: Alerts["chat"] }): ReactNode {
  if (state === undefined) return <Status tone="unknown">Telegram is not set up</Status>;
  const shown = {
    off: ["paused", "not listening"],
    starting: ["unknown", "starting"],
    ok: ["ok", "listening"],
    away: ["warn", "cannot ask Telegram"],
  } as const;
  const [tone, word] = shown[state.state];
  return (
    <>
      <Status tone={tone}>{word}</Status>
      {state.lastError !== null && <p className="text-dense wrap-anywhere text-warn">{state.lastError}</p>}
      {state.lastOkAtMs !== null && (
        <WallAge atMs={state.lastOkAtMs} periodMs={POLL_PERIOD_MS} prefix="asked" suffix="ago" />
      )}
    </>
  );
}

function PersonField({
  people,
  value,
  ...rest
}: {
  readonly label: string;
  readonly people: readonly Person[] | null;
  readonly value: string;
  readonly error: string | null;
  readonly onChange: (event: { readonly target: { readonly value: string } }) => void;
}): ReactNode {
  const known = people ?? [];
  const isKnown = known.some(({ address }) => address.toLowerCase() === value.toLowerCase());
  return (
    <SelectField
      {...rest}
      value={known.find(({ address }) => address.toLowerCase() === value.toLowerCase())?.address ?? value}
      help={people === null ? "The list of people is not there yet." : undefined}
    >
      <option value="">choose</option>
      {value !== "" && !isKnown && <option value={value}>{shortHex(value)}, no role any more</option>}
      {known.map(({ address, name, role }) => (
        <option key={address} value={address}>
          {name === "" ? shortHex(address) : name}, {role}
        </option>
      ))}
    </SelectField>
  );
}
