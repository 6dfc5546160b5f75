// Packed samples: every field comes back to the last bit, and what is no sample is named.
import { describe, expect, it } from "vitest";
import type { TickPoolSample } from "@/lib/market/pool-sample";
import { decodeTickSample, encodeTickSample } from "./pool-samples";

const most = (bits: bigint): bigint => (1n << bits) - 1n;

describe("encodeTickSample", () => {
  it("default: the largest and the smallest values come back", () => {
    const samples: readonly TickPoolSample[] = [
      {
        kind: "ticks",
        observedAtMs: 1_793_491_200_123,
        sqrtPriceX96: most(160n),
        feeGrowthGlobal0X128: most(256n),
        feeGrowthGlobal1X128: most(255n),
        liquidityRaw: most(128n),
        ownLiquidityRaw: most(127n),
      },
      {
        kind: "ticks",
        observedAtMs: 1,
        sqrtPriceX96: 4_295_128_739n,
        feeGrowthGlobal0X128: 0n,
        feeGrowthGlobal1X128: 1n,
        liquidityRaw: 0n,
        ownLiquidityRaw: 0n,
      },
    ];
    for (const sample of samples) {
      const packed = encodeTickSample(sample);
      expect(packed).toHaveLength(125);
      expect(decodeTickSample("here", packed)).toEqual({ ok: true, value: sample });
    }
  });

  it("error: bad_data for another length, another kind, and a time that is none", () => {
    const packed = encodeTickSample({
      kind: "ticks",
      observedAtMs: 0,
      sqrtPriceX96: 1n,
      feeGrowthGlobal0X128: 1n,
      feeGrowthGlobal1X128: 1n,
      liquidityRaw: 1n,
      ownLiquidityRaw: 1n,
    });
    for (const bad of [packed, packed.subarray(1), Buffer.concat([Buffer.from([9]), packed.subarray(1)])]) {
      const read = decodeTickSample("here", bad);
      expect(read.ok ? null : read.error.code).toBe("bad_data");
    }
  });
});
