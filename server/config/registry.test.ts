// The registry: built-in facts are valid, an overlay is laid on top, and the on-chain check refuses what the chain denies.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ok } from "@/lib/errors/result";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { checkPoolIdentity, loadRegistry, type IdentityPort } from "./registry";

function builtIn() {
  const view = loadRegistry({ overlayFile: null, rpcUrls: new Map([[1, ["http://127.0.0.1:1"]]]) });
  if (!view.ok) throw view.error;
  return view.value;
}

describe("loadRegistry", () => {
  it("default: seven chains, and every built-in pool resolves to its contracts and tokens", () => {
    const view = builtIn();
    expect(view.registry.chains).toHaveLength(7);
    const resolved = view.registry.pairs.flatMap((pair) => view.poolsOf(pair.id));
    expect(resolved).toHaveLength(view.registry.pools.length);
    expect(view.chain(1)?.rpcUrls).toEqual(["http://127.0.0.1:1"]);
  });

  it("behavior: base and quote go by asset, order by address", () => {
    const pool = builtIn()
      .poolsOf("WETH-USDC")
      .find(({ chain, pool: { fee } }) => chain.id === 1 && fee === 500);
    expect(pool?.base.symbol).toBe("WETH");
    expect(pool?.quote.symbol).toBe("USDC");
    // USDC (0xA0…) sorts below WETH (0xC0…) on Ethereum.
    expect(pool?.baseIsToken0).toBe(false);
  });

  it("behavior: pegged is what the token registry says", () => {
    expect(builtIn().isPegged("USDC-USDT")).toBe(true);
    expect(builtIn().isPegged("WETH-USDC")).toBe(false);
  });

  it("error: invalid names the place in an overlay file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "tg-registry-")), "r.json");
    writeFileSync(
      file,
      JSON.stringify({ version: 1, chains: [{ id: -1 }], tokens: [], dexes: [], pools: [], pairs: [] }),
    );
    const view = loadRegistry({ overlayFile: file, rpcUrls: new Map() });
    expect(view.ok).toBe(false);
    if (!view.ok) expect(view.error.message).toContain("chains.0.id");
  });
});

describe("checkPoolIdentity", () => {
  const pool = builtIn().poolsOf("WETH-USDC")[0];
  if (pool === undefined) throw new Error("no built-in pool");
  const [token0, token1] = pool.baseIsToken0
    ? [pool.base.address, pool.quote.address]
    : [pool.quote.address, pool.base.address];
  const honest: IdentityPort = {
    chainId: async () => ok(pool.chain.id),
    hasCode: async () => ok(true),
    tokenDecimals: async (_chain, token) => ok(token === pool.base.address ? pool.base.decimals : pool.quote.decimals),
    poolFacts: async () =>
      ok({
        token0,
        token1,
        feePips: pool.pool.fee ?? 0,
        tickSpacing: pool.pool.tickSpacing ?? 0,
        factory: pool.factory,
      }),
  };
  const kindOf = async (port: IdentityPort, entry: ResolvedPool = pool) => (await checkPoolIdentity(port, entry)).kind;

  it("default: an entry the chain confirms", async () => {
    expect(await kindOf(honest)).toBe("confirmed");
  });

  it("behavior: every single denial is a mismatch", async () => {
    const facts = await honest.poolFacts(1, token0);
    if (!facts.ok) throw facts.error;
    const lies: Partial<IdentityPort>[] = [
      { chainId: async () => ok(999_999) },
      { hasCode: async () => ok(false) },
      { tokenDecimals: async () => ok(7) },
      { poolFacts: async () => ok({ ...facts.value, token0: token1, token1: token0 }) },
      { poolFacts: async () => ok({ ...facts.value, feePips: 1 }) },
      { poolFacts: async () => ok({ ...facts.value, tickSpacing: 77 }) },
      { poolFacts: async () => ok({ ...facts.value, factory: token0 }) },
    ];
    for (const lie of lies) expect(await kindOf({ ...honest, ...lie })).toBe("mismatch");
  });
});
