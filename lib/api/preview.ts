// From the API's preview input to what evaluate and decide take: the browser then runs the same code on the same numbers as the worker.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { PoolSample } from "@/lib/market/pool-sample";
import { resolveParams } from "@/lib/registry/resolve-params";
import { NO_MEMORY, type StrategyMemory, type StrategyParams } from "@/lib/strategy/index";
import { unpackCandles } from "./candle-columns";
import { unpackSamples } from "./sample-columns";
import type { PreviewInput } from "./schemas";
import { readSnapshot } from "./snapshot-wire";

export interface Preview {
  readonly snapshot: MarketSnapshot;
  readonly params: StrategyParams;
  readonly memory: StrategyMemory;
}

/** Null when the columns of candles or samples do not fit each other; a snapshot of another shape throws. */
export function readPreview(input: PreviewInput): Preview | null {
  const candles = unpackCandles(input.candles);
  if (candles === null) return null;
  const poolSamples: Record<string, readonly PoolSample[]> = {};
  for (const { poolKey, samples } of input.poolSamples) {
    const read = unpackSamples(samples);
    if (read === null) return null;
    if (read.length > 0) poolSamples[poolKey] = read;
  }
  return {
    snapshot: readSnapshot(input.snapshot, { candles, poolSamples }),
    params: resolveParams(input.isPegged, input.overrides).params,
    memory: input.memory ?? NO_MEMORY,
  };
}
