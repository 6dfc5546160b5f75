// What a worker keeps in the store for the desk: the pair as it is now, marked at each block between epochs; written fenced, read by the API.
import * as z from "zod";
import { freshnessSchema } from "@/lib/epoch/epoch-record";
import { amountDtoSchema, depthSchema, lastDecisionSchema, positionDtoSchema, rangeLifeSchema } from "./schemas";

const nullableNumber = z.number().nullable();

export const workerStateSchema = z.object({
  version: z.literal(1),
  pairId: z.string(),
  workerId: z.string(),
  pid: z.number().int(),
  /** What it is doing: idle, fetch, compute, decide, execute, log, waiting_approval, draining. */
  phase: z.string(),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  marketAtMs: z.number(),
  marketSpeed: z.number(),
  state: z.enum(["in_range", "out_of_range", "no_position", "no_data", "unknown"]),
  stateSinceMarketMs: nullableNumber,
  /** One sentence with numbers: "in range, 2.1 % from the lower edge", "18.10 USDC above the upper edge for 37 min". */
  stateSentence: z.string(),
  price: nullableNumber,
  priceAtMarketMs: nullableNumber,
  priceChange24hFrac: nullableNumber,
  quoteUsd: nullableNumber,
  blocks: z.array(z.object({ chainId: z.number().int(), number: z.string(), atMs: z.number() })),
  positions: z.array(positionDtoSchema),
  /** Free balances of the pair's ledger account. */
  account: z.array(amountDtoSchema),
  depth: z.array(depthSchema),
  /** Range of each position life, newest 200. */
  ranges: z.array(rangeLifeSchema),
  /** Observed stretches of the last day in market time, per position, for the share of time in range. */
  inRangeHistory: z
    .array(
      z.object({
        positionId: z.string(),
        spans: z.array(z.object({ fromAtMs: z.number(), toAtMs: z.number(), inRange: z.boolean() })),
      }),
    )
    .optional(),
  positionsUsd: nullableNumber,
  idleUsd: nullableNumber,
  valueUsd: nullableNumber,
  unclaimedFeesUsd: nullableNumber,
  inRange24hFrac: nullableNumber,
  fees24hUsd: nullableNumber,
  net24hUsd: nullableNumber,
  lastDecision: lastDecisionSchema.nullable(),
  lastEpoch: nullableNumber,
  lastEpochWallAtMs: nullableNumber,
  nextEpochMarketAtMs: nullableNumber,
  latenessMs: nullableNumber,
  freshness: z.array(freshnessSchema),
  /** Registry entries of this pair that failed the on-chain identity check, with what was expected and what came. */
  disabledPools: z.array(z.object({ poolKey: z.string(), reason: z.string() })),
});
export type WorkerState = z.infer<typeof workerStateSchema>;

/** `tg:orchestrator:state`. */
export const orchestratorStateSchema = z.object({
  holder: z.string(),
  pid: z.number().int(),
  state: z.enum(["running", "draining", "waiting"]),
  sinceAtMs: z.number(),
  updatedAtMs: z.number(),
  rssBytes: z.number(),
  workers: z.array(
    z.object({
      pairId: z.string(),
      workerId: z.string().nullable(),
      pid: z.number().nullable(),
      state: z.enum(["starting", "running", "draining", "backoff", "halted", "stopped"]),
      restarts: z.number().int(),
      lastExit: z.string().nullable(),
      nextStartAtMs: nullableNumber,
      sinceAtMs: z.number(),
    }),
  ),
});
export type OrchestratorState = z.infer<typeof orchestratorStateSchema>;

/** `tg:collector:state`. */
export const collectorStateSchema = z.object({
  pid: z.number().int(),
  updatedAtMs: z.number(),
  marketAtMs: z.number(),
  rssBytes: z.number(),
  venues: z.array(
    z.object({
      pairId: z.string(),
      venue: z.string(),
      state: z.enum(["ok", "degraded", "stopped", "unknown"]),
      lastTs: nullableNumber,
      coverageFromMs: nullableNumber,
      ageMs: nullableNumber,
      error: z.string().nullable(),
    }),
  ),
});
export type CollectorState = z.infer<typeof collectorStateSchema>;

/** Entries of the hash `tg:sources` written by workers: health of gecko, rpc and lifi as seen at the last use. */
export const sourceHealthSchema = z.object({
  id: z.string(),
  kind: z.enum(["gecko", "rpc", "lifi"]),
  label: z.string(),
  pairId: z.string().nullable(),
  state: z.enum(["ok", "degraded", "stopped", "unknown"]),
  lastAtMs: nullableNumber,
  maxAgeMs: nullableNumber,
  sentence: z.string(),
});
export type SourceHealth = z.infer<typeof sourceHealthSchema>;
