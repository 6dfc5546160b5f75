// Which endpoints the signer asks per chain, by the signed lists; one that leaves the list stays for transactions under way until they are final.
import { chooseEndpoints, endpointId, type SignedSettings } from "@/lib/api/system-settings";
import type { Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { ChainClient, ChainClients } from "@/server/infra/chain/clients";
import type { RpcEndpoint } from "@/server/infra/chain/rpc-fallback";
import { redactUrl } from "@/server/infra/http";
import type { Logger } from "@/server/infra/telemetry/logger-port";

export interface SignerEndpoints {
  /** Addresses of a chain as the signed list says, else the configured ones. */
  urlsOf(chain: Chain): readonly string[];
  /** Masked forms of every address known on this machine for the chain, by id. */
  labelsOf(chain: Chain): ReadonlyMap<string, string>;
  /** The address behind an id; null when this machine does not know it. */
  urlOf(chain: Chain, id: string): string | null;
  /** In use first, then those that only transactions under way still need. */
  portsOf(client: ChainClient): () => readonly RpcEndpoint[];
  /** The log or the file of addresses has changed. */
  apply(clients: ChainClients): void;
  /** Lets go of what no transaction under way needs any more. */
  release(): void;
}

/** States in which a transaction is on its way and not final. */
const IN_FLIGHT: ReadonlySet<string> = new Set(["SIGNED", "SENT", "INCLUDED", "CONFIRMED", "VERIFIED"]);

export function createSignerEndpoints(deps: {
  readonly deploymentId: Hex;
  /** With the configured endpoints. */
  readonly chains: readonly Chain[];
  readonly signed: () => SignedSettings;
  readonly readVault: () => ReadonlyMap<Hex, string>;
  /** Operations of the newest plans. */
  readonly recentOps: () => readonly { readonly chainId: number; readonly state: string }[];
  readonly log: Logger;
}): SignerEndpoints {
  const { deploymentId, log } = deps;
  const leaving = new Map<number, readonly RpcEndpoint[]>();
  /** One array per list, so that whoever holds it sees by identity that nothing changed. */
  const ports = new Map<number, { readonly inUse: readonly RpcEndpoint[]; readonly all: readonly RpcEndpoint[] }>();

  const configuredOf = (chainId: number): readonly string[] =>
    deps.chains.find(({ id }) => id === chainId)?.rpcUrls ?? [];

  function knownOf(chain: Chain): ReadonlyMap<string, string> {
    return new Map<string, string>([
      ...deps.readVault(),
      ...configuredOf(chain.id).map((url): [string, string] => [endpointId(deploymentId, url), url]),
    ]);
  }

  function urlsOf(chain: Chain): readonly string[] {
    const signed = deps.signed().endpoints.find(({ chainId }) => chainId === chain.id)?.endpoints ?? null;
    const { urls, unknown } = chooseEndpoints({
      deploymentId,
      configured: configuredOf(chain.id),
      signed,
      vault: deps.readVault(),
    });
    if (unknown.length > 0) log.warn("signer.endpoint-unknown", { chainId: chain.id, ids: unknown.join(", ") });
    return urls;
  }

  function isUnderWay(chainId: number): boolean {
    return deps.recentOps().some((op) => op.chainId === chainId && IN_FLIGHT.has(op.state));
  }

  return {
    urlsOf,
    labelsOf: (chain) => new Map([...knownOf(chain)].map(([id, url]) => [id, redactUrl(url)])),
    urlOf: (chain, id) => knownOf(chain).get(id) ?? null,
    portsOf: (client) => () => {
      const inUse = client.endpoints;
      const kept = ports.get(client.chain.id);
      if (kept?.inUse === inUse) return kept.all;
      const all = [...inUse, ...(leaving.get(client.chain.id) ?? []).filter((each) => !inUse.includes(each))];
      ports.set(client.chain.id, { inUse, all });
      return all;
    },
    apply(clients) {
      for (const client of clients.all()) {
        const { chain, endpoints } = client;
        const urls = urlsOf(chain);
        if (urls.length === endpoints.length && endpoints.every(({ url }, at) => url === urls[at])) continue;
        client.setUrls(urls);
        const gone = [...endpoints, ...(leaving.get(chain.id) ?? [])].filter((each) => !urls.includes(each.url));
        leaving.set(chain.id, isUnderWay(chain.id) ? gone : []);
        ports.delete(chain.id);
        log.info("signer.endpoints-changed", {
          chainId: chain.id,
          inUse: client.endpoints.map(({ label }) => label).join(", "),
          leaving: (leaving.get(chain.id) ?? []).map(({ label }) => label).join(", "),
        });
      }
    },
    release() {
      for (const [chainId, gone] of leaving) {
        if (gone.length === 0 || isUnderWay(chainId)) continue;
        leaving.set(chainId, []);
        ports.delete(chainId);
        log.info("signer.endpoints-released", { chainId, labels: gone.map(({ label }) => label).join(", ") });
      }
    },
  };
}
