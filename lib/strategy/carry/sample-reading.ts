// Sample reading: a pool's samples as the numbers that rates are made of, ticks and bins alike, converted once per sample.
import type { BinPoolSample, PoolSample, TickPoolSample } from "@/lib/market/pool-sample";

/** What a sample's raw numbers mean. */
export interface SampleFrame {
  readonly kind: "ticks" | "bins";
  readonly decBase: number;
  readonly decQuote: number;
  /** BASE is token0 (ticks) or tokenX (bins). */
  readonly baseIsToken0: boolean;
  /** Bin step, 1/10 000; 0 for ticks. */
  readonly binStepBps: number;
}

/** Growth of fees between two samples, per unit of others' liquidity; in whole BASE and QUOTE, valued by the caller. */
export interface FeeGrowth {
  readonly base: number;
  readonly quote: number;
}

/** One valid sample in human units, with the way to the fees since an earlier one. */
export interface SampleReading {
  readonly atMs: number;
  /** Square root of the human price, QUOTE per BASE. */
  readonly sqrtPrice: number;
  /** Human liquidity of others. */
  readonly othersLiquidity: number;
  /** Fees since `earlier`; null when a counter went back or cannot be read. */
  readonly feesSince: (earlier: SampleReading) => FeeGrowth | null;
}

/** More than half of a pool's liquidity is never taken for ours when our own dilution is taken out. */
const MAX_OWN_FRAC = 0.5;
const TWO_96 = 2 ** 96;
const TWO_128 = 2 ** 128;
const TWO_255 = 2 ** 255;
const WRAP = 1n << 256n;
const CENTRE_BIN_ID = 2 ** 23;
const MAX_BIN_ID = 2 ** 24 - 1;

/** Valid samples up to `nowMs`, ascending in time. */
export function readSamples(
  samples: readonly PoolSample[],
  frame: SampleFrame,
  nowMs: number,
): readonly SampleReading[] {
  const ordered = isAscending(samples)
    ? samples
    : samples.toSorted((left, right) => left.observedAtMs - right.observedAtMs);
  return frame.kind === "ticks" ? readTicks(ordered, frame, nowMs) : readBins(ordered, frame, nowMs);
}

function isAscending(samples: readonly PoolSample[]): boolean {
  for (let index = 1; index < samples.length; index += 1) {
    if (!(samples[index - 1]!.observedAtMs <= samples[index]!.observedAtMs)) return false;
  }
  return true;
}

let lastReadingId = 0;

function nextReadingId(): number {
  lastReadingId += 1;
  return lastReadingId;
}

class TickReading implements SampleReading {
  readonly atMs: number;
  readonly sqrtPrice: number;
  readonly othersLiquidity: number;
  /** Takes our own dilution out of the growth that follows. */
  private readonly dilution: number;
  /** Stands for this reading where holding it would chain every sample to the one before, and keep them all for ever. */
  private readonly id = nextReadingId();
  /** The neighbour on its grid is asked for every epoch; the answer does not change. */
  private lastEarlierId = 0;
  private lastFees: FeeGrowth | null = null;

  constructor(
    private readonly sample: TickPoolSample,
    readonly scales: TickScales,
  ) {
    const root = Number(sample.sqrtPriceX96) / TWO_96;
    const total = Number(sample.liquidityRaw);
    const own = Number(sample.ownLiquidityRaw);
    this.atMs = sample.observedAtMs;
    this.sqrtPrice = scales.baseIsToken0 ? root * scales.toPrice : scales.toPrice / root;
    this.othersLiquidity = Math.max(0, total - own) / scales.liquidity;
    this.dilution = total === 0 || own === 0 ? 1 : 1 / (1 - Math.min(MAX_OWN_FRAC, own / total));
  }

  feesSince(earlier: SampleReading): FeeGrowth | null {
    if (!(earlier instanceof TickReading)) return null;
    if (earlier.id === this.lastEarlierId) return this.lastFees;
    this.lastEarlierId = earlier.id;
    this.lastFees = this.growthSince(earlier);
    return this.lastFees;
  }

  private growthSince(earlier: TickReading): FeeGrowth | null {
    const from = earlier.sample;
    const growth0 = wrappingGrowth(from.feeGrowthGlobal0X128, this.sample.feeGrowthGlobal0X128);
    const growth1 = wrappingGrowth(from.feeGrowthGlobal1X128, this.sample.feeGrowthGlobal1X128);
    if (!(growth0 >= 0) || !(growth1 >= 0)) return null;
    const { baseIsToken0, toPrice, fromPrice } = this.scales;
    return baseIsToken0
      ? { base: earlier.dilution * growth0 * fromPrice, quote: earlier.dilution * growth1 * toPrice }
      : { base: earlier.dilution * growth1 * fromPrice, quote: earlier.dilution * growth0 * toPrice };
  }
}

/** Growth of a counter that wraps at 2^256, Q128 taken off; NaN when it went back. */
function wrappingGrowth(from: bigint, to: bigint): number {
  const difference = Number(to - from);
  if (difference >= 0) return difference < TWO_255 ? difference / TWO_128 : Number.NaN;
  const growth = Number(to - from + WRAP);
  return growth < TWO_255 ? growth / TWO_128 : Number.NaN;
}

function isValidTick(sample: TickPoolSample): boolean {
  return (
    isRaw(sample.sqrtPriceX96) &&
    sample.sqrtPriceX96 > 0n &&
    isRaw(sample.liquidityRaw) &&
    isRaw(sample.ownLiquidityRaw) &&
    isRaw(sample.feeGrowthGlobal0X128) &&
    isRaw(sample.feeGrowthGlobal1X128)
  );
}

interface TickScales {
  readonly baseIsToken0: boolean;
  readonly toPrice: number;
  readonly fromPrice: number;
  readonly liquidity: number;
}

/** A sample is read once and looked at for three days: what was read is kept with it as long as it lives. */
const kept = new WeakMap<TickPoolSample, TickReading>();

function readTick(sample: TickPoolSample, scales: TickScales): TickReading | null {
  const known = kept.get(sample);
  if (known !== undefined && isSameScales(known.scales, scales)) return known;
  if (!isValidTick(sample)) return null;
  const reading = new TickReading(sample, scales);
  kept.set(sample, reading);
  return reading;
}

function isSameScales(one: TickScales, other: TickScales): boolean {
  return one.baseIsToken0 === other.baseIsToken0 && one.toPrice === other.toPrice && one.liquidity === other.liquidity;
}

function readTicks(samples: readonly PoolSample[], frame: SampleFrame, nowMs: number): readonly SampleReading[] {
  const scales: TickScales = {
    baseIsToken0: frame.baseIsToken0,
    toPrice: 10 ** ((frame.decBase - frame.decQuote) / 2),
    fromPrice: 10 ** ((frame.decQuote - frame.decBase) / 2),
    liquidity: 10 ** ((frame.decBase + frame.decQuote) / 2),
  };
  const valid: SampleReading[] = [];
  for (const sample of samples) {
    if (sample.kind !== "ticks" || !isInstant(sample.observedAtMs) || sample.observedAtMs > nowMs) continue;
    const reading = readTick(sample, scales);
    if (reading !== null) valid.push(reading);
  }
  return valid;
}

class BinReading implements SampleReading {
  constructor(
    readonly atMs: number,
    readonly sqrtPrice: number,
    readonly othersLiquidity: number,
    /** Fees per unit of liquidity since the first sample. */
    private readonly paid: FeeGrowth,
  ) {}

  feesSince(earlier: SampleReading): FeeGrowth | null {
    if (!(earlier instanceof BinReading)) return null;
    return { base: this.paid.base - earlier.paid.base, quote: this.paid.quote - earlier.paid.quote };
  }
}

function readBins(samples: readonly PoolSample[], frame: SampleFrame, nowMs: number): readonly SampleReading[] {
  const step = Math.log1p(frame.binStepBps / 1e4);
  if (!(step > 0)) return [];
  const readings: SampleReading[] = [];
  let paidBase = 0;
  let paidQuote = 0;
  for (const sample of samples) {
    if (sample.kind !== "bins" || !isInstant(sample.observedAtMs) || sample.observedAtMs > nowMs) continue;
    const bin = readBin(sample.activeBinId, sample.reserveXRaw, sample.reserveYRaw, sample.ownShareFrac, frame, step);
    // An empty active bin has no mix and says nothing about the price.
    if (bin === null || sample.reserveXRaw + sample.reserveYRaw === 0n) continue;
    const fees = binFees(sample, frame, step);
    paidBase += fees.base;
    paidQuote += fees.quote;
    // Within a bin the price stands still while its mix changes: the mix says how far through the bin it is.
    const sqrtPrice = Math.sqrt(bin.price * Math.exp(step * (bin.quoteShare - 0.5)));
    readings.push(
      new BinReading(sample.observedAtMs, sqrtPrice, bin.othersLiquidity, { base: paidBase, quote: paidQuote }),
    );
  }
  return readings;
}

/** Fees of the swaps a sample carries, per unit of others' liquidity of the bin each went through. */
function binFees(sample: BinPoolSample, frame: SampleFrame, step: number): FeeGrowth {
  let base = 0;
  let quote = 0;
  for (const fee of sample.fees) {
    const bin = readBin(fee.binId, fee.reserveXRaw, fee.reserveYRaw, fee.ownShareFrac, frame, step);
    if (bin === null || !(bin.othersLiquidity > 0) || !isRaw(fee.feeXRaw) || !isRaw(fee.feeYRaw)) continue;
    const [feeBaseRaw, feeQuoteRaw] = frame.baseIsToken0 ? [fee.feeXRaw, fee.feeYRaw] : [fee.feeYRaw, fee.feeXRaw];
    base += Number(feeBaseRaw) / 10 ** frame.decBase / bin.othersLiquidity;
    quote += Number(feeQuoteRaw) / 10 ** frame.decQuote / bin.othersLiquidity;
  }
  return { base, quote };
}

interface ReadBin {
  readonly price: number;
  readonly quoteShare: number;
  readonly othersLiquidity: number;
}

function readBin(
  binId: number,
  reserveXRaw: bigint,
  reserveYRaw: bigint,
  ownShareFrac: number,
  frame: SampleFrame,
  step: number,
): ReadBin | null {
  if (!(binId >= 0 && binId <= MAX_BIN_ID) || !isRaw(reserveXRaw) || !isRaw(reserveYRaw)) return null;
  if (!(ownShareFrac >= 0 && ownShareFrac <= 1)) return null;
  const rawLog = (binId - CENTRE_BIN_ID) * step;
  const price = Math.exp(frame.baseIsToken0 ? rawLog : -rawLog) * 10 ** (frame.decBase - frame.decQuote);
  const [baseRaw, quoteRaw] = frame.baseIsToken0 ? [reserveXRaw, reserveYRaw] : [reserveYRaw, reserveXRaw];
  const quote = Number(quoteRaw) / 10 ** frame.decQuote;
  const value = (Number(baseRaw) / 10 ** frame.decBase) * price + quote;
  if (!(price > 0) || !Number.isFinite(price) || !Number.isFinite(value)) return null;
  return {
    price,
    quoteShare: value > 0 ? quote / value : 0.5,
    othersLiquidity:
      (value * (1 - Math.min(MAX_OWN_FRAC, ownShareFrac))) / (2 * Math.sqrt(price) * Math.sinh(step / 4)),
  };
}

/** A counter or amount of the chain. What comes from outside may be anything in spite of its type. */
function isRaw(value: unknown): value is bigint {
  return typeof value === "bigint" && value >= 0n;
}

function isInstant(atMs: number): boolean {
  return Number.isFinite(atMs) && atMs >= 0;
}
