// Approval limits: what one approver may let through and how many it takes above, for the deployment and per pair, signed by an owner.
"use client";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { useCommand } from "@/components/wallet/use-command";
import type { LimitsVersion } from "@/lib/api/authority-settings";
import type { RouteResponse } from "@/lib/api/contract";
import { formatInstant } from "@/lib/format/time";
import { DEFAULT_APPROVAL_LIMITS, isLooser, loosenedAtMs, rulesInForce } from "@/lib/plan/approval-rule";
import { ChangesPanel } from "./changes-panel";
import { changesOfLimits, DEPLOYMENT, readLimits, ruleWords, textOfLimits, type RuleText } from "./limits-form";
import { approverCount } from "./people-form";
import { SettingsGate } from "./settings-gate";
import { useLimitsVersions, usePeople } from "./use-versions";
import { VersionsPanel } from "./versions-panel";

export function LimitsView(): ReactNode {
  return (
    <SettingsGate
      title="Approval limits"
      why="Limits say how much one person may let through; only people of the desk read them."
    >
      {(session) => <Limits session={session} />}
    </SettingsGate>
  );
}

function Limits({ session }: { readonly session: RouteResponse<"session"> }): ReactNode {
  const { query, versions } = useLimitsVersions();
  const pairs = useApi("pairs");
  const skeleton = (
    <Panel title="Approval limits" flush>
      <SkeletonRows rows={6} height={56} label="approval limits" />
    </Panel>
  );
  return (
    <QueryView query={query} what="approval limits" skeleton={skeleton}>
      {() => (
        <QueryView query={pairs} what="pairs" skeleton={skeleton}>
          {/* A new version starts the form anew: nobody signs over what somebody else has changed meanwhile. */}
          {(data) => (
            <Editor
              key={versions.length}
              versions={versions}
              pairIds={data.pairs.map(({ id }) => id)}
              session={session}
            />
          )}
        </QueryView>
      )}
    </QueryView>
  );
}

function Editor({
  versions,
  pairIds,
  session,
}: {
  readonly versions: readonly LimitsVersion[];
  readonly pairIds: readonly string[];
  readonly session: RouteResponse<"session">;
}): ReactNode {
  const newest = versions.at(-1);
  const before = newest?.limits ?? DEFAULT_APPROVAL_LIMITS;
  const [text, setText] = useState(() => textOfLimits(before, pairIds));
  const approvers = approverCount(usePeople());
  const command = useCommand();
  const read = readLimits(text, approvers);
  const problems = read.ok ? {} : read.problems;
  const changes = read.ok ? changesOfLimits(before, read.limits) : [];
  const isOwner = session.role === "owner";
  const isLocked = !isOwner || command.busy !== null;
  const wrong = Object.keys(problems).length;
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <div className="grid gap-3 desk:gap-4">
        <InForce versions={versions} pairIds={pairIds} />
        <Panel title="Every pair without its own limit">
          <RuleFields
            rule={text.deployment}
            approvers={approvers}
            isLocked={isLocked}
            problem={problems[DEPLOYMENT] ?? {}}
            onChange={(deployment) => setText({ ...text, deployment })}
          />
        </Panel>
        <Panel title="Pairs" flush>
          {Object.entries(text.pairs).map(([pairId, rule]) => (
            <div key={pairId} className="grid gap-4 border-b px-3.5 py-3 last:border-b-0 desk:px-4">
              <SelectField
                label={`Limit of ${pairId}`}
                className="max-w-72"
                value={rule.isOwn ? "own" : "deployment"}
                disabled={isLocked}
                onChange={(event) =>
                  setText({
                    ...text,
                    pairs: { ...text.pairs, [pairId]: { ...rule, isOwn: event.target.value === "own" } },
                  })
                }
              >
                <option value="deployment">as every pair</option>
                <option value="own">its own</option>
              </SelectField>
              {rule.isOwn && (
                <RuleFields
                  rule={rule}
                  approvers={approvers}
                  isLocked={isLocked}
                  problem={problems[pairId] ?? {}}
                  onChange={(next) => setText({ ...text, pairs: { ...text.pairs, [pairId]: next } })}
                />
              )}
            </div>
          ))}
        </Panel>
      </div>
      <div className="grid gap-3 desk:gap-4 mid:sticky mid:top-16">
        <ChangesPanel
          version={newest?.version ?? 0}
          problem={read.ok ? null : `${wrong} ${wrong === 1 ? "limit needs" : "limits need"} another value.`}
          changes={changes.map((change) => ({
            ...change,
            note: change.isLater ? "asks for less, so it holds 24 h after it is signed" : "holds at once",
          }))}
          command={command}
          blocked={isOwner ? null : `Only an owner can sign this; you are ${session.role ?? "not on the list"}.`}
          onSign={() => {
            if (!read.ok) return;
            void command.run({
              action: "limits.set",
              target: "system",
              params: { limits: read.limits },
              configVersion: newest?.version ?? 0,
            });
          }}
          onUndo={() => setText(textOfLimits(before, pairIds))}
        >
          The signer counts approvals against these limits and those they replaced less than 24 h ago, the strictest
          first. Plans that wait already are counted anew.
        </ChangesPanel>
        <VersionsPanel
          versions={versions.toReversed().map((each) => ({
            id: String(each.version),
            version: each.version,
            atMs: each.atMs,
            by: each.by,
            summary: ruleWords(each.limits.deployment),
            isInForce: changesOfLimits(before, each.limits).length === 0,
            onTake: () => setText(textOfLimits(each.limits, pairIds)),
          }))}
          empty="One approver is enough for everything."
        />
      </div>
    </div>
  );
}

/** What the signer counts by now: after a change that asks for less, the stricter limits still hold for a day. */
function InForce({
  versions,
  pairIds,
}: {
  readonly versions: readonly LimitsVersion[];
  readonly pairIds: readonly string[];
}): ReactNode {
  const nowMs = useWallNow();
  return (
    <Panel title="Held by the signer now" flush>
      <dl>
        {pairIds.map((pairId) => {
          const rules = nowMs === 0 ? [] : rulesInForce(versions, pairId, nowMs);
          const newest = rules.at(-1);
          // Of what was replaced within a day only what is stricter still decides anything.
          const held = rules.filter((rule) => newest === undefined || rule === newest || isLooser(rule, newest));
          const untilMs = nowMs === 0 ? null : loosenedAtMs(versions, pairId, nowMs);
          return (
            <div
              key={pairId}
              className="grid gap-x-4 border-b px-3.5 py-2.5 last:border-b-0 desk:grid-cols-[140px_minmax(0,1fr)] desk:px-4"
            >
              <dt className="font-strong">{pairId}</dt>
              <dd className="text-ink-2">
                {held.length === 0 ? "…" : [...new Set(held.map(ruleWords))].join("; and ")}
                {untilMs !== null && (
                  <span className="block text-dense text-prop">
                    the stricter limit holds until {formatInstant(untilMs, nowMs)}, then only the newest does
                  </span>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
        Compared with what a plan moves: the most it takes out of positions, puts into them or sends over bridges, in US
        dollars. In mode AUTO nobody approves; the caps of <TextLink href="/settings/pairs">pairs and limits</TextLink>{" "}
        hold in every mode.
      </p>
    </Panel>
  );
}

function RuleFields({
  rule,
  approvers,
  isLocked,
  problem,
  onChange,
}: {
  readonly rule: RuleText;
  readonly approvers: number;
  readonly isLocked: boolean;
  readonly problem: Partial<Record<"singleUpToUsd" | "approversAbove", string>>;
  readonly onChange: (rule: RuleText) => void;
}): ReactNode {
  return (
    <div className="grid gap-x-6 gap-y-4 desk:grid-cols-2">
      <TextField
        label="One approver up to, $"
        help="Empty: one is enough whatever a plan moves."
        error={problem.singleUpToUsd}
        inputMode="decimal"
        placeholder="no limit"
        value={rule.singleUpToUsd}
        disabled={isLocked}
        onChange={(event) => onChange({ ...rule, singleUpToUsd: event.target.value })}
      />
      <TextField
        label="Different approvers above it"
        help={
          <>
            {approvers} {approvers === 1 ? "person" : "people"} may approve now. Who proposed a plan is never the only
            one. <TextLink href="/settings/people">People</TextLink>
          </>
        }
        error={problem.approversAbove}
        inputMode="numeric"
        value={rule.approversAbove}
        disabled={isLocked || rule.singleUpToUsd.trim() === ""}
        onChange={(event) => onChange({ ...rule, approversAbove: event.target.value })}
      />
    </div>
  );
}
