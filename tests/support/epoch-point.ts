// A point of a pair's epoch series in which nothing is known but what a test says.
import type { EpochPoint } from "@/lib/api/schemas";
import { EPOCH_MS } from "@/lib/units";

const EMPTY: Omit<EpochPoint, "epoch" | "marketAtMs"> = {
  price: null,
  v: null,
  m: null,
  t: null,
  targetLower: null,
  targetUpper: null,
  divergence: null,
  rsThreshold: null,
  decision: null,
  reason: null,
  planId: null,
  valueUsd: null,
  idleUsd: null,
  feesUsd: null,
  netUsd: null,
  gasUsd: null,
  lvrUsd: null,
  currentAprFrac: null,
  targetAprFrac: null,
  fetchMs: null,
  computeMs: null,
  decideMs: null,
  executeMs: null,
  totalMs: null,
};

export function epochPoint(epoch: number, known: Partial<EpochPoint>): EpochPoint {
  return { ...EMPTY, epoch, marketAtMs: epoch * EPOCH_MS, ...known };
}
