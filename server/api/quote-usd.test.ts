// Dollars per token by what the workers know: a peg, a quote, a base; an old word and a price without dollars are no answer.
import { describe, expect, it } from "vitest";
import { pairSchema } from "@/lib/registry/schema";
import { createRegistryView } from "@/server/config/registry";
import { knownUsdPrice } from "./quote-usd";

const NOW_MS = 1_700_000_000_000;
const registry = createRegistryView({
  version: 1,
  chains: [],
  tokens: [],
  dexes: [],
  pools: [],
  pairs: ["WETH-USDC", "WETH-EURC", "ARB-WBTC"].map((id) => {
    const [base = "", quote = ""] = id.split("-");
    return pairSchema.parse({ id, base, quote, sources: [{ venue: "binance", base, quote }] });
  }),
});
const worker = (price: number | null, quoteUsd: number | null, ageMs = 1_000) => ({
  price,
  quoteUsd,
  updatedAtMs: NOW_MS - ageMs,
});

function priceOf(
  symbol: string,
  workers: Readonly<Record<string, ReturnType<typeof worker>>>,
  pegCurrency: string | null = null,
) {
  return knownUsdPrice({ symbol, pegCurrency }, { registry, workers: new Map(Object.entries(workers)), nowMs: NOW_MS });
}

describe("knownUsdPrice", () => {
  it("default: a dollar by its peg, a base by its pair's price, a quote by what its worker took it for", () => {
    expect(priceOf("USDT", {}, "USD")).toEqual({ usd: 1, pairId: null });
    expect(priceOf("WETH", { "WETH-USDC": worker(3_000, 0.999) })).toEqual({ usd: 2_997, pairId: "WETH-USDC" });
    expect(priceOf("ETH", { "WETH-USDC": worker(3_000, 1) })?.usd).toBe(3_000);
    expect(priceOf("EURC", { "WETH-EURC": worker(2_600, 1.15) }, "EUR")).toEqual({ usd: 1.15, pairId: "WETH-EURC" });
  });

  it.each([
    ["no pair prices it", "ARB", { "WETH-USDC": worker(3_000, 1) }],
    ["its quote has no dollars either", "ARB", { "ARB-WBTC": worker(0.00001, null) }],
    ["the worker has no price yet", "WETH", { "WETH-USDC": worker(null, 1) }],
    ["the word is old", "WETH", { "WETH-USDC": worker(3_000, 1, 61_000) }],
    ["the price is none", "WETH", { "WETH-USDC": worker(Number.NaN, 1) }],
    ["the pair is not in the registry", "WETH", { "WETH-DAI": worker(3_000, 1) }],
  ])("edge: null when %s", (_why, symbol, workers) => {
    expect(priceOf(symbol, workers)).toBeNull();
  });
});
