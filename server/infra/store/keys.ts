// Every key, channel and lifetime of the hot store; no other file may spell a key (the literal braces are a cluster hash tag).
import type { PairId } from "@/lib/units/index";

/** Lifetimes and sizes. Times are wall milliseconds (safety.md 3.8c). */
export const PAIR_LEASE_TTL_MS = 30_000;
export const PAIR_LEASE_REFRESH_MS = 10_000;
export const ORCHESTRATOR_LEASE_TTL_MS = 60_000;
export const ORCHESTRATOR_LEASE_REFRESH_MS = 10_000;
export const HEARTBEAT_TTL_MS = 45_000;
/** Decision inputs of one epoch stay for a week. */
export const SNAPSHOT_TTL_MS = 7 * 24 * 3_600_000;
/** Samples of a pool outlive the longest stay of a worker that still has use for them. */
export const POOL_SAMPLES_TTL_MS = 7 * 24 * 3_600_000;
/** Paper accounts go on for as long as the pair exists; a pair that is gone is forgotten after a quarter. */
export const PAPER_TTL_MS = 90 * 24 * 3_600_000;
export const SESSION_TTL_MS = 12 * 3_600_000;
/** A session nobody uses for this long is over (safety.md section 6). */
export const SESSION_IDLE_MS = 30 * 60_000;
export const SIWE_NONCE_TTL_MS = 5 * 60_000;
export const EPOCHS_KEPT_COUNT = 400;
/** Thirty days of epochs: score cards look back a week, reports a month. */
export const MONEY_KEPT_COUNT = 2_880;
export const EVENTS_KEPT_COUNT = 10_000;
export const COMMANDS_KEPT_COUNT = 2_000;
export const TXLOG_KEPT_COUNT = 5_000;
export const PLANS_KEPT_COUNT = 500;
export const ALERT_REQUESTS_KEPT_COUNT = 500;

type Pair = PairId | string;

export const storeKeys = {
  /** String `owner:token`, PX PAIR_LEASE_TTL_MS. */
  pairLease: (pairId: Pair) => `tg:{${pairId}}:lease`,
  /** String, the highest fencing token handed out. */
  pairFence: (pairId: Pair) => `tg:{${pairId}}:fence`,
  /** Hash `fence`, `v` = WorkerState JSON; written by the fenced script only. */
  pairState: (pairId: Pair) => `tg:{${pairId}}:state`,
  /** Stream, copy of the signer's command log for one pair. */
  pairCommands: (pairId: Pair) => `tg:{${pairId}}:commands`,
  /** Binary, one UTC day of rows [ts,o,h,l,c,v] as little-endian Float64. */
  candleDay: (pairId: Pair, venue: string, yyyymmdd: string) => `tg:{${pairId}}:candles:${venue}:${yyyymmdd}`,
  /** Binary, rows of the current hour that are not yet in the day blob. */
  candleTail: (pairId: Pair, venue: string) => `tg:{${pairId}}:candles:${venue}:tail`,
  /** Hash, venue -> CandleVenueMeta JSON. */
  candleMeta: (pairId: Pair) => `tg:{${pairId}}:candles:meta`,
  /** List, newest first, the last EPOCHS_KEPT_COUNT EpochRecord JSON. */
  pairEpochs: (pairId: Pair) => `tg:{${pairId}}:epochs`,
  /** List, newest first, the last MONEY_KEPT_COUNT MoneyRecord JSON. */
  pairMoney: (pairId: Pair) => `tg:{${pairId}}:money`,
  /** String, decision inputs of one epoch, PX SNAPSHOT_TTL_MS. */
  pairSnapshot: (pairId: Pair, epoch: number) => `tg:{${pairId}}:snapshot:${epoch}`,
  /** Hash, 5-minute slot of market time -> one packed sample, PX POOL_SAMPLES_TTL_MS; at most 73 h of them. */
  poolSamples: (pairId: Pair, poolKey: string) => `tg:{${pairId}}:samples:${poolKey}`,
  /** String, paper accounts of the pair by policy, PX PAPER_TTL_MS. */
  pairPaper: (pairId: Pair) => `tg:{${pairId}}:paper`,
  /** String, heartbeat JSON, PX HEARTBEAT_TTL_MS. */
  workerHeartbeat: (workerId: string) => `tg:worker:${workerId}:hb`,
  orchestratorLease: "tg:orchestrator:lease",
  orchestratorFence: "tg:orchestrator:fence",
  orchestratorState: "tg:orchestrator:state",
  collectorState: "tg:collector:state",
  collectorHeartbeat: "tg:collector:hb",
  /** String, copy of the signer's authority JSON. */
  authority: "tg:authority",
  signerState: "tg:signer:state",
  /** String, copy of the signer's bridge transfers, newest first: `{transfers}`. */
  transfers: "tg:transfers",
  /** String, copy of what the signer found on chain and does not know: `{orphans}`. */
  orphans: "tg:orphans",
  /** Hash planId -> JSON, UI copy. */
  plans: "tg:plans",
  /** Sorted set planId by createdAtMs. */
  plansIndex: "tg:plans:index",
  /** Stream of ops as the signer saw them. */
  txlog: "tg:txlog",
  /** Stream of everything the desk shows live, id'd for SSE resume. */
  events: "tg:events",
  /** String, what the alerts process last saw: AlertsState JSON. */
  alerts: "tg:alerts",
  /** Stream of acknowledgements and test messages for the alerts process. */
  alertRequests: "tg:alerts:requests",
  session: (sessionId: string) => `tg:session:${sessionId}`,
  /** Counter of an account, raised to end all its sessions; lower-case address. */
  sessionGeneration: (address: string) => `tg:session-generation:${address}`,
  siweNonce: (nonce: string) => `tg:siwe:${nonce}`,
  /** String, rate slot of the GeckoTerminal client. */
  geckoSlot: "tg:gecko:slot",
  /** Hash, copy of the config versions. */
  config: "tg:config",
  /** Hash source id -> health JSON. */
  sources: "tg:sources",
  /** Hash pair id -> what the pair's worker met at its RPC endpoints: WorkerEndpoints JSON. */
  endpoints: "tg:endpoints",
  /** Hash pair id -> the worker's last try at an ordered exit. */
  exitRuns: "tg:exit:runs",
  /** Hash pair id -> the last rehearsal of the pair's exit. */
  exitRehearsals: "tg:exit:rehearsals",
} as const;

export const storeChannels = {
  /** Same name as the stream: a message is the stream id that was just added. */
  events: "tg:events",
  /** SHUTDOWN, RESTART or REHEARSE_EXIT for one worker. */
  workerControl: (pairId: Pair) => `tg:worker:${pairId}:control`,
  /** One message per command appended to the pair's stream. */
  pairCommands: (pairId: Pair) => `tg:{${pairId}}:commands`,
} as const;
