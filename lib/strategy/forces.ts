// Forces: volatility, momentum and trend on 0..100 per timeframe, then blended.
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
