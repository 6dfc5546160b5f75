// Memory and file sizes: one figure and one unit.
import { isKnown, NARROW_SPACE, UNKNOWN } from "./number";

const STEPS = [
  { from: 1e9, unit: "GB", decimals: 2 },
  { from: 1e6, unit: "MB", decimals: 0 },
  { from: 1e3, unit: "kB", decimals: 0 },
] as const;

/** `92 MB`, `1.24 GB`, `512 B`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (!isKnown(bytes) || bytes < 0) return UNKNOWN;
  const step = STEPS.find(({ from }) => bytes >= from);
  if (step === undefined) return `${Math.round(bytes)}${NARROW_SPACE}B`;
  return `${(bytes / step.from).toFixed(step.decimals)}${NARROW_SPACE}${step.unit}`;
}
