// Process entry of the orchestrator: takes the singleton lock, opens the ops port, runs one worker process per pair.
import { hostname } from "node:os";
import { join } from "node:path";
import { ok } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import { openApi } from "@/server/api/index";
import { answerOverHttp } from "@/server/api/node-http";
import { readDeploymentId } from "@/server/config/deployment";
import { hostEnv, readProcessEnv, withoutSignerKeys } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { openLiveRegistry } from "@/server/config/live-registry";
import { wallClock } from "@/server/infra/clock";
import { isProcessAlive, startChild } from "@/server/infra/process/child";
import { EXIT_CONFIG, EXIT_LEASE_LOST, installDrain } from "@/server/infra/process/control-channel";
import { freeDeadLease, leaseOwnerId } from "@/server/infra/process/dead-lease";
import { launchOf, projectRoot } from "@/server/infra/process/launch";
import { openProcess } from "@/server/infra/process/open-process";
import { createControlClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { createSignedReader } from "@/server/infra/signed-reader";
import { publishEvent } from "@/server/infra/store/events";
import { readWorkerHeartbeats } from "@/server/infra/store/heartbeats";
import { writeJson } from "@/server/infra/store/json-values";
import { ORCHESTRATOR_LEASE_REFRESH_MS, ORCHESTRATOR_LEASE_TTL_MS, storeKeys } from "@/server/infra/store/keys";
import { acquireLease } from "@/server/infra/store/lock";
import { createMetrics } from "./metrics";
import { startOpsServer, type OpsDeps, type OpsServer } from "./ops-server";
import { startOrchestrator, WORKER_DRAIN_GRACE_MS, type Orchestrator } from "./orchestrator";
import type { WorkerHeartbeat } from "./ports";
import { acquireSingleton, type HeldLease } from "./singleton-lock";

const DRAIN_GRACE_MS = 3_800;
const WORKER_READY_MS = 90_000;
/** Live heap measured 21 to 25 MB; with this bound the process stays within its 110 MB. */
const WORKER_HEAP_MB = 44;
const SIGNER_TIMEOUT_MS = 3_000;
/** Longest turn of the event loop before /healthz says so. */
const MAX_LOOP_LAG_MS = 5_000;

/** What a worker does not need, beside everything that leads to a key. */
const NOT_FOR_WORKERS: ReadonlySet<string> = new Set(["TG_LOG_FILE", "TG_ORIGIN", "TG_PUBLIC_READ"]);
const MEMORY_FLAGS = ["--max-old-space-size", "--max-semi-space-size", "--optimize-for-size"] as const;

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(EXIT_CONFIG);
}

const env = readProcessEnv();
const settings = loadSettings({ env, cwd: process.cwd() });
if (!settings.ok) fail(settings.error.message);
const { dataDir, opsPort } = settings.value;
const deploymentId = readDeploymentId(dataDir);
if (!deploymentId.ok) fail(deploymentId.error.message);
const signed = createSignedReader(dataDir, deploymentId.value);
const sockets = socketPaths(dataDir);
if (!sockets.ok) fail(sockets.error.message);
const opened = await openProcess({ settings: settings.value, name: "orchestrator", instance: "orchestrator" });
if (!opened.ok) fail(opened.error.message);
const { log, store, market } = opened.value;
const control = createControlClient({
  socketPath: sockets.value.control,
  deploymentId: deploymentId.value,
  peer: "orchestrator",
  timeoutMs: SIGNER_TIMEOUT_MS,
});

const live = openLiveRegistry({
  overlayFile: settings.value.registryFile,
  rpcUrls: settings.value.rpcUrls,
  pairs: settings.value.pairs,
  readSigned: () => signed.read(),
});
if (!live.ok) fail(live.error.message);
const pairIds = live.value.pairIds();
for (const pairId of pairIds) {
  if (live.value.view.pair(pairId) === null) fail(`TG_PAIRS names ${pairId}, which is not in the registry`);
}

const run = { isEnding: false };
let lease: HeldLease | null = null;
let orchestrator: Orchestrator | null = null;
let ops: OpsServer | null = null;
const heartbeats = new Map<string, WorkerHeartbeat>();

const end = installDrain({
  drain: async (reason) => {
    run.isEnding = true;
    log.info("process.stopping", { reason });
    await orchestrator?.drain(WORKER_DRAIN_GRACE_MS);
    await lease?.release();
    await ops?.close();
    control.close();
    await opened.value.close();
  },
  graceMs: DRAIN_GRACE_MS,
  channel: "stdin",
});

lease = await acquireSingleton(
  {
    acquire: async () => {
      await freeDeadLease(store, storeKeys.orchestratorLease);
      return acquireLease(store, {
        leaseKey: storeKeys.orchestratorLease,
        fenceKey: storeKeys.orchestratorFence,
        ownerId: leaseOwnerId("orchestrator"),
        ttlMs: ORCHESTRATOR_LEASE_TTL_MS,
        refreshEveryMs: ORCHESTRATOR_LEASE_REFRESH_MS,
        wall: wallClock,
      });
    },
  },
  () => run.isEnding,
  (reason) => log.warn("lease.refused", { detail: reason.message }),
);
if (lease === null) process.exit(0);
const held = lease;
held.onLost((reason) => {
  log.error("lease.lost", { detail: reason.message });
  process.stderr.write(`error: ${reason.message}\n`);
  end("the singleton lock was lost", EXIT_LEASE_LOST);
});
log.info("lease.acquired", { owner: held.owner, token: held.token });

const workerEnv = {
  ...hostEnv(),
  ...withoutSignerKeys(
    Object.fromEntries(
      Object.entries(env).flatMap(([key, value]) =>
        key.startsWith("TG_") && !key.startsWith("TG_ALERT_") && !NOT_FOR_WORKERS.has(key) && value !== undefined
          ? [[key, value]]
          : [],
      ),
    ),
  ),
};

orchestrator = startOrchestrator(
  {
    wall: wallClock,
    random: Math.random,
    host: hostname(),
    isProcessAlive,
    spawnWorker: (pairId) => {
      const launch = launchOf(import.meta.url, "worker", { heapMb: WORKER_HEAP_MB });
      const logs = join(dataDir, "logs");
      return startChild({
        name: `worker ${pairId}`,
        command: launch.command,
        args: [...ownArgs(launch.args), pairId],
        cwd: projectRoot(import.meta.url),
        env: { ...workerEnv, TG_LOG_FILE: join(logs, `worker-${pairId}.log`) },
        errorFile: join(logs, `worker-${pairId}.err.log`),
        readyTimeoutMs: WORKER_READY_MS,
        readyBy: "line",
      });
    },
    readHeartbeat: async (pairId) => {
      const found = await readWorkerHeartbeats(store, [pairId]);
      if (!found.ok) return found;
      const beat = found.value.get(pairId) ?? null;
      if (beat === null) {
        heartbeats.delete(pairId);
        return ok(null);
      }
      const host = beat["host"];
      const seen: WorkerHeartbeat = { ...beat, host: typeof host === "string" ? host : "" };
      heartbeats.set(pairId, seen);
      return ok(seen);
    },
    releaseWorkerLease: async (pairId, holder) => {
      const reply = await store.script("releaseLease", [storeKeys.pairLease(pairId)], [holder]);
      // Going on is safe: an unreleased lease ends by itself after its 30 s.
      if (!reply.ok) log.warn("lease.refused", { pairId, detail: reply.error.message });
    },
    writeState: (state) => writeJson(store, storeKeys.orchestratorState, state),
    publishWorkerChange: (change) =>
      void publishEvent(store, { type: "worker.changed", atMs: wallClock.nowMs(), ...change }),
    reportWorkerStarted: async (pairId) => {
      const reply = await control.call("worker.started", { pairId });
      // Going on is safe: without the report only the restart counter of the signer misses one start.
      if (!reply.ok) log.warn("worker.spawned", { pairId, detail: `not reported: ${reply.error.message}` });
    },
    readStoppedPairs: async () => {
      const reply = await control.call("authority.get", {});
      if (!reply.ok) return null;
      return new Map(
        reply.value.pairs.flatMap(({ pairId, paused, exit }): [string, string][] =>
          // An ordered exit needs the pair's worker, whoever sent it away before.
          paused?.kind === "stop_worker" && (exit ?? null) === null
            ? [[pairId, `stopped by ${paused.by}: ${paused.reason}; an approver ends it with pair.resume`]]
            : [],
        ),
      );
    },
    readPairs: () =>
      new Map(
        live.value.pairIds().map((pairId) => [
          pairId,
          signed
            .read()
            .settings.registry.pools.filter(({ pair }) => pair === pairId)
            .map(({ chainId, id }) => `${chainId}:${id}`)
            .join(),
        ]),
      ),
    log,
  },
  { pairIds, leaseHolder: held.owner, pid: process.pid, rssBytes: () => process.memoryUsage.rss() },
);
const running = orchestrator;

let api: OpsDeps["api"] = null;
let apiProblem: string | null = null;
try {
  const router = openApi({ settings: settings.value, log });
  api = (req, res) =>
    answerOverHttp((request) => router.handle(request), req, res, req.socket.remoteAddress ?? "unknown");
} catch (error) {
  // Health and metrics stay reachable; the API answers 503 with this reason.
  apiProblem = errorText(error);
  log.error("api.failed", { detail: apiProblem });
}

let lastTurnMonoMs = performance.now();
setInterval(() => {
  lastTurnMonoMs = performance.now();
}, 1_000).unref();

try {
  ops = await startOpsServer({
    origin: settings.value.origin,
    host: "127.0.0.1",
    port: opsPort,
    health: () => {
      const lagMs = Math.round(performance.now() - lastTurnMonoMs);
      return { ok: lagMs < MAX_LOOP_LAG_MS, detail: `loop turned ${lagMs} ms ago` };
    },
    readiness: async () => {
      const pong = await store.call("ping", (redis) => redis.ping());
      const signer = await control.call("health", {});
      // One that an operator has stopped is where it should be.
      const workers = running.state().workers.filter((worker) => worker.state !== "stopped");
      const up = workers.filter((worker) => worker.state === "running").length;
      return [
        { name: "store", ok: pong.ok, detail: pong.ok ? "answers" : pong.error.message },
        { name: "signer", ok: signer.ok, detail: signer.ok ? signer.value.state : signer.error.message },
        { name: "workers", ok: up === workers.length, detail: `${up} of ${workers.length} run` },
        { name: "api", ok: api !== null, detail: apiProblem ?? "open" },
      ];
    },
    metrics: createMetrics({
      state: () => running.state(),
      heartbeatOf: (pairId) => heartbeats.get(pairId) ?? null,
      marketNowMs: () => market.nowMs(),
      storeUp: () => store.status().state === "ready",
    }),
    api,
    apiProblem,
    onError: (error) => log.error("api.failed", { detail: errorText(error) }),
    onRefused: (refusal) => log.warn("api.refused", { ...refusal }),
  });
} catch (error) {
  process.stderr.write(
    `error: the ops port ${opsPort} cannot be opened (${errorText(error)}); choose another with TG_OPS_PORT\n`,
  );
  end("no ops port", EXIT_CONFIG);
}
log.info("orchestrator.started", { pairs: pairIds.length, opsPort: ops?.port ?? opsPort });
process.stdout.write(
  `${JSON.stringify({ ready: true, opsPort: ops?.port ?? opsPort, lease: `${held.owner}:${held.token}` })}\n`,
);

/** The orchestrator's own heap flags are not the worker's. */
function ownArgs(args: readonly string[]): readonly string[] {
  const last = (prefix: string): number => args.findLastIndex((arg) => arg.startsWith(prefix));
  return args.filter((arg, index) => {
    const prefix = MEMORY_FLAGS.find((flag) => arg.startsWith(flag));
    return prefix === undefined || index === last(prefix);
  });
}
