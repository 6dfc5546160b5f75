// The periods that epochs are added up in: days, or hours while there is little history.
import type { EpochPoint } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Below this many days the bars are hours. */
const LEAST_DAYS = 2;

export interface EpochPeriods {
  readonly periodName: "day" | "hour";
  readonly periodMs: number;
  readonly startOf: (epoch: EpochPoint) => number;
}

/** Of epochs in the order of time. */
export function epochPeriods(epochs: readonly EpochPoint[]): EpochPeriods {
  const spanMs = ((epochs.at(-1)?.epoch ?? 0) - (epochs[0]?.epoch ?? 0)) * EPOCH_MS;
  const isDays = spanMs >= LEAST_DAYS * DAY_MS;
  const periodMs = isDays ? DAY_MS : HOUR_MS;
  return {
    periodName: isDays ? "day" : "hour",
    periodMs,
    startOf: ({ epoch }) => Math.floor((epoch * EPOCH_MS) / periodMs) * periodMs,
  };
}
