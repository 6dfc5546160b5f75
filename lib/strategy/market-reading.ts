// Market reading: what the candles of a snapshot say, the same for every policy and every set of parameters.
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { computeForces, type Forces } from "./forces";
import { computeRegime, type Regime } from "./regime";
import { sigmaPerYearOf } from "./volatility";

export interface MarketReading {
  readonly forces: Forces;
  /** Yearly volatility behind the blended vforce. */
  readonly sigmaPerYear: number;
  readonly regime: Regime;
}

/** Forces and regime of a snapshot; whoever evaluates one snapshot several times computes them once. */
export function readMarket(snapshot: MarketSnapshot): MarketReading {
  const forces = computeForces(snapshot.candles, snapshot.observedAtMs);
  const regime = computeRegime({
    candles: snapshot.candles,
    nowMs: snapshot.observedAtMs,
    epoch: snapshot.epoch,
    isStablePair: snapshot.isStablePair,
    pegPrice: snapshot.pegPrice,
  });
  return { forces, sigmaPerYear: sigmaPerYearOf(forces.v), regime };
}
