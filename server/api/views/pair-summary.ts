// One row of the pairs table: what the worker saw, what the signer allows, and whether the worker lives.
import type { PairSummary, WorkerDto } from "@/lib/api/schemas";
import type { ApiDeps } from "@/server/api/deps";
import { type DeskState, pairAuthority } from "@/server/api/reads";
import { pairInTransitUsd } from "@/server/api/views/transit";

/** A worker that has not written for this long is not trusted to be live: three block marks of a slow chain. */
const STALE_STATE_MS = 60_000;

export function workerView(desk: DeskState, pairId: string): WorkerDto {
  const supervised = desk.orchestrator?.workers.find((worker) => worker.pairId === pairId) ?? null;
  const state = desk.workers.get(pairId) ?? null;
  const heartbeat = state === null ? null : (desk.heartbeats.get(state.workerId) ?? null);
  return {
    pairId,
    workerId: supervised?.workerId ?? state?.workerId ?? null,
    pid: supervised?.pid ?? heartbeat?.pid ?? null,
    state: supervised === null ? "missing" : supervised.state,
    phase: heartbeat?.phase ?? state?.phase ?? "unknown",
    heartbeatAtMs: heartbeat?.atWallMs ?? null,
    restarts: supervised?.restarts ?? 0,
    lastExit: supervised?.lastExit ?? null,
    nextStartAtMs: supervised?.nextStartAtMs ?? null,
    rssBytes: heartbeat?.rssBytes ?? null,
    loopLagMs: heartbeat?.loopLagMs ?? null,
    lastEpoch: state?.lastEpoch ?? null,
    lastEpochWallAtMs: state?.lastEpochWallAtMs ?? null,
    nextEpochMarketAtMs: state?.nextEpochMarketAtMs ?? null,
    latenessMs: state?.latenessMs ?? null,
  };
}

export function isWorkerLive(desk: DeskState, pairId: string): boolean {
  const worker = workerView(desk, pairId);
  return worker.heartbeatAtMs !== null && (worker.state === "running" || worker.state === "starting");
}

export function pairSummary(deps: ApiDeps, desk: DeskState, pairId: string): PairSummary {
  const state = desk.workers.get(pairId) ?? null;
  const authority = pairAuthority(desk, pairId);
  const pair = deps.registry.pair(pairId);
  const [base = "", quote = ""] = pair === null ? pairId.split("-") : [pair.base, pair.quote];
  const chains = new Map(
    deps.registry.poolsOf(pairId).map(({ chain }) => [chain.id, { id: chain.id, name: chain.name }]),
  );
  const isStale = state === null || deps.nowMs() - state.updatedAtMs > STALE_STATE_MS;
  const shown: Pick<PairSummary, "state" | "stateSentence" | "stateSinceAtMs"> =
    authority !== null && authority.halted !== null
      ? { state: "halted", stateSentence: authority.halted.cause, stateSinceAtMs: authority.halted.sinceAtMs }
      : authority !== null && authority.paused !== null
        ? {
            state: "paused",
            stateSentence: `paused (${authority.paused.kind.replaceAll("_", " ")}): ${authority.paused.reason}`,
            stateSinceAtMs: authority.paused.sinceAtMs,
          }
        : state === null || isStale
          ? {
              state: "unknown",
              stateSentence:
                state === null
                  ? "the worker of this pair has not reported yet"
                  : `the worker has been silent for ${Math.round((deps.nowMs() - state.updatedAtMs) / 1000)} s`,
              stateSinceAtMs: state?.updatedAtMs ?? null,
            }
          : { state: state.state, stateSentence: state.stateSentence, stateSinceAtMs: state.stateSinceMarketMs };
  const main = state?.positions.toSorted((left, right) => right.valueUsd - left.valueUsd)[0] ?? null;
  return {
    id: pairId,
    base,
    quote,
    chains: [...chains.values()],
    mode: authority?.mode ?? "observe",
    pause: authority?.paused ?? null,
    halted: authority?.halted ?? null,
    ...shown,
    price: state?.price ?? null,
    priceAtMs: state?.priceAtMarketMs ?? null,
    priceChange24hFrac: state?.priceChange24hFrac ?? null,
    range:
      main === null
        ? null
        : {
            lower: main.priceLower,
            upper: main.priceUpper,
            targetLower: main.targetLower,
            targetUpper: main.targetUpper,
          },
    valueUsd: state?.valueUsd ?? null,
    positionsUsd: state?.positionsUsd ?? null,
    idleUsd: state?.idleUsd ?? null,
    inTransitUsd: pairInTransitUsd(deps.registry, pairId, { transfers: desk.transfers, state }),
    unclaimedFeesUsd: state?.unclaimedFeesUsd ?? null,
    inRange24hFrac: state?.inRange24hFrac ?? null,
    fees24hUsd: state?.fees24hUsd ?? null,
    net24hUsd: state?.net24hUsd ?? null,
    lastDecision: state?.lastDecision ?? null,
    openPlanId: authority?.openPlanId ?? null,
    worker: workerView(desk, pairId),
  };
}
