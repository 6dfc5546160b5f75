// Who is told of what: channels as they are set up, rules, quiet hours and patience; changes are listed and signed as a new version.
"use client";
import { useState, type ReactNode } from "react";
import { ChannelsPanel } from "@/components/alerts/channels-panel";
import { SEVERITY, whenWords } from "@/components/alerts/alert-words";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { alertSettingsSchema, type AlertSettings } from "@/lib/alerts/settings";
import { shortHex } from "@/lib/format/address";
import { formatInstant } from "@/lib/format/time";
import { alertChanges, alertTextOf, CHANNELS, readAlertForm, RULE_ROWS } from "./alert-form";
import type { AlertText } from "./alert-text";
import { ChangeList } from "./change-list";
import { ChatPanel } from "./chat-panel";
import { useSettings, type SettingsAnswer } from "./settings-api";
import { usePeopleVersions } from "./use-versions";

export function NotificationsView(): ReactNode {
  const { data: session } = useSession();
  const settings = useSettings("alertSettings", { enabled: session?.signedIn === true });
  if (session !== undefined && !session.signedIn) {
    return (
      <Panel title="Notifications" flush>
        <Empty title="Sign in to see the settings." action={<TextLink href="/login">Sign in</TextLink>}>
          Who is told of what is for the people of the desk.
        </Empty>
      </Panel>
    );
  }
  return (
    <QueryView
      query={settings}
      what="the alert settings"
      skeleton={
        <Panel title="Notifications" flush>
          <SkeletonRows rows={8} height={44} label="the settings" />
        </Panel>
      }
    >
      {/* A new version starts the form anew: nobody signs over what somebody else has changed meanwhile. */}
      {(data) => <Editor key={data.version} config={data} />}
    </QueryView>
  );
}

function Editor({ config }: { readonly config: SettingsAnswer<"alertSettings"> }): ReactNode {
  const before = config.settings;
  const [text, setText] = useState<AlertText>(() => alertTextOf(before));
  const command = useCommand();
  const alerts = useApi("alerts");
  const read = readAlertForm(before, text);
  const problems: Readonly<Record<string, string>> = read.ok ? {} : read.problems;
  const people = usePeopleVersions().versions.at(-1)?.people ?? null;
  const nameOf = (address: string): string => {
    const person = people?.find((each) => each.address.toLowerCase() === address.toLowerCase());
    return person === undefined || person.name === "" ? shortHex(address) : person.name;
  };
  const changes = read.ok ? alertChanges(before, read.settings, nameOf) : [];
  const field = (key: string) => ({
    value: text[key] ?? "",
    error: problems[key] ?? null,
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setText({ ...text, [key]: event.target.value }),
  });
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <div className="grid min-w-0 gap-3 desk:gap-4">
        {alerts.data !== undefined && <ChannelsPanel alerts={alerts.data} />}
        <Panel title="Channel rules">
          <div className="grid gap-x-6 gap-y-4 desk:grid-cols-3">
            {CHANNELS.map(({ id, label }) => (
              <fieldset key={id} className="grid gap-3">
                <legend className="mb-1 font-title">{label}</legend>
                <SelectField label="Messages" {...field(`channel.${id}.enabled`)}>
                  <option value="on">on, when it is set up</option>
                  <option value="off">off</option>
                </SelectField>
                <SelectField label="From severity" {...field(`channel.${id}.minSeverity`)}>
                  <option value="info">info</option>
                  <option value="warn">warning</option>
                  <option value="critical">critical</option>
                </SelectField>
                <SelectField label="Told" {...field(`channel.${id}.tier`)}>
                  <option value="first">at once</option>
                  <option value="escalation">when nobody answers</option>
                </SelectField>
              </fieldset>
            ))}
          </div>
        </Panel>
        <ChatPanel text={text} problems={problems} people={people} state={alerts.data?.chat} onChange={setText} />
        <Panel title="Quiet hours">
          <div className="grid gap-x-6 gap-y-4 desk:grid-cols-4">
            <SelectField label="Quiet hours" {...field("quiet.on")} help="Critical always comes through.">
              <option value="off">none</option>
              <option value="on">every day</option>
            </SelectField>
            {/* A browser's own field for times shows the clock of its language, also one of 12 hours. */}
            <TextField
              label="From, 24 h"
              inputMode="numeric"
              placeholder="22:00"
              maxLength={5}
              disabled={text["quiet.on"] !== "on"}
              {...field("quiet.from")}
            />
            <TextField
              label="To, 24 h"
              inputMode="numeric"
              placeholder="07:00"
              maxLength={5}
              disabled={text["quiet.on"] !== "on"}
              {...field("quiet.to")}
            />
            <TextField label="Time zone" disabled={text["quiet.on"] !== "on"} {...field("quiet.timeZone")} />
          </div>
        </Panel>
        <Panel title="Patience">
          <div className="grid grid-cols-2 gap-x-6 gap-y-4 desk:grid-cols-4">
            <TextField label="Remind of critical, every min" inputMode="decimal" {...field("remind.critical")} />
            <TextField label="Remind of warnings, every min" inputMode="decimal" {...field("remind.warn")} />
            <TextField label="Escalate critical, after min" inputMode="decimal" {...field("escalate.critical")} />
            <TextField label="Escalate warnings, after min" inputMode="decimal" {...field("escalate.warn")} />
            <TextField
              label="Same alert again within, min"
              inputMode="decimal"
              help="No new first message."
              {...field("coolDown")}
            />
          </div>
        </Panel>
        <Panel title="Rules" flush>
          <Table caption="Alert rules with severity, threshold and how long it must be so">
            <thead>
              <tr>
                <Th>Rule</Th>
                <Th>Severity</Th>
                <Th>Threshold</Th>
                <Th>Must last, min</Th>
              </tr>
            </thead>
            <tbody>
              {RULE_ROWS.map((rule) => (
                <Tr key={rule.id}>
                  <Td className="min-w-44 align-top">
                    <span className="font-title">{rule.title}</span>
                    <span className="block text-micro text-ink-3">{rule.watches}</span>
                    <span className="block text-micro text-ink-3">
                      default: {SEVERITY[rule.severity].word.toLowerCase()}, {whenWords(rule)}
                    </span>
                  </Td>
                  <Td className="min-w-32 align-top">
                    <SelectField isLabelHidden label={`Severity of ${rule.title}`} {...field(`rule.${rule.id}.level`)}>
                      <option value="">default</option>
                      <option value="info">info</option>
                      <option value="warn">warning</option>
                      <option value="critical">critical</option>
                      <option value="off">off</option>
                    </SelectField>
                  </Td>
                  <Td className="min-w-28 align-top">
                    {rule.thresholdUnit === null ? (
                      <span className="text-ink-3">none</span>
                    ) : (
                      <TextField
                        isLabelHidden
                        label={`Threshold of ${rule.title}, ${rule.thresholdUnit}`}
                        inputMode="decimal"
                        placeholder={`${rule.threshold} ${rule.thresholdUnit}`}
                        {...field(`rule.${rule.id}.threshold`)}
                      />
                    )}
                  </Td>
                  <Td className="min-w-28 align-top">
                    <TextField
                      isLabelHidden
                      label={`How long ${rule.title} must last, minutes`}
                      inputMode="decimal"
                      placeholder="default"
                      {...field(`rule.${rule.id}.holdMin`)}
                    />
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Panel>
      </div>
      <div className="grid gap-3 desk:gap-4 mid:sticky mid:top-16">
        <Panel
          title="Changes"
          meta={
            <span className="text-micro text-ink-3">
              {config.from === "signed"
                ? `version ${config.version}`
                : config.from === "file"
                  ? "from the file"
                  : "defaults"}
            </span>
          }
        >
          {config.problem !== null && <p className="mb-2 wrap-anywhere text-warn">{config.problem}</p>}
          {!read.ok ? (
            <p className="text-warn">
              {Object.keys(problems).length} {Object.keys(problems).length === 1 ? "field needs" : "fields need"}{" "}
              another value.
            </p>
          ) : changes.length === 0 ? (
            <p className="text-ink-2">Nothing is changed yet. Each change is listed here before you sign it.</p>
          ) : (
            <ChangeList changes={changes} />
          )}
          <div className="mt-4 grid gap-2">
            <Button
              kind="primary"
              disabled={!read.ok || changes.length === 0}
              busy={command.busy}
              onClick={() => {
                if (!read.ok) return;
                void command.run({
                  action: "alerts.config",
                  target: "system",
                  params: { settings: read.settings },
                  configVersion: config.version,
                });
              }}
            >
              Sign these changes with wallet
            </Button>
            <Button
              kind="quiet"
              disabled={read.ok && changes.length === 0}
              onClick={() => setText(alertTextOf(before))}
            >
              Take everything back
            </Button>
            <CommandNote state={command.state} />
          </div>
          <p className="mt-3 text-dense text-ink-3">
            Only an owner can sign this. What is signed holds over the settings file; rules a pair has of its own stay
            as they are. Addresses and keys of channels come from the environment and are never shown.{" "}
            <TextLink href="/docs/alerts">Manual</TextLink>
          </p>
        </Panel>
        <Versions now={before} onTake={(settings) => setText(alertTextOf(settings))} />
      </div>
    </div>
  );
}

function Versions({
  now,
  onTake,
}: {
  readonly now: AlertSettings;
  readonly onTake: (settings: AlertSettings) => void;
}): ReactNode {
  const nowMs = useWallNow();
  const audit = useApi("audit", { query: { limit: "1000" } });
  const versions = (audit.data?.commands ?? []).flatMap((record) => {
    if (record.action !== "alerts.config" || record.status !== "done") return [];
    const settings = alertSettingsSchema.safeParse(record.params["settings"]);
    return settings.success ? [{ record, settings: settings.data }] : [];
  });
  return (
    <Panel title="Versions" flush>
      {versions.length === 0 ? (
        <Empty title="No change has been signed.">The settings are those of the file, or the defaults.</Empty>
      ) : (
        <Table caption="Signed changes, newest first">
          <thead>
            <tr>
              <Th>When</Th>
              <Th>By</Th>
              <Th right>
                <span className="sr-only">Act</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {versions.toReversed().map(({ record, settings }) => {
              const isSame = alertChanges(now, settings).length === 0;
              return (
                <Tr key={record.commandId}>
                  <Td>{formatInstant(record.atMs, nowMs)}</Td>
                  <Td className="font-hash">{shortHex(record.address)}</Td>
                  <Td right>
                    <Button size="small" disabled={isSame} onClick={() => onTake(settings)}>
                      {isSame ? "In force" : "Fill in"}
                    </Button>
                  </Td>
                </Tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
