// Changes of the whole deployment's settings, from the signer's side: chains are asked before, files and endpoints follow after.
import { existsSync } from "node:fs";
import {
  hasProblem,
  systemParamsSchemas,
  type CheckLine,
  type PoolCheck,
  type PoolCheckRequest,
  type RegistryAddition,
  type SystemAction,
} from "@/lib/api/system-settings";
import { ok, type Result } from "@/lib/errors/result";
import { ChainError, type ConfigError } from "@/lib/errors/tidegate-error";
import type { Chain, Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import type { ChainClients } from "@/server/infra/chain/clients";
import { trustedOrigins } from "@/server/infra/chain/guarded-transport";
import { probeEndpoint, readReference, tryReference } from "@/server/infra/chain/probe-endpoint";
import { createRpcFallback } from "@/server/infra/chain/rpc-fallback";
import type { WallClock } from "@/server/infra/clock";
import { signedSettingsFile, writeSignedSettings } from "@/server/infra/signed-settings";
import type { Authority } from "./authority";
import type { SystemPort } from "./commands";
import { SignerError } from "./ports";
import type { SignerEndpoints } from "./signer-endpoints";
import { additionProblem, endpointListProblem } from "./system-settings";

/** Built by main.ts: the checks of pools live outside the signer's room. */
export interface PoolInspector {
  inspect(request: PoolCheckRequest): Promise<PoolCheck>;
  problems(addition: RegistryAddition): Promise<readonly string[]>;
}

export interface SystemDesk extends SystemPort {
  inspect(request: PoolCheckRequest): Promise<PoolCheck>;
  /** The file every other process reads. */
  writeCopy(): Result<true, ConfigError>;
}

const ASK_LIMIT_MS = 4_000;
const MAX_BODY_BYTES = 1024 * 1024;
/** Gas of a plan that leaves one pool and enters another, with an exit in reserve (a burn, a swap, approvals, a mint, and again). */
const RESERVE_GAS = 3_000_000n;
/** Fees rise while one waits. */
const RESERVE_FACTOR = 3n;

export function createSystemPort(deps: {
  readonly dataDir: string;
  /** As configured on this machine: its endpoints are those nobody signed for. */
  readonly configured: Registry;
  readonly registry: Registry;
  readonly authority: Authority;
  readonly clients: ChainClients;
  readonly endpoints: SignerEndpoints;
  readonly inspector: PoolInspector | null;
  readonly wallet: Address;
  readonly wall: Pick<WallClock, "nowMs">;
}): SystemDesk {
  const { authority, clients, configured, endpoints, registry } = deps;

  async function checkPool(addition: RegistryAddition): Promise<string | null> {
    if (deps.inspector === null) return "this signer checks no pools";
    const contradiction = additionProblem(registry, addition);
    if (contradiction !== null) return contradiction;
    const chainId = addition.pools[0]?.chainId ?? 0;
    if (!clients.get(chainId).ok) return notServed(chainId);
    const problems = await deps.inspector.problems(addition);
    return problems.length === 0 ? null : problems.join("; ");
  }

  async function checkEndpoints(params: unknown): Promise<string | null> {
    const { chainId, endpoints: wanted } = systemParamsSchemas["chain.endpoints"].parse(params);
    const chain = configured.chains.find(({ id }) => id === chainId);
    if (chain === undefined) return `chain ${chainId} is not in the registry`;
    const contradiction = endpointListProblem(wanted, endpoints.labelsOf(chain));
    if (contradiction !== null) return contradiction;
    const now = endpoints.urlsOf(chain);
    const fresh = wanted.flatMap(({ id, label, use }) => {
      const url = endpoints.urlOf(chain, id);
      return use === "use" && url !== null && !now.includes(url) ? [{ url, label }] : [];
    });
    const reference = memo(() => tryReference(() => readReference(askerOf(chain, now), chain.softDepth)));
    const probed = await Promise.all(
      fresh.map(async ({ url, label }) => ({
        label,
        ...(await probeEndpoint(
          { url, chainId, reference },
          { trustedOrigins: trustedOrigins(configured.chains, url) },
        )),
      })),
    );
    const bad = probed.find(({ lines }) => hasProblem(lines));
    const why = bad?.lines.find(({ kind }) => kind === "problem");
    return bad === undefined || why === undefined
      ? null
      : `${bad.label} cannot be used: ${why.what}: expected ${why.expected}, ${why.came}`;
  }

  function askerOf(chain: Chain, urls: readonly string[]) {
    const client = clients.get(chain.id);
    const ask = client.ok
      ? client.value.client
      : createRpcFallback({
          chainId: chain.id,
          urls,
          timeoutMs: ASK_LIMIT_MS,
          maxBodyBytes: MAX_BODY_BYTES,
          nowMs: deps.wall.nowMs,
        }).transport({});
    return async (call: { readonly method: string; readonly params?: unknown }): Promise<unknown> =>
      ask.request({ method: "eth_getBlockByNumber", params: blockParams(call.params) });
  }

  /** What the wallet has for gas there, against what a plan may need at the fee of now. */
  async function gasLine(chainId: number): Promise<CheckLine> {
    const what = "Gas reserve";
    const client = clients.get(chainId);
    if (!client.ok) return { kind: "note", what, expected: "read from the chain", came: client.error.message };
    const { chain } = client.value;
    const read = await client.value.call("gas reserve", (reader) =>
      Promise.all([reader.getBalance({ address: deps.wallet }), reader.getGasPrice()]),
    );
    if (!read.ok) return { kind: "note", what, expected: "read from the chain", came: read.error.message };
    const [balanceWei, priceWei] = read.value;
    const neededWei = RESERVE_GAS * priceWei * RESERVE_FACTOR;
    const amount = (wei: bigint): string =>
      `${(Number(wei) / 10 ** chain.nativeDecimals).toPrecision(3)} ${chain.nativeSymbol}`;
    return {
      kind: balanceWei >= neededWei ? "ok" : "note",
      what,
      expected: `${amount(neededWei)} for a plan and its exit`,
      came: `the wallet has ${amount(balanceWei)}${balanceWei >= neededWei ? "" : ": send some before the pair leaves OBSERVE"}`,
    };
  }

  return {
    async check(action: SystemAction, params) {
      try {
        switch (action) {
          case "registry.add":
            return await checkPool(systemParamsSchemas[action].parse(params));
          case "chain.endpoints":
            return await checkEndpoints(params);
          case "alerts.config":
            return null;
        }
      } catch (error) {
        if (error instanceof ChainError) return error.message;
        throw error;
      }
    },
    apply() {
      endpoints.apply(clients);
      const written = writeSignedSettings(deps.dataDir, authority.system());
      if (!written.ok) throw SignerError.refuse("disk", written.error.message);
    },
    async inspect(request) {
      if (deps.inspector === null) throw SignerError.refuse("not_found", "This signer checks no pools.");
      if (registry.chains.some(({ id }) => id === request.chainId) && !clients.get(request.chainId).ok) {
        const line: CheckLine = {
          kind: "problem",
          what: "Chain",
          expected: "one this signer serves",
          came: notServed(request.chainId),
        };
        return { lines: [line], addition: null, pairId: request.pairId, dexId: request.dexId, tookMs: 0 };
      }
      const [check, gas] = await Promise.all([deps.inspector.inspect(request), gasLine(request.chainId)]);
      return { ...check, lines: [...check.lines, gas] };
    },
    writeCopy() {
      const { registry: added, endpoints: lists, alerts } = authority.system();
      const isEmpty = added.version === 0 && lists.length === 0 && alerts === null;
      // Nothing was ever signed: no file is as good as an empty one.
      if (isEmpty && !existsSync(signedSettingsFile(deps.dataDir))) return ok(true);
      return writeSignedSettings(deps.dataDir, authority.system());
    },
  };
}

function notServed(chainId: number): string {
  return `chain ${chainId} is not served by this signer, since no pair had a pool there at its start: add the pool by tidegate registry add pool and start again`;
}

function memo<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => (asked ??= ask());
}

function blockParams(params: unknown): ["latest" | `0x${string}`, false] {
  const [tag] = Array.isArray(params) ? params : [];
  return [typeof tag === "string" && /^0x[0-9a-f]+$/.test(tag) ? `0x${tag.slice(2)}` : "latest", false];
}
