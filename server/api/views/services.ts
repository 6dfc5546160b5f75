// Each process, store and source with one sentence, its age, and what its trouble means for decisions.
import type * as z from "zod";
import type { HealthWord, ServiceDto, sourceDtoSchema } from "@/lib/api/schemas";
import { sourceHealthSchema } from "@/lib/api/worker-state";
import { formatAge } from "@/lib/format/age";
import type { ApiDeps } from "@/server/api/deps";
import type { DeskState } from "@/server/api/reads";
import { isWorkerLive } from "@/server/api/views/pair-summary";
import { HEARTBEAT_TTL_MS, storeKeys } from "@/server/infra/store/keys";
import { readJsonHash } from "@/server/infra/store/json-values";

export type SourceDto = z.infer<typeof sourceDtoSchema>;

/** Two missed refreshes of 10 s and some: the orchestrator writes its state at each. */
const ORCHESTRATOR_SILENT_MS = 30_000;
/** Candles older than this in market time are not fresh: five minutes (strategy.md section 10). */
const CANDLE_MAX_AGE_MS = 5 * 60_000;

function service(
  input: Pick<ServiceDto, "id" | "label" | "state" | "sentence" | "effect"> & Partial<ServiceDto>,
): ServiceDto {
  return { atMs: null, rssBytes: null, details: {}, ...input };
}

export async function servicesView(deps: ApiDeps, desk: DeskState): Promise<ServiceDto[]> {
  const now = deps.nowMs();
  const telemetryProblem = await deps.telemetry.problem();
  const running = desk.orchestrator?.workers.filter((worker) => isWorkerLive(desk, worker.pairId)).length ?? 0;
  const isOrchestratorSilent =
    desk.orchestrator !== null && now - desk.orchestrator.updatedAtMs > ORCHESTRATOR_SILENT_MS;
  const orchestratorAgeMs = desk.orchestrator === null ? null : now - desk.orchestrator.updatedAtMs;
  const collectorAgeMs = desk.collectorHeartbeat === null ? null : now - desk.collectorHeartbeat.atWallMs;
  const isSignerLive = desk.authority !== null && desk.authorityProblem === null;
  const memory = await storeMemory(deps);
  return [
    service({
      id: "signer",
      label: "Signer",
      state: !isSignerLive ? "stopped" : desk.authority?.state === "NORMAL" ? "ok" : "degraded",
      sentence: isSignerLive
        ? `${desk.authority?.state ?? ""}: ${desk.authority?.stateCause ?? ""}`
        : `does not answer: ${desk.authorityProblem ?? "no reason given"}`,
      effect: isSignerLive ? "signs what its policy allows" : "nothing is signed until it is back; decisions go on",
      atMs: desk.authority?.updatedAtMs ?? null,
    }),
    service({
      id: "orchestrator",
      label: "Orchestrator",
      state:
        orchestratorAgeMs === null ? "unknown" : isOrchestratorSilent || !desk.isOrchestratorHeld ? "stopped" : "ok",
      sentence:
        orchestratorAgeMs === null
          ? "has not reported yet"
          : !desk.isOrchestratorHeld
            ? `nobody holds its lock, last reported ${formatAge(orchestratorAgeMs)} ago`
            : `${running} of ${desk.orchestrator?.workers.length ?? 0} workers up, reported ${formatAge(orchestratorAgeMs)} ago`,
      effect: "its workers end with it; nobody decides until it is back, positions stay as they are",
      atMs: desk.orchestrator?.updatedAtMs ?? null,
      rssBytes: desk.orchestrator?.rssBytes ?? null,
    }),
    service({
      id: "collector",
      label: "Market data collector",
      state: collectorAgeMs === null ? "stopped" : collectorAgeMs > HEARTBEAT_TTL_MS ? "stopped" : "ok",
      sentence: collectorAgeMs === null ? "no heartbeat" : `heartbeat ${formatAge(collectorAgeMs)} ago`,
      effect: "candles age; from 5 min on every pair holds",
      atMs: desk.collectorHeartbeat?.atWallMs ?? null,
      rssBytes: desk.collectorHeartbeat?.rssBytes ?? null,
    }),
    service({
      id: "store",
      label: "Hot state (Redis protocol)",
      state: "ok",
      sentence: "answers",
      effect: "without it no new plan starts; stop, pause and approve still work",
      atMs: now,
      rssBytes: memory,
    }),
    service({
      id: "telemetry",
      label: "Log store (OpenObserve)",
      state: telemetryProblem === null ? "ok" : "degraded",
      sentence: telemetryProblem ?? "answers",
      effect: "decisions: not affected; charts come from the hot state, records wait in the spool",
      atMs: now,
    }),
  ];
}

async function storeMemory(deps: ApiDeps): Promise<number | null> {
  const info = await deps.store.call("read the memory of the store", (redis) => redis.info("memory"));
  const match = info.ok ? /used_memory_rss:(\d+)/.exec(info.value) : null;
  return match === null ? null : Number(match[1]);
}

/** Sources speak of market time (safety.md 3.8c), so their ages are measured with it. */
export async function sourcesView(deps: ApiDeps, desk: DeskState, marketNowMs: number): Promise<SourceDto[]> {
  const venues = (desk.collector?.venues ?? []).map((venue): SourceDto => ({
    id: `${venue.venue}:${venue.pairId}`,
    kind: "cex",
    label: venue.venue,
    pairId: venue.pairId,
    state: venue.state,
    lastAtMs: venue.lastTs,
    ageMs: venue.ageMs,
    maxAgeMs: CANDLE_MAX_AGE_MS,
    sentence:
      venue.error ?? (venue.ageMs === null ? "no candles yet" : `last closed minute ${formatAge(venue.ageMs)} old`),
  }));
  const health = await readJsonHash(deps.store, storeKeys.sources, sourceHealthSchema);
  const others = health.ok ? [...health.value.values.values()] : [];
  return [
    ...venues,
    ...others.map((source): SourceDto => ({
      ...source,
      ageMs: source.lastAtMs === null ? null : Math.max(0, marketNowMs - source.lastAtMs),
    })),
  ];
}

const ORDER: readonly HealthWord[] = ["ok", "paused", "unknown", "degraded", "stopped"];

/** The worst of several words; unknown is worse than OK. */
export function worst(words: readonly HealthWord[]): HealthWord {
  return words.reduce<HealthWord>((most, word) => (ORDER.indexOf(word) > ORDER.indexOf(most) ? word : most), "ok");
}
