// The name of an input as people know it: a pool by its DEX and fee, not by its key.
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatFeePips } from "@/lib/format/percent";

type Pools = readonly Pick<EpochRecord["pools"][number], "poolKey" | "dexName" | "feeFrac">[];

const KINDS: Readonly<Record<string, string>> = {
  candles: "Candles",
  quoteUsd: "Quote token in US dollars",
  pool: "Pool",
  samples: "Samples of",
  chain: "Chain",
  wallet: "Wallet on chain",
};

/** `pool:<poolKey>` of a pool that the epoch weighed: `Pool Uniswap V3 0.05 %`; what is not known stays as it is. */
export function inputWords(input: string, pools: Pools): string {
  const [kind = "", ...rest] = input.split(":");
  const of = rest.join(":");
  const word = KINDS[kind];
  if (word === undefined) return input;
  const pool = pools.find(({ poolKey }) => poolKey === of);
  const name = pool === undefined ? of : `${pool.dexName} ${formatFeePips(pool.feeFrac * 1_000_000)}`;
  return name === "" ? word : `${word} ${name}`;
}
