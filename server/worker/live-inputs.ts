// Inputs that outlive one round: the last good pool service answers and prices, each with its source time.
import type { BridgeTerms } from "@/lib/market/snapshot";
import type { ServicePool } from "./ports";

export interface LiveInputs {
  readonly servicePools: Map<string, ServicePool>;
  /** US dollars per whole QUOTE token. */
  quoteUsd: { readonly value: number; readonly atMs: number } | null;
  /** US dollars per native token by chain. */
  readonly nativeUsd: Map<number, number>;
  /** CEX median, QUOTE per BASE, with the close of its minute. */
  price: { readonly value: number; readonly atMs: number } | null;
  serviceError: string | null;
  /** Last offer of each way, by `from:to`, with its market time. */
  readonly bridgeTerms: Map<string, { readonly terms: BridgeTerms; readonly atMs: number }>;
}

export function createLiveInputs(): LiveInputs {
  return {
    servicePools: new Map(),
    quoteUsd: null,
    nativeUsd: new Map(),
    price: null,
    serviceError: null,
    bridgeTerms: new Map(),
  };
}
