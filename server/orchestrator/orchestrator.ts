// Orchestrator: one supervised worker process per pair, its state in the store, and a drain that leaves nothing behind.
import type { OrchestratorState } from "@/lib/api/worker-state";
import { createBackoff } from "./backoff";
import { createSilenceWatch, waitForOldWorker } from "./heartbeat-watch";
import type { ChildProcess, OrchestratorDeps, SupervisedStatus } from "./ports";
import { supervise, type Supervised } from "./supervisor";

export interface OrchestratorInput {
  readonly pairIds: readonly string[];
  readonly leaseHolder: string;
  readonly pid: number;
  readonly rssBytes: () => number;
}

export interface Orchestrator {
  state(): OrchestratorState;
  restartWorker(pairId: string): Promise<"restarted" | "paused" | "unknown_pair">;
  drain(graceMs: number): Promise<void>;
}

const WATCH_EVERY_MS = 2_000;
/** A worker finishes the open operation of its plan before it ends. */
export const WORKER_DRAIN_GRACE_MS = 4_000;

interface Seat {
  readonly pairId: string;
  readonly supervised: Supervised;
  readonly silence: ReturnType<typeof createSilenceWatch>;
}

export function startOrchestrator(deps: OrchestratorDeps, input: OrchestratorInput): Orchestrator {
  const startedAtMs = deps.wall.nowMs();
  let isDraining = false;
  const seats = new Map<string, Seat>();
  for (const pairId of input.pairIds) seats.set(pairId, openSeat(pairId));
  /** What each worker was started with. */
  const additions = new Map(deps.readPairs?.() ?? []);
  /** Pairs whose worker an operator has stopped, as far as the signer said so. */
  const parked = new Set<string>();
  let isParking = false;
  const timer = setInterval(() => void watch(), WATCH_EVERY_MS);
  void watch();

  function openSeat(pairId: string): Seat {
    const supervised = supervise(
      {
        port: { onChange: (status) => onChange(pairId, status) },
        backoff: createBackoff(deps.random),
        nowMs: () => deps.wall.nowMs(),
        monotonicMs: () => deps.wall.monotonicMs(),
      },
      {
        name: `worker ${pairId}`,
        start: () => startWorker(pairId),
        afterExit: async (ready) => {
          const holder = ready?.["lease"];
          if (typeof holder === "string") await deps.releaseWorkerLease(pairId, holder);
        },
      },
    );
    return { pairId, supervised, silence: createSilenceWatch(() => deps.wall.monotonicMs()) };
  }

  async function startWorker(pairId: string): Promise<ChildProcess | null> {
    const old = await waitForOldWorker(deps, pairId, () => isDraining);
    if (old === "still_there") {
      deps.log.warn("orchestrator.old-worker-found", {
        pairId,
        detail: "an earlier worker still runs; it is waited for",
      });
      return null;
    }
    if (isDraining) return null;
    const child = deps.spawnWorker(pairId);
    deps.log.info("orchestrator.worker-started", { pairId, pid: child.pid });
    await deps.reportWorkerStarted(pairId);
    return child;
  }

  function onChange(pairId: string, status: SupervisedStatus): void {
    const detail = status.lastExit ?? "";
    if (status.state === "halted") deps.log.error("orchestrator.worker-halted", { pairId, detail });
    else if (status.state === "backoff") {
      deps.log.warn("orchestrator.worker-ended", { pairId, detail, nextStartAtMs: status.nextStartAtMs });
    }
    deps.publishWorkerChange({ pairId, state: status.state, detail });
    void deps.writeState(state());
  }

  /** pair.pause of kind stop_worker, the signer's word: the worker ends after its open operation and stays away until pair.resume. */
  async function honourPauses(): Promise<void> {
    if (isParking || isDraining) return;
    isParking = true;
    try {
      const stopped = await deps.readStoppedPairs();
      // No answer is no word: who runs goes on, who is stopped stays stopped.
      if (stopped === null) return;
      for (const { pairId, supervised } of seats.values()) {
        const reason = stopped.get(pairId);
        if (reason !== undefined && !parked.has(pairId)) {
          parked.add(pairId);
          deps.log.warn("orchestrator.worker-paused", { pairId, detail: reason });
          await supervised.park(WORKER_DRAIN_GRACE_MS, reason);
        } else if (reason === undefined && parked.delete(pairId)) {
          deps.log.info("orchestrator.worker-resumed", { pairId });
          supervised.unpark();
        }
      }
    } finally {
      isParking = false;
    }
  }

  /** Owners add pairs and pools while everything runs: a new pair gets a worker, a worker with a new pool starts anew after its open operation. */
  function honourAdditions(): void {
    if (isDraining) return;
    for (const [pairId, added] of deps.readPairs?.() ?? []) {
      const before = additions.get(pairId);
      if (before === added) continue;
      additions.set(pairId, added);
      const seat = seats.get(pairId);
      if (seat === undefined) {
        deps.log.info("orchestrator.pair-added", { pairId });
        seats.set(pairId, openSeat(pairId));
      } else if (!parked.has(pairId)) {
        deps.log.info("orchestrator.pools-added", { pairId, detail: "the worker takes them up with a new start" });
        void seat.supervised.restart(WORKER_DRAIN_GRACE_MS);
      }
    }
  }

  async function watch(): Promise<void> {
    await honourPauses();
    honourAdditions();
    for (const seat of seats.values()) {
      const heartbeat = await deps.readHeartbeat(seat.pairId);
      const status = seat.supervised.status();
      const isSilent = seat.silence.isSilent({
        isRunning: status.state === "running",
        hasHeartbeat: heartbeat.ok ? heartbeat.value?.pid === status.pid : null,
      });
      if (isSilent) {
        deps.log.error("orchestrator.worker-silent", { pairId: seat.pairId, pid: status.pid });
        seat.supervised.kill();
      }
    }
    // Going on is safe: the state is written again with the next look.
    await deps.writeState(state());
  }

  function state(): OrchestratorState {
    return {
      holder: input.leaseHolder,
      pid: input.pid,
      state: isDraining ? "draining" : "running",
      sinceAtMs: startedAtMs,
      updatedAtMs: deps.wall.nowMs(),
      rssBytes: input.rssBytes(),
      workers: [...seats.values()].map((seat) => {
        const status = seat.supervised.status();
        return {
          pairId: seat.pairId,
          workerId: seat.pairId,
          pid: status.pid,
          state: status.state,
          restarts: status.restarts,
          lastExit: status.lastExit,
          nextStartAtMs: status.nextStartAtMs,
          sinceAtMs: status.sinceAtMs,
        };
      }),
    };
  }

  return {
    state,
    async restartWorker(pairId) {
      const seat = seats.get(pairId);
      if (seat === undefined) return "unknown_pair";
      if (parked.has(pairId)) return "paused";
      await seat.supervised.restart(WORKER_DRAIN_GRACE_MS);
      return "restarted";
    },
    async drain(graceMs) {
      isDraining = true;
      clearInterval(timer);
      await Promise.all([...seats.values()].map((seat) => seat.supervised.stop(graceMs)));
      await deps.writeState(state());
    },
  };
}
