// Synthetic bars of strategy.md section 1, as the vector files describe them.
import { candleSeriesFromRows, type CandleSeries } from "@/lib/market/candle";
import { gauss12, mulberry32 } from "@/lib/math/rng";
import { z } from "zod";

export const generatorSchema = z.object({
  seed: z.number(),
  n: z.number(),
  p0: z.number(),
  sig: z.number(),
  tfMs: z.number(),
  t0: z.number(),
  volBase: z.number(),
  sub: z.number(),
  drift: z.number().optional(),
  events: z
    .array(
      z.object({
        at: z.number(),
        mul: z.number().optional(),
        sigMul: z.number().optional(),
        volMul: z.number().optional(),
      }),
    )
    .optional(),
});

export type GeneratorInput = z.infer<typeof generatorSchema>;

/** Rows `[ts, o, h, l, c, v]` of the generator. */
function generateRows(input: GeneratorInput): number[][] {
  const draw = mulberry32(input.seed);
  const drift = input.drift ?? 0;
  const step = input.sig / Math.sqrt(input.sub);
  let price = input.p0;
  let sigmaFactor = 1;
  let volumeFactor = 1;
  const rows: number[][] = [];
  for (let index = 0; index < input.n; index += 1) {
    for (const event of input.events ?? []) {
      if (event.at !== index) continue;
      price *= event.mul ?? 1;
      sigmaFactor = event.sigMul ?? sigmaFactor;
      volumeFactor = event.volMul ?? volumeFactor;
    }
    const open = price;
    let high = price;
    let low = price;
    for (let part = 0; part < input.sub; part += 1) {
      price *= 1 + (step * sigmaFactor * gauss12(draw) + drift / input.sub);
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    const volume = input.volBase * volumeFactor * (0.25 + 1.5 * draw());
    rows.push([input.t0 + index * input.tfMs, open, high, low, price, volume]);
  }
  return rows;
}

export function generateSeries(input: GeneratorInput): CandleSeries {
  return candleSeriesFromRows(input.tfMs, generateRows(input));
}
