// Plays recorded events into an exact pool, step by step, so that a backtest can hold its own positions among them.
import { ok, type Result } from "@/lib/errors/result";
import type { PoolEvent } from "./events";
import type { PoolSimulator } from "./pool-simulator";
import { applyEvent, createStartedPool, inferStartState, type ReplayPool, type StartState } from "./start-state";

export interface EventReplay {
  readonly start: StartState;
  /** The pool; mint, burn and collect own positions in it under any owner but `BACKGROUND_OWNER`. */
  readonly simulator: PoolSimulator;
  /** Carries out all events before `atMs` that have not been; returns how many were done and which the pool refused. */
  advanceTo(atMs: number): { readonly done: number; readonly refused: readonly PoolEvent[] };
  /** Whether every event was carried out. */
  isDone(): boolean;
}

/**
 * Own liquidity makes recorded swaps move the price less than they did; nobody in a replay reacts to that. It is exact for
 * the pool so obtained and close to what happened as long as the own share is small.
 */
export function createEventReplay(events: readonly PoolEvent[], pool: ReplayPool): Result<EventReplay, string> {
  const start = inferStartState(events, pool);
  if (!start.ok) return start;
  const simulator = createStartedPool(start.value, pool);
  let next = 0;
  return ok({
    start: start.value,
    simulator,
    advanceTo(atMs) {
      const refused: PoolEvent[] = [];
      const from = next;
      for (let event = events[next]; event !== undefined && event.atMs < atMs; event = events[next]) {
        if (!applyEvent(simulator, event)) refused.push(event);
        next += 1;
      }
      return { done: next - from - refused.length, refused };
    },
    isDone: () => next >= events.length,
  });
}
