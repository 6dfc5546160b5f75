// Wire shapes of the endpoints page: each endpoint with what the desk measures and what the workers met; no address that holds a key.
import * as z from "zod";
import { bytes32Schema } from "@/lib/registry/schema";
import { checkLineSchema, endpointUseSchema } from "./system-settings";

const nullableNumber = z.number().nullable();

export const ENDPOINT_ERRORS = ["timeout", "unreachable", "rate_limited", "wrong_chain", "bad_answer"] as const;
export const endpointErrorSchema = z.enum(ENDPOINT_ERRORS);
export type EndpointErrorClass = z.infer<typeof endpointErrorSchema>;

/** Requests of one process to one endpoint, over its newest ones. */
export const endpointStatsSchema = z.object({
  requests: z.number().int(),
  p50Ms: nullableNumber,
  p95Ms: nullableNumber,
  errors: z.partialRecord(endpointErrorSchema, z.number().int()),
});
export type EndpointStats = z.infer<typeof endpointStatsSchema>;

/** What a worker reports of its endpoints: `tg:endpoints`, a hash by worker. */
export const workerEndpointsSchema = z.object({
  atMs: z.number(),
  chains: z.array(
    z.object({
      chainId: z.number().int(),
      lastSwitch: z.object({ atMs: z.number(), from: z.string(), to: z.string(), why: z.string() }).nullable(),
      endpoints: z.array(
        endpointStatsSchema.extend({
          id: bytes32Schema,
          status: z.enum(["unchecked", "ok", "wrong_chain", "failing"]),
          lastError: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type WorkerEndpoints = z.infer<typeof workerEndpointsSchema>;

export const endpointDtoSchema = z.object({
  id: bytes32Schema,
  label: z.string(),
  use: endpointUseSchema,
  /** `configured`: by environment or registry; `desk`: added by a signed command. */
  from: z.enum(["configured", "desk"]),
  /** False: the address of a signed entry is not known on this machine any more. */
  isKnown: z.boolean(),
  state: z.enum(["ok", "behind", "failing", "wrong_chain", "draining", "removed", "unknown"]),
  sentence: z.string(),
  height: z.string().nullable(),
  lagBlocks: nullableNumber,
  /** Measured by the desk while somebody looks. */
  desk: endpointStatsSchema,
  /** What workers met; null: none reported lately. */
  workers: endpointStatsSchema.nullable(),
});
export type EndpointDto = z.infer<typeof endpointDtoSchema>;

export const chainEndpointsDtoSchema = z.object({
  chainId: z.number().int(),
  name: z.string(),
  /** Version of the signed list; 0: none was signed, the configured ones hold. */
  version: z.number().int(),
  changedAtMs: nullableNumber,
  changedBy: z.string().nullable(),
  /** Pairs that need this chain. */
  pairIds: z.array(z.string()),
  lastSwitch: z.object({ atMs: z.number(), from: z.string(), to: z.string(), why: z.string() }).nullable(),
  endpoints: z.array(endpointDtoSchema),
});
export type ChainEndpointsDto = z.infer<typeof chainEndpointsDtoSchema>;

export const endpointTestSchema = z.object({
  /** Null when it must not be used. */
  id: bytes32Schema.nullable(),
  label: z.string(),
  lines: z.array(checkLineSchema),
  tookMs: z.number(),
});
