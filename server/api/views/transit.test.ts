// What is between chains is priced by its pair, and is unknown rather than nothing when it cannot be.
import { describe, expect, it } from "vitest";
import { transferSchema, type Transfer } from "@/lib/api/signer-contract";
import { loadRegistry } from "@/server/config/registry";
import { pairInTransitUsd, rawInTransit } from "./transit";

const loaded = loadRegistry({ overlayFile: null, rpcUrls: new Map() });
if (!loaded.ok) throw loaded.error;
const registry = loaded.value;
const PAIR = "WETH-USDC";
const pool = registry.poolsOf(PAIR)[0];
if (pool === undefined) throw new Error(`the registry has no pool of ${PAIR}`);
const state = { price: 2_500, quoteUsd: 0.999 };

function transfer(change: Record<string, unknown>): Transfer {
  return transferSchema.parse({
    transferId: "0x00/3",
    pairId: PAIR,
    planId: "0x00",
    bridge: "across",
    fromChainId: pool?.chain.id,
    toChainId: 10,
    tokenIn: pool?.quote.address,
    tokenOut: pool?.quote.address,
    amountInRaw: "1000000000",
    minAmountOutRaw: "985000000",
    sourceTxHash: `0x${"ab".repeat(32)}`,
    state: "pending",
    receipts: [],
    startedAtMs: 1,
    updatedAtMs: 1,
    detail: "",
    ...change,
  });
}

describe("transit", () => {
  it("behavior: counts what is left of each transfer at the price of its pair", () => {
    const base = transfer({ tokenIn: pool.base.address, amountInRaw: "2000000000000000000" });
    const part = transfer({ state: "partial", inTransitRaw: "250000000" });
    const done = transfer({ state: "done" });
    const other = transfer({ pairId: "USDC-USDT" });
    expect(pairInTransitUsd(registry, PAIR, { transfers: [base, part, done, other], state })).toBeCloseTo(
      2 * 2_500 * 0.999 + 250 * 0.999,
      9,
    );
    expect([base, part, done].map(rawInTransit)).toEqual([2_000_000_000_000_000_000n, 250_000_000n, 0n]);
  });

  it("behavior: one transfer without a price makes the sum unknown; none at all is nothing", () => {
    const foreign = transfer({ tokenIn: `0x${"9".repeat(40)}` });
    expect(pairInTransitUsd(registry, PAIR, { transfers: [transfer({}), foreign], state })).toBeNull();
    expect(pairInTransitUsd(registry, PAIR, { transfers: [transfer({})], state: null })).toBeNull();
    expect(pairInTransitUsd(registry, PAIR, { transfers: null, state })).toBeNull();
    expect(pairInTransitUsd(registry, PAIR, { transfers: [], state: null })).toBe(0);
  });
});
