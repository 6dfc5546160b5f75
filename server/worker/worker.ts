// Worker of one pair: cycles on epoch boundaries, a light look at every market step in between, approved plans and signed commands at once.
import type { CommandRecord } from "@/lib/api/commands";
import type { PairState } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import { errorText } from "@/lib/errors/tidegate-error";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import type { FlowBook } from "@/lib/ledger/flow-book";
import type { Evaluation, StrategyMemory } from "@/lib/strategy/index";
import { epochOf, epochStartMs } from "@/lib/units";
import { checkGate } from "./approval-gate";
import { createClockHold } from "./clock-hold";
import { createExitWatch, type ExitPort } from "./exit-watch";
import { openControlChannel, type ControlDeps } from "./control-channel";
import { runCycle, type CycleOutcome } from "./cycle";
import { createLedgerFeed } from "./ledger-feed";
import type { LiveInputs } from "./live-inputs";
import { buildManualShift } from "./manual-shift";
import { createPositionLives } from "./position-lives";
import { decisionSentence, markPair, toDepthDto, type Mark } from "./pair-view";
import type { PairLock } from "./pair-lock";
import type { ChainView, CycleDeps } from "./ports";
import { startScheduler, type Turn } from "./scheduler";
import { proposeAndRun, runPlan } from "./steps/execute";
import { restoreMemory } from "./strategy-memory";
import { createTaskQueue } from "./task-queue";

export interface WorkerDeps extends CycleDeps {
  readonly lock: PairLock;
  readonly live: LiveInputs;
  readonly exit: ExitPort;
  readonly control: Omit<ControlDeps, "signer" | "log">;
  readonly market: CycleDeps["market"] & {
    onTick(listener: (tick: { readonly seq: number; readonly nowMs: number }) => void): () => void;
    ack(seq: number, participant: string): Promise<void>;
  };
  readonly newCycleId: () => string;
  readonly pid: number;
  readonly workerId: string;
  readonly writeHeartbeat: (beat: { readonly phase: string; readonly epoch: number | null }) => void;
  readonly disabledPools: WorkerState["disabledPools"];
  /** Ends the process; a drain follows. */
  readonly end: (reason: string, kind: "shutdown" | "restart" | "lease_lost") => void;
}

export interface Worker {
  /** Stops between two operations; an open plan stays open and the next worker goes on with it. */
  drain(): Promise<void>;
}

const HEARTBEAT_EVERY_MS = 15_000;
/** Looks more often than this would only load the node. */
const MARK_EVERY_MS = 400;
const GATE_EVERY_MS = 1_000;
const CLOCK_EVENT_EVERY_MS = 1_000;
const NET_EPOCHS_KEPT = 96;
const DAY_MS = 86_400_000;
/** A manual command that waited longer than this for a worker is not carried out any more: the operator saw another market. */
const MAX_COMMAND_AGE_MS = 300_000;
/** The collector needs a moment for the first page of each venue after a common start: longest wait for all, and for any two. */
const FIRST_CANDLES_WAIT_MS = 8_000;
const FIRST_QUORUM_WAIT_MS = 20_000;
const FIRST_CANDLES_POLL_MS = 250;
/** Well inside the 5 min of market time after which nothing is decided: a minute to close and one to arrive. */
const FIRST_CANDLES_AGE_MS = 180_000;
const VENUE_QUORUM = 2;
const HOLDING_PHASES: ReadonlySet<string> = new Set(["fetch", "compute", "decide"]);
/** strategy.md section 10. */
const SUPPRESS_EPOCHS = 4;

/** What the worker remembers between rounds; all of it can be lost without harm, and what the desk shows of it is restored from the store. */
interface Memory {
  isDraining: boolean;
  phase: string;
  pairState: PairState | null;
  evaluation: Evaluation | null;
  /** Kept in the epoch records too: a new worker goes on from the newest that has it. */
  strategy: StrategyMemory;
  lastRecord: EpochRecord | null;
  recentRecords: readonly EpochRecord[];
  /** Restored from the newest record that has it: what happened while no worker ran is counted by the next epoch. */
  book: FlowBook | null;
  mark: Mark | null;
  markState: WorkerState["state"];
  stateSinceMarketMs: number | null;
  outSince: Map<string, number>;
  depth: WorkerState["depth"];
  price24hAgo: number | null;
  isMarking: boolean;
  isLookDue: boolean;
  lastMarkMonoMs: number;
  lastClockMonoMs: number;
  lastBlocks: string;
  latenessMs: number | null;
}

export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { pairId, wall, market, log, live } = deps;
  const startedAtMs = wall.nowMs();
  const queue = createTaskQueue();
  const recent = await deps.record.recentEpochs(NET_EPOCHS_KEPT);
  const records = recent.ok ? recent.value : [];
  const stored = await deps.record.readState();
  const left = stored !== null && stored.marketAtMs <= market.nowMs() ? stored : null;
  const lives = createPositionLives(deps.pools, left, market.nowMs());
  const book = records.find((record) => record.accounting != null)?.accounting?.book ?? null;
  const ledger = createLedgerFeed({
    countedSeq: book?.seq ?? 0,
    ledgerSince: (seq, limit) => deps.signer.ledgerSince(seq, limit),
  });
  const memory: Memory = {
    isDraining: false,
    phase: "starting",
    pairState: null,
    evaluation: null,
    strategy: restoreMemory(records),
    lastRecord: records[0] ?? null,
    recentRecords: records,
    book,
    mark: null,
    markState: left?.state ?? "unknown",
    stateSinceMarketMs: left?.stateSinceMarketMs ?? null,
    outSince: new Map(
      left?.positions.flatMap(({ positionId, outSinceAtMs }) =>
        outSinceAtMs === null ? [] : [[positionId, outSinceAtMs]],
      ),
    ),
    depth: [],
    price24hAgo: null,
    isMarking: false,
    isLookDue: false,
    lastMarkMonoMs: Number.NEGATIVE_INFINITY,
    lastClockMonoMs: Number.NEGATIVE_INFINITY,
    lastBlocks: "",
    latenessMs: null,
  };
  /** By chain id; the newest reading of each. */
  const lastViews = new Map<number, ChainView>();
  const clock = createClockHold(market, `worker:${pairId}`);
  // Until the first cycle has read its inputs.
  clock.take();
  const shouldStop = (): boolean => memory.isDraining || !deps.lock.isHeld();
  const exits = createExitWatch({ port: deps.exit, wall, log, pairId });
  let isExitQueued = false;

  deps.lock.onLost((reason) => {
    log.error("lease.lost", { pairId, detail: reason.message });
    memory.isDraining = true;
    deps.end(reason.message, "lease_lost");
  });

  /** The market stands still while a cycle reads and decides; plans need its blocks, so it goes on while they run. */
  function setPhase(phase: string): void {
    memory.phase = phase;
    if (HOLDING_PHASES.has(phase)) clock.take();
    else clock.release();
  }

  // ---- cycles -------------------------------------------------------------------------------------------------------

  async function runTurn(turn: Turn): Promise<void> {
    if (shouldStop()) return;
    await queue.add(async () => {
      if (shouldStop()) return;
      try {
        await ledger.read();
        const outcome = await runCycle(deps, {
          epoch: turn.epoch,
          cycleId: deps.newCycleId(),
          observeOnly: turn.kind === "start",
          latenessMs: turn.behindMarketMs / Math.max(1, market.speed()),
          live,
          epochNetUsd: netsOldestFirst(memory.recentRecords),
          suppressUntilEpoch: suppressUntil(memory.recentRecords),
          memory: memory.strategy,
          book: memory.book,
          entries: ledger.entries(),
          onPhase: setPhase,
          shouldStop,
        });
        remember(outcome);
        if (outcome.fetched !== null) await refreshDepth(outcome.fetched.views);
      } catch (error) {
        // A bug in one cycle: it is on record, the process ends and comes back with a clean state.
        log.error("process.crashed", { pairId, detail: errorText(error) });
        deps.end(`a cycle threw: ${errorText(error)}`, "restart");
      }
      setPhase("idle");
    });
    await look();
  }

  function remember(outcome: CycleOutcome): void {
    memory.lastRecord = outcome.record;
    memory.recentRecords = [outcome.record, ...memory.recentRecords].slice(0, NET_EPOCHS_KEPT);
    memory.latenessMs = outcome.record.latenessMs;
    if (outcome.computed !== null) {
      memory.evaluation = outcome.computed.evaluation;
      memory.strategy = outcome.computed.evaluation.memory;
    }
    // What an epoch could not count belongs to the next one that can.
    const { accounting } = outcome.record;
    if (accounting != null) {
      memory.book = accounting.book;
      ledger.forget(accounting.book.seq);
    }
    if (outcome.fetched === null) return;
    memory.pairState = outcome.fetched.pairState;
    const { candles, observedAtMs } = outcome.fetched.snapshot;
    const at = candles.openAtMs.findIndex((openAtMs) => openAtMs >= observedAtMs - DAY_MS);
    memory.price24hAgo = at < 0 ? null : (candles.close[at] ?? null);
  }

  async function refreshDepth(views: readonly ChainView[]): Promise<void> {
    const depth: WorkerState["depth"][number][] = [];
    for (const view of views) {
      for (const pool of view.pools) {
        const read = await deps.chain.readDepth(view, pool);
        // Going on is safe: depth is for the chart only.
        if (read.ok) depth.push(toDepthDto(read.value, memory.mark?.positions ?? [], live.quoteUsd?.value ?? null));
      }
    }
    memory.depth = depth;
  }

  // ---- the look between epochs --------------------------------------------------------------------------------------

  /** Asked for while one is under way, another follows: what that one read may be older than what the caller saw happen. */
  async function look(): Promise<void> {
    if (memory.isMarking) memory.isLookDue = true;
    if (memory.isMarking || memory.isDraining) return;
    memory.isMarking = true;
    memory.isLookDue = false;
    memory.lastMarkMonoMs = wall.monotonicMs();
    try {
      const pairState = await deps.signer.pairState();
      if (pairState.ok) memory.pairState = pairState.value;
      if (memory.pairState === null) return;
      const { positions } = memory.pairState;
      const chainIds = [...new Set(deps.pools.map(({ chain }) => chain.id))];
      const read = await Promise.all(chainIds.map((chainId) => deps.chain.readChain(chainId, positions)));
      const views = read.flatMap((view) => (view.ok ? [view.value] : []));
      if (views.length > 0) noteMark(views, memory.pairState);
      await writeState();
    } finally {
      memory.isMarking = false;
    }
    if (memory.isLookDue) await look();
  }

  function noteMark(fresh: readonly ChainView[], pairState: PairState): void {
    const nowMs = market.nowMs();
    for (const view of fresh) lastViews.set(view.chainId, view);
    // A chain that cannot be read now is shown as it was last seen, with the age of its block; the others go on.
    const views = [...lastViews.values()];
    const marked = markPair({
      pairId,
      pools: deps.pools,
      views,
      pairState,
      evaluation: memory.evaluation,
      quoteUsd: live.quoteUsd?.value ?? null,
      marketNowMs: nowMs,
      outSince: memory.outSince,
    });
    lives.note({ known: pairState.positions, seen: marked.positions, nowMs });
    const mark: Mark = {
      ...marked,
      positions: marked.positions.map((position) => ({
        ...position,
        inRange24hFrac: lives.inRangeFrac(position.positionId),
      })),
    };
    memory.mark = mark;
    memory.outSince = new Map(
      mark.positions.flatMap(({ positionId, outSinceAtMs }) =>
        outSinceAtMs === null ? [] : [[positionId, outSinceAtMs]],
      ),
    );
    if (mark.state !== memory.markState) {
      memory.markState = mark.state;
      memory.stateSinceMarketMs = nowMs;
    }
    const blocks = mark.blocks.map((block) => `${block.chainId}:${block.number}`).join(",");
    if (blocks === memory.lastBlocks || mark.price === null) return;
    memory.lastBlocks = blocks;
    deps.record.publish({
      type: "pair.mark",
      atMs: wall.nowMs(),
      pairId,
      price: mark.price,
      blockNumber: mark.blocks[0]?.number ?? "0",
      state: mark.state === "in_range" || mark.state === "out_of_range" ? mark.state : "no_position",
      positions: mark.positions.map(({ positionId, inRange }) => ({ positionId, inRange })),
      marketAtMs: nowMs,
    });
  }

  async function writeState(): Promise<void> {
    const written = await deps.record.writeState(toState());
    if (!written.ok && written.error.code === "lease_lost") {
      log.error("lease.lost", { pairId, detail: written.error.message });
      deps.end(written.error.message, "lease_lost");
    }
  }

  function toState(): WorkerState {
    const { mark, lastRecord } = memory;
    const lastDay = memory.recentRecords.filter((record) => record.marketAtMs >= market.nowMs() - DAY_MS);
    const flows = lastDay.flatMap((record) => (record.flows === null ? [] : [record.flows]));
    const price = mark?.price ?? null;
    return {
      version: 1,
      pairId,
      workerId: deps.workerId,
      pid: deps.pid,
      phase: memory.isDraining ? "draining" : memory.phase,
      startedAtMs,
      updatedAtMs: wall.nowMs(),
      marketAtMs: market.nowMs(),
      marketSpeed: market.speed(),
      state: mark?.state ?? "unknown",
      stateSinceMarketMs: memory.stateSinceMarketMs,
      stateSentence: mark?.sentence ?? "not read yet",
      price,
      priceAtMarketMs: mark?.blocks[0]?.atMs ?? null,
      priceChange24hFrac: price === null || memory.price24hAgo === null ? null : price / memory.price24hAgo - 1,
      quoteUsd: live.quoteUsd?.value ?? null,
      blocks: mark?.blocks ?? [],
      positions: [...(mark?.positions ?? [])],
      account: [...(mark?.account ?? [])],
      depth: memory.depth,
      ranges: lives.ranges(),
      inRangeHistory: lives.history(),
      positionsUsd: mark?.positionsUsd ?? null,
      idleUsd: mark?.idleUsd ?? null,
      valueUsd: mark?.valueUsd ?? null,
      unclaimedFeesUsd: mark?.unclaimedFeesUsd ?? null,
      inRange24hFrac: lives.pairInRangeFrac(),
      fees24hUsd: flows.length === 0 ? null : flows.reduce((sum, flow) => sum + flow.feesUsd, 0),
      net24hUsd: flows.length === 0 ? null : flows.reduce((sum, flow) => sum + flow.netUsd, 0),
      lastDecision:
        lastRecord?.decision === null || lastRecord === null
          ? null
          : {
              epoch: lastRecord.epoch,
              kind: lastRecord.decision.kind,
              reason: lastRecord.decision.reason,
              marketAtMs: lastRecord.marketAtMs,
              planId: lastRecord.planId,
              planStatus: lastRecord.planStatus,
              sentence: decisionSentence(lastRecord),
            },
      lastEpoch: lastRecord?.epoch ?? null,
      lastEpochWallAtMs: lastRecord?.wallAtMs ?? null,
      nextEpochMarketAtMs: scheduler?.nextAtMs() ?? epochStartMs(epochOf(market.nowMs()) + 1),
      latenessMs: memory.latenessMs,
      freshness: lastRecord?.freshness ?? [],
      disabledPools: deps.disabledPools,
    };
  }

  // ---- plans and commands -------------------------------------------------------------------------------------------

  /** An open plan that may go on: approved by people, or left behind by the worker before us. */
  async function resumeOpenPlan(): Promise<void> {
    const planId = memory.pairState?.openPlanId ?? null;
    if (planId === null || queue.isBusy() || shouldStop() || isHeldBack(memory.pairState)) return;
    const record = await deps.signer.plan(planId);
    if (!record.ok || checkGate(record.value).kind !== "go" || queue.isBusy()) return;
    await queue.add(async () => {
      setPhase("execute");
      await runPlan(deps, record.value, shouldStop);
      setPhase("idle");
    });
    await look();
  }

  /** An exit that was ordered goes before everything else: it waits for the step under way, for nothing more. */
  async function driveExit(): Promise<void> {
    if (isExitQueued || shouldStop()) return;
    const state = await deps.signer.pairState();
    if (!state.ok || !exits.isDue(state.value) || isExitQueued) return;
    isExitQueued = true;
    await queue.add(async () => {
      const now = await deps.signer.pairState();
      if (now.ok && exits.isDue(now.value) && !shouldStop()) {
        memory.pairState = now.value;
        setPhase("execute");
        await exits.drive(now.value, shouldStop);
        setPhase("idle");
      }
    });
    isExitQueued = false;
    await look();
  }

  async function rehearseExit(): Promise<void> {
    const state = await deps.signer.pairState();
    if (state.ok && !shouldStop()) await deps.exit.rehearse(state.value);
  }

  async function onCommand(command: CommandRecord): Promise<void> {
    if (command.action === "system.exit") void driveExit();
    if (command.status !== "accepted") return;
    switch (command.action) {
      case "range.shift":
        await shiftByHand(command);
        return;
      case "worker.restart":
        await answer(command, "done", "the worker restarts", null);
        if (command.atMs >= startedAtMs) deps.end("restart asked for by a signed command", "restart");
        return;
      default:
        // Applied by the signer already; the page sees the new state with the next look.
        void look();
    }
  }

  async function shiftByHand(command: CommandRecord): Promise<void> {
    const ageMs = wall.nowMs() - command.atMs;
    if (ageMs > MAX_COMMAND_AGE_MS) {
      const limitSec = MAX_COMMAND_AGE_MS / 1000;
      await answer(
        command,
        "refused",
        `no worker ran for ${Math.round(ageMs / 1000)} s; after ${limitSec} s a command is not carried out any more, sign it again`,
        null,
      );
      return;
    }
    await queue.add(async () => {
      setPhase("fetch");
      const plan = await buildManualShift(deps, {
        command,
        epoch: epochOf(market.nowMs()),
        live,
        memory: memory.strategy,
      });
      setPhase("execute");
      if (!plan.ok) {
        await answer(command, "refused", plan.error, null);
      } else {
        const executed = await proposeAndRun(deps, plan.value, shouldStop);
        const isRefused = executed.planStatus === "refused" || executed.planId === null;
        const isWaiting = executed.planStatus === "waiting_approval";
        const sentence = isWaiting ? "the plan waits for approval" : (executed.planReason ?? executed.planStatus ?? "");
        await answer(command, isRefused ? "refused" : "done", sentence, executed.planId);
      }
      setPhase("idle");
    });
    await look();
  }

  async function answer(
    command: CommandRecord,
    status: "done" | "refused",
    result: string,
    planId: string | null,
  ): Promise<void> {
    const reply = await deps.signer.commandResult(command.commandId, status, result.slice(0, 400), planId);
    // The log keeps the command as accepted; the operator sees it without a result.
    if (!reply.ok) log.warn("command.refused", { pairId, commandId: command.commandId, detail: reply.error.message });
  }

  /**
   * A first round on candles that are not there yet, or were fetched while the market ran on, would be called stale data and hold the
   * strategy back for an hour of market time. A market that stays silent is shown by that round itself.
   */
  async function waitForCandles(): Promise<void> {
    const startedAtMonoMs = wall.monotonicMs();
    while (!memory.isDraining) {
      const nowMs = market.nowMs();
      const merged = await deps.candles.refresh(nowMs);
      const feeds = merged.ok ? merged.value.feeds : [];
      const freshCount = feeds.filter(({ lastTs }) => lastTs !== null && nowMs - lastTs <= FIRST_CANDLES_AGE_MS).length;
      const waitedMs = wall.monotonicMs() - startedAtMonoMs;
      if (feeds.length > 0 && freshCount === feeds.length) return;
      if (waitedMs > FIRST_CANDLES_WAIT_MS && freshCount >= Math.min(VENUE_QUORUM, Math.max(1, feeds.length))) return;
      if (waitedMs > FIRST_QUORUM_WAIT_MS) return;
      await new Promise((resolve) => setTimeout(resolve, FIRST_CANDLES_POLL_MS));
    }
  }

  // ---- start --------------------------------------------------------------------------------------------------------

  function onTick(): void {
    const nowMonoMs = wall.monotonicMs();
    if (nowMonoMs - memory.lastClockMonoMs >= CLOCK_EVENT_EVERY_MS) {
      memory.lastClockMonoMs = nowMonoMs;
      deps.record.publish({ type: "clock", atMs: wall.nowMs(), marketNowMs: market.nowMs(), speed: market.speed() });
    }
    if (nowMonoMs - memory.lastMarkMonoMs >= MARK_EVERY_MS) void look();
  }

  const beat = (): void => deps.writeHeartbeat({ phase: memory.phase, epoch: memory.lastRecord?.epoch ?? null });
  let scheduler: ReturnType<typeof startScheduler> | null = null;
  const first = await deps.signer.pairState();
  if (first.ok) {
    memory.pairState = first.value;
    lives.note({ known: first.value.positions, seen: [], nowMs: market.nowMs() });
  }
  beat();
  await waitForCandles();
  const heartbeat = setInterval(beat, HEARTBEAT_EVERY_MS);
  const stopTicks = market.onTick(onTick);
  scheduler = startScheduler({ market, run: runTurn }, pairId);
  const gate = setInterval(() => {
    void resumeOpenPlan();
    void driveExit();
  }, GATE_EVERY_MS);
  const channel = openControlChannel(
    { ...deps.control, signer: deps.signer, log },
    {
      onCommand,
      onShutdown: () => deps.end("SHUTDOWN message", "shutdown"),
      onRestart: () => deps.end("RESTART message", "restart"),
      onRehearseExit: () => void rehearseExit(),
    },
    0,
  );

  return {
    async drain() {
      memory.isDraining = true;
      clearInterval(heartbeat);
      clearInterval(gate);
      stopTicks();
      clock.stop();
      channel.stop();
      await scheduler?.stop();
      await queue.idle();
      await writeState();
    },
  };
}

function isHeldBack(pairState: PairState | null): boolean {
  return pairState === null || pairState.stopped !== null || pairState.halted !== null || pairState.paused !== null;
}

function netsOldestFirst(records: readonly EpochRecord[]): readonly number[] {
  return records.flatMap((record) => (record.flows === null ? [] : [record.flows.netUsd])).toReversed();
}

/** The latest suppression still counts after a restart: it is in the records. */
function suppressUntil(records: readonly EpochRecord[]): number {
  const suppressed = records.filter((record) => record.regime?.suppressed === true);
  return suppressed.reduce((latest, record) => Math.max(latest, record.epoch + SUPPRESS_EPOCHS), 0);
}
