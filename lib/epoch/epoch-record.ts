// What one cycle leaves behind: inputs' ages, forces, target, decision with every gate, positions and money at that instant, and times.
import * as z from "zod";
import { modeSchema } from "@/lib/registry/pair-settings";

const nullableNumber = z.number().nullable();

export const freshnessSchema = z.object({
  input: z.string(),
  source: z.string(),
  observedAtMs: nullableNumber,
  ageMs: nullableNumber,
  maxAgeMs: z.number(),
  ok: z.boolean(),
  rule: z.string(),
  detail: z.string(),
});
export type FreshnessRecord = z.infer<typeof freshnessSchema>;

export const gateSchema = z.object({
  id: z.string(),
  group: z.string(),
  positionId: z.string().nullable(),
  label: z.string(),
  value: nullableNumber,
  threshold: nullableNumber,
  unit: z.string(),
  comparison: z.string(),
  status: z.enum(["pass", "fail", "not_reached"]),
  detail: z.string(),
});
export type GateRecord = z.infer<typeof gateSchema>;

export const counterfactualSchema = z.object({
  action: z.string(),
  group: z.string(),
  positionId: z.string().nullable(),
  conditions: z.array(
    z.object({
      gateId: z.string(),
      label: z.string(),
      comparison: z.string(),
      currentValue: nullableNumber,
      neededValue: nullableNumber,
      unit: z.string(),
    }),
  ),
});

export const forcesRecordSchema = z.object({
  v: z.number(),
  m: z.number(),
  t: z.number(),
  valid: z.boolean(),
  frames: z.record(
    z.string(),
    z.object({ v: z.number(), m: z.number(), t: z.number(), sigmaPerBar: z.number(), bars: z.number() }),
  ),
});

export const rangeRecordSchema = z.object({
  min: z.number(),
  max: z.number(),
  width: z.number(),
  bias: z.number(),
  confidence: z.number(),
  type: z.string(),
  breadth: z.number(),
});

export const incomeRecordSchema = z.object({
  feesUsdPerYear: z.number(),
  lvrUsdPerYear: z.number(),
  costsUsdPerYear: z.number(),
  netUsdPerYear: z.number(),
  netAprFrac: nullableNumber,
});

/** A position as of the epoch's block; prices are QUOTE per BASE of the effective range. */
export const epochPositionSchema = z.object({
  positionId: z.string(),
  poolKey: z.string(),
  priceLower: z.number(),
  priceUpper: z.number(),
  targetLower: nullableNumber,
  targetUpper: nullableNumber,
  inRange: z.boolean(),
  divergence: z.number(),
  valueUsd: z.number(),
  feesUsd: z.number(),
  deltaNetUsdPerYear: z.number(),
  shiftCostUsd: z.number(),
});

/** What a pool paid and cost per unit of others' liquidity and year, and kappa; units as in lib/strategy/pool-rates.ts. */
export const ratesRecordSchema = z.object({
  source: z.enum(["measured", "estimated", "none"]),
  feePerLiquidityYear: nullableNumber,
  lossPerLiquidityYear: nullableNumber,
  kappa: nullableNumber,
  kappaSpread: z.object({ min: z.number(), max: z.number() }).nullable(),
  sigmaPerYear: nullableNumber,
  sqrtPrice: nullableNumber,
  othersLiquidity: nullableNumber,
  coveredMs: z.number(),
  intervals: z.number().int(),
});
export type RatesRecord = z.infer<typeof ratesRecordSchema>;

/** Width and yield of a pool under the carry policy; null under `forces`. */
export const carryRecordSchema = z.object({
  halfWidth: nullableNumber,
  mode: z.enum(["keep", "centre"]).nullable(),
  netUsdPerYear: nullableNumber,
  exitYears: nullableNumber,
  cycleYears: nullableNumber,
  amountUsd: z.number(),
  /** Kappa the rules went by; missing in records from before it was kept. */
  kappa: nullableNumber.optional(),
  isWorthEntering: z.boolean(),
});
export type CarryRecord = z.infer<typeof carryRecordSchema>;

export const rangeParamsRecordSchema = z.object({
  baseMin: z.number(),
  baseMax: z.number(),
  vforceExp: z.number(),
  vforceDivider: z.number(),
  rsThreshold: z.number(),
});

/** The newest search for range parameters; scores are net per year and unit of capital. */
export const tuningRecordSchema = z.object({
  ranAtEpoch: z.number().int(),
  verdict: z.enum(["accepted", "kept_incumbent", "defaults", "too_few_bars"]),
  params: rangeParamsRecordSchema,
  objective: nullableNumber,
  objectiveDefaults: nullableNumber,
  holdout: nullableNumber,
  holdoutIncumbent: nullableNumber,
  evals: z.number().int(),
  bars: z.number().int(),
});
export type TuningRecord = z.infer<typeof tuningRecordSchema>;

/** What the next evaluation needs of this one: a new worker goes on from the newest record that has it. */
export const memoryRecordSchema = z.object({
  warmStart: z.array(z.number()).nullable(),
  incumbent: rangeParamsRecordSchema.nullable(),
  lastTuning: tuningRecordSchema.nullable(),
});
export type MemoryRecord = z.infer<typeof memoryRecordSchema>;

/** Why all capital stays cash: the pool that came closest and what it lacks. */
export const cashRecordSchema = z.object({
  nearestPoolKey: z.string().nullable(),
  nearestNetUsdPerYear: nullableNumber,
  nearestUsd: nullableNumber,
  /** Fraction of that size per year. */
  shortfallFrac: nullableNumber,
});
export type CashRecord = z.infer<typeof cashRecordSchema>;

/** A pool as evaluated in the epoch. */
export const epochPoolSchema = z.object({
  poolKey: z.string(),
  dexName: z.string(),
  feeFrac: z.number(),
  tvlUsd: nullableNumber,
  volumeUsdPerDay: z.number(),
  targetLower: nullableNumber,
  targetUpper: nullableNumber,
  inRangeFrac: nullableNumber,
  depthUsd: nullableNumber,
  isDepthEstimated: z.boolean(),
  exclusion: z.string().nullable(),
  allocatedUsd: z.number(),
  income: incomeRecordSchema.nullable(),
  standaloneUsd: z.number(),
  standaloneIncome: incomeRecordSchema.nullable(),
  /** Absent in records of older versions. */
  rates: ratesRecordSchema.nullable().optional(),
  carry: carryRecordSchema.nullable().optional(),
});

/** A paper account after the epoch: what a policy would have done with the same money, by the same code. It is part of no total. */
export const paperRecordSchema = z.object({
  policy: z.enum(["forces", "carry"]),
  /** `shadow`: the policy that is not in charge; `observe`: the one in charge of a pair that only observes. */
  role: z.enum(["shadow", "observe"]),
  decision: z.object({ kind: z.enum(["HOLD", "RS", "PRA"]), reason: z.string(), detail: z.string() }),
  startedAtMs: z.number(),
  startUsd: z.number(),
  /** Tokens and fees, gas not taken off. */
  valueUsd: z.number(),
  /** Since the start: netUsd = feesUsd + markUsd - gasUsd - swapCostUsd; alphaUsd = feesUsd - lvrUsd - gasUsd - swapCostUsd. */
  netUsd: z.number(),
  alphaUsd: z.number(),
  feesUsd: z.number(),
  lvrUsd: z.number(),
  markUsd: z.number(),
  gasUsd: z.number(),
  swapCostUsd: z.number(),
  /** What the amounts of the start alone would have made. */
  holdUsd: z.number(),
  rebalances: z.number().int(),
  failedActions: z.number().int(),
  timeInRangeFrac: nullableNumber,
  maxDrawdownFrac: z.number(),
  positions: z.array(
    z.object({
      poolKey: z.string(),
      priceLower: z.number(),
      priceUpper: z.number(),
      inRange: z.boolean(),
      valueUsd: z.number(),
      feesUsd: z.number(),
    }),
  ),
  /** Decided and carried out with the next sample. */
  pending: z.object({ reason: z.string(), dueAtMs: z.number() }).nullable(),
  lastAction: z
    .object({ atMs: z.number(), reason: z.string(), outcome: z.enum(["done", "failed"]), detail: z.string() })
    .nullable(),
  /** Time without samples whose fees are not counted, ms. */
  unseenMs: z.number(),
});
export type PaperRecord = z.infer<typeof paperRecordSchema>;

/** Sum of the ledger's accounts against the chains, to the wei. */
export const ledgerVerdictSchema = z.object({
  isEqual: z.boolean(),
  accounts: z.number().int(),
  /** Accounts that differ. */
  differences: z.number().int(),
  blocks: z.array(z.object({ chainId: z.number().int(), number: z.string() })),
});
export type LedgerVerdict = z.infer<typeof ledgerVerdictSchema>;

const observationSchema = z.object({ atMs: z.number(), price: z.number(), quoteUsd: z.number() });
const tokenAmountsSchema = z.array(z.object({ token: z.string(), raw: z.string().regex(/^-?\d+$/) }));

/** Where the results of the next epoch go on from (lib/ledger/flow-book.ts). */
const flowBookSchema = z.object({
  seq: z.number().int(),
  at: observationSchema,
  positions: z.array(
    z.object({
      positionId: z.string(),
      chainId: z.number().int(),
      booked: tokenAmountsSchema,
      lots: z.array(z.object({ amounts: tokenAmountsSchema, at: observationSchema })),
      fees: tokenAmountsSchema,
      feesAt: observationSchema,
    }),
  ),
  outside: z.array(z.object({ chainId: z.number().int(), amounts: tokenAmountsSchema })),
});

/** Results of the epoch by position, and the capital that they explain. */
export const accountingSchema = z.object({
  parts: z.array(
    z.object({
      positionId: z.string().nullable(),
      feesUsd: z.number(),
      markUsd: z.number(),
      hodlUsd: z.number(),
      gasUsd: z.number(),
      swapCostUsd: z.number(),
      bridgeCostUsd: z.number(),
      fees: tokenAmountsSchema,
    }),
  ),
  /** Null in the first epoch: there is nothing to compare with. */
  capital: z
    .object({
      startUsd: z.number(),
      paidInUsd: z.number(),
      outsideUsd: z.number(),
      writtenOffUsd: z.number(),
      endUsd: z.number(),
      /** Capital by balances and positions less `endUsd`; null while a bridge is under way or a position cannot be read. */
      residualUsd: nullableNumber,
    })
    .nullable(),
  book: flowBookSchema,
});
export type AccountingRecord = z.infer<typeof accountingSchema>;

export const epochRecordSchema = z.object({
  version: z.literal(1),
  pairId: z.string(),
  epoch: z.number().int(),
  cycleId: z.string(),
  marketAtMs: z.number(),
  wallAtMs: z.number(),
  mode: modeSchema,
  /** `failed` = a step ended the cycle; then `error` says which and why. */
  status: z.enum(["completed", "failed"]),
  error: z
    .object({ step: z.enum(["fetch", "compute", "decide", "execute", "log"]), code: z.string(), message: z.string() })
    .nullable(),
  price: nullableNumber,
  quoteUsd: nullableNumber,
  blocks: z.array(z.object({ chainId: z.number().int(), number: z.string() })),
  freshness: z.array(freshnessSchema),
  forces: forcesRecordSchema.nullable(),
  sigmaPerYear: nullableNumber,
  regime: z
    .object({
      reason: z.string(),
      suppressed: z.boolean(),
      widenFactor: z.number(),
      value: nullableNumber,
      threshold: nullableNumber,
    })
    .nullable(),
  /** Params in force: the five tunable ones plus where they came from. */
  params: rangeParamsRecordSchema.extend({ source: z.enum(["defaults", "optimizer", "operator"]) }).nullable(),
  /** Policy in charge; absent, like the next three, in records of older versions, which knew only `forces`. */
  policy: z.enum(["forces", "carry"]).optional(),
  tuning: tuningRecordSchema.nullable().optional(),
  memory: memoryRecordSchema.nullable().optional(),
  /** Set when nothing is worth deploying and cash is allowed. */
  cash: cashRecordSchema.nullable().optional(),
  target: rangeRecordSchema.nullable(),
  pools: z.array(epochPoolSchema),
  positions: z.array(epochPositionSchema),
  capitalUsd: nullableNumber,
  idleUsd: nullableNumber,
  positionsUsd: nullableNumber,
  unclaimedFeesUsd: nullableNumber,
  currentNetUsdPerYear: nullableNumber,
  targetNetUsdPerYear: nullableNumber,
  decision: z
    .object({
      kind: z.enum(["HOLD", "RS", "PRA"]),
      reason: z.string(),
      detail: z.object({ input: z.string(), rule: z.string(), ageMs: nullableNumber }).nullable(),
      gainUsdPerYear: nullableNumber,
      improvementFrac: nullableNumber,
      killSwitch: z.string().nullable(),
      gates: z.array(gateSchema),
      counterfactual: z.array(counterfactualSchema),
    })
    .nullable(),
  /** Missing in records of older versions. */
  paper: z.array(paperRecordSchema).optional(),
  planId: z.string().nullable(),
  planStatus: z.string().nullable(),
  planReason: z.string().nullable(),
  /** Accounts against the chains at the end of the epoch; null when they could not be compared, missing in older records. */
  ledger: ledgerVerdictSchema.nullable().optional(),
  /** Flows of the epoch in US dollars (strategy.md section 12); null until a position exists. */
  flows: z
    .object({
      feesUsd: z.number(),
      markUsd: z.number(),
      hodlUsd: z.number(),
      lvrUsd: z.number(),
      gasUsd: z.number(),
      swapCostUsd: z.number(),
      /** Missing in records of older versions, which counted no bridges. */
      bridgeCostUsd: z.number().optional(),
      netUsd: z.number(),
      alphaUsd: z.number(),
    })
    .nullable(),
  /** Missing in records of older versions, null when the chain could not be read. */
  accounting: accountingSchema.nullable().optional(),
  durations: z.object({
    fetchMs: z.number(),
    computeMs: z.number(),
    decideMs: z.number(),
    executeMs: z.number(),
    logMs: z.number(),
    totalMs: z.number(),
  }),
  /** Wall lateness of the cycle's start against its boundary. */
  latenessMs: z.number(),
});
export type EpochRecord = z.infer<typeof epochRecordSchema>;
