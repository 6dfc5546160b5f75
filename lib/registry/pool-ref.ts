// A pool as adapters and calldata need it: identity, tokens in pool order, and the contracts of its DEX on its chain.
import type { Address, Hex } from "@/lib/units";
import type { ResolvedPool } from "./resolved-pool";
import type { DexContracts, Family, Registry } from "./schema";

export interface PoolRef {
  readonly chainId: number;
  readonly family: Family;
  readonly dexId: string;
  /** Liquidity Book generation, null elsewhere. */
  readonly variant: string | null;
  /** Pool contract, or 32-byte pool id. */
  readonly pool: Hex;
  /** Tokens in pool order (tokenX, tokenY in Liquidity Book). */
  readonly token0: Address;
  readonly token1: Address;
  readonly contracts: DexContracts;
  /** Permit2 the position manager pulls through, null where it pulls by plain allowance. */
  readonly permit2: Address | null;
  /** Fee of the pool's key, pips; null: dynamic, or not part of the key. */
  readonly feePips: number | null;
  readonly tickSpacing: number | null;
  readonly hooks: Address | null;
  readonly hooksAllowed: readonly Address[];
  readonly deployer: Address | null;
  readonly binStep: number | null;
  readonly parameters: Hex | null;
}

/** Families whose position manager takes tokens through Permit2. */
const PERMIT2_FAMILIES: ReadonlySet<Family> = new Set<Family>(["uniswap-v4", "pancakeswap-infinity"]);

export function poolRefOf(facts: ResolvedPool): PoolRef {
  const { base, quote, baseIsToken0 } = facts;
  return {
    ...commonOf(facts),
    token0: baseIsToken0 ? base.address : quote.address,
    token1: baseIsToken0 ? quote.address : base.address,
  };
}

function commonOf(
  facts: Pick<ResolvedPool, "pool" | "dex" | "chain" | "contracts">,
): Omit<PoolRef, "token0" | "token1"> {
  const { pool, dex, chain, contracts } = facts;
  return {
    chainId: chain.id,
    family: dex.family,
    dexId: dex.id,
    variant: dex.variant,
    pool: pool.id,
    contracts,
    permit2: PERMIT2_FAMILIES.has(dex.family) ? (contracts.permit2 ?? chain.permit2) : null,
    feePips: pool.fee,
    tickSpacing: pool.tickSpacing,
    hooks: pool.hooks,
    hooksAllowed: dex.hooksAllowed,
    deployer: pool.deployer,
    binStep: pool.binStep,
    parameters: pool.parameters,
  };
}

/**
 * Whether a token is the pool's token0: by address order everywhere, but for Liquidity Book, whose pairs keep the order they were
 * made with (tokenX first, as its registry entry lists them; checked on chain at start).
 */
export function isFirstToken(
  family: Family,
  input: { readonly isListedFirst: boolean; readonly token: Address; readonly other: Address },
): boolean {
  return family === "liquidity-book" ? input.isListedFirst : BigInt(input.token) < BigInt(input.other);
}

/** The pool of a registry as a reference; null when the pool, its DEX on that chain or one of its tokens is not there, or the entry is disabled. */
export function findPoolRef(registry: Registry, chainId: number, pool: string): PoolRef | null {
  const wanted = pool.toLowerCase();
  const entry = registry.pools.find((each) => each.chainId === chainId && each.id.toLowerCase() === wanted);
  const dex = registry.dexes.find((each) => each.id === entry?.dex);
  const chain = registry.chains.find((each) => each.id === chainId);
  const contracts = dex?.chains[String(chainId)];
  if (entry === undefined || dex === undefined || chain === undefined || contracts === undefined) return null;
  if (entry.disabled !== undefined || entry.tokens === null) return null;
  const tokenOf = (symbol: string): Address | undefined =>
    registry.tokens.find((each) => each.chainId === chainId && each.symbol.toLowerCase() === symbol.toLowerCase())
      ?.address;
  const first = tokenOf(entry.tokens[0]);
  const second = tokenOf(entry.tokens[1]);
  if (first === undefined || second === undefined) return null;
  const isFirst0 = isFirstToken(dex.family, { isListedFirst: true, token: first, other: second });
  return {
    ...commonOf({ pool: entry, dex, chain, contracts }),
    token0: isFirst0 ? first : second,
    token1: isFirst0 ? second : first,
  };
}
