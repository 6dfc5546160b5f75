// Uninformed order flow of one step: swaps both ways per pool, sized by the pool's daily flow and the phase.
import type { Address } from "viem";
import type { ResumableRng } from "./resumable-rng";
import { LONG_STEP_MS, type PoolSetup } from "./setup";

export interface FlowOrder {
  readonly poolKey: string;
  readonly pool: Address;
  /** True: quote in, base out. */
  readonly isBuy: boolean;
  readonly usd: number;
}

/** Chance that a pool trades in a long and in a short step; what it owes is kept for the next one. Fewer swaps, less memory. */
const LONG_STEP_CHANCE = 0.4;
const SHORT_STEP_CHANCE = 0.12;

export interface NoiseFlow {
  next(input: {
    readonly pool: PoolSetup;
    readonly address: Address;
    readonly stepMs: number;
    readonly volumeFactor: number;
  }): FlowOrder[];
}

export function createNoiseFlow(rng: ResumableRng): NoiseFlow {
  const owedUsd = new Map<string, number>();
  return {
    next({ pool, address, stepMs, volumeFactor }) {
      const share = (pool.noiseUsdPerDay * stepMs) / 86_400_000;
      const owed = (owedUsd.get(pool.key) ?? 0) + share * volumeFactor * (0.25 + 1.5 * rng.draw());
      const trades = rng.draw() < (stepMs >= LONG_STEP_MS ? LONG_STEP_CHANCE : SHORT_STEP_CHANCE);
      owedUsd.set(pool.key, trades ? 0 : owed);
      if (!trades || owed < 1) return [];
      const buyUsd = owed * (0.35 + 0.3 * rng.draw());
      const base = { poolKey: pool.key, pool: address };
      const buy = { ...base, isBuy: true, usd: buyUsd };
      const sell = { ...base, isBuy: false, usd: owed - buyUsd };
      return rng.draw() < 0.5 ? [buy, sell] : [sell, buy];
    },
  };
}
