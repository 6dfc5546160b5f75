// The one wide event of a cycle: the same flat fields go to the log line `cycle.completed` and to the stream `epochs`.
import type { Logger } from "./logger-port";
import type { Telemetry } from "./openobserve";
import type { RecordInput } from "./record-codec";
import { epochRecords } from "./records";

export type CycleEvent = RecordInput<typeof epochRecords.columns>;

export function emitCycleEvent(
  deps: { readonly log: Logger; readonly telemetry: Telemetry },
  event: CycleEvent,
  at: { readonly atMs: number; readonly wallAtMs: number },
): void {
  deps.log.info("cycle.completed", event);
  // One event per cycle, also when the same cycle is recorded again after a restart.
  const eventId = event.cycleId ?? undefined;
  deps.telemetry.emit("epochs", epochRecords.encode(event, eventId === undefined ? at : { ...at, eventId }));
}
