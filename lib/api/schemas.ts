// Wire shapes of the API: every amount is a decimal string with its decimals beside it, every instant unix ms, every price QUOTE per BASE.
import * as z from "zod";
import {
  carryRecordSchema,
  epochRecordSchema,
  freshnessSchema,
  memoryRecordSchema,
  paperRecordSchema,
  ratesRecordSchema,
} from "@/lib/epoch/epoch-record";
import { stepSchema, boundsSchema, forecastSchema, originSchema } from "@/lib/plan/plan";
import { namedStateSchema, opStateSchema, planStatusSchema } from "@/lib/plan/plan-status";
import { modeSchema, pairParamsSchema, pairSettingsSchema, pauseKindSchema } from "@/lib/registry/pair-settings";
import { candleColumnsSchema } from "./candle-columns";
import { roleSchema } from "./commands";
import { sampleColumnsSchema } from "./sample-columns";
import { planApprovalSchema, rehearsalSchema } from "./signer-contract";
import { snapshotWireSchema } from "./snapshot-wire";

const nullableNumber = z.number().nullable();
const decimal = z.string().regex(/^-?\d+$/);

/** One word for a thing's health; unknown is not OK. */
export const healthWordSchema = z.enum(["ok", "degraded", "stopped", "unknown", "paused"]);
export type HealthWord = z.infer<typeof healthWordSchema>;

export const errorBodySchema = z.object({
  error: z.object({
    code: z.enum([
      "bad_request",
      "unauthenticated",
      "forbidden",
      "not_found",
      "method_not_allowed",
      "conflict",
      "too_large",
      "rate_limited",
      "refused",
      "unavailable",
      "internal",
    ]),
    message: z.string(),
    /** The field that is wrong, for 400. */
    field: z.string().nullable(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

export const tokenDtoSchema = z.object({ symbol: z.string(), address: z.string(), decimals: z.number().int() });
export const amountDtoSchema = z.object({ token: tokenDtoSchema, raw: decimal, usd: nullableNumber });
export type AmountDto = z.infer<typeof amountDtoSchema>;

export const pauseDtoSchema = z.object({
  kind: pauseKindSchema,
  sinceAtMs: z.number(),
  untilAtMs: nullableNumber,
  reason: z.string(),
  by: z.string(),
});

export const workerDtoSchema = z.object({
  pairId: z.string(),
  workerId: z.string().nullable(),
  pid: z.number().nullable(),
  state: z.enum(["starting", "running", "draining", "backoff", "halted", "stopped", "missing"]),
  phase: z.string(),
  heartbeatAtMs: nullableNumber,
  restarts: z.number(),
  lastExit: z.string().nullable(),
  nextStartAtMs: nullableNumber,
  rssBytes: nullableNumber,
  loopLagMs: nullableNumber,
  lastEpoch: nullableNumber,
  lastEpochWallAtMs: nullableNumber,
  nextEpochMarketAtMs: nullableNumber,
  latenessMs: nullableNumber,
});
export type WorkerDto = z.infer<typeof workerDtoSchema>;

export const lastDecisionSchema = z.object({
  epoch: z.number(),
  kind: z.enum(["HOLD", "RS", "PRA"]),
  reason: z.string(),
  marketAtMs: z.number(),
  planId: z.string().nullable(),
  planStatus: z.string().nullable(),
  sentence: z.string(),
});

/** A range against the price, for the gate picture: prices are QUOTE per BASE. */
export const rangeNowSchema = z.object({
  lower: z.number(),
  upper: z.number(),
  targetLower: nullableNumber,
  targetUpper: nullableNumber,
});

export const pairSummarySchema = z.object({
  id: z.string(),
  base: z.string(),
  quote: z.string(),
  chains: z.array(z.object({ id: z.number(), name: z.string() })),
  mode: modeSchema,
  pause: pauseDtoSchema.nullable(),
  halted: z.object({ state: namedStateSchema, cause: z.string(), sinceAtMs: z.number() }).nullable(),
  /** in_range, out_of_range (any position), no_position, paused, halted, no_data, unknown. */
  state: z.enum(["in_range", "out_of_range", "no_position", "paused", "halted", "no_data", "unknown"]),
  stateSinceAtMs: nullableNumber,
  stateSentence: z.string(),
  price: nullableNumber,
  priceAtMs: nullableNumber,
  priceChange24hFrac: nullableNumber,
  range: rangeNowSchema.nullable(),
  valueUsd: nullableNumber,
  positionsUsd: nullableNumber,
  idleUsd: nullableNumber,
  /** Between chains now, not part of `valueUsd`; null when it cannot be known or priced. */
  inTransitUsd: nullableNumber,
  unclaimedFeesUsd: nullableNumber,
  inRange24hFrac: nullableNumber,
  fees24hUsd: nullableNumber,
  net24hUsd: nullableNumber,
  lastDecision: lastDecisionSchema.nullable(),
  openPlanId: z.string().nullable(),
  worker: workerDtoSchema.nullable(),
});
export type PairSummary = z.infer<typeof pairSummarySchema>;

export const pairStatusSchema = pairSummarySchema.extend({
  configVersion: z.number(),
  blocks: z.array(z.object({ chainId: z.number(), number: z.string(), atMs: z.number() })),
  epoch: epochRecordSchema.nullable(),
  nextEpochMarketAtMs: nullableNumber,
  marketNowMs: z.number(),
  marketSpeed: z.number(),
  freshness: z.array(freshnessSchema),
  account: z.array(amountDtoSchema),
});
export type PairStatus = z.infer<typeof pairStatusSchema>;

export const positionDtoSchema = z.object({
  positionId: z.string(),
  pairId: z.string(),
  chainId: z.number(),
  chainName: z.string(),
  family: z.string(),
  dexName: z.string(),
  isStandIn: z.boolean(),
  pool: z.string(),
  poolKey: z.string(),
  feePips: z.number(),
  positionManager: z.string(),
  tokenId: decimal,
  tickLower: z.number(),
  tickUpper: z.number(),
  /** Of the pool, where the range is made of ticks; a manual range snaps to it. */
  tickSpacing: z.number().int().positive().optional(),
  liquidityRaw: decimal,
  priceLower: z.number(),
  priceUpper: z.number(),
  targetLower: nullableNumber,
  targetUpper: nullableNumber,
  divergence: nullableNumber,
  inRange: z.boolean(),
  outSinceAtMs: nullableNumber,
  /** What a burn pays at `blockNumber`, rounded down as the contract does. */
  base: amountDtoSchema,
  quote: amountDtoSchema,
  /** What a simulated collect pays at `blockNumber`. */
  feesBase: amountDtoSchema,
  feesQuote: amountDtoSchema,
  valueUsd: z.number(),
  feesUsd: z.number(),
  blockNumber: decimal,
  blockAtMs: z.number(),
  openedAtMs: z.number(),
  ageMs: z.number(),
  mintTxHash: z.string().nullable(),
  inRange24hFrac: nullableNumber,
  income: z
    .object({
      netAprFrac: nullableNumber,
      feesUsdPerYear: z.number(),
      lvrUsdPerYear: z.number(),
      costsUsdPerYear: z.number(),
    })
    .nullable(),
});
export type PositionDto = z.infer<typeof positionDtoSchema>;

export const allocationDtoSchema = z.object({
  poolKey: z.string(),
  dexName: z.string(),
  chainId: z.number(),
  feeFrac: z.number(),
  tvlUsd: nullableNumber,
  volumeUsdPerDay: z.number(),
  currentUsd: z.number(),
  targetUsd: z.number(),
  netAprFrac: nullableNumber,
  exclusion: z.string().nullable(),
});

/** US dollars per pool at each step: what lay there and what the epochs wanted there; null where nothing was recorded. */
export const allocationHistorySchema = z.object({
  pools: z.array(z.object({ poolKey: z.string(), label: z.string() })),
  points: z.array(
    z.object({ atMs: z.number(), poolKey: z.string(), currentUsd: nullableNumber, targetUsd: nullableNumber }),
  ),
  /** Capital in the wallet, once per step. */
  idle: z.array(z.object({ atMs: z.number(), usd: nullableNumber })),
  partial: z.boolean(),
});

/** [openAtMs, open, high, low, close, volume in base units]. */
export const candleRowSchema = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);

export const decisionDtoSchema = z.object({
  pairId: z.string(),
  epoch: z.number(),
  marketAtMs: z.number(),
  sentence: z.string(),
  record: epochRecordSchema,
});

export const opDtoSchema = z.object({
  opId: z.string(),
  index: z.number(),
  kind: z.string(),
  /** Plain words: "burn position 12 of Uniswap V3". */
  title: z.string(),
  purpose: z.string(),
  state: opStateSchema,
  chainId: z.number(),
  attempts: z.array(
    z.object({ hash: z.string(), nonce: z.number(), sentAtMs: nullableNumber, maxFeePerGasWei: z.string() }),
  ),
  txHash: z.string().nullable(),
  blockNumber: z.string().nullable(),
  gasUsed: z.string().nullable(),
  gasUsd: nullableNumber,
  deltas: z.array(amountDtoSchema),
  error: z.string().nullable(),
  stateAtMs: z.number(),
  /** Swaps and bridges: where the same bytes were tried again before they were signed, and what came of it. */
  secondLook: z.string().optional(),
});

const planHoldingDto = z.object({
  label: z.string(),
  pool: z.string().nullable(),
  chainId: z.number(),
  base: amountDtoSchema,
  quote: amountDtoSchema,
  valueUsd: z.number(),
  priceLower: nullableNumber,
  priceUpper: nullableNumber,
});

/** One bound against what is true now. */
export const boundCheckSchema = z.object({
  id: z.string(),
  label: z.string(),
  value: z.string(),
  limit: z.string(),
  ok: z.boolean().nullable(),
});

export const planDtoSchema = z.object({
  planId: z.string(),
  planHash: z.string(),
  pairId: z.string(),
  kind: z.enum(["PRA", "RS"]),
  reason: z.string(),
  origin: originSchema,
  epoch: z.number(),
  mode: modeSchema,
  status: planStatusSchema,
  statusReason: z.string(),
  proposedBy: z.string(),
  createdAtMs: z.number(),
  createdAtMarketMs: z.number(),
  expiresAtMs: nullableNumber,
  endedAtMs: nullableNumber,
  configVersion: z.number(),
  chains: z.array(z.object({ id: z.number(), name: z.string() })),
  notionalUsd: z.number(),
  before: z.array(planHoldingDto),
  after: z.array(planHoldingDto),
  forecast: forecastSchema,
  bounds: boundsSchema,
  boundChecks: z.array(boundCheckSchema),
  limits: z.array(
    z.object({ id: z.string(), label: z.string(), usedUsd: z.number(), thisUsd: z.number(), limitUsd: z.number() }),
  ),
  steps: z.array(
    z.object({
      index: z.number(),
      title: z.string(),
      detail: z.string(),
      contract: z.string(),
      contractLabel: z.string(),
      call: z.string(),
      step: stepSchema,
      op: opDtoSchema.nullable(),
    }),
  ),
  approvalsNeeded: z.number(),
  approvals: z.array(
    z.object({ address: z.string(), role: roleSchema, atMs: z.number(), note: z.string(), commandId: z.string() }),
  ),
  /** What the approvals amount to; null: none is needed. */
  approval: planApprovalSchema.nullable(),
  rejectedBy: z.object({ address: z.string(), reason: z.string(), atMs: z.number() }).nullable(),
  /** Choices of the plan that its steps do not say. */
  notes: z.array(z.string()),
  /** What each hop takes, in the order of the plan: swaps, bridges, then gas per chain. */
  hops: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(["swap", "bridge", "gas"]),
      title: z.string(),
      /** Who carries it: an aggregator, a pool's own router, bridges by name; empty for gas. */
      provider: z.string(),
      detail: z.string(),
      /** Null: only known at execution. */
      feeUsd: nullableNumber,
    }),
  ),
  /** The whole plan tried on a copy of the chain; null: it was not. */
  rehearsal: rehearsalSchema.nullable(),
  gasUsd: nullableNumber,
});
/** Wire form: bigint fields inside `steps` and `bounds` are decimal strings. */
export type PlanDto = z.input<typeof planDtoSchema>;

export const txDtoSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  marketAtMs: nullableNumber,
  pairId: z.string().nullable(),
  planId: z.string().nullable(),
  opId: z.string().nullable(),
  chainId: z.number(),
  kind: z.string(),
  title: z.string(),
  state: opStateSchema,
  txHash: z.string().nullable(),
  nonce: nullableNumber,
  blockNumber: z.string().nullable(),
  gasUsed: z.string().nullable(),
  gasUsd: nullableNumber,
  deltas: z.array(amountDtoSchema),
  error: z.string().nullable(),
});
export type TxDto = z.infer<typeof txDtoSchema>;

export const serviceDtoSchema = z.object({
  id: z.string(),
  label: z.string(),
  state: healthWordSchema,
  sentence: z.string(),
  /** What it means for decisions, for example "decisions: not affected". */
  effect: z.string(),
  atMs: nullableNumber,
  rssBytes: nullableNumber,
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type ServiceDto = z.infer<typeof serviceDtoSchema>;

export const sourceDtoSchema = z.object({
  id: z.string(),
  kind: z.enum(["cex", "gecko", "rpc", "lifi"]),
  label: z.string(),
  pairId: z.string().nullable(),
  state: healthWordSchema,
  lastAtMs: nullableNumber,
  ageMs: nullableNumber,
  maxAgeMs: nullableNumber,
  sentence: z.string(),
});

export const attentionSchema = z.object({
  id: z.string(),
  kind: z.enum([
    "approval",
    "out_of_range",
    "stale_source",
    "worker",
    "signer",
    "store",
    "telemetry",
    "halt",
    "late_decision",
    "ledger",
    "plan",
  ]),
  severity: z.enum(["info", "warn", "critical"]),
  pairId: z.string().nullable(),
  planId: z.string().nullable(),
  /** Market time where an epoch or a price began it (out of range, a late decision, a stale source); wall time otherwise. */
  sinceAtMs: nullableNumber,
  sentence: z.string(),
  href: z.string(),
});
export type Attention = z.infer<typeof attentionSchema>;

export const lampSchema = z.object({
  id: z.enum(["money", "decisions", "workers", "data", "attention"]),
  state: healthWordSchema,
  figure: z.string(),
  sentence: z.string(),
  href: z.string(),
});

export const moneySchema = z.object({
  /** Positions, wallet and what is in transit where that is known. */
  totalUsd: nullableNumber,
  inRangeUsd: nullableNumber,
  outOfRangeUsd: nullableNumber,
  idleUsd: nullableNumber,
  inTransitUsd: nullableNumber,
  unclaimedFeesUsd: nullableNumber,
  net24hUsd: nullableNumber,
  ledger: z
    .object({ checkedAtMs: z.number(), balanced: z.boolean(), differences: z.number(), sentence: z.string() })
    .nullable(),
  markedAtMs: nullableNumber,
});

export const overviewSchema = z.object({
  overall: healthWordSchema,
  worstReason: z.string(),
  worstHref: z.string().nullable(),
  lamps: z.array(lampSchema),
  money: moneySchema,
  attention: z.array(attentionSchema),
  pairs: z.array(pairSummarySchema),
  marketNowMs: z.number(),
  marketSpeed: z.number(),
  wallNowMs: z.number(),
});
export type Overview = z.infer<typeof overviewSchema>;

export const systemSchema = z.object({
  overall: healthWordSchema,
  sentence: z.string(),
  services: z.array(serviceDtoSchema),
  workers: z.array(workerDtoSchema),
  sources: z.array(sourceDtoSchema),
  signer: z.object({
    state: namedStateSchema.nullable(),
    cause: z.string(),
    sinceAtMs: nullableNumber,
    wallet: z.string().nullable(),
    journalSeq: nullableNumber,
    commandSeq: nullableNumber,
    stopped: z.object({ reason: z.string(), sinceAtMs: z.number(), by: z.string() }).nullable(),
  }),
  versions: z.object({ tidegate: z.string(), node: z.string() }),
});

export const sessionSchema = z.object({
  signedIn: z.boolean(),
  address: z.string().nullable(),
  role: roleSchema.nullable(),
  expiresAtMs: nullableNumber,
  publicRead: z.boolean(),
});

export const environmentSchema = z.object({
  deploymentId: z.string(),
  version: z.string(),
  origin: z.string(),
  homeChainId: z.number(),
  /** Present only beside a local sandbox chain: its unlocked accounts may sign through /api/sandbox/rpc. */
  sandbox: z
    .object({
      chainId: z.number(),
      label: z.string(),
      accounts: z.array(z.object({ address: z.string(), role: roleSchema.nullable() })),
    })
    .nullable(),
});

export const depthSchema = z.object({
  pool: z.string(),
  blockNumber: z.string(),
  price: z.number(),
  /** Buckets in price order: active liquidity as US dollars within the bucket, and our part of it. */
  buckets: z.array(z.object({ priceLower: z.number(), priceUpper: z.number(), usd: z.number(), oursUsd: z.number() })),
});

/** A past or present range of one position: what the stepped band is drawn from. */
export const rangeLifeSchema = z.object({
  positionId: z.string(),
  fromAtMs: z.number(),
  toAtMs: nullableNumber,
  lower: z.number(),
  upper: z.number(),
});

export const settingsDtoSchema = z.object({
  configVersion: z.number(),
  settings: pairSettingsSchema,
  mode: modeSchema,
});

export const analysisPointSchema = z.object({
  marketAtMs: z.number(),
  poolKey: z.string(),
  tvlUsd: nullableNumber,
  volumeUsdPerDay: nullableNumber,
  netAprFrac: nullableNumber,
  feesUsdPerYear: nullableNumber,
  lvrUsdPerYear: nullableNumber,
  allocatedUsd: nullableNumber,
  kappa: nullableNumber.default(null),
  kappaMin: nullableNumber.default(null),
  kappaMax: nullableNumber.default(null),
  kappaSource: z.enum(["measured", "estimated", "none"]).nullable().default(null),
  feePerLiquidityYear: nullableNumber.default(null),
  lossPerLiquidityYear: nullableNumber.default(null),
});

/** One epoch as charts need it, from OpenObserve. */
export const epochPointSchema = z.object({
  epoch: z.number(),
  marketAtMs: z.number(),
  price: nullableNumber,
  v: nullableNumber,
  m: nullableNumber,
  t: nullableNumber,
  targetLower: nullableNumber,
  targetUpper: nullableNumber,
  divergence: nullableNumber,
  rsThreshold: nullableNumber,
  decision: z.string().nullable(),
  reason: z.string().nullable(),
  planId: z.string().nullable(),
  valueUsd: nullableNumber,
  idleUsd: nullableNumber,
  feesUsd: nullableNumber,
  netUsd: nullableNumber,
  gasUsd: nullableNumber,
  lvrUsd: nullableNumber,
  currentAprFrac: nullableNumber,
  targetAprFrac: nullableNumber,
  fetchMs: nullableNumber,
  computeMs: nullableNumber,
  decideMs: nullableNumber,
  executeMs: nullableNumber,
  totalMs: nullableNumber,
});
export type EpochPoint = z.infer<typeof epochPointSchema>;

/** Facts of a registry pool that a backtest or a price scale needs. */
export const poolFactsSchema = z.object({
  poolKey: z.string(),
  pairId: z.string(),
  chainId: z.number().int(),
  chainName: z.string(),
  address: z.string(),
  family: z.string(),
  dexName: z.string(),
  /** Contracts that imitate the family, because the real bytecode is not available. */
  isStandIn: z.boolean(),
  base: tokenDtoSchema,
  quote: tokenDtoSchema,
  baseIsToken0: z.boolean(),
  /** 1/1 000 000; null where the fee is dynamic and nothing was read yet. */
  feePips: z.number().int().nullable(),
  tickSpacing: z.number().int().nullable(),
});
export type PoolFacts = z.infer<typeof poolFactsSchema>;

/** One pool as the newest epoch of its pair saw it; every number that was not read is null. */
export const poolDtoSchema = poolFactsSchema.extend({
  /** Market time and epoch of the reading; null before the first one. */
  epoch: nullableNumber,
  observedAtMs: nullableNumber,
  blockNumber: decimal.nullable(),
  /** QUOTE per BASE. */
  price: nullableNumber,
  tick: z.number().int().nullable(),
  protocolShareFrac: nullableNumber,
  tvlUsd: nullableNumber,
  volume24hUsd: nullableNumber,
  volumeUsdPerDay: nullableNumber,
  activeLiquidityRaw: decimal.nullable(),
  ownLiquidityRaw: decimal.nullable(),
  /** Our part of the active liquidity, 0..1. */
  ownShareFrac: nullableNumber,
  ownUsd: nullableNumber,
  allocatedUsd: nullableNumber,
  /** What it paid and cost, and kappa with its spread and how much of 72 h was seen. */
  rates: ratesRecordSchema.nullable(),
  carry: carryRecordSchema.nullable(),
  /** Why it takes no part, or that its registry entry was denied by the chain. */
  exclusion: z.string().nullable(),
  exclusionSentence: z.string().nullable(),
  /** Best size on its own and what that would earn. */
  best: z.object({ amountUsd: z.number(), netUsdPerYear: z.number(), netAprFrac: nullableNumber }).nullable(),
});
export type PoolDto = z.infer<typeof poolDtoSchema>;

/** A registry pool of a pair that is not used at all: who left it out, why, and what a person does about it. */
export const leftOutPoolSchema = z.object({
  poolKey: z.string(),
  pairId: z.string(),
  chainId: z.number().int(),
  chainName: z.string(),
  address: z.string(),
  dexName: z.string(),
  /** `registry`: its entry says so or lacks something; `chain`: the chain denied what the entry claims. */
  by: z.enum(["registry", "chain"]),
  reason: z.string(),
  remedy: z.string(),
});
export type LeftOutPool = z.infer<typeof leftOutPoolSchema>;

/** Kappa of one epoch. */
export const kappaPointSchema = z.object({
  epoch: nullableNumber,
  marketAtMs: z.number(),
  source: z.enum(["measured", "estimated", "none"]).nullable(),
  kappa: nullableNumber,
  kappaMin: nullableNumber,
  kappaMax: nullableNumber,
  feePerLiquidityYear: nullableNumber,
  lossPerLiquidityYear: nullableNumber,
  tvlUsd: nullableNumber,
  volumeUsdPerDay: nullableNumber,
});
export type KappaPoint = z.infer<typeof kappaPointSchema>;

/** What evaluate and decide need to repeat an epoch in the browser, by the same code. */
export const previewInputSchema = z.object({
  pairId: z.string(),
  epoch: z.number().int(),
  isPegged: z.boolean(),
  /** The pair's settings of now: `resolveParams(isPegged, overrides)` gives the parameters. */
  overrides: pairParamsSchema.partial(),
  /** What the evaluation before this epoch left. */
  memory: memoryRecordSchema.nullable(),
  snapshot: snapshotWireSchema,
  candles: candleColumnsSchema,
  poolSamples: z.array(z.object({ poolKey: z.string(), samples: sampleColumnsSchema })),
});
export type PreviewInput = z.input<typeof previewInputSchema>;

/** A paper account with its way so far; it is part of no total of the desk. */
export const paperDtoSchema = paperRecordSchema.extend({
  epoch: z.number().int(),
  marketAtMs: z.number(),
  /** Whether the newest epoch still has it; an account that ended shows its last state. */
  isCurrent: z.boolean(),
  /** Its decision of that epoch in plain words. */
  sentence: z.string(),
  series: z.array(
    z.object({
      marketAtMs: z.number(),
      valueUsd: z.number(),
      netUsd: z.number(),
      alphaUsd: z.number(),
      holdUsd: z.number(),
    }),
  ),
});
export type PaperDto = z.infer<typeof paperDtoSchema>;
