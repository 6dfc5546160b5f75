// The second diff of an addition: the pair's value caps, proposed from the depth that was found, signed as a version of the pair's settings.
"use client";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { ChangeList } from "@/components/settings/change-list";
import { changesOf, FIELD_GROUPS, readForm, textOf, unitWords, type FormText } from "@/components/settings/pair-form";
import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { formatUsd } from "@/lib/format/usd";
import { DEFAULT_LIMITS, pairSettingsSchema } from "@/lib/registry/pair-settings";
import { capsOfDepth } from "./pool-caps";

/** The pair's settings come with the addition; they are asked for until they are there. */
const ASK_MS = 3_000;
const CAPS = (FIELD_GROUPS[0]?.fields ?? []).filter(({ id }) => id.startsWith("limits."));

export function PoolCapsPanel({
  pairId,
  isNewPair,
  isAdded,
  depthUsd,
}: {
  readonly pairId: string;
  readonly isNewPair: boolean;
  /** The addition was signed. */
  readonly isAdded: boolean;
  readonly depthUsd: number | null;
}): ReactNode {
  const isThere = !isNewPair || isAdded;
  const config = useApi("pairConfig", { params: { id: pairId } }, { enabled: isThere, refetchMs: ASK_MS }).data;
  const caps = capsOfDepth(depthUsd);
  const [typed, setTyped] = useState<FormText>({});
  const command = useCommand();
  const before =
    config === undefined
      ? pairSettingsSchema.parse({ pairId, limits: DEFAULT_LIMITS })
      : pairSettingsSchema.parse(config.settings);
  // A pair that has pools keeps its caps unless somebody takes the proposal: they are for all of them.
  const proposed = isNewPair && caps !== null ? textOf({ ...before, limits: { ...before.limits, ...caps } }) : {};
  const text: FormText = { ...textOf(before), ...proposed, ...typed };
  const read = readForm(before, text);
  const changes = read.ok ? changesOf(before, read.settings) : [];
  return (
    <section aria-label="Limits of the pair" className="border-t px-3.5 py-3 desk:px-4">
      <h3 className="mb-1 font-title">Limits of {pairId}</h3>
      <p className="mb-3 text-dense text-ink-2">
        {caps === null
          ? depthUsd === 0
            ? "There is no liquidity within 1 % of the price: no cap follows from it."
            : "The depth is not known in dollars, since no pair that runs here prices the quote in them: no cap follows from it."
          : `Within 1 % of the price lie ${formatUsd(depthUsd)}. A tenth of it per transaction moves the price by about 0.2 %: ${formatUsd(caps.maxUsdPerTx)}.`}
        {!isNewPair && " The caps hold for all pools of the pair together."}
      </p>
      {isThere && config === undefined ? (
        <p role="status" className="text-ink-2">
          Reading the pair&rsquo;s settings…
        </p>
      ) : (
        <>
          <div className="grid gap-3">
            {CAPS.map(({ id, label, help, unit }) => (
              <TextField
                key={id}
                label={unitWords(unit) === "" ? label : `${label}, ${unitWords(unit)}`}
                help={help}
                inputMode="decimal"
                value={text[id] ?? ""}
                error={read.ok ? null : (read.problems[id] ?? null)}
                disabled={command.busy !== null}
                onChange={(event) => setTyped({ ...typed, [id]: event.target.value })}
              />
            ))}
          </div>
          {!isNewPair && caps !== null && (
            <Button
              size="small"
              className="mt-3"
              onClick={() => setTyped(textOf({ ...before, limits: { ...before.limits, ...caps } }))}
            >
              Take what the depth carries
            </Button>
          )}
          <div className="mt-4 grid gap-2">
            {changes.length === 0 ? (
              <p className="text-ink-2">The caps stay as they are.</p>
            ) : (
              <ChangeList
                caption="Changes of the limits"
                changes={[
                  ...changes,
                  {
                    id: "version",
                    label: `Settings of ${pairId}`,
                    before: `version ${config?.configVersion ?? 1}`,
                    after: `version ${(config?.configVersion ?? 1) + 1}`,
                  },
                ]}
              />
            )}
            <Button
              disabled={!read.ok || changes.length === 0 || config === undefined}
              busy={command.busy}
              onClick={() => {
                if (!read.ok || config === undefined) return;
                void command.run({
                  action: "pair.config",
                  target: pairId,
                  params: { pairId, settings: read.settings },
                  configVersion: config.configVersion,
                });
              }}
            >
              Sign these limits with wallet
            </Button>
            <CommandNote state={command.state} />
          </div>
        </>
      )}
      <p className="mt-3 text-dense text-ink-3">
        A version of its own, signed apart from the addition
        {isNewPair && " once the pair is there; until then it is in OBSERVE and nothing of it is signed"}. A lower cap
        holds at once, a higher one 24 h after it is signed. How many people approve is set under{" "}
        <TextLink href="/settings/limits">approval limits</TextLink>.
      </p>
    </section>
  );
}
