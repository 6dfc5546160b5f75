// The registry against itself: every id that can be recomputed is; tests/recorded/registry.test.ts compares it with the facts it was made from.
import { getAddress } from "viem";
import { describe, expect, it } from "vitest";
import { CHAINS } from "@/lib/registry/chains";
import { derivePoolEntry, derivePoolId } from "@/lib/registry/derive";
import { DEXES, UNKNOWN_CONTRACT } from "@/lib/registry/dexes";
import { PAIRS } from "@/lib/registry/pairs";
import { POOLS } from "@/lib/registry/pools";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { registrySchema } from "@/lib/registry/schema";
import { REGISTRY_SOURCES } from "@/lib/registry/sources";
import { TOKENS } from "@/lib/registry/tokens";

const registry = registrySchema.parse({
  version: 1,
  chains: CHAINS,
  tokens: TOKENS,
  dexes: DEXES,
  pools: POOLS,
  pairs: PAIRS,
});
const nativeInstead = (tokens: readonly [string, string] | null): [string, string] => [tokens?.[0] ?? "", "NATIVE"];
const familyOf = (dexId: string) => registry.dexes.find(({ id }) => id === dexId)?.family;

describe("derivePoolEntry", () => {
  it("default: every pool called derived is where its deployment rule puts it", () => {
    const derived = registry.pools.filter(({ verified }) => verified === "derived");
    expect(derived).toHaveLength(46);
    for (const pool of derived) {
      expect(derivePoolEntry(registry, pool)?.toLowerCase(), `${pool.dex} ${pool.id}`).toBe(pool.id.toLowerCase());
    }
    // Every rule is proven by at least one pool.
    expect(new Set(derived.map(({ dex }) => familyOf(dex)))).toEqual(
      new Set([
        "uniswap-v3",
        "pancakeswap-v3",
        "algebra-integral",
        "algebra-v1",
        "camelot-v3",
        "slipstream",
        "ramses-v3",
        "uniswap-v4",
        "pancakeswap-infinity",
      ]),
    );
  });

  it("behavior: another fee, spacing, token or deployer gives another id", () => {
    for (const pool of registry.pools.filter(({ verified }) => verified === "derived")) {
      const wrong = [
        ...(pool.fee === null ? [] : [{ ...pool, fee: pool.fee + 1 }]),
        ...(pool.deployer === null ? [] : [{ ...pool, deployer: null }]),
        ...(pool.hooks === null ? [] : [{ ...pool, hooks: registry.chains[0]?.multicall3 ?? null }]),
        ...(pool.tokens?.includes("NATIVE") ? [] : [{ ...pool, tokens: nativeInstead(pool.tokens) }]),
      ];
      expect(wrong.length).toBeGreaterThan(0);
      for (const entry of wrong) {
        expect(derivePoolEntry(registry, entry)?.toLowerCase(), pool.id).not.toBe(pool.id.toLowerCase());
      }
    }
  });

  it("behavior: a part that is not known is no answer, never a guess", () => {
    const underived = registry.pools.filter(({ verified }) => verified !== "derived");
    expect(underived).toHaveLength(7);
    for (const pool of underived) expect(derivePoolEntry(registry, pool), pool.id).toBeNull();
  });

  it("behavior: a pool the facts file under another DEX does not derive there", () => {
    // 0x7e92… is PancakeSwap V3 on Arbitrum; an older registry called it Uniswap V3, whose manager would mint elsewhere.
    const uniswap = registry.dexes.find(({ id }) => id === "uniswap-v3");
    const contracts = uniswap?.chains["42161"];
    const pool = registry.pools.find(({ id }) => id.toLowerCase().startsWith("0x7e928afb"));
    if (uniswap === undefined || contracts === undefined || pool === undefined) throw new Error("entry is missing");
    const tokens = registry.tokens.filter(
      (token) => token.chainId === 42161 && pool.tokens?.includes(token.symbol) === true,
    );
    const [first, second] = tokens;
    if (first === undefined || second === undefined) throw new Error("tokens are missing");
    const derived = derivePoolId({ dex: uniswap, contracts, pool, tokens: [first.address, second.address] });
    expect(derived?.toLowerCase()).toBe("0xbe3ad6a5669dc0b8b12febc03608860c31e2eef6");
  });
});

describe("built-in registry", () => {
  it("default: every address has the checksum of EIP-55", () => {
    const addresses = [
      ...registry.chains.flatMap(({ wrappedNative, multicall3, permit2, lifiDiamond }) => [
        wrappedNative,
        multicall3,
        permit2,
        lifiDiamond,
      ]),
      ...registry.tokens.map(({ address }) => address),
      ...registry.dexes.flatMap(({ chains }) => Object.values(chains).flatMap((each) => Object.values(each))),
      ...registry.pools.flatMap(({ id, hooks, deployer }) => [id.length === 42 ? id : null, hooks, deployer]),
    ];
    for (const address of addresses)
      if (address !== null && address !== undefined) expect(getAddress(address)).toBe(address);
  });

  it("default: every token and pool says where it is from and how well that is supported", () => {
    for (const entry of [...registry.tokens, ...registry.pools]) {
      expect(entry.verified).toBeDefined();
      expect(entry.sources?.length).toBeGreaterThan(0);
      for (const source of entry.sources ?? []) expect(REGISTRY_SOURCES, source).toHaveProperty([source]);
    }
  });

  it("behavior: what cannot be acted on is disabled with a reason and gives no reference", () => {
    for (const pool of registry.pools) {
      const contracts = registry.dexes.find(({ id }) => id === pool.dex)?.chains[String(pool.chainId)];
      const isPoolId = familyOf(pool.dex) === "uniswap-v4" || familyOf(pool.dex) === "pancakeswap-infinity";
      const mustBeOff =
        pool.tokens === null ||
        pool.tokens.includes("NATIVE") ||
        (isPoolId && pool.hooks === null) ||
        contracts?.positionManager === UNKNOWN_CONTRACT;
      expect(pool.disabled !== undefined, pool.id).toBe(mustBeOff);
      expect(findPoolRef(registry, pool.chainId, pool.id) === null, pool.id).toBe(mustBeOff);
    }
    expect(registry.pools.filter(({ disabled }) => disabled !== undefined)).toHaveLength(6);
  });

  it("behavior: a fee says the tick spacing its factory gives it", () => {
    for (const pool of registry.pools) {
      const spacings = registry.dexes.find(({ id }) => id === pool.dex)?.feeToTickSpacing;
      if (spacings === undefined || pool.fee === null || pool.tickSpacing === null) continue;
      expect(pool.tickSpacing, pool.id).toBe(spacings[String(pool.fee)]);
    }
  });
});
