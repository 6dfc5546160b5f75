// Routes of the settings pages and of looking into one plan, a table of their own: what only they need is not in every page's first load.
import * as z from "zod";
import { pairIdSchema } from "@/lib/registry/schema";
import { candleColumnsSchema } from "./candle-columns";
import { chainEndpointsDtoSchema, endpointTestSchema } from "./endpoint-schemas";
import { poolFactsSchema } from "./schemas";
import {
  poolCheckRequestSchema,
  poolCheckSchema,
  registryAdditionSchema,
  signedSettingsSchema,
} from "./system-settings";

/** One thing that happened under a trace id, from whichever stream of the log store. */
const traceLineSchema = z.object({
  id: z.string(),
  /** Wall time; the market's is beside it. */
  atMs: z.number(),
  marketAtMs: z.number(),
  /** `logs` are processes' own lines, the others records they wrote. */
  stream: z.enum(["logs", "epochs", "tx_log", "audit"]),
  process: z.string(),
  level: z.string().nullable(),
  event: z.string(),
  opId: z.string().nullable(),
  text: z.string(),
});
export type TraceLine = z.output<typeof traceLineSchema>;

const none = z.object({});
const MAX_URL_CHARS = 2_048;

export const settingsContract = {
  chainEndpoints: {
    method: "GET",
    path: "/api/chains",
    auth: "session",
    summary: "RPC endpoints per chain: height, lag, latency, errors, state; addresses masked",
    params: none,
    query: none,
    body: none,
    response: z.object({ chains: z.array(chainEndpointsDtoSchema), nowMs: z.number() }),
    status: 200,
  },
  endpointTest: {
    method: "POST",
    path: "/api/chains/{chainId}/endpoints/test",
    auth: "session",
    summary: "Try an RPC endpoint against those in use; one that agrees is kept on this machine until it is signed for",
    params: z.object({ chainId: z.coerce.number().int().positive() }),
    query: none,
    body: z.object({ url: z.string().min(1).max(MAX_URL_CHARS) }),
    response: endpointTestSchema,
    status: 200,
  },
  registryChoices: {
    method: "GET",
    path: "/api/registry",
    auth: "session",
    summary: "Chains and DEXes a pool can be added on, pairs it can be added to, and what was added by signed commands",
    params: none,
    query: none,
    body: none,
    response: z.object({
      chains: z.array(
        z.object({
          id: z.number().int(),
          name: z.string(),
          dexes: z.array(z.object({ id: z.string(), name: z.string(), hasPoolIds: z.boolean() })),
        }),
      ),
      pairs: z.array(z.object({ id: pairIdSchema, pools: z.number().int(), isFixedList: z.boolean() })),
      added: signedSettingsSchema.shape.registry,
    }),
    status: 200,
  },
  poolCheck: {
    method: "POST",
    path: "/api/registry/pool-check",
    auth: "session",
    summary:
      "Check a pool on its chain before it is added: code, factory, key, hooks, tokens, depth, volume, sources, gas",
    params: none,
    query: none,
    body: poolCheckRequestSchema,
    response: poolCheckSchema,
    status: 200,
  },
  poolTrial: {
    method: "POST",
    path: "/api/registry/pool-trial",
    auth: "session",
    summary:
      "Candles for a backtest of a pool that is to be added: the collector's, or the pool's own by GeckoTerminal",
    params: none,
    query: none,
    body: z.object({ addition: registryAdditionSchema }),
    response: z.object({
      facts: poolFactsSchema,
      /** Both tokens follow the same peg. */
      isPegged: z.boolean(),
      /** The quote token is a dollar, so that amounts in it are US dollars. */
      isQuoteUsd: z.boolean(),
      /** Dollars per quote token by which the candles were turned into dollars; 1 for a dollar, null: not known, they are as they came. */
      quoteUsd: z.number().positive().nullable().optional(),
      /** `none`: nobody had candles; `notes` say who was asked and what came. */
      from: z.enum(["collector", "pool", "none"]),
      /** Exchanges behind the collector's candles. */
      venues: z.array(z.string()),
      candles: candleColumnsSchema,
      notes: z.array(z.string()),
    }),
    status: 200,
  },
  candleCoverage: {
    method: "GET",
    path: "/api/pairs/{id}/coverage",
    auth: "read",
    summary: "Minutes of the last market day for which each exchange of a pair has a candle, and the gaps",
    params: z.object({ id: pairIdSchema }),
    query: none,
    body: none,
    response: z.object({
      pairId: z.string(),
      fromMs: z.number(),
      toMs: z.number(),
      venues: z.array(
        z.object({
          venue: z.string(),
          minutes: z.number().int(),
          gaps: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
          /** Why it could not be read; then it has no gaps, which is not the same as none. */
          problem: z.string().nullable(),
        }),
      ),
    }),
    status: 200,
  },
  planTrace: {
    method: "GET",
    path: "/api/plans/{planId}/trace",
    auth: "session",
    summary:
      "Lines and records of the log store under a plan's trace ids (plan, its operations, its cycle), oldest first",
    params: z.object({ planId: z.string().regex(/^0x[0-9a-f]{32}$/, "expected a plan id: 0x and 32 hex digits") }),
    query: none,
    body: none,
    response: z.object({
      /** Cycles whose record names the plan. */
      cycleIds: z.array(z.string()),
      lines: z.array(traceLineSchema),
      /** Streams that could not be read, and why. */
      problems: z.array(z.string()),
      /** What is not in this answer although somebody might look for it. */
      missing: z.array(z.string()),
    }),
    status: 200,
  },
  alertSettings: {
    method: "GET",
    path: "/api/alerts/settings",
    auth: "session",
    summary: "Alert rules, quiet hours and channels as set, and the version of the signed ones",
    params: none,
    query: none,
    body: none,
    response: z.object({
      settings: signedSettingsSchema.shape.alerts.unwrap().shape.settings,
      /** 0: none was signed, the file or the defaults hold. */
      version: z.number().int(),
      from: z.enum(["signed", "file", "defaults"]),
      /** A file that was refused. */
      problem: z.string().nullable(),
    }),
    status: 200,
  },
} as const;
export type SettingsRouteName = keyof typeof settingsContract;
export type SettingsResponse<N extends SettingsRouteName> = z.input<(typeof settingsContract)[N]["response"]>;
