// When a cycle runs: once at the start, then once per epoch of market time, a fixed moment after its boundary; never twice at once.
import { EPOCH_MS, epochOf, epochStartMs } from "@/lib/units";

export interface SchedulerTick {
  readonly nowMs: number;
}

export interface SchedulerDeps {
  readonly market: {
    nowMs(): number;
    speed(): number;
    onTick(listener: (tick: SchedulerTick) => void): () => void;
  };
  /** Runs one cycle; must not throw. */
  readonly run: (turn: Turn) => Promise<void>;
}

export interface Turn {
  readonly epoch: number;
  /** `start`: the round made right after the start, it only observes. */
  readonly kind: "start" | "boundary";
  /** Market time by which the turn is behind its planned moment. */
  readonly behindMarketMs: number;
}

export interface Scheduler {
  nextAtMs(): number;
  /** Resolves when the running cycle is over. */
  stop(): Promise<void>;
}

/** Candles of the last minute need a moment to arrive; pairs are spread over the following 20 s (safety.md section 7). */
const SETTLE_MS = 2_000;
const SPREAD_MS = 20_000;

/** Moment after the boundary at which this pair's cycle starts: the same in every run. */
export function offsetOf(pairId: string): number {
  let hash = 2_166_136_261;
  for (const char of pairId) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return SETTLE_MS + (hash % SPREAD_MS);
}

export function startScheduler(deps: SchedulerDeps, pairId: string): Scheduler {
  const offsetMs = offsetOf(pairId);
  const state = { lastEpoch: epochOf(deps.market.nowMs()), isStopped: false };
  let running: Promise<void> = deps.run({ epoch: state.lastEpoch, kind: "start", behindMarketMs: 0 });
  let isBusy = true;
  void settle();

  async function settle(): Promise<void> {
    await running;
    isBusy = false;
  }

  /** Boundaries that passed during a long cycle are left out: only the newest one counts. */
  function onTick({ nowMs }: SchedulerTick): void {
    const due = epochOf(nowMs - offsetMs);
    if (state.isStopped || isBusy || due <= state.lastEpoch) return;
    state.lastEpoch = due;
    isBusy = true;
    running = deps.run({
      epoch: due,
      kind: "boundary",
      behindMarketMs: Math.max(0, nowMs - epochStartMs(due) - offsetMs),
    });
    void settle();
  }

  const stopTicks = deps.market.onTick(onTick);
  return {
    nextAtMs: () => (state.lastEpoch + 1) * EPOCH_MS + offsetMs,
    async stop() {
      state.isStopped = true;
      stopTicks();
      await running;
    },
  };
}
