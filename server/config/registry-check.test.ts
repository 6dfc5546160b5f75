// The check of registry entries: every denial of the chain is a mismatch with a sentence, silence leaves the question open.
import { decodeFunctionData, encodeAbiParameters, encodeFunctionResult, parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import type { CallPort } from "@/lib/actions/family";
import { ok } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address, Hex } from "@/lib/units";
import { loadRegistry } from "./registry";
import { createRegistryCheck, type RegistryCheckDeps } from "./registry-check";

const ABI = parseAbi([
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
  "function poolManager() view returns (address)",
]);

const registry = loadRegistry({ overlayFile: null, rpcUrls: new Map() });
if (!registry.ok) throw registry.error;
const pool = registry.value.poolsOf("WETH-USDC").find(({ chain }) => chain.id === 1);
if (pool === undefined) throw new Error("no built-in pool");
const v4 = registry.value.poolsOf("USDC-USDT").find(({ dex }) => dex.family === "uniswap-v4");
if (v4 === undefined) throw new Error("no built-in V4 pool");

interface Lies {
  readonly decimals?: number;
  readonly symbol?: string;
  readonly symbolData?: Hex;
  readonly manager?: Address;
  readonly silent?: boolean;
  readonly empty?: boolean;
}

function chainOf(entry: ResolvedPool, lies: Lies = {}): CallPort {
  return {
    async call({ to, data }) {
      if (lies.silent === true) {
        throw new ChainError({ code: "timeout", retryable: true, message: "the node took too long" });
      }
      if (lies.empty === true) return "0x";
      const { functionName } = decodeFunctionData({ abi: ABI, data });
      const token = [entry.base, entry.quote].find(({ address }) => address === to);
      switch (functionName) {
        case "decimals":
          return encodeFunctionResult({ abi: ABI, functionName, result: lies.decimals ?? token?.decimals ?? 0 });
        case "symbol":
          return (
            lies.symbolData ??
            encodeFunctionResult({ abi: ABI, functionName, result: lies.symbol ?? token?.symbol ?? "" })
          );
        case "poolManager":
          return encodeFunctionResult({ abi: ABI, functionName, result: lies.manager ?? entry.factory });
      }
    },
    readLogs: async () => [],
  };
}

function depsOf(
  entry: ResolvedPool,
  lies: Lies = {},
  more: { readonly chainId?: number; readonly problems?: readonly string[] } = {},
): RegistryCheckDeps {
  const port = chainOf(entry, lies);
  return {
    chainId: async (chainId) => ok(more.chainId ?? chainId),
    calls: () => ok(port),
    readsOf: () => ({ checkPool: async () => more.problems ?? [] }),
  };
}

const verdictOf = (entry: ResolvedPool, ...rest: [Lies?, { chainId?: number; problems?: readonly string[] }?]) =>
  createRegistryCheck(depsOf(entry, ...rest)).checkPool(entry);

async function sentence(...input: Parameters<typeof verdictOf>): Promise<string> {
  const verdict = await verdictOf(...input);
  return verdict.kind === "mismatch" ? verdict.problems.join("; ") : verdict.kind;
}

describe("createRegistryCheck", () => {
  it("default: an entry the chain confirms", async () => {
    expect(await verdictOf(pool)).toEqual({ kind: "confirmed" });
    expect(await verdictOf(v4)).toEqual({ kind: "confirmed" });
  });

  it("behavior: every single denial is a mismatch that says what came", async () => {
    expect(await sentence(pool, {}, { chainId: 5 })).toContain("serves chain 5");
    expect(await sentence(pool, {}, { problems: ["the fee is 3000, expected 500"] })).toContain("3000");
    expect(await sentence(pool, { decimals: 7 })).toContain("7 decimals");
    expect(await sentence(pool, { symbol: "SCAM" })).toContain("SCAM");
    expect(await sentence(pool, { empty: true })).toContain("no token contract");
    expect(await sentence(v4, { manager: pool.factory })).toContain(pool.factory);
    const moved = { ...pool, pool: { ...pool.pool, fee: 100 } };
    expect(await sentence(moved)).toContain("not at");
  });

  it("behavior: names that differ in writing only are the same name, and old tokens answer 32 bytes", async () => {
    const usdt = registry.value.token(42161, "USDT0");
    const old: Hex = encodeAbiParameters([{ type: "bytes32" }], [`0x${"55534454".padEnd(64, "0")}`]);
    if (usdt === null) throw new Error("no USDT0 on Arbitrum");
    for (const lies of [{ symbol: "USD₮0" }, { symbol: "USDt" }, { symbolData: old }]) {
      const deps = depsOf({ ...pool, base: usdt }, lies);
      expect(await createRegistryCheck(deps).checkToken(usdt), JSON.stringify(lies)).toEqual({ kind: "confirmed" });
    }
    const bsc = registry.value.token(56, "USDT");
    if (bsc === null) throw new Error("no USDT on BSC");
    const named = depsOf({ ...pool, base: bsc }, { symbol: "BSC-USD" });
    expect((await createRegistryCheck(named).checkToken(bsc)).kind).toBe("confirmed");
  });

  it("behavior: a chain that does not answer leaves the question open, and is asked again", async () => {
    let lies: Lies = { silent: true };
    const deps: RegistryCheckDeps = { ...depsOf(pool), calls: () => ok(chainOf(pool, lies)) };
    const check = createRegistryCheck(deps);
    expect((await check.checkPool(pool)).kind).toBe("unreachable");
    lies = {};
    expect((await check.checkPool(pool)).kind).toBe("confirmed");
  });
});
