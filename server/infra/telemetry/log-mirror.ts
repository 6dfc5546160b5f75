// Lines of a process's log as records of the `logs` stream, under the ids a trace is asked by; called with what the redactor left.
import type { MarketClock, WallClock } from "@/server/infra/clock";
import type { LogLine } from "./logger";
import type { Telemetry } from "./openobserve";
import { logRecords } from "./records";

export interface LogMirrorDeps {
  readonly telemetry: Pick<Telemetry, "emit">;
  readonly market: Pick<MarketClock, "nowMs">;
  readonly wall: Pick<WallClock, "nowMs">;
}

/** Only queues: the telemetry client sends in its own time, spools what the store does not take, and never throws. */
export function logMirror(deps: LogMirrorDeps): (line: LogLine) => void {
  const { telemetry, market, wall } = deps;
  return (line) => {
    const { pairId, cycleId, planId, opId, ...rest } = line.fields;
    telemetry.emit(
      "logs",
      logRecords.encode(
        {
          level: line.level,
          event: line.event,
          process: line.process,
          pairId: text(pairId),
          cycleId: text(cycleId),
          planId: text(planId) ?? planOf(opId),
          opId: text(opId),
          detail: rest,
        },
        { atMs: market.nowMs(), wallAtMs: wall.nowMs() },
      ),
    );
  };
}

/** An operation's id begins with its plan's (`<planId>/<index>`). */
function planOf(opId: unknown): string | null {
  const [planId, index] = text(opId)?.split("/") ?? [];
  return planId === undefined || planId === "" || index === undefined ? null : planId;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
