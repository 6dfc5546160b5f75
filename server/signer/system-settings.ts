// Settings of the whole deployment as the command log adds them up, and what each change asks for at the instant it is signed.
import {
  systemParamsSchemas,
  type EndpointEntry,
  type RegistryAddition,
  type SignedSettings,
  type SystemAction,
} from "@/lib/api/system-settings";
import { mergeEntries } from "@/lib/registry/merge-entries";
import type { Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";

export interface SystemChange {
  readonly action: SystemAction;
  readonly params: Readonly<Record<string, unknown>>;
  readonly by: Address;
  readonly atMs: number;
}

/** The settings after a logged command, and what was done in words. */
export function applySystemChange(
  before: SignedSettings,
  change: SystemChange,
): { readonly settings: SignedSettings; readonly result: string } {
  const { action, by, atMs: changedAtMs } = change;
  switch (action) {
    case "registry.add": {
      const { tokens, pools, pairs } = systemParamsSchemas[action].parse(change.params);
      const merged = mergeEntries(
        { version: 1, chains: [], dexes: [], ...tablesOf(before) },
        { version: 1, chains: [], dexes: [], tokens, pools, pairs },
      );
      const words = [
        ...pairs.map(({ id }) => `pair ${id} in OBSERVE`),
        ...tokens.map(({ symbol, chainId }) => `token ${symbol} on chain ${chainId}`),
        ...pools.map(({ id, pair, chainId }) => `pool ${id} on chain ${chainId} for ${pair}`),
      ];
      const registry = {
        version: before.registry.version + 1,
        tokens: merged.tokens,
        pools: merged.pools,
        pairs: merged.pairs,
      };
      return { settings: { ...before, registry }, result: `added ${words.join(", ")}` };
    }
    case "chain.endpoints": {
      const { chainId, endpoints } = systemParamsSchemas[action].parse(change.params);
      const version = endpointsVersion(before, chainId) + 1;
      const others = before.endpoints.filter((each) => each.chainId !== chainId);
      const entry = { chainId, version, changedAtMs, by, endpoints };
      const inUse = endpoints.filter(({ use }) => use === "use").length;
      return {
        settings: { ...before, endpoints: [...others, entry] },
        result: `endpoints of chain ${chainId}: version ${version}, ${inUse} in use`,
      };
    }
    case "alerts.config": {
      const { settings } = systemParamsSchemas[action].parse(change.params);
      const version = (before.alerts?.version ?? 0) + 1;
      return {
        settings: { ...before, alerts: { version, changedAtMs, by, settings } },
        result: `alert settings: version ${version}`,
      };
    }
  }
}

/** Version a command must have been made from. */
export function systemVersion(settings: SignedSettings, action: SystemAction, params: unknown): number {
  switch (action) {
    case "registry.add":
      return settings.registry.version;
    case "chain.endpoints":
      return endpointsVersion(settings, systemParamsSchemas[action].parse(params).chainId);
    case "alerts.config":
      return settings.alerts?.version ?? 0;
  }
}

function endpointsVersion(settings: SignedSettings, chainId: number): number {
  return settings.endpoints.find((each) => each.chainId === chainId)?.version ?? 0;
}

/** Why an addition contradicts what is there already; null when it does not. What the chain says is asked elsewhere. */
export function additionProblem(registry: Registry, { tokens, pools, pairs }: RegistryAddition): string | null {
  const [pool] = pools;
  if (pool === undefined) return "a pool is missing";
  const known = registry.pools.find((each) => each.chainId === pool.chainId && isSame(each.id, pool.id));
  if (known !== undefined && known.disabled === undefined) return `pool ${pool.id} is in the registry already`;
  if (pool.disabled !== undefined) return "a pool that is off cannot be added";
  for (const token of tokens) {
    if (registry.tokens.some((each) => each.chainId === token.chainId && isSame(each.address, token.address))) {
      return `token ${token.address} on chain ${token.chainId} is in the registry already`;
    }
    if (token.chainId !== pool.chainId || pool.tokens?.includes(token.symbol) !== true) {
      return `token ${token.symbol} is not one of the pool`;
    }
  }
  const [pair] = pairs;
  if (pair !== undefined && pair.id !== pool.pair) return `pair ${pair.id} is not the pool's, ${pool.pair}`;
  if (pair !== undefined && registry.pairs.some(({ id }) => id === pair.id)) return `pair ${pair.id} is there already`;
  if (pair === undefined && !registry.pairs.some(({ id }) => id === pool.pair)) {
    return `pair ${pool.pair} is not in the registry`;
  }
  return null;
}

/** Why a list of endpoints cannot be used; null when it can. `labels`: of every address known on this machine, by id. */
export function endpointListProblem(
  endpoints: readonly EndpointEntry[],
  labels: ReadonlyMap<string, string>,
): string | null {
  if (new Set(endpoints.map(({ id }) => id)).size !== endpoints.length) return "an endpoint is named twice";
  if (!endpoints.some(({ use }) => use === "use")) return "at least one endpoint must stay in use";
  for (const { id, label, use } of endpoints) {
    const known = labels.get(id);
    if (known === undefined && use !== "removed") {
      return `the address of ${label} is not known on this machine: test it again on the desk`;
    }
    if (known !== undefined && known !== label) return `${id} is ${known}, the command calls it ${label}`;
  }
  return null;
}

/** The registry of the start with everything signed since: whoever holds it sees additions at once. */
export function liveRegistry(base: Registry, signed: () => SignedSettings): Registry {
  let from: SignedSettings | null = null;
  let merged = base;
  function now(): Registry {
    const settings = signed();
    if (settings === from) return merged;
    from = settings;
    merged = mergeEntries(base, { version: 1, chains: [], dexes: [], ...tablesOf(settings) });
    return merged;
  }
  return {
    version: 1,
    get chains() {
      return base.chains;
    },
    get dexes() {
      return base.dexes;
    },
    get tokens() {
      return now().tokens;
    },
    get pools() {
      return now().pools;
    },
    get pairs() {
      return now().pairs;
    },
  };
}

function tablesOf({ registry }: SignedSettings) {
  const { tokens, pools, pairs } = registry;
  return { tokens, pools, pairs };
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
