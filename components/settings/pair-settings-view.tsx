// Settings of a pair: what is in force, a form with its bounds, the changes in words before the wallet opens, and earlier versions to go back to.
"use client";
import { parseAsString, useQueryState } from "nuqs";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { useCommand } from "@/components/wallet/use-command";
import type { RouteResponse } from "@/lib/api/contract";
import { pairSettingsSchema, type PairSettings } from "@/lib/registry/pair-settings";
import { ChangesPanel } from "./changes-panel";
import { changesOf, FIELD_GROUPS, readForm, textOf, unitWords, type FormText, type SettingField } from "./pair-form";
import { SettingsGate } from "./settings-gate";
import { VersionsPanel } from "./versions-panel";

export function PairSettingsView(): ReactNode {
  return (
    <SettingsGate
      title="Pairs and limits"
      why="Limits say how much this deployment may move; only people of the desk read them."
    >
      {() => <Pairs />}
    </SettingsGate>
  );
}

function Pairs(): ReactNode {
  const pairs = useApi("pairs");
  const [named, setNamed] = useQueryState("pair", parseAsString);
  return (
    <QueryView query={pairs} what="pairs" skeleton={<Waiting />}>
      {(data) => {
        const pairId = named ?? data.pairs[0]?.id ?? null;
        if (pairId === null) return <Empty title="No pair is configured.">Settings belong to a pair.</Empty>;
        return (
          <div className="grid gap-3 desk:gap-4">
            <SelectField
              label="Pair"
              className="mx-3.5 max-w-72 desk:mx-0"
              value={pairId}
              onChange={(event) => void setNamed(event.target.value)}
            >
              {data.pairs.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </SelectField>
            <OfPair key={pairId} pairId={pairId} />
          </div>
        );
      }}
    </QueryView>
  );
}

function Waiting(): ReactNode {
  return (
    <Panel title="Pairs and limits" flush>
      <SkeletonRows rows={10} height={44} label="the settings" />
    </Panel>
  );
}

function OfPair({ pairId }: { readonly pairId: string }): ReactNode {
  const config = useApi("pairConfig", { params: { id: pairId } });
  return (
    <QueryView query={config} what={`the settings of ${pairId}`} skeleton={<Waiting />}>
      {/* A new version starts the form anew: nobody signs over what somebody else has changed meanwhile. */}
      {(data) => <Editor key={data.configVersion} config={data} />}
    </QueryView>
  );
}

function Editor({ config }: { readonly config: RouteResponse<"pairConfig"> }): ReactNode {
  const before = pairSettingsSchema.parse(config.settings);
  const [text, setText] = useState<FormText>(() => textOf(before));
  const command = useCommand();
  const read = readForm(before, text);
  const changes = read.ok ? changesOf(before, read.settings) : [];
  const problems = read.ok ? {} : read.problems;
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <div className="grid gap-3 desk:gap-4">
        {FIELD_GROUPS.map(({ title, fields }) => (
          <Panel key={title} title={title}>
            <div className="grid gap-x-6 gap-y-4 desk:grid-cols-2">
              {fields.map((field) => (
                <Field
                  key={field.id}
                  field={field}
                  value={text[field.id] ?? ""}
                  error={problems[field.id] ?? null}
                  onChange={(value) => setText({ ...text, [field.id]: value })}
                />
              ))}
            </div>
          </Panel>
        ))}
      </div>
      <div className="grid gap-3 desk:gap-4 mid:sticky mid:top-16">
        <ChangesPanel
          version={config.configVersion}
          problem={
            read.ok
              ? null
              : `${Object.keys(problems).length} ${Object.keys(problems).length === 1 ? "field needs" : "fields need"} another value.`
          }
          changes={changes}
          command={command}
          onSign={() => {
            if (!read.ok) return;
            void command.run({
              action: "pair.config",
              target: before.pairId,
              params: { pairId: before.pairId, settings: read.settings },
              configVersion: config.configVersion,
            });
          }}
          onUndo={() => setText(textOf(before))}
        >
          Only an owner can sign this. The signer keeps the settings, checks them again and refuses a change of a
          version that is not the newest.
        </ChangesPanel>
        <Versions pairId={before.pairId} now={before} onTake={(settings) => setText(textOf(settings))} />
      </div>
    </div>
  );
}

function Field({
  field,
  value,
  error,
  onChange,
}: {
  readonly field: SettingField;
  readonly value: string;
  readonly error: string | null;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const unit = unitWords(field.unit);
  const label = unit === "" ? field.label : `${field.label}, ${unit}`;
  if (field.unit === "switch") {
    return (
      <SelectField
        label={label}
        help={field.help}
        error={error}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">default</option>
        <option value="on">on</option>
        <option value="off">off</option>
      </SelectField>
    );
  }
  return (
    <TextField
      label={label}
      help={field.help}
      error={error}
      inputMode="decimal"
      value={value}
      placeholder={field.id.startsWith("params.") ? "default" : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** Earlier settings from the command log; taking one fills the form, signing it is the way back. */
function Versions({
  pairId,
  now,
  onTake,
}: {
  readonly pairId: string;
  readonly now: PairSettings;
  readonly onTake: (settings: PairSettings) => void;
}): ReactNode {
  const audit = useApi("audit", { query: { limit: "1000" } });
  const versions = (audit.data?.commands ?? []).flatMap((record) => {
    if (record.action !== "pair.config" || record.target !== pairId || record.status !== "done") return [];
    const settings = pairSettingsSchema.safeParse(record.params["settings"]);
    return settings.success ? [{ record, settings: settings.data }] : [];
  });
  return (
    <VersionsPanel
      versions={versions.toReversed().map(({ record, settings }) => ({
        id: record.commandId,
        version: null,
        atMs: record.atMs,
        by: record.address,
        isInForce: changesOf(now, settings).length === 0,
        onTake: () => onTake(settings),
      }))}
      empty="The settings are those the pair was set up with."
    />
  );
}
