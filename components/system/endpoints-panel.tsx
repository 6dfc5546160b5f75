// Endpoints of every chain with their heads, latency and errors: who lags, who fails, and what the workers met.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useSettings, type SettingsAnswer } from "@/components/settings/settings-api";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import { formatDuration } from "@/lib/format/age";
import { formatInteger, UNKNOWN } from "@/lib/format/number";

type Chain = SettingsAnswer<"chainEndpoints">["chains"][number];
type Endpoint = Chain["endpoints"][number];

const READ_MS = 10_000;
const STATE: Readonly<Record<Endpoint["state"], { readonly tone: StatusTone; readonly word: string }>> = {
  ok: { tone: "ok", word: "Answers" },
  behind: { tone: "warn", word: "Behind" },
  failing: { tone: "crit", word: "Fails" },
  wrong_chain: { tone: "crit", word: "Wrong chain" },
  draining: { tone: "paused", word: "Draining" },
  removed: { tone: "paused", word: "Not asked" },
  unknown: { tone: "unknown", word: "Unknown" },
};

export function EndpointsPanel(): ReactNode {
  const { data: session } = useSession();
  const isSignedIn = session?.signedIn === true;
  const chains = useSettings("chainEndpoints", { refetchMs: READ_MS, enabled: isSignedIn });
  return (
    <Panel
      title="Chain endpoints"
      meta={<span className="text-micro text-ink-3">in the order they are asked</span>}
      tools={<TextLink href="/settings/chains">Test, order, drain</TextLink>}
      flush
    >
      {!isSignedIn ? (
        <p className="px-3.5 py-3 text-ink-2 desk:px-4">
          {session === undefined
            ? "It is not known yet who is signed in; this page asks again by itself."
            : "Sign in to see the endpoints: their heads, latency and errors."}
        </p>
      ) : (
        <QueryView
          query={chains}
          what="the endpoints"
          skeleton={<SkeletonRows rows={2} height={44} label="the endpoints" />}
        >
          {(data) => <Rows chains={data.chains.filter(({ pairIds }) => pairIds.length > 0)} />}
        </QueryView>
      )}
    </Panel>
  );
}

function Rows({ chains }: { readonly chains: readonly Chain[] }): ReactNode {
  const rows = chains.flatMap((chain) => chain.endpoints.map((endpoint, at) => ({ chain, endpoint, at })));
  if (rows.length === 0) {
    return <Empty title="No chain is in use.">Endpoints appear with the first pair that has a pool.</Empty>;
  }
  return (
    <Table caption="Endpoints with head, latency and errors">
      <thead>
        <tr>
          <Th>Chain</Th>
          <Th>State</Th>
          <Th right>Head</Th>
          <Th right from="desk">
            Behind
          </Th>
          <Th right from="desk" title="Of the workers; of this desk where no worker has told">
            p50
          </Th>
          <Th right from="desk">
            p95
          </Th>
          <Th right>Errors</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ chain, endpoint, at }) => {
          const met = endpoint.workers ?? endpoint.desk;
          const errors = Object.entries(met.errors);
          const count = errors.reduce((sum, [, many]) => sum + (many ?? 0), 0);
          const { tone, word } = STATE[endpoint.state];
          return (
            <Tr key={`${chain.chainId}:${endpoint.id}`}>
              <Td words title={endpoint.label}>
                {chain.name} <span className="text-ink-3">#{at + 1}</span>
                {endpoint.state !== "ok" && <Sub className="whitespace-normal">{endpoint.sentence}</Sub>}
              </Td>
              <Td>
                <Status tone={tone} title={endpoint.sentence}>
                  {word}
                </Status>
              </Td>
              <Td right>{endpoint.height === null ? UNKNOWN : formatInteger(Number(endpoint.height))}</Td>
              <Td right from="desk">
                {endpoint.lagBlocks === null ? UNKNOWN : formatInteger(endpoint.lagBlocks)}
              </Td>
              <Td right from="desk">
                {formatDuration(met.p50Ms)}
              </Td>
              <Td right from="desk">
                {formatDuration(met.p95Ms)}
              </Td>
              <Td right title={errors.map(([name, many]) => `${name.replaceAll("_", " ")} ${many}`).join(", ")}>
                {formatInteger(count)}
                <Sub>of {formatInteger(met.requests)}</Sub>
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
