// What handlers read, gathered once per request: authority, worker states, orchestrator, collector; a part that is away is null with its reason.
import type { Authority, PairState, Transfer } from "@/lib/api/signer-contract";
import {
  type CollectorState,
  collectorStateSchema,
  type OrchestratorState,
  orchestratorStateSchema,
  type WorkerState,
  workerStateSchema,
} from "@/lib/api/worker-state";
import { moneyRecordSchema, type MoneyRecord } from "@/lib/epoch/money-record";
import { epochRecordSchema, type EpochRecord } from "@/lib/epoch/epoch-record";
import { err, ok, type Result } from "@/lib/errors/result";
import { readEpochRecords, readMoneyRecords } from "@/server/infra/store/epochs";
import { type Heartbeat, readCollectorHeartbeat, readWorkerHeartbeats } from "@/server/infra/store/heartbeats";
import { readJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";
import { readWorkerState } from "@/server/infra/store/worker-state";
import { fromStoreError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import { createSharedReads, type SharedReads } from "./shared-reads";
import { rawInTransit } from "./views/transit";

export interface DeskState {
  readonly authority: Authority | null;
  /** Why the authority is missing, or that it is a copy. */
  readonly authorityProblem: string | null;
  readonly orchestrator: OrchestratorState | null;
  /** Somebody holds the orchestrator's lock; without it the state above is only its last word. */
  readonly isOrchestratorHeld: boolean;
  readonly collector: CollectorState | null;
  readonly collectorHeartbeat: Heartbeat | null;
  readonly workers: ReadonlyMap<string, WorkerState>;
  readonly heartbeats: ReadonlyMap<string, Heartbeat | null>;
  /** Those with something under way; null when the signer cannot be asked. */
  readonly transfers: readonly Transfer[] | null;
}

/** One question to the signer serves every page for this long. */
const TRANSFERS_KEPT_MS = 1_000;
const keptTransfers = new WeakMap<ApiDeps, { readonly atMs: number; readonly transfers: readonly Transfer[] | null }>();

/** The authority says whether anything is under way; only then the transfers are read. */
async function openTransfers(deps: ApiDeps, authority: Authority | null): Promise<readonly Transfer[] | null> {
  if (authority === null) return null;
  if (authority.pairs.every(({ transit }) => transit === null || transit === undefined)) return [];
  const kept = keptTransfers.get(deps);
  if (kept !== undefined && deps.nowMs() - kept.atMs < TRANSFERS_KEPT_MS) return kept.transfers;
  const listed = await deps.control.call("transfers.list", {}, { timeoutMs: 1_500 });
  const transfers = listed.ok ? listed.value.transfers.filter((transfer) => rawInTransit(transfer) > 0n) : null;
  keptTransfers.set(deps, { atMs: deps.nowMs(), transfers });
  return transfers;
}

const deskReads = new WeakMap<ApiDeps, SharedReads<Result<DeskState, ApiError>>>();

/** Everything the overview and the lists need; an error only when the store itself is away. */
export function readDeskState(deps: ApiDeps): Promise<Result<DeskState, ApiError>> {
  const reads = deskReads.get(deps) ?? createSharedReads();
  deskReads.set(deps, reads);
  return reads.read("desk", () => gatherDeskState(deps));
}

async function gatherDeskState(deps: ApiDeps): Promise<Result<DeskState, ApiError>> {
  const [authority, orchestrator, lease, collector, collectorHeartbeat, workers] = await Promise.all([
    deps.authority.read(),
    readJson(deps.store, storeKeys.orchestratorState, orchestratorStateSchema),
    deps.store.call("read the orchestrator's lock", (redis) => redis.get(storeKeys.orchestratorLease)),
    readJson(deps.store, storeKeys.collectorState, collectorStateSchema),
    readCollectorHeartbeat(deps.store),
    Promise.all(
      deps.settings.pairIds.map(async (pairId) => {
        return [pairId, await readWorkerState(deps.store, pairId, workerStateSchema)] as const;
      }),
    ),
  ]);
  if (!orchestrator.ok && orchestrator.error.code !== "bad_data") return err(fromStoreError(orchestrator.error));
  const states = new Map<string, WorkerState>();
  for (const [pairId, state] of workers) {
    if (state.ok && state.value !== null) states.set(pairId, state.value.state);
    else if (!state.ok) deps.log.warn("api.worker-state-unreadable", { pairId, reason: state.error.message });
  }
  const ids = [...states.values()].map((state) => state.workerId);
  const heartbeats = await readWorkerHeartbeats(deps.store, ids);
  const known = authority.ok ? authority.value.authority : null;
  return ok({
    authority: known,
    authorityProblem: authority.ok
      ? authority.value.source === "copy"
        ? "the signer does not answer; this is its last copy"
        : null
      : authority.error.message,
    orchestrator: orchestrator.ok ? orchestrator.value : null,
    isOrchestratorHeld: lease.ok && lease.value !== null,
    collector: collector.ok ? collector.value : null,
    collectorHeartbeat: collectorHeartbeat.ok ? collectorHeartbeat.value : null,
    workers: states,
    heartbeats: heartbeats.ok ? heartbeats.value : new Map(),
    transfers: await openTransfers(deps, known),
  });
}

export function pairAuthority(desk: DeskState, pairId: string): PairState | null {
  return desk.authority?.pairs.find((pair) => pair.pairId === pairId) ?? null;
}

/** 404 for a pair this deployment does not run, with the ones it does. */
export function knownPair(deps: ApiDeps, pairId: string): Result<string, ApiError> {
  if (deps.settings.pairIds.includes(pairId)) return ok(pairId);
  return err({
    code: "not_found",
    message: `There is no pair ${pairId} here. This deployment runs: ${deps.settings.pairIds.join(", ") || "none"}.`,
  });
}

/** Results of the kept epochs, newest first: more of them than there are whole records. */
export async function readMoney(deps: ApiDeps, pairId: string): Promise<Result<readonly MoneyRecord[], ApiError>> {
  const records = await readMoneyRecords(deps.store, pairId, moneyRecordSchema);
  return records.ok ? records : err(fromStoreError(records.error));
}

export async function readEpochs(
  deps: ApiDeps,
  input: { readonly pairId: string; readonly limit: number; readonly offset?: number },
): Promise<Result<readonly EpochRecord[], ApiError>> {
  const records = await readEpochRecords(deps.store, input, epochRecordSchema);
  return records.ok ? records : err(fromStoreError(records.error));
}
