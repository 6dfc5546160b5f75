// The built-in registry against the facts it was made from; they lie beside the project, and the suite says when they are absent.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { CHAINS } from "@/lib/registry/chains";
import { DEXES } from "@/lib/registry/dexes";
import { PAIRS } from "@/lib/registry/pairs";
import { POOLS } from "@/lib/registry/pools";
import { registrySchema } from "@/lib/registry/schema";
import { TOKENS } from "@/lib/registry/tokens";
import { printLine } from "@/tests/support/print-line";

const registry = registrySchema.parse({
  version: 1,
  chains: CHAINS,
  tokens: TOKENS,
  dexes: DEXES,
  pools: POOLS,
  pairs: PAIRS,
});

const sharedFolder = fileURLToPath(new URL("../../../shared/registry/", import.meta.url));
const hasShared = existsSync(sharedFolder);
if (!hasShared)
  printLine(`not run here: the registry against the shared facts (needs ../shared/registry beside the project)`);

const claimSchema = z.looseObject({ address: z.string(), verified: z.string() });
const shared = {
  chains: z.looseObject({
    chains: z.array(
      z.looseObject({
        id: z.number(),
        blockTimeMs: z.number(),
        wrappedNative: claimSchema,
        multicall3: claimSchema,
        permit2: claimSchema,
        lifiDiamond: claimSchema,
      }),
    ),
  }),
  tokens: z.looseObject({
    tokens: z.array(
      z.looseObject({
        chainId: z.number(),
        symbol: z.string(),
        address: z.string(),
        decimals: z.number(),
        verified: z.string(),
        note: z.string().optional(),
      }),
    ),
  }),
  dexes: z.looseObject({
    dexes: z.array(
      z.looseObject({
        id: z.string(),
        family: z.string(),
        initCodeHash: z.string().nullish(),
        chains: z.record(z.string(), z.record(z.string(), claimSchema.nullable())),
      }),
    ),
  }),
  pools: z.looseObject({
    pools: z.array(
      z.looseObject({
        pair: z.string(),
        chainId: z.number(),
        dex: z.string(),
        id: z.string(),
        tokens: z.array(z.string()).nullable(),
        fee: z.number().nullish(),
        tickSpacing: z.number().nullish(),
        binStep: z.number().nullish(),
        hooks: z.string().nullish(),
        deployer: z.string().nullish(),
        verified: z.string(),
        note: z.string().optional(),
      }),
    ),
  }),
};

function readShared<T>(name: keyof typeof shared, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(`${sharedFolder}${name}.json`, "utf8")));
}

describe.runIf(hasShared)("built-in registry against the shared facts", () => {
  it("default: every chain, with the same contracts", () => {
    const { chains } = readShared("chains", shared.chains);
    expect(registry.chains.map(({ id }) => id)).toEqual(chains.map(({ id }) => id));
    for (const fact of chains) {
      const chain = registry.chains.find(({ id }) => id === fact.id);
      expect([chain?.blockTimeMs, chain?.wrappedNative, chain?.multicall3, chain?.permit2, chain?.lifiDiamond]).toEqual(
        [
          fact.blockTimeMs,
          fact.wrappedNative.address,
          fact.multicall3.address,
          fact.permit2.address,
          fact.lifiDiamond.address,
        ],
      );
    }
  });

  it("default: every token, with the same decimals", () => {
    const { tokens } = readShared("tokens", shared.tokens);
    expect(
      registry.tokens.map(({ chainId, symbol, address, decimals, verified, note }) => ({
        chainId,
        symbol,
        address,
        decimals,
        verified,
        note,
      })),
    ).toEqual(
      tokens.map(({ chainId, symbol, address, decimals, verified, note }) => ({
        chainId,
        symbol,
        address,
        decimals,
        verified,
        note,
      })),
    );
  });

  it("default: every DEX deployment, with every contract", () => {
    const { dexes } = readShared("dexes", shared.dexes);
    expect(registry.dexes.map(({ id, family }) => [id, family])).toEqual(dexes.map(({ id, family }) => [id, family]));
    let contractCount = 0;
    for (const fact of dexes) {
      const dex = registry.dexes.find(({ id }) => id === fact.id);
      expect(dex?.initCodeHash ?? null).toBe(fact.initCodeHash ?? null);
      for (const [chainId, roles] of Object.entries(fact.chains)) {
        const ours = new Set<unknown>(Object.values(dex?.chains[chainId] ?? {}));
        for (const [role, claim] of Object.entries(roles)) {
          if (claim === null) continue;
          contractCount += 1;
          expect(ours.has(claim.address), `${fact.id} ${chainId} ${role}`).toBe(true);
        }
      }
    }
    expect(contractCount).toBe(154);
  });

  it("default: every pool, with the same key", () => {
    const { pools } = readShared("pools", shared.pools);
    expect(
      registry.pools.map((pool) => [
        pool.pair,
        pool.chainId,
        pool.dex,
        pool.id,
        pool.tokens,
        pool.fee,
        pool.tickSpacing,
        pool.binStep,
        pool.hooks,
        pool.deployer,
        pool.verified,
        pool.note,
      ]),
    ).toEqual(
      pools.map((pool) => [
        pool.pair,
        pool.chainId,
        pool.dex,
        pool.id,
        pool.tokens,
        pool.fee ?? null,
        pool.tickSpacing ?? null,
        pool.binStep ?? null,
        pool.hooks ?? null,
        pool.deployer ?? null,
        pool.verified,
        pool.note,
      ]),
    );
  });
});
