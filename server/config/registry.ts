// The registry in use: built-in facts, an operator's overlay file on top, look-ups; entries that cannot be used keep their reason.
import { readFileSync } from "node:fs";
import { CHAINS } from "@/lib/registry/chains";
import { DEXES } from "@/lib/registry/dexes";
import { PAIRS } from "@/lib/registry/pairs";
import { POOLS } from "@/lib/registry/pools";
import {
  registrySchema,
  type Chain,
  type Dex,
  type Pair,
  type Pool,
  type Registry,
  type Token,
} from "@/lib/registry/schema";
import { mergeEntries } from "@/lib/registry/merge-entries";
import { isFirstToken } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { TOKEN_ALIASES, TOKENS } from "@/lib/registry/tokens";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { chooseEndpoints, type SignedSettings } from "@/lib/api/system-settings";
import { poolKey, type Hex, type PoolKey } from "@/lib/units";

export interface RegistryView {
  readonly registry: Registry;
  pair(pairId: string): Pair | null;
  chain(chainId: number): Chain | null;
  token(chainId: number, symbolOrAddress: string): Token | null;
  dex(id: string): Dex | null;
  /** Pools of a pair that can be used: not disabled; chain, DEX contracts and both tokens are known. */
  poolsOf(pairId: string): readonly ResolvedPool[];
  /** The other pools of the pair, each with the reason. */
  unusableOf(pairId: string): readonly UnusablePool[];
  /** Same peg currency on both sides. */
  isPegged(pairId: string): boolean;
}

export interface UnusablePool {
  readonly pool: Pool;
  readonly poolKey: PoolKey;
  readonly reason: string;
}

export interface RegistryInput {
  readonly overlayFile: string | null;
  /** Own endpoints per chain, they replace the public ones. */
  readonly rpcUrls: ReadonlyMap<number, readonly string[]>;
}

export interface SignedInput {
  readonly settings: SignedSettings;
  /** Addresses behind the ids of the signed lists. */
  readonly vault: ReadonlyMap<Hex, string>;
}

export function loadRegistry(input: RegistryInput): Result<RegistryView, ConfigError> {
  const builtIn = registrySchema.safeParse({
    version: 1,
    chains: CHAINS,
    tokens: TOKENS,
    dexes: DEXES,
    pools: POOLS,
    pairs: PAIRS,
  });
  if (!builtIn.success) return err(registryError("the built-in registry", builtIn.error.issues[0]));
  let registry = builtIn.data;
  if (input.overlayFile !== null) {
    const overlay = readOverlay(input.overlayFile);
    if (!overlay.ok) return overlay;
    registry = mergeRegistry(registry, overlay.value);
  }
  const chains = registry.chains.map((chain) => {
    const urls = input.rpcUrls.get(chain.id);
    return urls === undefined ? chain : { ...chain, rpcUrls: [...urls] };
  });
  return ok(createRegistryView({ ...registry, chains }));
}

/** Signed additions on top, and each chain's endpoints as its signed list says. */
export function withSigned(registry: Registry, { settings, vault }: SignedInput): Registry {
  const { tokens, pools, pairs } = settings.registry;
  const merged = mergeEntries(registry, { version: 1, chains: [], dexes: [], tokens, pools, pairs });
  return {
    ...merged,
    chains: merged.chains.map((chain) => {
      const signed = settings.endpoints.find(({ chainId }) => chainId === chain.id)?.endpoints ?? null;
      const { urls } = chooseEndpoints({
        deploymentId: settings.deploymentId,
        configured: chain.rpcUrls,
        signed,
        vault,
      });
      return { ...chain, rpcUrls: [...urls] };
    }),
  };
}

/** An operator's file, checked whole. */
export function readOverlay(file: string): Result<Registry, ConfigError> {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    return err(
      new ConfigError({
        code: "invalid",
        message: `The registry file ${file} cannot be read as JSON (${errorText(error)}). Correct TG_REGISTRY_FILE or the file.`,
        retryable: false,
        cause: error,
      }),
    );
  }
  const parsed = registrySchema.safeParse(raw);
  return parsed.success ? ok(parsed.data) : err(registryError(`the registry file ${file}`, parsed.error.issues[0]));
}

function registryError(
  where: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `In ${where}, the entry ${issue?.path.map(String).join(".") ?? ""} is not valid: ${issue?.message ?? ""}. Correct it; nothing of the file is used until then.`,
    retryable: false,
  });
}

/**
 * Overlay entries replace built-in ones with the same identity and are added otherwise. An overlay pair keeps its id; when
 * every chain of the overlay is local, the built-in chains are left out, since nothing of them can be reached from a sandbox.
 */
export function mergeRegistry(base: Registry, overlay: Registry): Registry {
  const isSandbox = overlay.chains.length > 0 && overlay.chains.every((chain) => chain.isLocal);
  const under: Registry = isSandbox ? { version: 1, chains: [], tokens: [], dexes: [], pools: [], pairs: [] } : base;
  return mergeEntries(under, overlay);
}

export function createRegistryView(registry: Registry): RegistryView {
  const pairs = new Map(registry.pairs.map((pair) => [pair.id, pair]));
  const chains = new Map(registry.chains.map((chain) => [chain.id, chain]));
  const dexes = new Map(registry.dexes.map((dex) => [dex.id, dex]));

  function token(chainId: number, symbolOrAddress: string): Token | null {
    const wanted = symbolOrAddress.toLowerCase();
    return (
      registry.tokens.find(
        (entry) =>
          entry.chainId === chainId &&
          (entry.address.toLowerCase() === wanted || entry.symbol.toLowerCase() === wanted),
      ) ?? null
    );
  }

  /** The pool with everything it needs, or why it cannot be used. */
  function resolve(pair: Pair, pool: Pool): ResolvedPool | string {
    if (pool.disabled !== undefined) return pool.disabled;
    const chain = chains.get(pool.chainId);
    if (chain === undefined) return `chain ${pool.chainId} is not in the registry`;
    const dex = dexes.get(pool.dex);
    if (dex === undefined) return `the DEX ${pool.dex} is not in the registry`;
    const contracts = dex.chains[String(pool.chainId)];
    if (contracts === undefined) return `the DEX ${pool.dex} has no contracts on chain ${pool.chainId} in the registry`;
    const sides = (pool.tokens ?? []).map((symbol) => token(pool.chainId, symbol));
    const base = sides.find((side) => side !== null && assetOf(side.symbol) === assetOf(pair.base)) ?? null;
    const quote = sides.find((side) => side !== null && assetOf(side.symbol) === assetOf(pair.quote)) ?? null;
    if (base === null || quote === null || base === quote) {
      return `its tokens ${pool.tokens?.join(" and ") ?? "(not known)"} are not ${pair.base} and ${pair.quote} of chain ${pool.chainId} in the registry`;
    }
    return {
      pool,
      chain,
      dex,
      contracts,
      factory: contracts.factory,
      positionManager: contracts.positionManager,
      base,
      quote,
      baseIsToken0: isFirstToken(dex.family, {
        isListedFirst: sides[0] === base,
        token: base.address,
        other: quote.address,
      }),
    };
  }

  function resolved(pairId: string): readonly (readonly [Pool, ResolvedPool | string])[] {
    const pair = pairs.get(pairId);
    if (pair === undefined) return [];
    return registry.pools.filter((pool) => pool.pair === pairId).map((pool) => [pool, resolve(pair, pool)] as const);
  }

  const poolsOf: RegistryView["poolsOf"] = (pairId) =>
    resolved(pairId).flatMap(([, entry]) => (typeof entry === "string" ? [] : [entry]));

  return {
    registry,
    pair: (pairId) => pairs.get(pairId) ?? null,
    chain: (chainId) => chains.get(chainId) ?? null,
    token,
    dex: (id) => dexes.get(id) ?? null,
    poolsOf,
    unusableOf: (pairId) =>
      resolved(pairId).flatMap(([pool, entry]) =>
        typeof entry === "string"
          ? [{ pool, poolKey: poolKey(pool.chainId, dexes.get(pool.dex)?.family ?? "unknown", pool.id), reason: entry }]
          : [],
      ),
    isPegged(pairId) {
      const pools = poolsOf(pairId);
      return (
        pools.length > 0 &&
        pools.every(({ base, quote }) => base.pegCurrency !== null && base.pegCurrency === quote.pegCurrency)
      );
    },
  };
}

/** The asset a symbol stands for: `USDC.e` and `USDC` are one when a pair is matched with a pool. */
export function assetOf(symbol: string): string {
  return TOKEN_ALIASES[symbol] ?? symbol;
}
