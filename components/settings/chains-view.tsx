// RPC endpoints per chain: how each does, a test for a new one, order, drain and removal; what changes is signed by an owner.
"use client";
import { parseAsInteger, useQueryState } from "nuqs";
import { useId, useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { ApiError } from "@/lib/api/client";
import type { ChainEndpointsDto, EndpointDto, EndpointStats } from "@/lib/api/endpoint-schemas";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { formatInstant } from "@/lib/format/time";
import { ChangeList } from "./change-list";
import { CheckLines } from "./check-lines";
import {
  added,
  draftOf,
  draftProblem,
  endpointChanges,
  entriesOf,
  moved,
  removed,
  used,
  type Draft,
} from "./endpoint-edit";
import { askSettings, useSettings, type SettingsAnswer } from "./settings-api";

const REFETCH_MS = 5_000;

export function ChainsView(): ReactNode {
  const { data: session } = useSession();
  const chains = useSettings("chainEndpoints", { refetchMs: REFETCH_MS, enabled: session?.signedIn === true });
  const [named, setNamed] = useQueryState("chain", parseAsInteger);
  if (session !== undefined && !session.signedIn) {
    return (
      <Panel title="Chains and endpoints" flush>
        <Empty title="Sign in to see the endpoints." action={<TextLink href="/login">Sign in</TextLink>}>
          Which services a deployment relies on is for the people of the desk.
        </Empty>
      </Panel>
    );
  }
  return (
    <QueryView query={chains} what="endpoints" skeleton={<Waiting />}>
      {({ chains: all }) => {
        const inUse = all.filter(({ pairIds }) => pairIds.length > 0);
        const chain = all.find(({ chainId }) => chainId === named) ?? inUse[0] ?? all[0];
        if (chain === undefined) return <Empty title="No chain is configured.">Chains come from the registry.</Empty>;
        return (
          <div className="grid gap-3 desk:gap-4">
            <SelectField
              label="Chain"
              className="mx-3.5 max-w-72 desk:mx-0"
              value={String(chain.chainId)}
              onChange={(event) => void setNamed(Number(event.target.value))}
              help={
                chain.pairIds.length === 0
                  ? "No pair has a pool there: its endpoints are not asked."
                  : `Used by ${chain.pairIds.join(", ")}.`
              }
            >
              {all.map(({ chainId, name, pairIds }) => (
                <option key={chainId} value={chainId}>
                  {name} ({chainId}){pairIds.length === 0 ? ", not used" : ""}
                </option>
              ))}
            </SelectField>
            {/* A new version starts the list anew: nobody signs over what somebody else has changed meanwhile. */}
            <OfChain key={`${chain.chainId}:${chain.version}`} chain={chain} />
          </div>
        );
      }}
    </QueryView>
  );
}

function Waiting(): ReactNode {
  return (
    <Panel title="Endpoints" flush>
      <SkeletonRows rows={3} height={56} label="the endpoints" />
    </Panel>
  );
}

function OfChain({ chain }: { readonly chain: ChainEndpointsDto }): ReactNode {
  const [edited, setEdited] = useState<readonly Draft[] | null>(null);
  const nowMs = useWallNow();
  const command = useCommand();
  const before = draftOf(chain.endpoints);
  const draft = edited ?? before;
  const changes = endpointChanges(before, draft);
  const problem = draftProblem(draft);
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <Panel
          title="Endpoints"
          meta={
            <span className="text-micro text-ink-3">
              {chain.version === 0 ? "as configured" : `version ${chain.version}`}
            </span>
          }
          flush
        >
          <EndpointTable chain={chain} draft={draft} onChange={setEdited} />
          <Removed draft={draft} onUse={(id) => setEdited(used(draft, id, "use"))} />
          <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
            Asked from the top; the next one is asked when one fails. Figures of this desk are measured while somebody
            looks, figures of the workers are the slowest worker&rsquo;s, both over the newest 200 requests.
            {chain.lastSwitch !== null &&
              ` Last switch ${formatInstant(chain.lastSwitch.atMs, nowMs)}: from ${chain.lastSwitch.from} to ${chain.lastSwitch.to} (${chain.lastSwitch.why}).`}
          </p>
        </Panel>
        <TestPanel chain={chain} onAdd={(entry) => setEdited(added(draft, entry))} />
      </div>
      <div className="grid gap-3 desk:gap-4 mid:sticky mid:top-16">
        <Panel title="Changes">
          {changes.length === 0 ? (
            <p className="text-ink-2">Nothing is changed yet. Each change is listed here before you sign it.</p>
          ) : (
            <ChangeList changes={changes} />
          )}
          {problem !== null && <p className="mt-2 text-warn">{problem}</p>}
          <div className="mt-4 grid gap-2">
            <Button
              kind="primary"
              disabled={changes.length === 0 || problem !== null}
              busy={command.busy}
              onClick={() =>
                void command.run({
                  action: "chain.endpoints",
                  target: "system",
                  params: { chainId: chain.chainId, endpoints: entriesOf(draft) },
                  configVersion: chain.version,
                })
              }
            >
              Sign this list with wallet
            </Button>
            <Button kind="quiet" disabled={changes.length === 0} onClick={() => setEdited(null)}>
              Take everything back
            </Button>
            <CommandNote state={command.state} />
          </div>
          <p className="mt-3 text-dense text-ink-3">
            Only an owner can sign this. The signer tests a new endpoint again by itself. Workers, desk and signer
            follow within seconds, without a start; a transaction under way keeps its endpoint until it is final.
          </p>
          {chain.changedAtMs !== null && (
            <p className="mt-2 text-dense text-ink-3">
              Version {chain.version} was signed {formatInstant(chain.changedAtMs, nowMs)} by{" "}
              <span className="font-hash">{shortHex(chain.changedBy)}</span>.{" "}
              <TextLink href="/settings/audit">Command log</TextLink>
            </p>
          )}
        </Panel>
        <Panel title="Chains">
          <p className="text-ink-2">
            A new chain needs contracts, depths and fee rules as well. It is added by{" "}
            <code className="font-hash text-micro wrap-anywhere">tidegate registry add chain</code>, checked on the
            chain, and taken up with the next start. <TextLink href="/docs/configuration">Manual</TextLink>
          </p>
        </Panel>
      </div>
    </div>
  );
}

const STATES: Readonly<Record<EndpointDto["state"], { readonly tone: StatusTone; readonly word: string }>> = {
  ok: { tone: "ok", word: "Answers" },
  behind: { tone: "warn", word: "Behind" },
  failing: { tone: "crit", word: "Fails" },
  wrong_chain: { tone: "crit", word: "Wrong chain" },
  draining: { tone: "paused", word: "Draining" },
  removed: { tone: "paused", word: "Not asked" },
  unknown: { tone: "unknown", word: "Unknown" },
};

function EndpointTable({
  chain,
  draft,
  onChange,
}: {
  readonly chain: ChainEndpointsDto;
  readonly draft: readonly Draft[];
  readonly onChange: (draft: readonly Draft[]) => void;
}): ReactNode {
  const byId = new Map(chain.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const asked = draft.filter(({ use }) => use !== "removed");
  return (
    <Table caption="Endpoints in the order they are asked">
      <thead>
        <tr>
          <Th>Endpoint</Th>
          <Th right from="desk">
            Height
          </Th>
          <Th right from="wide">
            Desk p50, p95
          </Th>
          <Th right from="wide">
            Workers p50, p95
          </Th>
          <Th from="wide">Errors</Th>
          <Th right>
            <span className="sr-only">Acts</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {asked.map((entry, at) => {
          const endpoint = byId.get(entry.id);
          return (
            <Tr key={entry.id} className={entry.use === "use" ? undefined : "text-ink-3"}>
              <Td className="align-top">
                <span className="block font-hash wrap-anywhere">{entry.label}</span>
                <span className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-0.5">
                  {endpoint === undefined ? (
                    <Status tone="prop">New, not signed</Status>
                  ) : (
                    <Status tone={STATES[endpoint.state].tone} title={endpoint.sentence}>
                      {STATES[endpoint.state].word}
                    </Status>
                  )}
                  <Chip>{entry.from === "configured" ? "configured" : "added here"}</Chip>
                </span>
                {endpoint !== undefined && endpoint.state !== "ok" && (
                  <Sub className="max-w-96 wrap-anywhere">{endpoint.sentence}</Sub>
                )}
                {endpoint !== undefined && (
                  <Sub className="wide:hidden">
                    block {endpoint.height ?? "not known"}, desk {latency(endpoint.desk)}, workers{" "}
                    {endpoint.workers === null ? "no word" : latency(endpoint.workers)}
                    {errorWords(endpoint) === "none" ? "" : `, ${errorWords(endpoint)}`}
                  </Sub>
                )}
              </Td>
              <Td right from="desk" className="align-top">
                {endpoint?.height ?? "–"}
                <Sub>{endpoint === undefined ? "" : lagWords(endpoint)}</Sub>
              </Td>
              <Td right from="wide" className="align-top">
                {endpoint === undefined ? "–" : latency(endpoint.desk)}
              </Td>
              <Td right from="wide" className="align-top">
                {endpoint?.workers == null ? "no word" : latency(endpoint.workers)}
                {endpoint?.workers != null && <Sub>{formatInteger(endpoint.workers.requests)} requests</Sub>}
              </Td>
              <Td from="wide" className="align-top">
                {endpoint === undefined ? "–" : errorWords(endpoint)}
              </Td>
              <Td right className="align-top">
                <span className="flex flex-wrap justify-end gap-1">
                  <Button
                    size="small"
                    disabled={at === 0}
                    onClick={() => onChange(moved(draft, entry.id, -1))}
                    aria-label={`Up: ask ${entry.label} earlier`}
                  >
                    Up
                  </Button>
                  <Button
                    size="small"
                    disabled={at === asked.length - 1}
                    onClick={() => onChange(moved(draft, entry.id, 1))}
                    aria-label={`Down: ask ${entry.label} later`}
                  >
                    Down
                  </Button>
                  {entry.use === "use" ? (
                    <Button
                      size="small"
                      onClick={() => onChange(used(draft, entry.id, "drain"))}
                      aria-label={`Drain ${entry.label}`}
                    >
                      Drain
                    </Button>
                  ) : (
                    <Button
                      size="small"
                      onClick={() => onChange(used(draft, entry.id, "use"))}
                      aria-label={`Use ${entry.label}`}
                    >
                      Use
                    </Button>
                  )}
                  <Button
                    size="small"
                    kind="quiet"
                    onClick={() => onChange(removed(draft, entry.id))}
                    aria-label={`Remove ${entry.label}`}
                  >
                    Remove
                  </Button>
                </span>
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

/** Out of the list, and why their names stay: a list without them would ask them last again. */
function Removed({
  draft,
  onUse,
}: {
  readonly draft: readonly Draft[];
  readonly onUse: (id: Draft["id"]) => void;
}): ReactNode {
  const entries = draft.filter(({ use }) => use === "removed");
  if (entries.length === 0) return null;
  return (
    <details className="border-t px-3.5 py-2 text-dense desk:px-4">
      <summary className="min-h-6 text-ink-2">
        {entries.length === 1 ? "1 removed endpoint" : `${entries.length} removed endpoints`}, not asked
      </summary>
      <p className="mt-1 max-w-prose text-ink-3">
        This machine&rsquo;s configuration still names {entries.length === 1 ? "it" : "them"}, so that the signed list
        keeps saying “not asked”. Take the address out of the configuration and start again, and it is gone here too.
      </p>
      <ul aria-label="Removed endpoints" className="mt-2 grid gap-1.5">
        {entries.map(({ id, label }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-2">
            <span className="min-w-0 font-hash wrap-anywhere text-ink-3">{label}</span>
            <Button size="small" onClick={() => onUse(id)} aria-label={`Use ${label} again`}>
              Use again
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function latency({ p50Ms, p95Ms }: EndpointStats): string {
  return p50Ms === null || p95Ms === null ? "none yet" : `${Math.round(p50Ms)}, ${Math.round(p95Ms)} ms`;
}

function lagWords({ lagBlocks }: EndpointDto): string {
  if (lagBlocks === null) return "";
  return lagBlocks === 0 ? "newest" : `${lagBlocks} behind`;
}

const ERROR_WORDS: Readonly<Record<keyof EndpointStats["errors"], string>> = {
  timeout: "too slow",
  unreachable: "not reached",
  rate_limited: "rate limited",
  wrong_chain: "wrong chain",
  bad_answer: "bad answer",
};

function errorWords({ desk, workers }: EndpointDto): string {
  const words = Object.entries(ERROR_WORDS).flatMap(([kind, word]) => {
    const count = [desk, workers].reduce(
      (sum, stats) => sum + (Object.entries(stats?.errors ?? {}).find(([name]) => name === kind)?.[1] ?? 0),
      0,
    );
    return count === 0 ? [] : [`${word} ${count}`];
  });
  return words.length === 0 ? "none" : words.join(", ");
}

type TestResult = SettingsAnswer<"endpointTest">;

function TestPanel({
  chain,
  onAdd,
}: {
  readonly chain: ChainEndpointsDto;
  readonly onAdd: (entry: { readonly id: Draft["id"]; readonly label: string }) => void;
}): ReactNode {
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [result, setResult] = useState<TestResult | null>(null);
  const formId = useId();
  const test = async (): Promise<void> => {
    setBusy("Testing…");
    setProblem(null);
    setResult(null);
    try {
      setResult(
        await askSettings("endpointTest", { params: { chainId: String(chain.chainId) }, body: { url: url.trim() } }),
      );
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : "The desk did not answer; nothing was tested.");
    } finally {
      setBusy(null);
    }
  };
  return (
    <Panel title="Test and add">
      <form
        id={formId}
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void test();
        }}
      >
        <TextField
          label={`Address of an endpoint of ${chain.name}`}
          className="min-w-0 flex-1 basis-72"
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          required
          value={url}
          error={problem}
          placeholder="https://…"
          help="With its key. It is kept in a file of this machine; the signed command names it by a hash, and nobody sees the key again."
          onChange={(event) => {
            setUrl(event.target.value);
            setResult(null);
          }}
        />
        <Button type="submit" disabled={url.trim() === ""} busy={busy} className="mb-6">
          Test
        </Button>
      </form>
      <div aria-live="polite">
        {result !== null && (
          <div className="-mx-3.5 mt-3 border-t desk:-mx-4">
            <div className="flex flex-wrap items-center gap-3 px-3.5 py-2.5 desk:px-4">
              {result.id === null ? (
                <Status tone="crit">Must not be used</Status>
              ) : (
                <Status tone="ok">Agrees with the endpoints in use</Status>
              )}
              <span className="text-micro text-ink-3">
                {result.label}, {(result.tookMs / 1000).toFixed(1)} s
              </span>
              {result.id !== null && (
                <Button
                  className="ml-auto"
                  onClick={() => {
                    if (result.id === null) return;
                    onAdd({ id: result.id, label: result.label });
                    setUrl("");
                    setResult(null);
                  }}
                >
                  Add to the list
                </Button>
              )}
            </div>
            <CheckLines lines={result.lines} caption="Test of the endpoint" />
          </div>
        )}
      </div>
    </Panel>
  );
}
