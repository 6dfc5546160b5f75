// Tuning bars: the M15 bars the optimizer walks over, each with the blended vforce and the bias that were known when it closed.
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import { H1_MINUTES, H4_MINUTES, M15_MINUTES, resampleCandles } from "@/lib/market/resample";
import { drain } from "@/lib/math/drain";
import { clamp } from "@/lib/math/stats";
import { MINUTE_MS } from "@/lib/units";
import { prepareFitnessBars, type FitnessBars } from "./fitness";
import { computeLean } from "./range";
import { gapStd } from "./trend";
import { computeSigmaPerBar, computeVforce } from "./volatility";

/** Bars of the window with the two series that only use data closed at each bar. */
export interface TuningBars {
  readonly bars: CandleSeries;
  readonly vforce: Float64Array;
  readonly bias: Float64Array;
  readonly fitness: FitnessBars;
}

export interface TuningHistory {
  /**
   * Bars of the window that ends at `nowMs`, as if nothing before `fromAtMs` (the first candle of the snapshot) existed: equal, bit
   * by bit, to `prepareTuningBars` of the candles in [fromAtMs, nowMs).
   */
  readonly window: (fromAtMs: number, nowMs: number) => TuningBars;
}

/** Optimizer window (strategy.md section 2). */
const WINDOW_MS = 60 * 86_400_000;
const M15_MS = M15_MINUTES * MINUTE_MS;
const H4_MS = H4_MINUTES * MINUTE_MS;
const MIN_FRAME_BARS = 24;
const SIGMA_BARS = 24;
const RSI_PERIOD = 14;
const TREND_BARS = 36;
const MIN_TREND_BARS = 6;
const NEUTRAL = 50;
/** About two milliseconds before the code is warm. */
const BARS_PER_STEP = 256;

/** Windows and weights of strategy.md section 3. */
const FRAMES = [
  { minutes: M15_MINUTES, windowBars: 96, weight: 0.3 },
  { minutes: H1_MINUTES, windowBars: 168, weight: 0.4 },
  { minutes: H4_MINUTES, windowBars: 180, weight: 0.3 },
] as const;

/**
 * Tuning bars of one snapshot. Definition, the same for worker and backtest: bars of all frames are made from the M1 candles at or
 * after the first 4 h boundary of the series; the force of an M15 bar is `computeForces` of those candles at the close of the bar (a
 * frame whose window reaches farther back uses the bars there are); the window holds the M15 bars of the last 60 days, without those
 * at the beginning for which no frame has 24 bars yet.
 */
export function prepareTuningBars(m1: CandleSeries, nowMs: number): TuningBars {
  return drain(prepareTuningBarsSteps(m1, nowMs));
}

/** The same with pauses. */
export function* prepareTuningBarsSteps(m1: CandleSeries, nowMs: number): Generator<void, TuningBars> {
  const frames = createFrames(m1);
  yield;
  return yield* windowSteps(frames, m1.openAtMs[0] ?? 0, nowMs);
}

/** Forces per bar of a whole history, computed when first asked for and kept: a backtest asks for overlapping windows. */
export function createTuningHistory(m1: CandleSeries): TuningHistory {
  const frames = createFrames(m1);
  return { window: (fromAtMs, nowMs) => drain(windowSteps(frames, fromAtMs, nowMs)) };
}

/** M15 first, the order of the blend. */
type Frames = readonly [FrameReader, FrameReader, FrameReader];

function createFrames(m1: CandleSeries): Frames {
  const endAtMs = (m1.openAtMs[m1.length - 1] ?? 0) + MINUTE_MS;
  return [
    createFrame(m1, FRAMES[0], endAtMs),
    createFrame(m1, FRAMES[1], endAtMs),
    createFrame(m1, FRAMES[2], endAtMs),
  ];
}

function* windowSteps(frames: Frames, fromAtMs: number, nowMs: number): Generator<void, TuningBars> {
  const m15 = frames[0].bars;
  const boundaryAtMs = Math.ceil(fromAtMs / H4_MS) * H4_MS;
  const closedAtMs = Math.floor(nowMs / M15_MS) * M15_MS;
  const end = firstAtOrAfter(m15.openAtMs, closedAtMs - M15_MS + 1);
  const start = Math.min(end, firstAtOrAfter(m15.openAtMs, Math.max(boundaryAtMs, closedAtMs - WINDOW_MS)));
  const cursors = frames.map((frame) => ({
    frame,
    first: firstAtOrAfter(frame.bars.openAtMs, boundaryAtMs),
    next: 0,
  }));
  const vforce = new Float64Array(end - start);
  const bias = new Float64Array(end - start);
  let firstValid = start;
  for (let index = start; index < end; index += 1) {
    if ((index - start) % BARS_PER_STEP === BARS_PER_STEP - 1) yield;
    const closeAtMs = m15.openAtMs[index]! + M15_MS;
    let v = 0;
    let m = 0;
    let t = 0;
    let weight = 0;
    for (const cursor of cursors) {
      const { frame, first } = cursor;
      const { openAtMs, length } = frame.bars;
      while (cursor.next < length && openAtMs[cursor.next]! + frame.bars.timeframeMs <= closeAtMs) cursor.next += 1;
      const last = cursor.next - 1;
      const from = Math.max(first, last + 1 - frame.windowBars);
      if (last + 1 - from < MIN_FRAME_BARS) continue;
      frame.read(last, from);
      const { out } = frame;
      if (!Number.isFinite(out[0]!) || !Number.isFinite(out[1]!) || !Number.isFinite(out[2]!)) continue;
      v += frame.weight * out[0]!;
      m += frame.weight * out[1]!;
      t += frame.weight * out[2]!;
      weight += frame.weight;
    }
    if (!(weight > 0)) {
      if (firstValid === index) firstValid = index + 1;
      continue;
    }
    vforce[index - start] = v / weight;
    bias[index - start] = computeLean(
      clamp(v / weight, 0, 100),
      clamp(m / weight, 0, 100),
      clamp(t / weight, 0, 100),
    ).bias;
  }
  const bars = sliceCandles(m15, firstValid, end);
  const vforceKept = vforce.subarray(firstValid - start);
  const biasKept = bias.subarray(firstValid - start);
  return { bars, vforce: vforceKept, bias: biasKept, fitness: prepareFitnessBars(bars, vforceKept, biasKept) };
}

interface FrameReader {
  readonly bars: CandleSeries;
  readonly windowBars: number;
  readonly weight: number;
  /** v, m and t of the last `read`. */
  readonly out: Float64Array;
  /** Forces of the bars [from, last] into `out`. */
  readonly read: (last: number, from: number) => void;
}

function createFrame(m1: CandleSeries, spec: (typeof FRAMES)[number], nowMs: number): FrameReader {
  const { minutes, windowBars, weight } = spec;
  const bars = resampleCandles(m1, minutes, nowMs);
  const { length } = bars;
  const squares = rangeSquares(bars);
  const { up, down } = closeChanges(bars.close);
  const rsi = createRsiRow(up, down, windowBars);
  const kept = new Float64Array(3 * length);
  const isKept = new Uint8Array(length);
  const out = new Float64Array(3);
  let readLast = -1;
  let readFrom = -1;

  const compute = (last: number, from: number): void => {
    const sigma = sigmaOf(bars, squares, from, last + 1);
    out[0] = computeVforce(sigma, minutes);
    out[1] = last + 1 - from === windowBars ? rsi(last) : rsiOf(up, down, from, last + 1);
    out[2] = trendOf(bars.close, from, last + 1, sigma);
  };
  return {
    bars,
    windowBars,
    weight,
    out,
    read(last, from) {
      // Sixteen M15 bars in a row see the same 4 h bar.
      if (last === readLast && from === readFrom) return;
      readLast = last;
      readFrom = from;
      // A window cut off by the start of the snapshot is not the bar's own: computed each time, never kept.
      if (last + 1 - from < windowBars) {
        compute(last, from);
        return;
      }
      if (isKept[last] === 0) {
        compute(last, from);
        kept.set(out, 3 * last);
        isKept[last] = 1;
        return;
      }
      out[0] = kept[3 * last]!;
      out[1] = kept[3 * last + 1]!;
      out[2] = kept[3 * last + 2]!;
    },
  };
}

/** ln(h/l)^2 per bar; NaN for a bar without a valid high and low. */
function rangeSquares(bars: CandleSeries): Float64Array {
  const squares = new Float64Array(bars.length);
  for (let index = 0; index < bars.length; index += 1) {
    const high = bars.high[index]!;
    const low = bars.low[index]!;
    const range = low > 0 && high >= low && Number.isFinite(high) ? Math.log(high / low) : Number.NaN;
    squares[index] = range * range;
  }
  return squares;
}

/** `computeSigmaPerBar` of [from, end) with the squares known. */
function sigmaOf(bars: CandleSeries, squares: Float64Array, from: number, end: number): number {
  let sum = 0;
  let count = 0;
  for (let index = Math.max(from, end - SIGMA_BARS); index < end; index += 1) {
    const square = squares[index]!;
    if (Number.isNaN(square)) continue;
    sum += square;
    count += 1;
  }
  const parkinson = count >= 2 ? Math.sqrt(sum / (4 * count * Math.LN2)) : 0;
  return parkinson > 0 ? parkinson : computeSigmaPerBar(sliceCandles(bars, from, end));
}

/** Gain and loss of each close against the one before; 0 for the first. */
function closeChanges(close: Float64Array): { readonly up: Float64Array; readonly down: Float64Array } {
  const up = new Float64Array(close.length);
  const down = new Float64Array(close.length);
  for (let index = 1; index < close.length; index += 1) {
    const change = close[index]! - close[index - 1]!;
    if (change > 0) up[index] = change;
    else if (change < 0) down[index] = -change;
  }
  return { up, down };
}

/** `computeMforce` of the bars [from, end) with their changes known. */
function rsiOf(up: Float64Array, down: Float64Array, from: number, end: number): number {
  if (end - from < RSI_PERIOD + 1) return NEUTRAL;
  let gain = 0;
  let loss = 0;
  const seedEnd = from + RSI_PERIOD;
  for (let index = from + 1; index <= seedEnd; index += 1) {
    gain += up[index]!;
    loss += down[index]!;
  }
  gain /= RSI_PERIOD;
  loss /= RSI_PERIOD;
  for (let index = seedEnd + 1; index < end; index += 1) {
    gain = ((RSI_PERIOD - 1) * gain + up[index]!) / RSI_PERIOD;
    loss = ((RSI_PERIOD - 1) * loss + down[index]!) / RSI_PERIOD;
  }
  return scoreOf(gain, loss);
}

/**
 * `rsiOf` of full windows, four neighbours at a time: each is a chain of divisions in which every one waits for the one before, so
 * four chains side by side take about the time of one. The values of each are the same to the bit.
 */
function createRsiRow(up: Float64Array, down: Float64Array, windowBars: number): (last: number) => number {
  const { length } = up;
  const row = new Float64Array(length).fill(Number.NaN);
  return (last) => {
    if (!Number.isNaN(row[last]!)) return row[last]!;
    const from = last + 1 - windowBars;
    if (last + 3 >= length || windowBars <= RSI_PERIOD) {
      row[last] = rsiOf(up, down, from, last + 1);
      return row[last]!;
    }
    let gain0 = 0;
    let gain1 = 0;
    let gain2 = 0;
    let gain3 = 0;
    let loss0 = 0;
    let loss1 = 0;
    let loss2 = 0;
    let loss3 = 0;
    for (let index = from + 1; index <= from + RSI_PERIOD; index += 1) {
      gain0 += up[index]!;
      gain1 += up[index + 1]!;
      gain2 += up[index + 2]!;
      gain3 += up[index + 3]!;
      loss0 += down[index]!;
      loss1 += down[index + 1]!;
      loss2 += down[index + 2]!;
      loss3 += down[index + 3]!;
    }
    gain0 /= RSI_PERIOD;
    gain1 /= RSI_PERIOD;
    gain2 /= RSI_PERIOD;
    gain3 /= RSI_PERIOD;
    loss0 /= RSI_PERIOD;
    loss1 /= RSI_PERIOD;
    loss2 /= RSI_PERIOD;
    loss3 /= RSI_PERIOD;
    for (let index = from + RSI_PERIOD + 1; index <= last; index += 1) {
      gain0 = ((RSI_PERIOD - 1) * gain0 + up[index]!) / RSI_PERIOD;
      gain1 = ((RSI_PERIOD - 1) * gain1 + up[index + 1]!) / RSI_PERIOD;
      gain2 = ((RSI_PERIOD - 1) * gain2 + up[index + 2]!) / RSI_PERIOD;
      gain3 = ((RSI_PERIOD - 1) * gain3 + up[index + 3]!) / RSI_PERIOD;
      loss0 = ((RSI_PERIOD - 1) * loss0 + down[index]!) / RSI_PERIOD;
      loss1 = ((RSI_PERIOD - 1) * loss1 + down[index + 1]!) / RSI_PERIOD;
      loss2 = ((RSI_PERIOD - 1) * loss2 + down[index + 2]!) / RSI_PERIOD;
      loss3 = ((RSI_PERIOD - 1) * loss3 + down[index + 3]!) / RSI_PERIOD;
    }
    row[last] = scoreOf(gain0, loss0);
    row[last + 1] = scoreOf(gain1, loss1);
    row[last + 2] = scoreOf(gain2, loss2);
    row[last + 3] = scoreOf(gain3, loss3);
    return row[last]!;
  };
}

function scoreOf(gain: number, loss: number): number {
  const score = (100 * gain) / (gain + loss);
  return Number.isFinite(score) ? score : NEUTRAL;
}

/** `computeTforce` of the closes [from, end). */
function trendOf(close: Float64Array, from: number, end: number, sigma: number): number {
  const window = Math.min(TREND_BARS, end - from);
  if (window < MIN_TREND_BARS || !(sigma > 0)) return NEUTRAL;
  const shortBars = Math.floor(window / 3);
  const longBars = Math.floor((2 * window) / 3);
  const ratio = averageOfLast(close, end, shortBars) / averageOfLast(close, end, longBars);
  const z = Math.log(ratio) / (sigma * (window === TREND_BARS ? FULL_GAP : gapStd(shortBars, longBars)));
  return Number.isFinite(z) ? clamp(NEUTRAL + 10 * z, 0, 100) : NEUTRAL;
}

const FULL_GAP = gapStd(Math.floor(TREND_BARS / 3), Math.floor((2 * TREND_BARS) / 3));

function averageOfLast(values: Float64Array, end: number, count: number): number {
  let sum = 0;
  for (let index = end - count; index < end; index += 1) sum += values[index]!;
  return sum / count;
}

function firstAtOrAfter(times: Float64Array, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
