// Settings of the whole deployment in the fold: versions count, additions merge, and what contradicts them is named.
import { describe, expect, it } from "vitest";
import { noSignedSettings, type RegistryAddition, type SignedSettings } from "@/lib/api/system-settings";
import { pairSchema, poolSchema, tokenSchema, type Registry } from "@/lib/registry/schema";
import {
  additionProblem,
  applySystemChange,
  endpointListProblem,
  liveRegistry,
  systemVersion,
} from "./system-settings";

function bytes32(byte: string): `0x${string}` {
  return `0x${byte.repeat(32)}`;
}

const BY = `0x${"aa".repeat(20)}` as const;
const DEPLOYMENT = `0x${"11".repeat(32)}` as const;
const POOL = `0x${"50".repeat(20)}` as const;
const address = (byte: string) => `0x${byte.repeat(20)}` as const;

const pool = poolSchema.parse({
  pair: "WETH-USDC",
  chainId: 1,
  dex: "uniswap-v3",
  id: POOL,
  tokens: ["WETH", "USDC"],
  fee: 500,
  tickSpacing: 10,
});
const token = tokenSchema.parse({ chainId: 1, symbol: "ABC", address: address("ab"), decimals: 18, kind: "native" });
const pair = pairSchema.parse({
  id: "ABC-USDC",
  base: "ABC",
  quote: "USDC",
  sources: [{ venue: "okx", base: "ABC", quote: "USDC" }],
});
const registry: Registry = {
  version: 1,
  chains: [],
  tokens: [],
  dexes: [],
  pools: [{ ...pool, id: address("01") }],
  pairs: [{ ...pair, id: "WETH-USDC", base: "WETH" }],
};
const add = (change: Partial<RegistryAddition>): RegistryAddition => ({
  tokens: [],
  pools: [pool],
  pairs: [],
  ...change,
});

function apply(before: SignedSettings, action: "registry.add" | "chain.endpoints" | "alerts.config", params: object) {
  return applySystemChange(before, { action, params: { ...params }, by: BY, atMs: 5 }).settings;
}

describe("system settings", () => {
  it("happy: an addition is in the registry at once, and its version counts", () => {
    let signed = noSignedSettings(DEPLOYMENT);
    const live = liveRegistry(registry, () => signed);
    expect(live.pools).toHaveLength(1);
    signed = apply(signed, "registry.add", add({}));
    expect(signed.registry.version).toBe(1);
    expect(live.pools.map(({ id }) => id)).toEqual([address("01"), POOL]);
    expect(systemVersion(signed, "registry.add", {})).toBe(1);
  });

  it("happy: each chain's endpoints have a version of their own, and who signed", () => {
    const endpoints = [{ id: DEPLOYMENT, label: "https://one.example.org", use: "use" }];
    const once = apply(noSignedSettings(DEPLOYMENT), "chain.endpoints", { chainId: 1, endpoints });
    const twice = apply(once, "chain.endpoints", { chainId: 1, endpoints });
    const other = apply(twice, "chain.endpoints", { chainId: 137, endpoints });
    expect(other.endpoints.map(({ chainId, version, by }) => [chainId, version, by])).toEqual([
      [1, 2, BY],
      [137, 1, BY],
    ]);
  });

  it("behavior: alert settings are kept whole, with their defaults", () => {
    const settings = apply(noSignedSettings(DEPLOYMENT), "alerts.config", { settings: { coolDownMin: 20 } }).alerts;
    expect(settings?.version).toBe(1);
    expect(settings?.settings.coolDownMin).toBe(20);
    expect(settings?.settings.remindAfterMin.critical).toBe(10);
  });

  it.each([
    ["a pool that is there", { pools: [{ ...pool, id: address("01") }] }, /in the registry already/],
    ["a pool that is off", { pools: [{ ...pool, disabled: "old" }] }, /is off/],
    ["a pair that is not there", { pools: [{ ...pool, pair: "ABC-USDC" }] }, /not in the registry/],
    ["another pair than the pool's", { pairs: [pair] }, /is not the pool's/],
    ["a token that is not the pool's", { tokens: [token] }, /not one of the pool/],
  ] satisfies readonly (readonly [string, Partial<RegistryAddition>, RegExp])[])(
    "error: refuses %s",
    (_name, change, expected) => {
      expect(additionProblem(registry, add(change))).toMatch(expected);
    },
  );

  it("happy: a new pair with its token is no contradiction", () => {
    const fresh = add({
      pools: [{ ...pool, pair: "ABC-USDC", tokens: ["ABC", "USDC"] }],
      tokens: [token],
      pairs: [pair],
    });
    expect(additionProblem(registry, fresh)).toBeNull();
  });

  it("error: a list of endpoints must keep one in use, name each once, and call each by its own masked address", () => {
    const labels = new Map([[bytes32("01"), "https://one.example.org"]]);
    const one = { id: bytes32("01"), label: "https://one.example.org", use: "use" } as const;
    expect(endpointListProblem([one], labels)).toBeNull();
    expect(endpointListProblem([{ ...one, use: "drain" }], labels)).toMatch(/must stay in use/);
    expect(endpointListProblem([one, one], labels)).toMatch(/named twice/);
    expect(endpointListProblem([{ ...one, label: "https://other.example.org" }], labels)).toMatch(
      /the command calls it/,
    );
    expect(endpointListProblem([one, { ...one, id: bytes32("02") }], labels)).toMatch(/not known on this machine/);
  });
});
