// Pool samples on the wire: columns with whole numbers as decimal strings.
import * as z from "zod";
import type { PoolSample, TickPoolSample } from "@/lib/market/pool-sample";

const raw = z.array(z.string().regex(/^\d{1,78}$/, "expected a decimal integer string"));

export const sampleColumnsSchema = z.object({
  kind: z.literal("ticks"),
  /** Market time of each block, unix ms, ascending. */
  observedAtMs: z.array(z.number()),
  sqrtPriceX96: raw,
  feeGrowthGlobal0X128: raw,
  feeGrowthGlobal1X128: raw,
  liquidityRaw: raw,
  ownLiquidityRaw: raw,
});
export type SampleColumns = z.infer<typeof sampleColumnsSchema>;

export function packSamples(samples: readonly TickPoolSample[]): SampleColumns {
  const column = (of: (sample: TickPoolSample) => bigint): string[] => samples.map((sample) => of(sample).toString());
  return {
    kind: "ticks",
    observedAtMs: samples.map(({ observedAtMs }) => observedAtMs),
    sqrtPriceX96: column((sample) => sample.sqrtPriceX96),
    feeGrowthGlobal0X128: column((sample) => sample.feeGrowthGlobal0X128),
    feeGrowthGlobal1X128: column((sample) => sample.feeGrowthGlobal1X128),
    liquidityRaw: column((sample) => sample.liquidityRaw),
    ownLiquidityRaw: column((sample) => sample.ownLiquidityRaw),
  };
}

/** Null when the columns do not fit each other. */
export function unpackSamples(columns: SampleColumns): readonly PoolSample[] | null {
  const samples: PoolSample[] = [];
  for (const [index, observedAtMs] of columns.observedAtMs.entries()) {
    const sqrtPriceX96 = columns.sqrtPriceX96[index];
    const growth0 = columns.feeGrowthGlobal0X128[index];
    const growth1 = columns.feeGrowthGlobal1X128[index];
    const liquidity = columns.liquidityRaw[index];
    const own = columns.ownLiquidityRaw[index];
    if (
      sqrtPriceX96 === undefined ||
      growth0 === undefined ||
      growth1 === undefined ||
      liquidity === undefined ||
      own === undefined
    )
      return null;
    samples.push({
      kind: "ticks",
      observedAtMs,
      sqrtPriceX96: BigInt(sqrtPriceX96),
      feeGrowthGlobal0X128: BigInt(growth0),
      feeGrowthGlobal1X128: BigInt(growth1),
      liquidityRaw: BigInt(liquidity),
      ownLiquidityRaw: BigInt(own),
    });
  }
  return samples;
}
