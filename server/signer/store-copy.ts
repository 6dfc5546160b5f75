// Copies of the signer's records for the desk and the workers: latest state wins, streams keep order, a store that is away is caught up later.
import * as z from "zod";
import type { CommandRecord } from "@/lib/api/commands";
import type { DeskEvent } from "@/lib/api/events";
import type { Authority as AuthorityWire, Orphan, PlanRecord, Transfer } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { StoreClient } from "@/server/infra/store/client";
import { decodeJson } from "@/server/infra/store/codec";
import { appendCommandCopy, appendTxlog } from "@/server/infra/store/commands";
import { publishEvent } from "@/server/infra/store/events";
import { writeJson } from "@/server/infra/store/json-values";
import { COMMANDS_KEPT_COUNT, PLANS_KEPT_COUNT, storeKeys } from "@/server/infra/store/keys";
import { writePlanCopy } from "@/server/infra/store/plans";
import { readStreamTail } from "@/server/infra/store/pubsub";
import type { Logger } from "@/server/infra/telemetry/logger-port";

export interface CopySources {
  authority(): AuthorityWire;
  /** Null when the journal does not know it. */
  plan(planId: string): PlanRecord | null;
  recentPlans(limit: number): readonly PlanRecord[];
  /** The command with its outcome so far. */
  command(commandId: Hex): CommandRecord | null;
  commandsSince(pairId: string, seq: number): readonly CommandRecord[];
  pairIds(): readonly string[];
  /** Newest first. */
  transfers(): readonly Transfer[];
  orphans(): readonly Orphan[];
}

export interface StoreCopyDeps {
  readonly store: StoreClient;
  readonly sources: CopySources;
  readonly wall: WallClock;
  readonly log: Logger;
}

export interface StoreCopy {
  commandRecorded(record: CommandRecord): void;
  planChanged(planId: string): void;
  opChanged(opId: string): void;
  /** Authority, pair states or the signer's own state changed. */
  stateChanged(): void;
  /** Everything again, for a store that was emptied. */
  rebuild(): void;
  status(): {
    readonly behindSinceAtMs: number | null;
    readonly droppedCount: number;
    readonly lastError: string | null;
  };
  /** True when all is copied within the time. */
  settle(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** Entries kept for a store that is away; older ones are in the journal and the command log. */
const MAX_WAITING = 2_000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** How often an emptied store is noticed and the signer's state is written again. */
const REFRESH_MS = 10_000;
/** Plans written again into an emptied store. */
const REBUILD_PLANS = Math.min(PLANS_KEPT_COUNT, 200);

const COPIED_TRANSFERS = 200;

type Flush = Result<unknown, StoreError>;

export function createStoreCopy(deps: StoreCopyDeps): StoreCopy {
  const { store, sources, wall, log } = deps;
  const plans = new Set<string>();
  const pairsWithCommands = new Set<string>(sources.pairIds());
  /** Last sequence number in the pair's stream; absent = has to be read first. */
  const copiedSeq = new Map<string, number>();
  const txlog: unknown[] = [];
  const events: DeskEvent[] = [];
  let isStateDirty = true;
  let isRunning = false;
  let isClosed = false;
  let retryMs = RETRY_MIN_MS;
  let retryTimer: ReturnType<typeof setTimeout> | null = null;
  let behindSinceAtMs: number | null = null;
  let droppedCount = 0;
  let lastError: string | null = null;
  let lastSignerState = "";

  function enqueue<T>(queue: T[], entry: T): void {
    queue.push(entry);
    if (queue.length > MAX_WAITING) {
      queue.shift();
      droppedCount += 1;
    }
  }

  function hasWork(): boolean {
    return isStateDirty || plans.size > 0 || pairsWithCommands.size > 0 || txlog.length > 0 || events.length > 0;
  }

  function isOpen(): boolean {
    return !isClosed;
  }

  function wake(): void {
    if (isRunning || isClosed || retryTimer !== null) return;
    void pump();
  }

  async function pump(): Promise<void> {
    isRunning = true;
    let failure: StoreError | null = null;
    do failure = await flushAll();
    while (failure === null && hasWork() && isOpen());
    isRunning = false;
    if (isClosed) return;
    if (failure === null) {
      if (behindSinceAtMs !== null)
        log.info("signer.store-caught-up", { behindMs: wall.nowMs() - behindSinceAtMs, droppedCount });
      behindSinceAtMs = null;
      lastError = null;
      retryMs = RETRY_MIN_MS;
      if (hasWork()) wake();
      return;
    }
    if (behindSinceAtMs === null) {
      behindSinceAtMs = wall.nowMs();
      log.warn("signer.store-behind", { code: failure.code, reason: failure.message });
    }
    lastError = failure.message;
    retryTimer = setTimeout(
      () => {
        retryTimer = null;
        wake();
      },
      retryMs * (0.75 + Math.random() * 0.5),
    );
    retryTimer.unref();
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  }

  /** One round over everything; a refusal of one key does not hold up the others. Events come last: readers then find the new copies. */
  async function flushAll(): Promise<StoreError | null> {
    let failure: StoreError | null = null;
    const note = (flushed: Flush): boolean => {
      if (flushed.ok) return true;
      failure = flushed.error;
      return flushed.error.code !== "unreachable" && flushed.error.code !== "timeout";
    };
    if (isStateDirty) {
      isStateDirty = false;
      const flushed = await flushState();
      if (!flushed.ok) isStateDirty = true;
      if (!note(flushed)) return failure;
    }
    // Lists of this round: what fails goes back into its set for the next one.
    const planIds = Array.from(plans);
    for (const planId of planIds) {
      plans.delete(planId);
      const record = sources.plan(planId);
      if (record === null) continue;
      const flushed = await writePlanCopy(store, { planId, createdAtMs: record.createdAtMs, value: record });
      if (!flushed.ok) plans.add(planId);
      if (!note(flushed)) return failure;
    }
    const pairIds = Array.from(pairsWithCommands);
    for (const pairId of pairIds) {
      pairsWithCommands.delete(pairId);
      const flushed = await flushCommands(pairId);
      if (!flushed.ok) pairsWithCommands.add(pairId);
      if (!note(flushed)) return failure;
    }
    for (const queue of [txlog, events]) {
      for (let entry = queue[0]; entry !== undefined; entry = queue[0]) {
        const flushed = queue === txlog ? await appendTxlog(store, entry) : await publishEvent(store, entry);
        if (!flushed.ok) {
          if (!note(flushed)) return failure;
          break;
        }
        // The queue may have dropped its head meanwhile.
        if (queue[0] === entry) queue.shift();
      }
    }
    return failure;
  }

  async function flushState(): Promise<Flush> {
    const authority = sources.authority();
    const copied = await writeJson(store, storeKeys.authority, authority);
    if (!copied.ok) return copied;
    const state = {
      state: authority.state,
      cause: authority.stateCause,
      sinceAtMs: authority.stateSinceMs,
      wallet: authority.wallet,
      journalSeq: authority.journalSeq,
      commandSeq: authority.commandSeq,
      rssBytes: process.memoryUsage.rss(),
      updatedAtMs: authority.updatedAtMs,
    };
    const written = await writeJson(store, storeKeys.signerState, state);
    if (!written.ok) return written;
    const transfers = await writeJson(store, storeKeys.transfers, {
      transfers: sources.transfers().slice(0, COPIED_TRANSFERS),
    });
    if (!transfers.ok) return transfers;
    const orphans = await writeJson(store, storeKeys.orphans, { orphans: sources.orphans() });
    if (!orphans.ok) return orphans;
    const shown = `${state.state} ${state.cause}`;
    if (shown !== lastSignerState) {
      lastSignerState = shown;
      enqueue(events, {
        type: "service.changed",
        atMs: wall.nowMs(),
        id: "signer",
        state: state.state,
        detail: state.cause,
      });
    }
    return written;
  }

  async function flushCommands(pairId: string): Promise<Flush> {
    let seq = copiedSeq.get(pairId);
    if (seq === undefined) {
      const found = await readCopiedSeq(store, pairId);
      if (!found.ok) return found;
      seq = found.value;
      copiedSeq.set(pairId, seq);
    }
    for (const command of sources.commandsSince(pairId, seq).slice(-COMMANDS_KEPT_COUNT)) {
      const appended = await appendCommandCopy(store, pairId, command);
      if (!appended.ok) {
        // A timed out append may have arrived: the stream itself says how far it got.
        copiedSeq.delete(pairId);
        return appended;
      }
      copiedSeq.set(pairId, command.seq);
    }
    return ok(null);
  }

  function rebuild(): void {
    isStateDirty = true;
    copiedSeq.clear();
    for (const pairId of sources.pairIds()) pairsWithCommands.add(pairId);
    for (const plan of sources.recentPlans(REBUILD_PLANS)) plans.add(plan.planId);
    wake();
  }

  async function refresh(): Promise<void> {
    if (isClosed || behindSinceAtMs !== null) return;
    const found = await store.call("look for the authority copy", (redis) => redis.exists(storeKeys.authority));
    if (found.ok && found.value === 0 && !isStateDirty) {
      log.warn("signer.store-emptied", { key: storeKeys.authority });
      rebuild();
      return;
    }
    isStateDirty = true;
    wake();
  }

  const refreshTimer = setInterval(() => void refresh(), REFRESH_MS);
  refreshTimer.unref();
  const unsubscribe = store.onStatus((status) => {
    if (status.state !== "ready" || isClosed) return;
    // It may have come back empty.
    if (retryTimer !== null) clearTimeout(retryTimer);
    retryTimer = null;
    retryMs = RETRY_MIN_MS;
    rebuild();
  });
  rebuild();

  return {
    commandRecorded(record) {
      isStateDirty = true;
      const pairId = sources.pairIds().find((each) => each === record.target || record.params["pairId"] === each);
      if (pairId !== undefined) pairsWithCommands.add(pairId);
      const atMs = wall.nowMs();
      // A result is shown as what became of its command.
      const shown = record.action === "command.result" ? (sources.command(record.commandId) ?? record) : record;
      enqueue(events, {
        type: "command.changed",
        atMs,
        commandId: shown.commandId,
        action: shown.action,
        target: shown.target,
        status: shown.status,
        result: shown.result,
        planId: shown.planId,
      });
      enqueue(events, { type: "authority.changed", atMs, commandSeq: record.seq });
      wake();
    },
    planChanged(planId) {
      isStateDirty = true;
      plans.add(planId);
      const record = sources.plan(planId);
      if (record !== null) {
        enqueue(events, {
          type: "plan.changed",
          atMs: wall.nowMs(),
          pairId: record.plan.pairId,
          planId,
          status: record.status,
        });
      }
      wake();
    },
    opChanged(opId) {
      const planId = opId.split("/")[0] ?? "";
      const record = sources.plan(planId);
      const op = record?.ops.find((each) => each.opId === opId);
      plans.add(planId);
      isStateDirty = true;
      if (record !== null && op !== undefined) {
        const atMs = wall.nowMs();
        enqueue(txlog, { ...op, atMs, pairId: record.plan.pairId, planId });
        enqueue(events, {
          type: "op.changed",
          atMs,
          pairId: record.plan.pairId,
          planId,
          opId,
          state: op.state,
          txHash: op.txHash,
        });
      }
      wake();
    },
    stateChanged() {
      isStateDirty = true;
      wake();
    },
    rebuild,
    status: () => ({ behindSinceAtMs, droppedCount, lastError }),
    async settle(timeoutMs) {
      const deadlineMonoMs = wall.monotonicMs() + timeoutMs;
      while (wall.monotonicMs() < deadlineMonoMs) {
        if (!isRunning && !hasWork()) return true;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return false;
    },
    close() {
      isClosed = true;
      clearInterval(refreshTimer);
      if (retryTimer !== null) clearTimeout(retryTimer);
      unsubscribe();
    },
  };
}

const seqSchema = z.object({ seq: z.number().int() });

/** 0 for an empty stream; a last entry that cannot be read counts as nothing copied, readers drop doubles by seq. */
async function readCopiedSeq(store: StoreClient, pairId: string): Promise<Result<number, StoreError>> {
  const stream = storeKeys.pairCommands(pairId);
  const tail = await readStreamTail(store, { stream, limit: 1 });
  if (!tail.ok) return tail;
  const newest = tail.value[0];
  if (newest === undefined) return ok(0);
  const decoded = decodeJson(`${stream} ${newest.id}`, newest.json, seqSchema);
  return ok(decoded.ok ? decoded.value.seq : 0);
}
