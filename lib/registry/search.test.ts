// Search over the built-in registry: words narrow down, addresses and fees are found, what is disabled stays visible.
import { describe, expect, it } from "vitest";
import { CHAINS } from "./chains";
import { DEXES } from "./dexes";
import { PAIRS } from "./pairs";
import { POOLS } from "./pools";
import { registrySchema } from "./schema";
import { searchRegistry } from "./search";
import { TOKENS } from "./tokens";

const registry = registrySchema.parse({
  version: 1,
  chains: CHAINS,
  tokens: TOKENS,
  dexes: DEXES,
  pools: POOLS,
  pairs: PAIRS,
});

describe("searchRegistry", () => {
  it("default: an empty text finds everything", () => {
    const hits = searchRegistry(registry, " ");
    expect(hits.chains).toHaveLength(registry.chains.length);
    expect(hits.pools).toHaveLength(registry.pools.length);
  });

  it("behavior: every word narrows, whatever its case", () => {
    const all = searchRegistry(registry, "weth-usdc").pools;
    const narrow = searchRegistry(registry, "WETH-usdc ethereum 0.05%").pools;
    expect(all.length).toBeGreaterThan(narrow.length);
    expect(narrow.map(({ pool }) => [pool.chainId, pool.fee])).toEqual([
      [1, 500],
      [1, 500],
    ]);
  });

  it("behavior: an address in any case finds its token, its pool, its DEX", () => {
    expect(searchRegistry(registry, "0xA0B86991C6218B36").tokens.map(({ symbol }) => symbol)).toEqual(["USDC"]);
    expect(searchRegistry(registry, "0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640").pools).toHaveLength(1);
    expect(searchRegistry(registry, "0x000000000004444c5dc75cb358380d2e3de08a90").dexes.map(({ id }) => id)).toEqual([
      "uniswap-v4",
    ]);
  });

  it("behavior: a chain id is found in full, not as a part of another number", () => {
    expect(searchRegistry(registry, "999").chains.map(({ id }) => id)).toEqual([999]);
  });

  it("behavior: disabled pools are found and say why", () => {
    const disabled = searchRegistry(registry, "disabled").pools;
    expect(disabled).toHaveLength(6);
    for (const hit of disabled) expect(hit.disabled).toMatch(/[a-z]{3}/);
  });
});
