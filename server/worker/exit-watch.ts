// The way out that somebody ordered by a signed system.exit: driven as soon as it is seen, and tried again while something is left.
import type { ExitRun } from "@/lib/api/exit-schemas";
import type { PairState } from "@/lib/api/signer-contract";
import { errorText } from "@/lib/errors/tidegate-error";
import type { WorkerLog } from "./ports";

/** What main.ts wires: reading the chains, proposing the plan and carrying it out. */
export interface ExitPort {
  /** One try; never throws for what the outside did. */
  run(pairState: PairState, shouldStop: () => boolean): Promise<Omit<ExitRun, "retryAtMs">>;
  /** The same plan on copies of the chains; leaves its result behind. */
  rehearse(pairState: PairState): Promise<void>;
  /** For the desk. */
  note(run: ExitRun): void;
}

export interface ExitWatchDeps {
  readonly port: ExitPort;
  readonly wall: { nowMs(): number; monotonicMs(): number };
  readonly log: WorkerLog;
  readonly pairId: string;
}

export interface ExitWatch {
  /** True when an order of this pair is to be driven now. */
  isDue(pairState: PairState | null): boolean;
  drive(pairState: PairState, shouldStop: () => boolean): Promise<void>;
}

/** Between two tries: long enough for a chain or an endpoint to come back, short enough to be worth waiting for. Choice. */
const RETRY_MS = 10_000;

export function createExitWatch(deps: ExitWatchDeps): ExitWatch {
  /** Order that has nothing left, and the earliest next try of one that has. */
  let overId: string | null = null;
  let nextMonoMs = Number.NEGATIVE_INFINITY;
  let lastId: string | null = null;

  return {
    isDue(pairState) {
      const order = pairState?.exit ?? null;
      if (pairState === null || order === null || pairState.stopped !== null) return false;
      if (order.commandId !== lastId) return true;
      return order.commandId !== overId && deps.wall.monotonicMs() >= nextMonoMs;
    },
    async drive(pairState, shouldStop) {
      const order = pairState.exit ?? null;
      if (order === null) return;
      lastId = order.commandId;
      let run: Omit<ExitRun, "retryAtMs">;
      try {
        run = await deps.port.run(pairState, shouldStop);
      } catch (error) {
        // A bug here must not keep the way out from being tried again.
        run = {
          commandId: order.commandId,
          atMs: deps.wall.nowMs(),
          planId: null,
          outcome: "failed",
          reason: errorText(error),
          left: [],
        };
      }
      const isOver = (run.outcome === "done" || run.outcome === "nothing") && run.left.length === 0;
      if (isOver) overId = order.commandId;
      nextMonoMs = deps.wall.monotonicMs() + RETRY_MS;
      deps.log[isOver ? "info" : "warn"]("exit.driven", {
        pairId: deps.pairId,
        commandId: order.commandId,
        outcome: run.outcome,
        detail: [run.reason, ...run.left].join("; "),
      });
      deps.port.note({ ...run, retryAtMs: isOver ? null : deps.wall.nowMs() + RETRY_MS });
    },
  };
}
