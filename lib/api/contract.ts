// The API: one table of routes (method, path, who may call, what goes in and comes out); served by Next under /api and by the ops port.
import * as z from "zod";
import { channelIdSchema } from "@/lib/alerts/alert";
import { epochRecordSchema } from "@/lib/epoch/epoch-record";
import { addressSchema, bytes32Schema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import { planStatusSchema } from "@/lib/plan/plan-status";
import { alertDtoSchema, alertsSchema } from "./alert-schemas";
import { candleColumnsSchema } from "./candle-columns";
import { doctorAnswerSchema, doctorGroupSchema } from "./doctor-schemas";
import { exitSchema } from "./exit-schemas";
import { commandRecordSchema, signedCommandSchema } from "./commands";
import {
  moneyDaysSchema,
  moneyReportSchema,
  orphanDtoSchema,
  pnlSchema,
  statementRowSchema,
  transferDtoSchema,
} from "./money-schemas";
import { MONEY_PERIODS } from "./money-periods";
import { sampleColumnsSchema } from "./sample-columns";
import {
  allocationDtoSchema,
  allocationHistorySchema,
  analysisPointSchema,
  boundCheckSchema,
  candleRowSchema,
  decisionDtoSchema,
  depthSchema,
  environmentSchema,
  epochPointSchema,
  healthWordSchema,
  kappaPointSchema,
  leftOutPoolSchema,
  overviewSchema,
  paperDtoSchema,
  pairStatusSchema,
  pairSummarySchema,
  planDtoSchema,
  poolDtoSchema,
  poolFactsSchema,
  positionDtoSchema,
  previewInputSchema,
  rangeLifeSchema,
  sessionSchema,
  settingsDtoSchema,
  systemSchema,
  txDtoSchema,
  workerDtoSchema,
} from "./schemas";

/** `none`: anybody; `read`: a session, or anybody when TG_PUBLIC_READ is set; `session`: always a session (role looked up per request). */
export type RouteAuth = "none" | "read" | "session";

const pairParams = z.object({ id: pairIdSchema });
const planIdSchema = z.string().regex(/^0x[0-9a-f]{32}$/, "expected a plan id: 0x and 32 hex digits");
const cursor = z.string().max(64).optional();
const nextCursor = z.string().nullable();
const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
const atMs = z.coerce.number().int().min(0).optional();
const window = { from: atMs, to: atMs };
const none = z.object({});

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly auth: RouteAuth;
  readonly summary: string;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  /** Empty object for GET and for acts without a body. */
  readonly body: z.ZodType;
  readonly response: z.ZodType;
  readonly status: 200 | 202;
}

function get<P extends z.ZodType, Q extends z.ZodType, R extends z.ZodType>(
  path: string,
  auth: RouteAuth,
  summary: string,
  shapes: { params: P; query: Q; response: R },
) {
  return { method: "GET", path, auth, summary, body: none, status: 200, ...shapes } as const;
}

function post<P extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  path: string,
  auth: RouteAuth,
  summary: string,
  status: 200 | 202,
  shapes: { params: P; body: B; response: R },
) {
  return { method: "POST", path, auth, summary, query: none, status, ...shapes } as const;
}

/** Answer to an accepted command: the result follows on the stream and under GET /api/commands/{commandId}. */
const accepted = z.object({
  commandId: bytes32Schema,
  status: z.enum(["accepted", "done", "refused"]),
  result: z.string(),
});

export const contract = {
  health: get("/api/health", "none", "Is this process up, and what does it reach", {
    params: none,
    query: none,
    response: z.object({
      status: healthWordSchema,
      checks: z.array(z.object({ name: z.string(), state: healthWordSchema, detail: z.string() })),
      version: z.string(),
    }),
  }),
  environment: get(
    "/api/environment",
    "none",
    "Deployment id, home chain and, beside a sandbox chain only, its demo wallet",
    { params: none, query: none, response: environmentSchema },
  ),
  session: get("/api/auth/session", "none", "Who am I", { params: none, query: none, response: sessionSchema }),
  authNonce: post("/api/auth/nonce", "none", "Start sign-in: the SIWE message to sign for an address", 200, {
    params: none,
    body: z.object({ address: addressSchema, chainId: z.number().int().positive() }),
    response: z.object({ message: z.string(), nonce: z.string(), expiresAtMs: z.number() }),
  }),
  authVerify: post("/api/auth/verify", "none", "Finish sign-in with the signed message", 200, {
    params: none,
    body: z.object({ message: z.string().max(4000), signature: hexSchema }),
    response: sessionSchema,
  }),
  authLogout: post("/api/auth/logout", "session", "End the session, or all sessions of this account", 200, {
    params: none,
    body: z.object({ everywhere: z.boolean().default(false) }),
    response: none,
  }),
  /** Items of `versions`: peopleVersionSchema and limitsVersionSchema of authority-settings.ts, which only their pages carry. */
  people: get("/api/people", "session", "People with their roles: every version, oldest first, the last is in force", {
    params: none,
    query: none,
    response: z.object({ versions: z.array(z.unknown()) }),
  }),
  limits: get(
    "/api/limits",
    "session",
    "Limits above which a plan needs several approvers: every version, oldest first",
    {
      params: none,
      query: none,
      response: z.object({ versions: z.array(z.unknown()) }),
    },
  ),

  overview: get("/api/overview", "read", "Is all well, where is the money, what waits", {
    params: none,
    query: none,
    response: overviewSchema,
  }),
  pairs: get("/api/pairs", "read", "All pairs", {
    params: none,
    query: none,
    response: z.object({ pairs: z.array(pairSummarySchema), nextCursor }),
  }),
  pairStatus: get("/api/pairs/{id}/status", "read", "One pair now, with its last epoch", {
    params: pairParams,
    query: none,
    response: pairStatusSchema,
  }),
  pairPositions: get("/api/pairs/{id}/positions", "read", "Positions at a named block, amounts and fees to the wei", {
    params: pairParams,
    query: none,
    response: z.object({ positions: z.array(positionDtoSchema), nextCursor }),
  }),
  pairAllocations: get("/api/pairs/{id}/allocations", "read", "Where capital is and where the strategy wants it", {
    params: pairParams,
    query: none,
    response: z.object({ allocations: z.array(allocationDtoSchema), idleUsd: z.number().nullable(), nextCursor }),
  }),
  pairAllocationHistory: get(
    "/api/pairs/{id}/allocations/history",
    "read",
    "Where capital was and where the strategy wanted it, averaged over a step of time, oldest first",
    {
      params: pairParams,
      query: z.object({ ...window, step: z.enum(["15m", "1h", "4h"]).default("1h") }),
      response: allocationHistorySchema,
    },
  ),
  pairSnapshots: get("/api/pairs/{id}/snapshots", "read", "Epoch records, newest first", {
    params: pairParams,
    query: z.object({ ...window, limit: limit(500, 50), cursor }),
    response: z.object({ snapshots: z.array(epochRecordSchema), nextCursor }),
  }),
  pairEpochs: get("/api/pairs/{id}/epochs", "read", "Epoch series for charts, oldest first, from OpenObserve", {
    params: pairParams,
    query: z.object({ ...window, limit: limit(3000, 1500) }),
    response: z.object({
      epochs: z.array(epochPointSchema),
      source: z.enum(["telemetry", "store"]),
      partial: z.boolean(),
      nextCursor,
    }),
  }),
  pairAnalyses: get("/api/pairs/{id}/analyses", "read", "Pool analyses per epoch, oldest first", {
    params: pairParams,
    query: z.object({ ...window, limit: limit(3000, 500) }),
    response: z.object({ analyses: z.array(analysisPointSchema), partial: z.boolean(), nextCursor }),
  }),
  pairCandles: get("/api/pairs/{id}/candles", "read", "Merged candles, oldest first", {
    params: pairParams,
    query: z.object({ ...window, tf: z.enum(["1m", "15m", "1h", "4h"]).default("15m"), limit: limit(3000, 1500) }),
    response: z.object({
      candles: z.array(candleRowSchema),
      venues: z.array(z.string()),
      lastAtMs: z.number().nullable(),
      nextCursor,
    }),
  }),
  pairDecisions: get("/api/pairs/{id}/decisions", "read", "Decisions with every gate, newest first", {
    params: pairParams,
    query: z.object({ ...window, limit: limit(200, 50), kind: z.enum(["HOLD", "RS", "PRA"]).optional(), cursor }),
    response: z.object({ decisions: z.array(decisionDtoSchema), nextCursor }),
  }),
  pairDecision: get("/api/pairs/{id}/decisions/{epoch}", "read", "One decision", {
    params: z.object({ id: pairIdSchema, epoch: z.coerce.number().int().min(0) }),
    query: none,
    response: decisionDtoSchema,
  }),
  pairDepth: get("/api/pairs/{id}/depth", "read", "Liquidity around the price, ours beside the pool's", {
    params: pairParams,
    query: z.object({ pool: z.string().max(140).optional() }),
    response: z.object({ depth: z.array(depthSchema), nextCursor }),
  }),
  pairRanges: get("/api/pairs/{id}/ranges", "read", "Range of every position life in a window", {
    params: pairParams,
    query: z.object({ ...window }),
    response: z.object({ ranges: z.array(rangeLifeSchema), nextCursor }),
  }),
  pairPaper: get("/api/pairs/{id}/paper", "read", "What the policies not in charge would have done, on paper", {
    params: pairParams,
    query: none,
    response: z.object({
      /** The real decision of the newest epoch, to be shown beside them. */
      real: z
        .object({
          policy: z.enum(["forces", "carry"]),
          epoch: z.number().int(),
          marketAtMs: z.number(),
          kind: z.enum(["HOLD", "RS", "PRA"]).nullable(),
          reason: z.string().nullable(),
          sentence: z.string(),
        })
        .nullable(),
      accounts: z.array(paperDtoSchema),
      /** What these numbers are and are not. */
      note: z.string(),
    }),
  }),
  pairPreviewInput: get(
    "/api/pairs/{id}/preview-input",
    "read",
    "Inputs of an epoch (the newest by default) for running the strategy in the browser",
    {
      params: pairParams,
      query: z.object({ epoch: z.coerce.number().int().min(0).optional() }),
      response: previewInputSchema,
    },
  ),
  pairTxlog: get("/api/pairs/{id}/txlog", "session", "Transactions of a pair, newest first", {
    params: pairParams,
    query: z.object({ limit: limit(500, 100), cursor }),
    response: z.object({ txlog: z.array(txDtoSchema), nextCursor }),
  }),
  pairConfig: get("/api/pairs/{id}/config", "session", "Settings of a pair and their version", {
    params: pairParams,
    query: none,
    response: settingsDtoSchema,
  }),
  pairConfigChange: post("/api/pairs/{id}/config", "session", "Change settings by a signed pair.config command", 202, {
    params: pairParams,
    body: signedCommandSchema,
    response: accepted,
  }),

  pools: get("/api/pools", "read", "All pools of all pairs with what each pays and costs", {
    params: none,
    query: z.object({ pair: pairIdSchema.optional() }),
    response: z.object({ pools: z.array(poolDtoSchema), leftOut: z.array(leftOutPoolSchema), nextCursor }),
  }),
  pool: get("/api/pools/{chainId}/{address}", "read", "One pool with the history of its kappa, oldest first", {
    params: z.object({
      chainId: z.coerce.number().int().positive(),
      address: z
        .string()
        .regex(/^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, "expected a pool address or a 32-byte pool id"),
    }),
    query: z.object({ ...window, limit: limit(3000, 1500) }),
    response: z.object({
      pool: poolDtoSchema,
      history: z.array(kappaPointSchema),
      source: z.enum(["telemetry", "store"]),
      partial: z.boolean(),
    }),
  }),
  labCandles: get("/api/lab/candles", "read", "Recorded minute candles of a pair as columns, at most 90 days", {
    params: none,
    query: z.object({ pair: pairIdSchema, ...window }),
    response: z.object({
      pairId: z.string(),
      fromMs: z.number(),
      toMs: z.number(),
      venues: z.array(z.string()),
      candles: candleColumnsSchema,
    }),
  }),
  labPoolSamples: get("/api/lab/pool-samples", "read", "Recorded samples of a pool, the last 73 h, as columns", {
    params: none,
    query: z.object({ pair: pairIdSchema, pool: z.string().max(140) }),
    response: z.object({ facts: poolFactsSchema, samples: sampleColumnsSchema }),
  }),

  plans: get("/api/plans", "read", "Plans, newest first", {
    params: none,
    query: z.object({
      pair: pairIdSchema.optional(),
      status: planStatusSchema.optional(),
      open: z.enum(["true", "false"]).optional(),
      limit: limit(200, 50),
      cursor,
    }),
    response: z.object({ plans: z.array(planDtoSchema), nextCursor }),
  }),
  plan: get("/api/plans/{planId}", "read", "One plan: bounds now, steps, approvals, operations", {
    params: z.object({ planId: planIdSchema }),
    query: none,
    response: planDtoSchema,
  }),
  opCause: get(
    "/api/plans/{planId}/steps/{index}/cause",
    "read",
    "Why a step's transaction failed: decoded, and that block against the plan's bounds",
    {
      params: z.object({ planId: planIdSchema, index: z.coerce.number().int().min(0).max(500) }),
      query: none,
      response: z.object({
        reason: z.string(),
        meaning: z.string().nullable(),
        triedAtBlock: z.string().nullable(),
        checks: z.array(boundCheckSchema.omit({ id: true })),
      }),
    },
  ),
  activity: get("/api/activity", "read", "Plans with their operations, newest first", {
    params: none,
    query: z.object({ pair: pairIdSchema.optional(), limit: limit(200, 50), cursor }),
    response: z.object({ plans: z.array(planDtoSchema), nextCursor }),
  }),
  txlog: get("/api/txlog", "session", "Transactions of the deployment, newest first", {
    params: none,
    query: z.object({ pair: pairIdSchema.optional(), planId: planIdSchema.optional(), limit: limit(500, 100), cursor }),
    response: z.object({ txlog: z.array(txDtoSchema), nextCursor }),
  }),

  ledger: get("/api/ledger", "session", "Ledger entries with names and US dollars, oldest first", {
    params: none,
    query: z.object({
      pair: pairIdSchema.optional(),
      since: z.coerce.number().int().min(0).default(0),
      limit: limit(5000, 500),
      /** `yes`: the last ones instead of the first, still oldest first. */
      newest: z.enum(["yes", "no"]).default("no"),
    }),
    response: z.object({
      rows: z.array(statementRowSchema),
      /** Pass as `since` for the rest; null at the end. */
      nextSince: z.number().int().nullable(),
      /** Rows of the pair after `since`. */
      total: z.number().int(),
      /** False when the oldest entries are only in the journal on disk, from where `tidegate export` takes them. */
      isWhole: z.boolean(),
    }),
  }),
  pairPnl: get("/api/pairs/{id}/pnl", "read", "Profit and loss by epoch, day and position life, and score cards", {
    params: pairParams,
    query: none,
    response: pnlSchema,
  }),
  moneyDays: get("/api/money/days", "read", "Profit and loss of all pairs by UTC day of market time, oldest first", {
    params: none,
    query: none,
    response: moneyDaysSchema,
  }),
  moneyReport: get(
    "/api/money/report",
    "read",
    "Profit and loss of a period by pair and by hour or day, all pairs or one",
    {
      params: none,
      query: z.object({ period: z.enum(MONEY_PERIODS).default("30d"), pair: pairIdSchema.optional() }),
      response: moneyReportSchema,
    },
  ),
  transfers: get("/api/transfers", "read", "Bridge transfers, newest first", {
    params: none,
    query: z.object({ pair: pairIdSchema.optional() }),
    response: z.object({ transfers: z.array(transferDtoSchema), nextCursor }),
  }),
  orphans: get("/api/orphans", "session", "What is on chain and not in the journal, or the other way round", {
    params: none,
    query: none,
    response: z.object({ orphans: z.array(orphanDtoSchema), nextCursor }),
  }),

  orchestrator: get("/api/orchestrator/status", "read", "Orchestrator and its workers", {
    params: none,
    query: none,
    response: z.object({
      state: healthWordSchema,
      sentence: z.string(),
      leaseHolder: z.string().nullable(),
      sinceAtMs: z.number().nullable(),
      workers: z.array(workerDtoSchema),
    }),
  }),
  workerRestart: post(
    "/api/orchestrator/workers/{id}/restart",
    "session",
    "Restart a worker by a signed worker.restart command",
    202,
    {
      params: pairParams,
      body: signedCommandSchema,
      response: accepted,
    },
  ),
  system: get("/api/system", "read", "Processes, stores, sources with ages", {
    params: none,
    query: none,
    response: systemSchema,
  }),

  doctor: get("/api/doctor/{group}", "none", "One group of the set-up checks; details for those who may read", {
    params: z.object({ group: doctorGroupSchema }),
    query: none,
    response: doctorAnswerSchema,
  }),
  exit: get(
    "/api/exit",
    "read",
    "What an exit would close, gas per chain, the last rehearsal, and how an ordered exit goes",
    {
      params: none,
      query: none,
      response: exitSchema,
    },
  ),
  exitRehearse: post("/api/exit/rehearse", "session", "Try the exit on copies of the chains; nothing is signed", 202, {
    params: none,
    body: z.object({ pairId: pairIdSchema.nullable().default(null) }),
    response: z.object({ asked: z.number().int() }),
  }),

  alerts: get("/api/alerts", "read", "Open alerts, history, rules, channels and deliveries", {
    params: none,
    query: none,
    response: alertsSchema,
  }),
  alertAck: post("/api/alerts/{alertId}/ack", "session", "Acknowledge an alert: its reminders end for everybody", 202, {
    params: z.object({ alertId: z.string().regex(/^[0-9a-f]{16}$/, "expected an alert id: 16 hex digits") }),
    body: z.object({ note: z.string().max(280).default("") }),
    /** `accepted`: written down, the alerts process has not answered yet. */
    response: z.object({ status: z.enum(["done", "accepted"]), alert: alertDtoSchema }),
  }),
  alertTest: post("/api/alerts/channels/{channelId}/test", "session", "Send a test message to a channel", 202, {
    params: z.object({ channelId: channelIdSchema }),
    body: none,
    response: z.object({ status: z.literal("accepted"), deliveryId: z.string() }),
  }),

  commands: post("/api/commands", "session", "Submit a signed command to the signer", 202, {
    params: none,
    body: signedCommandSchema,
    response: accepted,
  }),
  command: get("/api/commands/{commandId}", "session", "What became of a command", {
    params: z.object({ commandId: bytes32Schema }),
    query: none,
    response: commandRecordSchema,
  }),
  audit: get("/api/audit", "session", "The hash-chained command log, oldest first", {
    params: none,
    query: z.object({ seq: z.coerce.number().int().min(0).default(0), limit: limit(1000, 200) }),
    response: z.object({ commands: z.array(commandRecordSchema), nextCursor }),
  }),
  /** Demo wallet: forwards four methods to a local sandbox chain's unlocked accounts; 404 anywhere else. */
  sandboxRpc: post("/api/sandbox/rpc", "none", "Built-in demo wallet of a local sandbox", 200, {
    params: none,
    body: z.object({
      method: z.enum(["eth_chainId", "eth_accounts", "personal_sign", "eth_signTypedData_v4"]),
      params: z.array(z.unknown()).max(3),
    }),
    response: z.object({ result: z.unknown() }),
  }),
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof contract;
/** What a handler returns and a client gets: wire form. */
export type RouteResponse<N extends RouteName> = z.input<(typeof contract)[N]["response"]>;
export type RouteQuery<N extends RouteName> = z.input<(typeof contract)[N]["query"]>;
export type RouteParams<N extends RouteName> = z.input<(typeof contract)[N]["params"]>;
export type RouteBody<N extends RouteName> = z.input<(typeof contract)[N]["body"]>;

/** Served outside the table: GET /api/stream (SSE, see events.ts) and GET /api/openapi.json. */
export { STREAM_PATH } from "./stream-path";
export const OPENAPI_PATH = "/api/openapi.json";
