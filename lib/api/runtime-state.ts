// What running processes write about themselves into the store: worker, orchestrator, collector and source health; the API reads these shapes.
import { z } from "zod";
import { namedStateSchema } from "@/lib/plan/plan-status";
import { modeSchema } from "@/lib/registry/pair-settings";
import { workerDtoSchema } from "./schemas";

const nullableNumber = z.number().nullable();

/** The light look between epochs: pool price against every position's ticks. */
export const pairMarkSchema = z.object({
  /** QUOTE per BASE: of the pools that hold positions, else of the deepest pool. */
  price: z.number(),
  chainId: z.number().int(),
  blockNumber: z.string(),
  marketAtMs: z.number(),
  wallAtMs: z.number(),
  state: z.enum(["in_range", "out_of_range", "no_position"]),
  /** Market time since the state holds. */
  sinceAtMs: z.number(),
  positions: z.array(
    z.object({
      positionId: z.string(),
      poolKey: z.string(),
      inRange: z.boolean(),
      /** Market time since the position is out of range; null while it is in. */
      outSinceAtMs: nullableNumber,
    }),
  ),
  /** Price per pool key. */
  poolPrices: z.record(z.string(), z.number()),
});
export type PairMark = z.infer<typeof pairMarkSchema>;

/** Value of `tg:{pair}:state`; written by the fenced script only. */
export const workerStateSchema = z.object({
  pairId: z.string(),
  workerId: z.string(),
  pid: z.number().int(),
  process: z.enum(["starting", "running", "draining", "stopped"]),
  /** What it is doing now: `idle`, `fetch`, `compute`, `decide`, `execute`, `log`. */
  phase: z.string(),
  state: namedStateSchema,
  stateCause: z.string(),
  /** Wall time. */
  stateSinceMs: z.number(),
  mode: modeSchema.nullable(),
  lastEpoch: z.number().int().nullable(),
  lastEpochWallAtMs: nullableNumber,
  lastEpochMarketAtMs: nullableNumber,
  nextEpochMarketAtMs: nullableNumber,
  latenessMs: nullableNumber,
  /** Highest command sequence number that this worker has handled. */
  commandSeq: z.number().int(),
  openPlanId: z.string().nullable(),
  mark: pairMarkSchema.nullable(),
  /** Registry pools that the chain did not confirm; they are not used. */
  disabledPools: z.array(z.object({ pool: z.string(), chainId: z.number().int(), problem: z.string() })),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
});
export type WorkerState = z.infer<typeof workerStateSchema>;

/** Value of `tg:orchestrator:state`. */
export const orchestratorStateSchema = z.object({
  pid: z.number().int(),
  state: z.enum(["starting", "running", "draining"]),
  sentence: z.string(),
  leaseHolder: z.string().nullable(),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  rssBytes: z.number(),
  opsPort: z.number().int(),
  workers: z.array(workerDtoSchema),
});
export type OrchestratorState = z.infer<typeof orchestratorStateSchema>;

/** Value of `tg:collector:state`. */
export const collectorStateSchema = z.object({
  pid: z.number().int(),
  startedAtMs: z.number(),
  updatedAtMs: z.number(),
  rssBytes: z.number(),
  marketAtMs: nullableNumber,
  lastRoundMs: nullableNumber,
  feeds: z.array(
    z.object({
      pairId: z.string(),
      venue: z.string(),
      symbol: z.string(),
      lastTs: nullableNumber,
      coverageFrom: nullableNumber,
      rowsTotal: z.number().int(),
      failuresInARow: z.number().int(),
      error: z.string().nullable(),
    }),
  ),
});
export type CollectorState = z.infer<typeof collectorStateSchema>;

/** One field of the hash `tg:sources`, keyed by `id`: `cex:<venue>:<pair>`, `gecko:<chain>`, `rpc:<chain>`, `lifi`. */
export const sourceHealthSchema = z.object({
  id: z.string(),
  kind: z.enum(["cex", "gecko", "rpc", "lifi"]),
  label: z.string(),
  pairId: z.string().nullable(),
  /** Market time of the newest datum. */
  lastAtMs: nullableNumber,
  /** Wall time of the last good answer. */
  lastOkWallMs: nullableNumber,
  maxAgeMs: z.number(),
  error: z.string().nullable(),
  writtenAtWallMs: z.number(),
});
export type SourceHealth = z.infer<typeof sourceHealthSchema>;
