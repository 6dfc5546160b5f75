// One line per refused request, so that who tries something is seen; a flood of them is counted instead of written.
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { ApiError } from "./api-error";
import type { Session } from "./session";

/** Lines at once, and one more per refill: a flood must not fill the disk. Choice. */
const BURST = 2_000;
const REFILL_MS = 50;
const MAX_PATH_CHARS = 200;
/** Longest part of a message that a client may have written itself. */
const MAX_REASON_CHARS = 400;

export interface RefusalLog {
  log(
    request: Request,
    seen: { readonly caller: string; readonly session: Session | null },
    error: Pick<ApiError, "code" | "message" | "field">,
  ): void;
}

export function createRefusalLog(log: Logger, nowMs: () => number): RefusalLog {
  let lines = BURST;
  let refilledAtMs = nowMs();
  let dropped = 0;
  return {
    log(request, seen, error) {
      const now = nowMs();
      const refill = Math.floor(Math.max(0, now - refilledAtMs) / REFILL_MS);
      if (refill > 0) {
        lines = Math.min(BURST, lines + refill);
        refilledAtMs = now;
      }
      if (lines === 0) {
        dropped += 1;
        return;
      }
      lines -= 1;
      // Neither query nor headers: they may hold what a person typed.
      log.warn("api.refused", {
        method: request.method.slice(0, 20),
        path: new URL(request.url).pathname.slice(0, MAX_PATH_CHARS),
        caller: seen.caller,
        address: seen.session?.address ?? null,
        code: error.code,
        field: error.field ?? null,
        reason: error.message.slice(0, MAX_REASON_CHARS),
        ...(dropped === 0 ? {} : { notLoggedCount: dropped }),
      });
      dropped = 0;
    },
  };
}
