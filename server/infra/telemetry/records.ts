// The telemetry streams, one codec each: the columns here are what charts and reports may ask for.
import { createRecordCodec } from "./record-codec";

export const candleRecords = createRecordCodec("candles", {
  pairId: "text",
  venue: "text",
  open: "float",
  high: "float",
  low: "float",
  close: "float",
  volume: "float",
  filled: "bool",
  venueCount: "int",
});

export const poolSnapshotRecords = createRecordCodec("pool_snapshots", {
  pairId: "text",
  poolKey: "text",
  chainId: "int",
  dex: "text",
  epoch: "int",
  cycleId: "text",
  blockNumber: "int",
  sqrtPriceX96: "raw",
  liquidity: "raw",
  tick: "int",
  price: "float",
  feePips: "int",
  tvlUsd: "float",
  volume24hUsd: "float",
  volume15mUsd: "float",
  sourceAgeMs: "int",
});

export const poolAnalysisRecords = createRecordCodec("pool_analyses", {
  pairId: "text",
  poolKey: "text",
  chainId: "int",
  epoch: "int",
  cycleId: "text",
  tvlUsd: "float",
  volumePerDayUsd: "float",
  feeFrac: "float",
  targetLower: "float",
  targetUpper: "float",
  inRangeFrac: "float",
  depthUsd: "float",
  isDepthEstimated: "bool",
  allocatedUsd: "float",
  feesPerYearUsd: "float",
  lvrPerYearUsd: "float",
  costsPerYearUsd: "float",
  netPerYearUsd: "float",
  netAprFrac: "float",
  exclusion: "text",
  /** What the pool paid over what it cost; per unit of others' liquidity and year (strategy-carry section 1). */
  kappa: "float",
  kappaMin: "float",
  kappaMax: "float",
  kappaSource: "text",
  feePerLiquidityYear: "float",
  lossPerLiquidityYear: "float",
  poolSigmaPerYear: "float",
  ratesCoveredMs: "int",
});

export const pairAllocationRecords = createRecordCodec("pair_allocations", {
  pairId: "text",
  poolKey: "text",
  epoch: "int",
  cycleId: "text",
  currentUsd: "float",
  targetUsd: "float",
  currentFrac: "float",
  targetFrac: "float",
  cashUsd: "float",
});

/** The wide `cycle.completed` event: every number of one cycle. */
export const epochRecords = createRecordCodec("epochs", {
  cycleId: "text",
  pairId: "text",
  epoch: "int",
  mode: "text",
  decision: "text",
  reason: "text",
  planId: "text",
  planStatus: "text",
  ok: "bool",
  failedStep: "text",
  error: "text",
  price: "float",
  quoteUsd: "float",
  /** Forces on 0..100 (strategy.md section 3). */
  vForce: "float",
  mForce: "float",
  tForce: "float",
  sigmaPerYear: "float",
  regime: "text",
  targetLower: "float",
  targetUpper: "float",
  rangeWidth: "float",
  /** Largest over the positions, 0..1. */
  divergence: "float",
  rsThreshold: "float",
  currentNetPerYearUsd: "float",
  targetNetPerYearUsd: "float",
  gainPerYearUsd: "float",
  improvementFrac: "float",
  positionsUsd: "float",
  idleUsd: "float",
  totalUsd: "float",
  unclaimedFeesUsd: "float",
  /** Flows of the epoch (strategy.md section 12). */
  feesUsd: "float",
  markUsd: "float",
  hodlUsd: "float",
  lvrUsd: "float",
  gasUsd: "float",
  swapCostUsd: "float",
  netUsd: "float",
  alphaUsd: "float",
  positionCount: "int",
  inRangeCount: "int",
  candleAgeMs: "int",
  poolAgeMs: "int",
  venueCount: "int",
  latenessMs: "float",
  fetchMs: "float",
  computeMs: "float",
  decideMs: "float",
  executeMs: "float",
  logMs: "float",
  totalMs: "float",
  detail: "json",
});

export const txLogRecords = createRecordCodec("tx_log", {
  planId: "text",
  opId: "text",
  pairId: "text",
  chainId: "int",
  kind: "text",
  state: "text",
  purposeKey: "text",
  txHash: "text",
  nonce: "int",
  attempt: "int",
  blockNumber: "int",
  gasUsed: "int",
  gasPrice: "raw",
  gasUsd: "float",
  valueUsd: "float",
  slippageBps: "float",
  error: "text",
});

export const positionRecords = createRecordCodec("positions", {
  pairId: "text",
  positionId: "text",
  poolKey: "text",
  chainId: "int",
  epoch: "int",
  liquidity: "raw",
  amount0: "raw",
  amount1: "raw",
  fees0: "raw",
  fees1: "raw",
  valueUsd: "float",
  feesUsd: "float",
  rangeLow: "float",
  rangeHigh: "float",
  inRange: "bool",
  openedAtMs: "int",
  state: "text",
});

export const optimizerStateRecords = createRecordCodec("optimizer_state", {
  pairId: "text",
  epoch: "int",
  cycleId: "text",
  accepted: "bool",
  fitness: "float",
  previousFitness: "float",
  evaluations: "int",
  durationMs: "float",
  params: "json",
  reason: "text",
});

export const auditRecords = createRecordCodec("audit", {
  seq: "int",
  commandId: "text",
  kind: "text",
  actor: "text",
  role: "text",
  pairId: "text",
  planId: "text",
  outcome: "text",
  reason: "text",
  recordHash: "text",
  detail: "json",
});

export const logRecords = createRecordCodec("logs", {
  level: "text",
  event: "text",
  process: "text",
  pairId: "text",
  cycleId: "text",
  planId: "text",
  opId: "text",
  detail: "json",
});

export const recordCodecs = [
  candleRecords,
  poolSnapshotRecords,
  poolAnalysisRecords,
  pairAllocationRecords,
  epochRecords,
  txLogRecords,
  positionRecords,
  optimizerStateRecords,
  auditRecords,
  logRecords,
] as const;

export type TelemetryStream =
  | "candles"
  | "pool_snapshots"
  | "pool_analyses"
  | "pair_allocations"
  | "epochs"
  | "tx_log"
  | "positions"
  | "optimizer_state"
  | "audit"
  | "logs";
