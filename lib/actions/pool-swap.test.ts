// Every router shape: encoding and decoding are inverse, and bytes that name another pool, recipient or limit never decode as ours.
import { describe, expect, it } from "vitest";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Family } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { decodePoolSwap, encodePoolSwap, routerForms, type PoolSwapCall } from "./pool-swap";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const ROUTER = address("77");

function ref(family: Family, change: Partial<PoolRef> = {}): PoolRef {
  return {
    chainId: 1,
    family,
    dexId: family,
    variant: null,
    pool: address("50"),
    token0: address("01"),
    token1: address("02"),
    contracts: {
      factory: address("61"),
      positionManager: address("60"),
      quoterV2: null,
      swapRouter: ROUTER,
      poolDeployer: null,
      stateView: null,
      vault: null,
      permit2: null,
    },
    permit2: null,
    feePips: 500,
    tickSpacing: 10,
    hooks: null,
    hooksAllowed: [],
    deployer: null,
    binStep: null,
    parameters: null,
    ...change,
  };
}

const call: Omit<PoolSwapCall, "form"> = {
  tokenIn: address("01"),
  tokenOut: address("02"),
  recipient: address("33"),
  amountInRaw: 10n ** 18n,
  amountOutMinRaw: 3_000_000_000n,
  deadlineSec: 1_800_000_000n,
};

describe("pool swap", () => {
  it.each<Family>(["uniswap-v3", "pancakeswap-v3", "slipstream", "algebra-v1", "camelot-v3", "algebra-integral"])(
    "behavior: %s — encode then decode gives the same call, one flipped byte or other bytes do not pass as it",
    (family) => {
      const pool = ref(family);
      for (const form of routerForms(pool)) {
        const tx = encodePoolSwap(pool, { ...call, form });
        if (tx === null) throw new Error(`${family} ${form} was not encoded`);
        expect(tx.to).toBe(ROUTER);
        expect(decodePoolSwap(pool, tx)).toEqual({ ...call, form });
        expect(decodePoolSwap(pool, { ...tx, to: address("99") })).toBeNull();
        expect(decodePoolSwap(pool, { ...tx, valueRaw: 1n })).toBeNull();
        const longer: Hex = `${tx.data}${"00".repeat(32)}`;
        expect(decodePoolSwap(pool, { ...tx, data: longer })).toBeNull();
        // The last word is the price limit (or its padding): a limit of 1 could fill the swap in part.
        const limited: Hex = `0x${tx.data.slice(2, -2)}01`;
        expect(decodePoolSwap(pool, { ...tx, data: limited })).toBeNull();
      }
    },
  );

  it("error: another pool of the same tokens does not decode as this one", () => {
    const other = encodePoolSwap(ref("uniswap-v3", { feePips: 3_000 }), { ...call, form: "fee" });
    if (other === null) throw new Error("not encoded");
    expect(decodePoolSwap(ref("uniswap-v3"), other)).toBeNull();
    const deployed = encodePoolSwap(ref("algebra-integral", { deployer: address("99") }), {
      ...call,
      form: "integral",
    });
    if (deployed === null) throw new Error("not encoded");
    expect(decodePoolSwap(ref("algebra-integral"), deployed)).toBeNull();
  });

  it("edge: families without a router of these shapes are not encoded", () => {
    for (const family of ["ramses-v3", "uniswap-v4", "pancakeswap-infinity", "liquidity-book"] as const) {
      expect(routerForms(ref(family))).toEqual([]);
      expect(encodePoolSwap(ref(family), { ...call, form: "fee" })).toBeNull();
    }
    const contracts = { ...ref("uniswap-v3").contracts, swapRouter: null };
    expect(routerForms(ref("uniswap-v3", { contracts }))).toEqual([]);
  });
});
