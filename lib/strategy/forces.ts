// Forces: volatility, momentum and trend on 0..100 per timeframe, then blended.
import { sliceCandles, type CandleSeries } from "@/lib/market/candle";
import { H1_MINUTES, H4_MINUTES, M15_MINUTES, resampleCandles } from "@/lib/market/resample";
import { computeMforce } from "./momentum";
import { computeTforce } from "./trend";
import { computeSigmaPerBar, computeVforce } from "./volatility";

export interface FrameForces {
  /** Volatility score 0..100. */
  readonly v: number;
  /** Momentum (RSI) 0..100. */
  readonly m: number;
  /** Trend 0..100, 50 = none, 10 points = one sigma. */
  readonly t: number;
  /** Standard deviation of one bar's log return. */
  readonly sigmaPerBar: number;
  /** Bars the window held. */
  readonly bars: number;
}

export type FrameName = "m15" | "h1" | "h4";

export interface Forces {
  readonly v: number;
  readonly m: number;
  readonly t: number;
  /** False when no frame had enough bars: the decision must be HOLD. */
  readonly valid: boolean;
  /** Only frames with enough bars are present. */
  readonly frames: Readonly<Partial<Record<FrameName, FrameForces>>>;
}

interface Frame {
  readonly name: FrameName;
  readonly minutes: number;
  readonly windowBars: number;
  readonly weight: number;
}

/** Windows and weights of the frames, kept from the ancestor system (strategy.md section 3). */
const FRAMES: readonly Frame[] = [
  { name: "m15", minutes: M15_MINUTES, windowBars: 96, weight: 0.3 },
  { name: "h1", minutes: H1_MINUTES, windowBars: 168, weight: 0.4 },
  { name: "h4", minutes: H4_MINUTES, windowBars: 180, weight: 0.3 },
];

/** A frame with fewer bars is left out. */
const MIN_FRAME_BARS = 24;

/** Forces of one window of bars of one timeframe. */
export function computeFrameForces(bars: CandleSeries, timeframeMinutes: number): FrameForces {
  const sigmaPerBar = computeSigmaPerBar(bars);
  return {
    v: computeVforce(sigmaPerBar, timeframeMinutes),
    m: computeMforce(bars),
    t: computeTforce(bars, sigmaPerBar),
    sigmaPerBar,
    bars: bars.length,
  };
}

/** Blended forces from normalised M1 candles, using only bars closed at `nowMs`. */
export function computeForces(m1: CandleSeries, nowMs: number): Forces {
  const frames: Partial<Record<FrameName, FrameForces>> = {};
  let v = 0;
  let m = 0;
  let t = 0;
  let weight = 0;
  for (const frame of FRAMES) {
    const all = resampleCandles(m1, frame.minutes, nowMs, frame.windowBars);
    const bars = sliceCandles(all, all.length - frame.windowBars);
    if (bars.length < MIN_FRAME_BARS) continue;
    const forces = computeFrameForces(bars, frame.minutes);
    if (!Number.isFinite(forces.v) || !Number.isFinite(forces.m) || !Number.isFinite(forces.t)) continue;
    frames[frame.name] = forces;
    v += frame.weight * forces.v;
    m += frame.weight * forces.m;
    t += frame.weight * forces.t;
    weight += frame.weight;
  }
  return weight > 0
    ? { v: v / weight, m: m / weight, t: t / weight, valid: true, frames }
    : { v: 0, m: 50, t: 50, valid: false, frames };
}
