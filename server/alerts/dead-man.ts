// The dead-man ping: out once a minute while everything here can see and write; when it stops, somebody elsewhere raises the alarm.
import type { Send } from "./send";

const EVERY_MS = 60_000;

export interface DeadManStatus {
  /** Host of the service; null: none is configured. */
  readonly host: string | null;
  readonly lastOkAtMs: number | null;
  readonly lastError: string | null;
}

export interface DeadMan {
  /** Pings when it is time and `isHealthy`; never throws. */
  beat(isHealthy: boolean): Promise<void>;
  status(): DeadManStatus;
}

export function createDeadMan(deps: {
  readonly send: Send;
  readonly url: string | null;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}): DeadMan {
  const { url } = deps;
  const host = url !== null && URL.canParse(url) ? new URL(url).host : null;
  let lastTryMonoMs: number | null = null;
  let lastOkAtMs: number | null = null;
  let lastError: string | null = null;
  return {
    async beat(isHealthy) {
      if (url === null || !isHealthy) return;
      const nowMonoMs = deps.monotonicMs();
      if (lastTryMonoMs !== null && nowMonoMs - lastTryMonoMs < EVERY_MS) return;
      lastTryMonoMs = nowMonoMs;
      const answer = await deps.send({ method: "GET", url });
      if (answer.ok && answer.value.status >= 200 && answer.value.status < 300) {
        lastOkAtMs = deps.nowMs();
        lastError = null;
      } else {
        lastError = answer.ok ? `${host ?? ""} answered ${answer.value.status}` : answer.error.message;
      }
    },
    status: () => ({ host, lastOkAtMs, lastError }),
  };
}
