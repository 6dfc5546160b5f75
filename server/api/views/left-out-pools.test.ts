// Every pool that is left out is listed with who left it out, why and what to do; none is listed twice.
import { describe, expect, it } from "vitest";
import { createRegistryView, loadRegistry } from "@/server/config/registry";
import { leftOutPools } from "./left-out-pools";
import { poolKeyOf } from "./pool-view";

const loaded = loadRegistry({ overlayFile: null, rpcUrls: new Map() });
if (!loaded.ok) throw loaded.error;
const view = loaded.value;

describe("leftOutPools", () => {
  it("behavior: lists every unusable entry of every pair with a reason and a remedy", () => {
    const listed = view.registry.pairs.flatMap(({ id }) => leftOutPools(view, id, null));
    expect(listed.length).toBe(view.registry.pools.filter(({ disabled }) => disabled !== undefined).length);
    expect(listed.length).toBeGreaterThan(0);
    for (const each of listed) {
      expect(each.by).toBe("registry");
      expect(each.reason).toMatch(/[a-z]{3}/);
      expect(each.remedy).toContain(`tidegate registry add pool --pair ${each.pairId} --chain ${each.chainId} `);
    }
  });

  it("behavior: an entry that lacks something is completed, not added anew", () => {
    const pool = view.registry.pools.find(({ disabled }) => disabled === undefined);
    if (pool === undefined) throw new Error("the registry has no usable pool");
    const bare = createRegistryView({ ...view.registry, pools: [{ ...pool, dex: "nobody" }] });
    expect(leftOutPools(bare, pool.pair, null)).toMatchObject([
      { by: "registry", reason: "the DEX nobody is not in the registry", remedy: expect.stringContaining("Complete") },
    ]);
  });

  it("behavior: what the chain denied comes first and only once", () => {
    const pair = view.registry.pairs.find(({ id }) => view.poolsOf(id).length > 0 && view.unusableOf(id).length > 0);
    if (pair === undefined) throw new Error("no pair has both kinds of pools");
    const denied = view.poolsOf(pair.id)[0];
    const unusable = view.unusableOf(pair.id);
    if (denied === undefined) throw new Error("no pool");
    // A worker reports both kinds in one list.
    const worker = {
      disabledPools: [
        ...unusable.map(({ poolKey, reason }) => ({ poolKey, reason })),
        { poolKey: poolKeyOf(denied), reason: "fee is 3000, expected 500" },
      ],
    };
    const listed = leftOutPools(view, pair.id, worker);
    expect(listed).toHaveLength(unusable.length + 1);
    expect(listed[0]).toMatchObject({ by: "chain", address: denied.pool.id, reason: "fee is 3000, expected 500" });
    expect(listed[0]?.remedy).toContain(`tidegate registry check --pair ${pair.id}`);
    expect(new Set(listed.map(({ poolKey }) => poolKey)).size).toBe(listed.length);
  });
});
