// Built-in pairs: base and quote asset, and the exchange instruments whose candles are merged.
import type { Pair, Venue } from "./schema";

/** Six venues with equal weight (strategy.md section 2.4: the default). */
const ALL_VENUES: readonly Venue[] = ["binance", "bybit", "okx", "mexc", "gate", "bitget"];

function instrument(base: string, quote: string): Pair["sources"] {
  return ALL_VENUES.map((venue) => ({ venue, base, quote, weight: 1 }));
}

export const PAIRS: readonly Pair[] = [
  { id: "WETH-USDC", base: "WETH", quote: "USDC", sources: instrument("ETH", "USDC") },
  { id: "USDC-USDT", base: "USDC", quote: "USDT", sources: instrument("USDC", "USDT") },
  { id: "WBTC-USDC", base: "WBTC", quote: "USDC", sources: instrument("BTC", "USDC") },
];
