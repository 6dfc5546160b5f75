// Endpoints of the signer while they change: the list follows the signature, and a transaction under way keeps its endpoint until it is final.
import { describe, expect, it } from "vitest";
import { endpointId, noSignedSettings, type EndpointUse, type SignedSettings } from "@/lib/api/system-settings";
import { CHAINS } from "@/lib/registry/chains";
import { createChainClients } from "@/server/infra/chain/clients";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createSignerEndpoints } from "./signer-endpoints";

const DEPLOYMENT = `0x${"11".repeat(32)}` as const;
const OLD = "https://old.example.org/";
const NEW = "https://new.example.org/0123456789abcdef0123456789abcdef";
const [base] = CHAINS;
if (base === undefined) throw new Error("the registry has no chain");
const chain = { ...base, rpcUrls: [OLD] };
const idOf = (url: string) => endpointId(DEPLOYMENT, url);

function lab() {
  let signed: SignedSettings = noSignedSettings(DEPLOYMENT);
  const op = { chainId: chain.id, state: "SETTLED" };
  const clients = createChainClients({ chains: [chain], wallNowMs: () => 0, marketNowMs: () => 0 });
  const endpoints = createSignerEndpoints({
    deploymentId: DEPLOYMENT,
    chains: [chain],
    signed: () => signed,
    readVault: () => new Map([[idOf(NEW), NEW]]),
    recentOps: () => [op],
    log: silentLogger,
  });
  const client = clients.get(chain.id);
  if (!client.ok) throw client.error;
  const portsOf = endpoints.portsOf(client.value);
  return {
    endpoints,
    ports: () => portsOf().map(({ url }) => url),
    same: () => portsOf() === portsOf(),
    setState: (state: string) => void (op.state = state),
    sign(list: readonly (readonly [string, EndpointUse])[]) {
      const entries = list.map(([url, use]) => ({ id: idOf(url), label: url, use }));
      signed = {
        ...signed,
        endpoints: [{ chainId: chain.id, version: 1, changedAtMs: 1, by: `0x${"aa".repeat(20)}`, endpoints: entries }],
      };
      endpoints.apply(clients);
    },
  };
}

describe("createSignerEndpoints", () => {
  it("happy: a signed list is asked in its order from then on", () => {
    const { ports, sign, same } = lab();
    expect(ports()).toEqual([OLD]);
    sign([
      [NEW, "use"],
      [OLD, "use"],
    ]);
    expect(ports()).toEqual([NEW, OLD]);
    expect(same()).toBe(true);
  });

  it.each(["SIGNED", "SENT", "INCLUDED", "CONFIRMED", "VERIFIED"])(
    "behavior: an endpoint that leaves stays for a transaction that is %s, and goes when it is final",
    (state) => {
      const { endpoints, ports, setState, sign } = lab();
      setState(state);
      sign([
        [NEW, "use"],
        [OLD, "removed"],
      ]);
      expect(ports()).toEqual([NEW, OLD]);
      endpoints.release();
      expect(ports()).toEqual([NEW, OLD]);
      setState("SETTLED");
      endpoints.release();
      expect(ports()).toEqual([NEW]);
    },
  );

  it("edge: with nothing under way it goes at once, and may come back", () => {
    const { ports, sign } = lab();
    sign([
      [NEW, "use"],
      [OLD, "drain"],
    ]);
    expect(ports()).toEqual([NEW]);
    sign([
      [OLD, "use"],
      [NEW, "use"],
    ]);
    expect(ports()).toEqual([OLD, NEW]);
  });

  it("behavior: labels are masked, and an address is found by its id", () => {
    const { endpoints } = lab();
    expect(endpoints.labelsOf(chain).get(idOf(NEW))).toBe("https://new.example.org/***");
    expect(endpoints.urlOf(chain, idOf(NEW))).toBe(NEW);
    expect(endpoints.urlOf(chain, idOf("https://third.example.org/"))).toBeNull();
  });
});
