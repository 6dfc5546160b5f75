// People of the desk: who may do what, edited as one list, signed by an owner, with every earlier list to go back to.
"use client";
import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "@/components/live/api";
import { QueryView } from "@/components/live/query-view";
import { sessionChanged } from "@/components/live/session-tabs";
import { Button } from "@/components/ui/button";
import { Copyable } from "@/components/ui/copyable";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { showToast } from "@/components/ui/toast";
import { useCommand } from "@/components/wallet/use-command";
import { walletSentence } from "@/components/wallet/wallet-error";
import type { PeopleVersion } from "@/lib/api/authority-settings";
import { ROLES, type Role } from "@/lib/api/roles";
import type { RouteResponse } from "@/lib/api/contract";
import { shortHex } from "@/lib/format/address";
import { ChangesPanel } from "./changes-panel";
import { approverCount, changesOfPeople, emptyRow, readPeople, rowsOf, type PersonRow } from "./people-form";
import { SettingsGate } from "./settings-gate";
import { useLimitsVersions, usePeopleVersions } from "./use-versions";
import { VersionsPanel } from "./versions-panel";

const MAY: Readonly<Record<Role, string>> = {
  viewer: "sees everything, signs nothing",
  operator: "pauses, stops, exits, shifts ranges by proposing",
  approver: "also approves plans and ends pauses",
  owner: "also people, limits, settings and modes",
};

export function PeopleView(): ReactNode {
  return (
    <SettingsGate title="People" why="The list says who may move money here; only people on it read it.">
      {(session) => <People session={session} />}
    </SettingsGate>
  );
}

function People({ session }: { readonly session: RouteResponse<"session"> }): ReactNode {
  const { query, versions } = usePeopleVersions();
  return (
    <QueryView
      query={query}
      what="people"
      skeleton={
        <Panel title="People" flush>
          <SkeletonRows rows={4} height={64} label="people" />
        </Panel>
      }
    >
      {/* A new version starts the form anew: nobody signs over what somebody else has changed meanwhile. */}
      {() => <Editor key={versions.length} versions={versions} session={session} />}
    </QueryView>
  );
}

function Editor({
  versions,
  session,
}: {
  readonly versions: readonly PeopleVersion[];
  readonly session: RouteResponse<"session">;
}): ReactNode {
  const newest = versions.at(-1);
  const before = newest?.people ?? [];
  const [rows, setRows] = useState<readonly PersonRow[]>(() => rowsOf(before));
  const [added, setAdded] = useState(0);
  const limits = useLimitsVersions().versions.at(-1)?.limits;
  const command = useCommand();
  const read = readPeople(rows);
  const changes = read.ok ? changesOfPeople(before, read.people) : [];
  const isOwner = session.role === "owner";
  const me = session.address?.toLowerCase() ?? "";
  const asked = Math.max(
    1,
    ...(limits === undefined ? [] : [limits.deployment, ...Object.values(limits.pairs)])
      .filter((rule) => rule.singleUpToUsd !== null)
      .map((rule) => rule.approversAbove),
  );
  const left = read.ok ? approverCount(read.people) : asked;
  const losesOwn = read.ok && read.people.find(({ address }) => address.toLowerCase() === me)?.role !== "owner";
  const warning =
    changes.length === 0
      ? null
      : left < asked
        ? `The limits ask for ${asked} approvers and only ${left} would be left: plans above the limit could only expire.`
        : losesOwn && isOwner
          ? "You would be no owner any more; another owner would have to give it back."
          : null;
  const change = (key: string, patch: Partial<PersonRow>): void =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...patch } : row)));
  const problems = read.ok ? {} : read.problems;
  const wrong = Object.keys(problems).length;
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <div className="grid gap-3 desk:gap-4">
        <Panel
          title="People"
          meta={<span className="text-micro text-ink-3">{before.length} on the list</span>}
          tools={
            isOwner && (
              <Button
                size="small"
                onClick={() => {
                  setRows([...rows, emptyRow(`new ${added}`)]);
                  setAdded(added + 1);
                }}
              >
                <Plus size={13} aria-hidden="true" />
                Add a person
              </Button>
            )
          }
          flush
        >
          <ul aria-label="People">
            {rows.map((row) => (
              <PersonFields
                key={row.key}
                row={row}
                isNew={!before.some(({ address }) => address.toLowerCase() === row.key)}
                isMe={row.address.toLowerCase() === me}
                isLocked={!isOwner || command.busy !== null}
                problem={problems[row.key] ?? {}}
                onChange={(patch) => change(row.key, patch)}
                onDrop={() => setRows(rows.filter(({ key }) => key !== row.key))}
              />
            ))}
          </ul>
        </Panel>
        <Panel title="What each role may do" flush>
          <dl>
            {ROLES.map((role) => (
              <div
                key={role}
                className="grid grid-cols-[84px_minmax(0,1fr)] border-b px-3.5 py-2 last:border-b-0 desk:px-4"
              >
                <dt className="font-strong">{role}</dt>
                <dd className="text-ink-2">{MAY[role]}</dd>
              </div>
            ))}
          </dl>
        </Panel>
      </div>
      <div className="grid gap-3 desk:gap-4 mid:sticky mid:top-16">
        <ChangesPanel
          version={newest?.version ?? 0}
          problem={
            read.ok
              ? null
              : (read.general ??
                `${wrong} ${wrong === 1 ? "person needs" : "people need"} another address, name or role.`)
          }
          changes={changes}
          warning={warning}
          command={command}
          blocked={isOwner ? null : `Only an owner can sign this; you are ${session.role ?? "not on the list"}.`}
          onSign={() => {
            if (!read.ok) return;
            void command.run({
              action: "people.set",
              target: "system",
              params: { people: read.people },
              configVersion: newest?.version ?? 0,
            });
          }}
          onUndo={() => setRows(rowsOf(before))}
        >
          The signer keeps the list and looks a role up whenever it counts: a role that is taken away ends the
          person&rsquo;s sessions, and their approvals of plans that wait count no more.
        </ChangesPanel>
        <VersionsPanel
          versions={versions.toReversed().map((each) => ({
            id: String(each.version),
            version: each.version,
            atMs: each.atMs,
            by: each.by,
            summary: `${each.people.length} ${each.people.length === 1 ? "person" : "people"}, ${approverCount(each.people)} may approve`,
            isInForce: changesOfPeople(before, each.people).length === 0,
            onTake: () => setRows(rowsOf(each.people)),
          }))}
          empty="The list is the one of the first start."
        />
        <Sessions address={session.address} />
      </div>
    </div>
  );
}

function PersonFields({
  row,
  isNew,
  isMe,
  isLocked,
  problem,
  onChange,
  onDrop,
}: {
  readonly row: PersonRow;
  readonly isNew: boolean;
  readonly isMe: boolean;
  readonly isLocked: boolean;
  readonly problem: Partial<Record<"address" | "name" | "role", string>>;
  readonly onChange: (patch: Partial<PersonRow>) => void;
  readonly onDrop: () => void;
}): ReactNode {
  const who = row.name === "" ? (row.address === "" ? "the new person" : shortHex(row.address)) : row.name;
  if (row.isRemoved) {
    return (
      <li className="flex flex-wrap items-center gap-3 border-b px-3.5 py-3 last:border-b-0 desk:px-4">
        <span className="min-w-0 flex-1 text-ink-2 line-through">
          {who}, {row.role}
        </span>
        <Button size="small" disabled={isLocked} onClick={() => onChange({ isRemoved: false })}>
          Keep {who}
        </Button>
      </li>
    );
  }
  return (
    <li className="grid items-start gap-x-4 gap-y-3 border-b px-3.5 py-3 last:border-b-0 desk:grid-cols-[minmax(0,160px)_minmax(0,1fr)_120px_auto] desk:px-4">
      <TextField
        label={isMe ? "Name (you)" : "Name"}
        error={problem.name}
        value={row.name}
        placeholder="none"
        maxLength={40}
        disabled={isLocked}
        onChange={(event) => onChange({ name: event.target.value })}
      />
      {isNew ? (
        <TextField
          label="Address"
          error={problem.address}
          value={row.address}
          placeholder="0x…"
          maxLength={42}
          spellCheck={false}
          autoComplete="off"
          disabled={isLocked}
          className="min-w-0 [&_input]:font-hash [&_input]:text-dense"
          onChange={(event) => onChange({ address: event.target.value })}
        />
      ) : (
        <div className="min-w-0">
          <p className="mb-1 text-dense text-ink-2">Address</p>
          <div className="flex min-h-9 items-center wrap-anywhere">
            <Copyable value={row.address} shown={row.address} what="address" />
          </div>
        </div>
      )}
      <SelectField
        label="Role"
        error={problem.role}
        value={row.role}
        disabled={isLocked}
        onChange={(event) => onChange({ role: event.target.value })}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
      </SelectField>
      <Button
        size="small"
        kind="quiet"
        className="justify-self-start desk:mt-[26px]"
        disabled={isLocked}
        aria-label={`Remove ${who}`}
        onClick={() => (isNew ? onDrop() : onChange({ isRemoved: true }))}
      >
        Remove
      </Button>
    </li>
  );
}

/** For a lost laptop or a wallet that was open somewhere else. */
function Sessions({ address }: { readonly address: string | null }): ReactNode {
  const [busy, setBusy] = useState<string | null>(null);
  const end = async (): Promise<void> => {
    setBusy("Ending all sessions…");
    try {
      await api.call("authLogout", { body: { everywhere: true } });
      sessionChanged(false);
    } catch (error) {
      showToast("warn", "Still signed in", walletSentence(error));
    }
    setBusy(null);
  };
  return (
    <Panel title="Your sessions">
      <p className="text-ink-2">
        A session is one browser, for 12 hours at most. This ends every session of {shortHex(address)} at once, on every
        device; open pages say so.
      </p>
      <Button className="mt-3" busy={busy} onClick={() => void end()}>
        Sign out everywhere
      </Button>
    </Panel>
  );
}
