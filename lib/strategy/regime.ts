// Regime: whether the market is quiet enough to act, from M1 candles.
export type RegimeReason =
  | "insufficient_data"
  | "stale_data"
  | "vol_spike"
  | "price_displacement"
  | "peg_deviation"
  | "volume_anomaly"
  | "normal";

export interface Regime {
  readonly reason: RegimeReason;
  readonly suppressed: boolean;
  /** Factor on the executed range width. */
  readonly widenFactor: number;
  /** HOLD while epoch < suppressUntilEpoch; 0 when not suppressed. */
  readonly suppressUntilEpoch: number;
  /** The measured number behind the reason and the limit it was compared with; null when not computed. */
  readonly value: number | null;
  readonly threshold: number | null;
}
