// Keeps the endpoints of a process as owners signed them, without a start, and says what it met at each: for workers.
import { chooseEndpoints, endpointId } from "@/lib/api/system-settings";
import type { WorkerEndpoints } from "@/lib/api/endpoint-schemas";
import type { Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { SignedReader, SignedState } from "@/server/infra/signed-reader";
import type { ChainClients } from "./clients";

const LOOK_EVERY_MS = 1_000;
const REPORT_EVERY_MS = 5_000;

export function followEndpoints(deps: {
  readonly reader: SignedReader;
  readonly deploymentId: Hex;
  /** With the configured endpoints, as they were before anything was signed. */
  readonly configured: readonly Chain[];
  readonly clients: ChainClients;
  readonly report: (endpoints: WorkerEndpoints) => void;
  readonly nowMs: () => number;
  readonly log: { info(event: string, fields?: Readonly<Record<string, unknown>>): void };
}): { stop(): void } {
  const { clients, deploymentId, log } = deps;
  let seen: SignedState | null = null;

  function look(): void {
    const signed = deps.reader.read();
    if (signed === seen) return;
    seen = signed;
    for (const client of clients.all()) {
      const chainId = client.chain.id;
      const { urls } = chooseEndpoints({
        deploymentId,
        configured: deps.configured.find(({ id }) => id === chainId)?.rpcUrls ?? [],
        signed: signed.settings.endpoints.find((each) => each.chainId === chainId)?.endpoints ?? null,
        vault: signed.vault,
      });
      const { endpoints } = client;
      if (urls.length === endpoints.length && endpoints.every(({ url }, at) => url === urls[at])) continue;
      client.setUrls(urls);
      log.info("chain.endpoints-changed", {
        chainId,
        inUse: client.endpoints.map(({ label }) => label).join(", "),
      });
    }
  }

  function report(): void {
    deps.report({
      atMs: deps.nowMs(),
      chains: clients
        .all()
        .filter((client) => client.endpointStates().some(({ stats }) => stats.requests > 0))
        .map((client) => ({
          chainId: client.chain.id,
          lastSwitch: client.lastSwitch(),
          endpoints: client.endpoints.map((endpoint) => {
            const { status, lastError, stats } = endpoint.state();
            return { id: endpointId(deploymentId, endpoint.url), status, lastError, ...stats };
          }),
        })),
    });
  }

  look();
  const timers = [setInterval(look, LOOK_EVERY_MS), setInterval(report, REPORT_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}
