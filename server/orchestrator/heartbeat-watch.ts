// Finds workers that run but do not live: a heartbeat that stays away while the process is there, and old workers that must end first.
import type { OrchestratorDeps } from "./ports";

/** A worker writes every 15 s and the key lives 45 s; one more write may be late while the store comes back. */
export const SILENT_LIMIT_MS = 60_000;
const POLL_MS = 250;
/** Longest wait for a worker of an earlier orchestrator; it drains because its control channel closed. */
const OLD_WORKER_WAIT_MS = 45_000;

export type OldWorkerOutcome = "gone" | "still_there" | "store_away";

/** Waits until no other process works on the pair: no heartbeat, or one whose process (of this host) has ended. */
export async function waitForOldWorker(
  deps: Pick<OrchestratorDeps, "readHeartbeat" | "isProcessAlive" | "wall" | "host">,
  pairId: string,
  isCancelled: () => boolean,
): Promise<OldWorkerOutcome> {
  const deadlineMonoMs = deps.wall.monotonicMs() + OLD_WORKER_WAIT_MS;
  for (;;) {
    const heartbeat = await deps.readHeartbeat(pairId);
    if (!heartbeat.ok) return "store_away";
    const old = heartbeat.value;
    if (old === null || (old.host === deps.host && !deps.isProcessAlive(old.pid))) return "gone";
    if (isCancelled() || deps.wall.monotonicMs() >= deadlineMonoMs) return "still_there";
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export interface SilenceWatch {
  /** Feeds one look; true when the worker has been silent for too long although the store answers. */
  isSilent(look: { readonly isRunning: boolean; readonly hasHeartbeat: boolean | null }): boolean;
}

/** The clock starts when the worker is ready or the last heartbeat was seen; a store that is away proves nothing. */
export function createSilenceWatch(monotonicMs: () => number): SilenceWatch {
  let silentSinceMonoMs: number | null = null;
  return {
    isSilent({ isRunning, hasHeartbeat }) {
      if (!isRunning || hasHeartbeat !== false) {
        silentSinceMonoMs = null;
        return false;
      }
      silentSinceMonoMs ??= monotonicMs();
      return monotonicMs() - silentSinceMonoMs >= SILENT_LIMIT_MS;
    },
  };
}
