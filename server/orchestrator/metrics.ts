// Prometheus metrics of the deployment as the orchestrator sees it.
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { OrchestratorState } from "@/lib/api/worker-state";

export interface MetricsInput {
  readonly state: () => OrchestratorState;
  readonly heartbeatOf: (pairId: string) => {
    readonly rssBytes: number;
    readonly loopLagMs: number;
    readonly epoch: number | null;
    readonly atWallMs: number;
  } | null;
  readonly marketNowMs: () => number;
  readonly storeUp: () => boolean;
}

const WORKER_STATES = ["starting", "running", "draining", "backoff", "halted", "stopped"] as const;

export function createMetrics(
  input: MetricsInput,
): () => Promise<{ readonly contentType: string; readonly body: string }> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "tidegate_orchestrator_" });
  const gauge = (name: string, help: string, labelNames: readonly string[]): Gauge =>
    new Gauge({ name: `tidegate_${name}`, help, labelNames: [...labelNames], registers: [registry] });

  const state = gauge("worker_state", "1 for the state the worker is in", ["pair", "state"]);
  const restarts = gauge("worker_restarts", "Starts after the first one", ["pair"]);
  const rss = gauge("worker_rss_bytes", "Resident memory of the worker", ["pair"]);
  const lag = gauge("worker_loop_lag_ms", "Event loop lag of the worker", ["pair"]);
  const epoch = gauge("worker_epoch", "Last epoch the worker has begun", ["pair"]);
  const heartbeat = gauge("worker_heartbeat_age_seconds", "Age of the last heartbeat", ["pair"]);
  const market = gauge("market_time_seconds", "Market time of the deployment", []);
  const store = gauge("store_up", "1 when the hot store answers", []);

  return async () => {
    for (const worker of input.state().workers) {
      const pair = worker.pairId;
      for (const each of WORKER_STATES) state.set({ pair, state: each }, worker.state === each ? 1 : 0);
      restarts.set({ pair }, worker.restarts);
      const beat = input.heartbeatOf(pair);
      if (beat === null) continue;
      rss.set({ pair }, beat.rssBytes);
      lag.set({ pair }, beat.loopLagMs);
      if (beat.epoch !== null) epoch.set({ pair }, beat.epoch);
      heartbeat.set({ pair }, Math.max(0, (Date.now() - beat.atWallMs) / 1000));
    }
    market.set(input.marketNowMs() / 1000);
    store.set(input.storeUp() ? 1 : 0);
    return { contentType: registry.contentType, body: await registry.metrics() };
  };
}
