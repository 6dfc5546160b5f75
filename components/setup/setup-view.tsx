// The first-run checklist: every check on its own line as soon as it answers, each failure with its fix; nothing here can make a pair act.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { apiKey } from "@/components/live/api";
import { useApi, type ApiQuery } from "@/components/live/use-api";
import { modeOf } from "@/components/shell/words";
import { Button, buttonClass } from "@/components/ui/button";
import { ModeBadge } from "@/components/ui/mode-badge";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import { askForSignIn } from "@/components/wallet/wallet-store";
import type { DoctorGroup } from "@/lib/api/doctor-schemas";
import { formatDuration } from "@/lib/format/age";
import { shortHex } from "@/lib/format/address";

const GROUPS: Readonly<Record<DoctorGroup, { readonly title: string; readonly what: string }>> = {
  node: { title: "Node", what: "the version this process runs on" },
  clock: { title: "Clock", what: "against an exchange: signatures and candles need the right time" },
  folder: { title: "Data directory", what: "writable, and readable by nobody else" },
  store: { title: "Store", what: "state, epochs and sessions" },
  "log-store": { title: "Log store", what: "series for charts; decisions do not need it" },
  signer: { title: "Signer", what: "the only process with the key" },
  keys: { title: "Keys", what: "the keystore file and who may read it" },
  chains: { title: "Chains", what: "an endpoint per chain, and how old its newest block is" },
  exchanges: { title: "Exchanges and services", what: "prices, pools and quotes" },
};

const MARK = {
  ok: { tone: "ok", word: "OK" },
  failed: { tone: "crit", word: "Fails" },
  skipped: { tone: "unknown", word: "Skipped" },
} as const;

type Reading = ApiQuery<"doctor">;
type Found = { readonly [G in DoctorGroup]: Reading };

/** One request a group: a slow exchange keeps no other line waiting. */
function useGroup(group: DoctorGroup): Reading {
  return useApi("doctor", { params: { group } });
}

export function SetupView(): ReactNode {
  const client = useQueryClient();
  const found: Found = {
    node: useGroup("node"),
    clock: useGroup("clock"),
    folder: useGroup("folder"),
    store: useGroup("store"),
    "log-store": useGroup("log-store"),
    signer: useGroup("signer"),
    keys: useGroup("keys"),
    chains: useGroup("chains"),
    exchanges: useGroup("exchanges"),
  };
  const all = Object.values(found);
  const pending = all.filter(({ data, error }) => data === undefined && error === null).length;
  const failed = all.flatMap(({ data }) => data?.checks ?? []).filter(({ state }) => state === "failed").length;
  const unanswered = all.filter(({ error }) => error !== null).length;
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <Panel
        title="Set-up checks"
        meta={
          <span role="status" data-testid="setup-verdict">
            {pending > 0 ? (
              <Status tone="unknown">{pending} still asked</Status>
            ) : failed + unanswered > 0 ? (
              <Status tone="crit">{failed + unanswered} to mend</Status>
            ) : (
              <Status tone="ok">Everything works</Status>
            )}
          </span>
        }
        tools={
          <Button
            size="small"
            onClick={() => void client.invalidateQueries({ queryKey: apiKey("doctor").slice(0, 1) })}
          >
            <RotateCw size={13} aria-hidden="true" />
            Check again
          </Button>
        }
        flush
      >
        <ul>
          {Object.entries(GROUPS).map(([group, words]) => (
            <Group key={group} {...words} reading={found[groupOf(group)]} />
          ))}
        </ul>
        <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
          The same checks as <code>tidegate doctor</code> on the machine.
        </p>
      </Panel>
      <div className="grid gap-3 desk:gap-4">
        <SignIn isRedacted={found.node.data?.isRedacted ?? false} />
        <Modes />
      </div>
    </div>
  );
}

/** Object.entries forgets the names of its keys. */
function groupOf(text: string): DoctorGroup {
  const group = Object.keys(GROUPS).find((each): each is DoctorGroup => each === text);
  return group ?? "node";
}

function Group({
  title,
  what,
  reading,
}: {
  readonly title: string;
  readonly what: string;
  readonly reading: Reading;
}): ReactNode {
  const { data, error } = reading;
  return (
    <li className="border-b px-3.5 py-3 last:border-b-0 desk:px-4">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h3 className="font-strong">{title}</h3>
        <span className="text-dense text-ink-3">{what}</span>
        {data !== undefined && <span className="ml-auto text-micro text-ink-3">{formatDuration(data.tookMs)}</span>}
      </div>
      {data === undefined && error === null && (
        <div role="status" aria-label={`Asking: ${title}`} className="mt-1.5">
          <Skeleton className="h-4 w-48" />
        </div>
      )}
      {error !== null && data === undefined && (
        <p className="mt-1 text-dense">
          <Status tone="crit">No answer</Status> {error.message}
        </p>
      )}
      {data !== undefined && (
        <ul className="mt-1 grid gap-1 text-dense">
          {data.checks.map((check) => (
            <li key={check.name}>
              <div className="flex flex-wrap items-baseline gap-x-3">
                <Status tone={MARK[check.state].tone}>{MARK[check.state].word}</Status>
                <span className="font-strong">{check.name}</span>
                <span className="min-w-0 wrap-anywhere text-ink-2">{check.detail}</span>
              </div>
              {check.fix !== null && (
                <p className="mt-0.5 border-l-2 border-crit py-0.5 pl-3 wrap-anywhere">
                  <b className="font-strong">To mend it:</b> {check.fix}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function SignIn({ isRedacted }: { readonly isRedacted: boolean }): ReactNode {
  const { data: session } = useSession();
  return (
    <Panel title="You">
      {session === undefined ? (
        <Status tone="unknown">Not known yet who is signed in</Status>
      ) : session.signedIn ? (
        <Status tone="ok">
          Signed in as {shortHex(session.address)}, {session.role ?? "no role"}
        </Status>
      ) : (
        <>
          <p className="text-ink-2">
            Nobody is signed in. Watching needs no key; acting needs a wallet whose address an owner has listed.
            {isRedacted && " Details of the checks are shown after signing in."}
          </p>
          <Button className="mt-2" onClick={() => void askForSignIn("Sign in to see the details of every check.")}>
            Sign in
          </Button>
        </>
      )}
    </Panel>
  );
}

function Modes(): ReactNode {
  const overview = useApi("overview");
  const pairs = overview.data?.pairs ?? [];
  return (
    <Panel title="What may act">
      <p className="text-ink-2">
        A new pair starts in OBSERVE: it decides and shows, and sends nothing. Nothing on this page changes that; an
        owner changes a mode on the pair&rsquo;s own page, with a signature.
      </p>
      {pairs.length > 0 && (
        <ul className="mt-2 grid gap-1">
          {pairs.map((pair) => (
            <li key={pair.id} className="flex items-center justify-between gap-3">
              <TextLink href={`/pairs/${pair.id}`}>{pair.id}</TextLink>
              <ModeBadge mode={modeOf(pair)} />
            </li>
          ))}
        </ul>
      )}
      {overview.error?.code === "unauthenticated" && (
        <p className="mt-2 text-dense text-ink-3">Pairs are shown after signing in.</p>
      )}
      <p className="mt-3 flex flex-wrap gap-2">
        <Link href="/overview" className={buttonClass("primary")}>
          Open the overview
        </Link>
        <Link href="/docs/start" className={buttonClass()}>
          Read how to start
        </Link>
      </p>
    </Panel>
  );
}
