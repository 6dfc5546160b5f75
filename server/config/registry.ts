// The registry in use: built-in facts, an operator's overlay file on top, look-ups, and the check of every entry against the chain.
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
import { isFirstToken } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { TOKEN_ALIASES, TOKENS } from "@/lib/registry/tokens";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText, type ChainError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";

export interface RegistryView {
  readonly registry: Registry;
  pair(pairId: string): Pair | null;
  chain(chainId: number): Chain | null;
  token(chainId: number, symbolOrAddress: string): Token | null;
  dex(id: string): Dex | null;
  /** Pools of a pair that can be used: chain, DEX contracts and both tokens are known. */
  poolsOf(pairId: string): readonly ResolvedPool[];
  /** Same peg currency on both sides. */
  isPegged(pairId: string): boolean;
}

export interface RegistryInput {
  readonly overlayFile: string | null;
  /** Own endpoints per chain, they replace the public ones. */
  readonly rpcUrls: ReadonlyMap<number, readonly string[]>;
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

function readOverlay(file: string): Result<Registry, ConfigError> {
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
  return {
    version: 1,
    chains: mergeBy(under.chains, overlay.chains, (chain) => String(chain.id)),
    tokens: mergeBy(under.tokens, overlay.tokens, (token) => `${token.chainId}:${token.address.toLowerCase()}`),
    dexes: mergeDexes(under.dexes, overlay.dexes),
    pools: mergeBy(under.pools, overlay.pools, (pool) => `${pool.chainId}:${pool.id.toLowerCase()}`),
    pairs: mergeBy(under.pairs, overlay.pairs, (pair) => pair.id),
  };
}

function mergeBy<T>(base: readonly T[], overlay: readonly T[], identity: (entry: T) => string): T[] {
  const merged = new Map(base.map((entry) => [identity(entry), entry]));
  for (const entry of overlay) merged.set(identity(entry), entry);
  return [...merged.values()];
}

/** A DEX named in both keeps its built-in chains and takes the overlay's on top. */
function mergeDexes(base: readonly Dex[], overlay: readonly Dex[]): Dex[] {
  const merged = new Map(base.map((dex) => [dex.id, dex]));
  for (const dex of overlay) {
    const known = merged.get(dex.id);
    merged.set(dex.id, known === undefined ? dex : { ...dex, chains: { ...known.chains, ...dex.chains } });
  }
  return [...merged.values()];
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

  function resolve(pair: Pair, pool: Pool): ResolvedPool | null {
    const chain = chains.get(pool.chainId);
    const dex = dexes.get(pool.dex);
    const contracts = dex?.chains[String(pool.chainId)];
    if (chain === undefined || dex === undefined || contracts === undefined) return null;
    const sides = pool.tokens.map((symbol) => token(pool.chainId, symbol));
    const base = sides.find((side) => side !== null && assetOf(side.symbol) === assetOf(pair.base)) ?? null;
    const quote = sides.find((side) => side !== null && assetOf(side.symbol) === assetOf(pair.quote)) ?? null;
    if (base === null || quote === null || base === quote) return null;
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

  function poolsOf(pairId: string): readonly ResolvedPool[] {
    const pair = pairs.get(pairId);
    if (pair === undefined) return [];
    return registry.pools.filter((pool) => pool.pair === pairId).flatMap((pool) => resolve(pair, pool) ?? []);
  }

  return {
    registry,
    pair: (pairId) => pairs.get(pairId) ?? null,
    chain: (chainId) => chains.get(chainId) ?? null,
    token,
    dex: (id) => dexes.get(id) ?? null,
    poolsOf,
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
function assetOf(symbol: string): string {
  return TOKEN_ALIASES[symbol] ?? symbol;
}

/** What the check needs from a chain; every value is read at the latest block. */
export interface IdentityPort {
  chainId(chainId: number): Promise<Result<number, ChainError>>;
  hasCode(chainId: number, address: Address): Promise<Result<boolean, ChainError>>;
  tokenDecimals(chainId: number, token: Address): Promise<Result<number, ChainError>>;
  poolFacts(
    chainId: number,
    pool: Address,
  ): Promise<
    Result<
      {
        readonly token0: Address;
        readonly token1: Address;
        readonly feePips: number;
        readonly tickSpacing: number;
        readonly factory: Address;
      },
      ChainError
    >
  >;
}

export type IdentityVerdict =
  | { readonly kind: "confirmed"; readonly pool: ResolvedPool }
  | { readonly kind: "mismatch"; readonly pool: ResolvedPool; readonly problem: string }
  | { readonly kind: "unreachable"; readonly pool: ResolvedPool; readonly problem: string };

/** Confirms a registry entry by calls: a mismatch disables it, an unreachable chain leaves the question open. */
export async function checkPoolIdentity(port: IdentityPort, pool: ResolvedPool): Promise<IdentityVerdict> {
  const { chain } = pool;
  const mismatch = (problem: string): IdentityVerdict => ({ kind: "mismatch", pool, problem });
  const unreachable = (error: ChainError): IdentityVerdict => ({ kind: "unreachable", pool, problem: error.message });

  const id = await port.chainId(chain.id);
  if (!id.ok) return unreachable(id.error);
  if (id.value !== chain.id) return mismatch(`the endpoint serves chain ${id.value}, expected ${chain.id}`);
  if (!isAddress(pool.pool.id)) return mismatch(`the id ${pool.pool.id} is no address, which ${pool.dex.family} needs`);
  const poolAddress = pool.pool.id;
  for (const [name, address] of [
    ["pool", poolAddress],
    ["position manager", pool.positionManager],
    ["factory", pool.factory],
  ] as const) {
    const code = await port.hasCode(chain.id, address);
    if (!code.ok) return unreachable(code.error);
    if (!code.value) return mismatch(`there is no contract at the ${name} address ${address}`);
  }
  const facts = await port.poolFacts(chain.id, poolAddress);
  if (!facts.ok) return facts.error.retryable ? unreachable(facts.error) : mismatch(facts.error.message);
  const [token0, token1] = pool.baseIsToken0
    ? [pool.base.address, pool.quote.address]
    : [pool.quote.address, pool.base.address];
  const { value } = facts;
  if (!sameAddress(value.token0, token0)) return mismatch(`token0 is ${value.token0}, expected ${token0}`);
  if (!sameAddress(value.token1, token1)) return mismatch(`token1 is ${value.token1}, expected ${token1}`);
  if (!sameAddress(value.factory, pool.factory)) {
    return mismatch(`its factory is ${value.factory}, expected ${pool.factory}`);
  }
  if (pool.pool.fee !== null && value.feePips !== pool.pool.fee) {
    return mismatch(`its fee is ${value.feePips}, expected ${pool.pool.fee} (1/1 000 000)`);
  }
  if (pool.pool.tickSpacing !== null && value.tickSpacing !== pool.pool.tickSpacing) {
    return mismatch(`its tick spacing is ${value.tickSpacing}, expected ${pool.pool.tickSpacing}`);
  }
  for (const token of [pool.base, pool.quote]) {
    const decimals = await port.tokenDecimals(chain.id, token.address);
    if (!decimals.ok) return decimals.error.retryable ? unreachable(decimals.error) : mismatch(decimals.error.message);
    if (decimals.value !== token.decimals) {
      return mismatch(`${token.symbol} has ${decimals.value} decimals, expected ${token.decimals}`);
    }
  }
  return { kind: "confirmed", pool };
}

function isAddress(id: Hex): boolean {
  return id.length === 42;
}

function sameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
