// What the orchestrator needs from outside; main.ts builds it.
import type { OrchestratorState } from "@/lib/api/worker-state";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { Result } from "@/lib/errors/result";

export interface ChildProcess {
  readonly pid: number;
  readonly ready: Promise<
    | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly sentence: string }
  >;
  readonly exited: Promise<{ readonly sentence: string }>;
  isAlive(): boolean;
  stop(graceMs: number): Promise<{ readonly sentence: string }>;
  kill(): void;
}

export type SupervisedState = "starting" | "running" | "draining" | "backoff" | "halted" | "stopped";

export interface SupervisedStatus {
  readonly name: string;
  readonly state: SupervisedState;
  /** Wall time since the state holds. */
  readonly sinceAtMs: number;
  readonly pid: number | null;
  /** Starts after the first one. */
  readonly restarts: number;
  readonly lastExit: string | null;
  /** Wall time of the next try while in backoff. */
  readonly nextStartAtMs: number | null;
  /** Wall time of the last start. */
  readonly startedAtMs: number | null;
  readonly ready: Readonly<Record<string, unknown>> | null;
}

export interface SupervisorPort {
  onChange(status: SupervisedStatus): void;
}

export interface WorkerHeartbeat {
  readonly pid: number;
  readonly host: string;
  readonly epoch: number | null;
  readonly rssBytes: number;
  readonly loopLagMs: number;
  /** Wall time. */
  readonly atWallMs: number;
}

export interface OrchestratorDeps {
  readonly wall: { nowMs(): number; monotonicMs(): number };
  readonly random: () => number;
  readonly host: string;
  readonly spawnWorker: (pairId: string) => ChildProcess;
  readonly isProcessAlive: (pid: number) => boolean;
  /** Null: no living heartbeat. */
  readonly readHeartbeat: (pairId: string) => Promise<Result<WorkerHeartbeat | null, StoreError>>;
  /** Frees the pair lease of a worker whose process has ended, only if it is still that worker's. */
  readonly releaseWorkerLease: (pairId: string, holder: string) => Promise<void>;
  readonly writeState: (state: OrchestratorState) => Promise<Result<true, StoreError>>;
  readonly publishWorkerChange: (change: { pairId: string; state: string; detail: string }) => void;
  /** Tells the signer that a worker was started; a failure is shown, not fatal. */
  readonly reportWorkerStarted: (pairId: string) => Promise<void>;
  /** Pairs paused with `stop_worker`, each with its reason for people; null when the signer does not answer. */
  readonly readStoppedPairs: () => Promise<ReadonlyMap<string, string> | null>;
  /** Pairs as they are now, each with what was added to it by signed commands; missing: they never change. */
  readonly readPairs?: () => ReadonlyMap<string, string>;
  readonly log: {
    info(event: string, fields?: Readonly<Record<string, unknown>>): void;
    warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
    error(event: string, fields?: Readonly<Record<string, unknown>>): void;
  };
}
