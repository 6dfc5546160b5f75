// Kill switches: when recent results look wrong the optimized parameters give way to the defaults (strategy.md section 11).

export type KillReason = "negative_yield" | "excessive_rs" | "pathological_range" | "gas_budget";

export interface KillSwitchInput {
  /** Net of past epochs, US dollars, oldest first. */
  readonly epochNetUsd: readonly number[];
  readonly cycleSec: number;
  readonly rangeShiftAtMs: readonly number[];
  readonly nowMs: number;
  /** Half-width of the range the parameters give; null when there is none. */
  readonly width: number | null;
  readonly minWidth: number;
  readonly gas24hUsd: number;
  readonly valueUsd: number;
}

/** Limits of section 11. */
const YIELD_WINDOW_SEC = 21_600;
const MAX_LOSS_FRAC = 0.001;
const MAX_RANGE_SHIFTS = 8;
const DAY_MS = 86_400_000;
const MAX_WIDTH = 1;
const MAX_GAS_FRAC = 0.05;

/** First switch that trips, or null. A value of 0 or less disables the two that compare with it. */
export function computeKillSwitch(input: KillSwitchInput): KillReason | null {
  const { epochNetUsd, nowMs, width, valueUsd } = input;
  const windowEpochs = Math.ceil(YIELD_WINDOW_SEC / input.cycleSec);
  if (valueUsd > 0 && windowEpochs > 0 && epochNetUsd.length >= windowEpochs) {
    let net = 0;
    for (let index = epochNetUsd.length - windowEpochs; index < epochNetUsd.length; index += 1) {
      net += epochNetUsd[index]!;
    }
    if (net < -MAX_LOSS_FRAC * valueUsd) return "negative_yield";
  }
  const shifts = input.rangeShiftAtMs.filter((atMs) => atMs > nowMs - DAY_MS && atMs <= nowMs).length;
  if (shifts > MAX_RANGE_SHIFTS) return "excessive_rs";
  if (width === null || !Number.isFinite(width) || width < input.minWidth || width > MAX_WIDTH) {
    return "pathological_range";
  }
  if (valueUsd > 0 && input.gas24hUsd > MAX_GAS_FRAC * valueUsd) return "gas_budget";
  return null;
}
