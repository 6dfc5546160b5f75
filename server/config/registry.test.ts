// The registry: built-in facts are valid, an overlay is laid on top, and what cannot be used keeps its reason.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRegistryView, loadRegistry } from "./registry";

function builtIn() {
  const view = loadRegistry({ overlayFile: null, rpcUrls: new Map([[1, ["http://127.0.0.1:1"]]]) });
  if (!view.ok) throw view.error;
  return view.value;
}

describe("loadRegistry", () => {
  it("default: seven chains, and every built-in pool resolves to its contracts and tokens or says why not", () => {
    const view = builtIn();
    expect(view.registry.chains).toHaveLength(7);
    const resolved = view.registry.pairs.flatMap((pair) => view.poolsOf(pair.id));
    const unusable = view.registry.pairs.flatMap((pair) => view.unusableOf(pair.id));
    expect(resolved.length + unusable.length).toBe(view.registry.pools.length);
    expect(unusable.map(({ pool }) => pool.disabled)).toEqual(unusable.map(({ reason }) => reason));
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

  it("behavior: an overlay pool without its tokens or DEX is kept and says what is missing", () => {
    const view = builtIn();
    const [pool] = view.registry.pools;
    if (pool === undefined) throw new Error("no built-in pool");
    const reasonOf = (entry: Partial<typeof pool>) =>
      createRegistryView({ ...view.registry, pools: [{ ...pool, ...entry }] }).unusableOf(pool.pair)[0]?.reason;
    expect(reasonOf({})).toBeUndefined();
    expect(reasonOf({ tokens: ["USDC", "XYZ"] })).toContain("XYZ");
    expect(reasonOf({ tokens: null })).toContain("not known");
    expect(reasonOf({ dex: "nowhere" })).toContain("nowhere");
    expect(reasonOf({ chainId: 56, dex: "pharaoh-v3" })).toContain("pharaoh-v3");
    expect(reasonOf({ chainId: 77 })).toContain("77");
    expect(reasonOf({ disabled: "we left" })).toBe("we left");
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
