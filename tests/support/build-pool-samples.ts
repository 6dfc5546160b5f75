// Builder of pool samples: a pool whose own price moved with a given volatility and which paid kappa times what that cost.
import type { TickPoolSample } from "@/lib/market/pool-sample";
import { POOL_SAMPLE_MS } from "@/lib/market/pool-sample";
import type { TickPoolState } from "@/lib/market/snapshot";
import { gauss12, mulberry32 } from "@/lib/math/rng";
import { computePoolRates } from "@/lib/strategy/carry/rates";

const YEAR_MS = 31_536_000_000;
const TWO_128 = 2 ** 128;

export interface PoolSamplesOptions {
  readonly pool: TickPoolState;
  readonly nowMs: number;
  readonly kappa: number;
  readonly sigmaPerYear?: number;
  readonly count?: number;
  readonly seed?: number;
}

/** Samples every 5 minutes up to now; the last one has the pool's price. All fees are paid in QUOTE. */
export function buildPoolSamples(options: PoolSamplesOptions): readonly TickPoolSample[] {
  const { pool, nowMs, kappa } = options;
  const count = options.count ?? 870;
  const draw = mulberry32(options.seed ?? 11);
  const step = ((options.sigmaPerYear ?? 0.6) / 2) * Math.sqrt(POOL_SAMPLE_MS / YEAR_MS);
  const walk = [0];
  for (let index = 1; index < count; index += 1) walk.push((walk[index - 1] ?? 0) + step * gauss12(draw));
  const last = walk.at(-1) ?? 0;
  const withGrowth = (growthPerSample: bigint): readonly TickPoolSample[] =>
    walk.map((value, index) => ({
      kind: "ticks",
      observedAtMs: nowMs - (count - 1 - index) * POOL_SAMPLE_MS,
      sqrtPriceX96: (pool.sqrtPriceX96 * BigInt(Math.round(Math.exp(value - last) * 1e12))) / 10n ** 12n,
      feeGrowthGlobal0X128: pool.baseIsToken0 ? 0n : BigInt(index) * growthPerSample,
      feeGrowthGlobal1X128: pool.baseIsToken0 ? BigInt(index) * growthPerSample : 0n,
      liquidityRaw: pool.activeLiquidityRaw ?? 0n,
      ownLiquidityRaw: pool.ownLiquidityInRangeRaw,
    }));
  const { base, quote, baseIsToken0 } = pool;
  const frame = {
    kind: "ticks",
    decBase: base.decimals,
    decQuote: quote.decimals,
    baseIsToken0,
    binStepBps: 0,
  } as const;
  const loss = computePoolRates({ frame, samples: withGrowth(0n), nowMs, fallback: null }).lossPerLiquidityYear ?? 0;
  const quotePerSample = (kappa * loss * POOL_SAMPLE_MS) / YEAR_MS;
  const growth = (quotePerSample / 10 ** ((base.decimals - quote.decimals) / 2)) * TWO_128;
  return withGrowth(BigInt(Math.round(growth)));
}
