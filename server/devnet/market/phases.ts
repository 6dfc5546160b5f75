// The moods of the simulated market: what each phase does to drift, volatility and volume, and which follows when.
import type { Rng } from "@/lib/math/rng";
import type { DevnetPairId } from "./setup";

export const PHASE_NAMES = ["calm", "trend", "spike", "depeg", "replay"] as const;
type PhaseName = (typeof PHASE_NAMES)[number];

export interface Phase {
  readonly name: PhaseName;
  readonly endsAtMs: number;
  /** Log price change per hour. */
  readonly driftPerHour: number;
  readonly volatilityFactor: number;
  readonly volumeFactor: number;
  /** Log price change at its first tick. */
  readonly jump: number;
  /** Log price the pegged pair is drawn to, relative to its peg. */
  readonly pegOffset: number;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
const CALM = { name: "calm", driftPerHour: 0, volatilityFactor: 1, volumeFactor: 1, jump: 0, pegOffset: 0 } as const;
/** Before the first start the market is calm this long, so that forces and regime start from a settled baseline. */
const SETTLED_MS = 108 * HOUR;

interface Script {
  readonly hours: number;
  readonly make: (draw: Rng) => Omit<Phase, "endsAtMs">;
}

const trend = (low: number, high: number) => (draw: Rng) => ({
  ...CALM,
  name: "trend" as const,
  driftPerHour: (draw() < 0.5 ? -1 : 1) * (low + (high - low) * draw()),
  volatilityFactor: 0.85,
  volumeFactor: 1.6,
});
const spike = (draw: Rng) => ({
  ...CALM,
  name: "spike" as const,
  volatilityFactor: 4,
  volumeFactor: 8,
  jump: (draw() < 0.5 ? -1 : 1) * (0.015 + 0.015 * draw()),
});
const depeg = (low: number, high: number) => (draw: Rng) => ({
  ...CALM,
  name: "depeg" as const,
  volatilityFactor: 2,
  volumeFactor: 2.5,
  pegOffset: -(low + (high - low) * draw()),
});
const calm = () => CALM;

// The first market day is fixed in kind, so that a demo shows a deployment, a range shift, a spike and a depeg; amounts and signs are seeded.
// The trend stays under the 2 % per hour at which the strategy suppresses itself (strategy.md section 10).
const FIRST_DAY: Readonly<Record<DevnetPairId, readonly Script[]>> = {
  "WETH-USDC": [
    { hours: 0.5, make: calm },
    { hours: 4.5, make: trend(0.0112, 0.0124) },
    { hours: 5, make: calm },
    { hours: 0.75, make: spike },
    { hours: 6, make: calm },
    { hours: 4, make: trend(0.008, 0.012) },
  ],
  "USDC-USDT": [
    { hours: 7, make: calm },
    { hours: 5, make: depeg(0.003, 0.005) },
    { hours: 8, make: calm },
  ],
};

/** The phase that begins at `atMs`. */
export function nextPhase(pairId: DevnetPairId, atMs: number, marketStartAtMs: number, draw: Rng): Phase {
  if (atMs < marketStartAtMs) {
    const settledFrom = marketStartAtMs - SETTLED_MS;
    if (atMs >= settledFrom) return { ...CALM, endsAtMs: marketStartAtMs };
    const phase = drawPhase(pairId, atMs, draw);
    return { ...phase, endsAtMs: Math.min(phase.endsAtMs, settledFrom) };
  }
  let beginsAtMs = marketStartAtMs;
  for (const script of FIRST_DAY[pairId]) {
    const endsAtMs = beginsAtMs + script.hours * HOUR;
    if (atMs < endsAtMs) return { ...script.make(draw), endsAtMs };
    beginsAtMs = endsAtMs;
  }
  return drawPhase(pairId, atMs, draw);
}

function drawPhase(pairId: DevnetPairId, atMs: number, draw: Rng): Phase {
  const dice = draw();
  const lengthDraw = draw();
  const until = (low: number, high: number) =>
    atMs + Math.round(((low + (high - low) * lengthDraw) * HOUR) / MINUTE) * MINUTE;
  if (pairId === "USDC-USDT") {
    if (dice < 0.85) return { ...CALM, endsAtMs: until(12, 30) };
    return { ...depeg(0.003, 0.007)(draw), endsAtMs: until(3, 7) };
  }
  if (dice < 0.62) return { ...CALM, endsAtMs: until(4, 12) };
  if (dice < 0.92) return { ...trend(0.004, 0.012)(draw), endsAtMs: until(2, 6) };
  return { ...spike(draw), endsAtMs: until(0.5, 1) };
}
