// Transfers between epochs: bridges that outlive their plan are followed on at a steady pace, one look at a time.
import { errorText } from "@/lib/errors/tidegate-error";
import type { WorkerLog } from "./ports";

/** The tracker slows down by itself per transfer; this is only how soon a new one is seen. */
const LOOK_EVERY_MS = 10_000;

export interface TransferFollower {
  stop(): void;
}

export function followTransfers(deps: {
  /** One look; never more than one at a time. */
  readonly look: () => Promise<unknown>;
  readonly log: WorkerLog;
  readonly everyMs?: number;
}): TransferFollower {
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    deps
      .look()
      .catch((error: unknown) => deps.log.warn("execution.transfers-unread", { reason: errorText(error) }))
      .finally(() => {
        isLooking = false;
      });
  }, deps.everyMs ?? LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
