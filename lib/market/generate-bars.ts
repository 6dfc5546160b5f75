// Synthetic bars from a seed (strategy.md section 1): the same rows on every machine, for proofs, figures and restarts.
import { gauss12, mulberry32 } from "@/lib/math/rng";
import { createCandleSeries, type CandleSeries } from "./candle";

/** What changes at the bar of that index: the price jumps by `mul`, the factors hold from there on. */
export interface GeneratorEvent {
  readonly at: number;
  readonly mul?: number | undefined;
  readonly sigMul?: number | undefined;
  readonly volMul?: number | undefined;
}

export interface GeneratorInput {
  readonly seed: number;
  /** Bars. */
  readonly n: number;
  /** First open, QUOTE per BASE. */
  readonly p0: number;
  /** Standard deviation of one bar's return. */
  readonly sig: number;
  readonly tfMs: number;
  /** Open time of the first bar, unix ms. */
  readonly t0: number;
  readonly volBase: number;
  /** Steps inside a bar. */
  readonly sub: number;
  /** Return added over one bar. */
  readonly drift?: number | undefined;
  readonly events?: readonly GeneratorEvent[] | undefined;
}

/** Bars of the generator, without marks. */
export function generateSeries(input: GeneratorInput): CandleSeries {
  const draw = mulberry32(input.seed);
  const drift = input.drift ?? 0;
  const step = input.sig / Math.sqrt(input.sub);
  const series = createCandleSeries(input.tfMs, input.n);
  let price = input.p0;
  let sigmaFactor = 1;
  let volumeFactor = 1;
  for (let index = 0; index < input.n; index += 1) {
    for (const event of input.events ?? []) {
      if (event.at !== index) continue;
      price *= event.mul ?? 1;
      sigmaFactor = event.sigMul ?? sigmaFactor;
      volumeFactor = event.volMul ?? volumeFactor;
    }
    let high = price;
    let low = price;
    series.openAtMs[index] = input.t0 + index * input.tfMs;
    series.open[index] = price;
    for (let part = 0; part < input.sub; part += 1) {
      price *= 1 + (step * sigmaFactor * gauss12(draw) + drift / input.sub);
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    series.high[index] = high;
    series.low[index] = low;
    series.close[index] = price;
    series.volume[index] = input.volBase * volumeFactor * (0.25 + 1.5 * draw());
  }
  return series;
}
