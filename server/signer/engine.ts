// The signer's engine: plans, operations and the projection, between the sockets and the chains; each part in its own file.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import { createContext, type EngineDeps } from "./context";
import { createGrants } from "./engine-grants";
import { createLedgerDesk } from "./engine-ledger";
import { createOps } from "./engine-ops";
import { createPlans } from "./engine-plans";
import { createPositionRounds } from "./position-rounds";
import { createRuns } from "./engine-runs";
import { openJournal } from "./journal/journal";
import { positionOf } from "./journal/projection";
import { adoptChain, recoverChains } from "./journal/recover";
import { SignerError, type Engine } from "./ports";
import { changedPlans, reportPair, reportPlan } from "./report";
import { createOrphans } from "./orphans";
import { settleOnce } from "./settle";
import { createTransfers, settleTransferReceipts } from "./transfers";

export type { EngineDeps } from "./context";

/** Between two looks at what is not final yet; wall time. */
const SETTLE_MS = 500;
/** Between two looks at what the endpoints of a chain say about each other while nothing is prepared; wall time. */
const COMPARE_MS = 10_000;

export function createEngine(deps: EngineDeps): Engine {
  const journal = openJournal({ dir: deps.journalDir, nowMs: deps.wall.nowMs });
  const context = createContext(deps, journal);
  const readyChains = new Set<number>();
  const runs = createRuns(context);
  const { running, track, start } = runs;
  const grants = createGrants(context, readyChains);
  const { revokeLeftovers } = grants;
  const plans = createPlans(context, { readyChains, runs, grants });
  const { checkFence, setPlanStatus, syncPlan, expirePlans, proposePlan, finishPlan, voidWaitingPlans } = plans;
  const { executeOp, waitOp } = createOps(context, plans, runs);
  const { checkLedger, assignCapital } = createLedgerDesk(context);
  const { listTransfers, settleTransfer, failTransfer } = createTransfers(context);
  const positionRounds = createPositionRounds(context, readyChains);
  let isSettling = false;

  async function settleForever(): Promise<void> {
    if (isSettling) return;
    isSettling = true;
    while (!context.isClosing()) {
      try {
        await settleOnce(context, (opId, run) => {
          if (!running.has(opId)) track(opId, run);
        });
        await settleTransferReceipts(context);
        expirePlans();
        await compareEndpoints();
        await positionRounds.look();
      } catch (error) {
        deps.log.error("signer.settle-failed", { message: errorText(error) });
      }
      await context.sleep(SETTLE_MS);
    }
  }

  /** What the endpoints of a chain say about each other is shown, and decides who is asked; asking again is its remedy. */
  async function compareEndpoints(): Promise<void> {
    for (const port of deps.chains.values()) {
      try {
        await port.checkEndpoints(COMPARE_MS);
      } catch (error) {
        if (!(error instanceof ChainError)) throw error;
      }
    }
  }

  const adopt: Engine["adopt"] = async () => {
    const adopted: string[] = [];
    for (const chainId of deps.chains.keys()) {
      try {
        adopted.push(...(await context.withChain(chainId, () => adoptChain(context, chainId))));
      } catch (error) {
        if (!(error instanceof ChainError)) throw error;
        // A chain that does not answer is compared when it does; until then nothing is signed there.
        readyChains.delete(chainId);
        adopted.push(`chain ${chainId} does not answer and is compared later`);
      }
    }
    return adopted;
  };

  const recover: Engine["recover"] = async () => {
    const report = await recoverChains(context, { readyChains, start, running, setPlanStatus, revokeLeftovers });
    void settleForever();
    return report;
  };

  return {
    leaseFence: ({ pairId, workerId }) => {
      const token = journal.state.fenceOf(pairId) + 1;
      context.record({ type: "FENCE", body: { pairId, token, workerId } });
      return { token };
    },
    pairState: (pairId) => reportPair(context, pairId),
    proposePlan,
    planRecord: (planId) => syncPlan(planId),
    executeOp,
    waitOp,
    finishPlan,
    checkFence,
    recordRehearsal: ({ pairId, token, planId, rehearsal }) => {
      checkFence(pairId, token);
      const entry = plans.planEntry(planId);
      if (entry.plan.pairId !== pairId) {
        throw SignerError.refuse("bad_request", `plan ${planId} belongs to ${entry.plan.pairId}, not to ${pairId}`);
      }
      context.record({ type: "REHEARSED", body: { planId, rehearsal } });
      return syncPlan(planId);
    },
    listTransfers,
    settleTransfer,
    failTransfer,
    ...createOrphans(context, { readyChains, lastArgs: grants.lastArgs }),
    voidWaitingPlans,
    listPlans: ({ pairId, open, limit }) =>
      [...journal.state.plans.values()]
        .filter((entry) => pairId === undefined || entry.plan.pairId === pairId)
        .filter((entry) => open === undefined || OPEN_PLAN_STATUSES.includes(entry.status) === open)
        .toReversed()
        .slice(0, limit)
        .map((entry) => reportPlan(context, entry)),
    changedPlans: (input) => changedPlans(context, input),
    listLedger: ({ pairId, sinceSeq, limit, newest = false }) => {
      const lines = journal.state
        .ledgerLines()
        .filter((line) => line.seq > sinceSeq && (pairId === undefined || line.pairId === pairId));
      return {
        entries: newest ? lines.slice(-limit) : lines.slice(0, limit),
        total: lines.length,
        isWhole: journal.state.isLedgerWhole(),
      };
    },
    checkLedger,
    knownPositions: (pairId) =>
      [...journal.state.positions.values()].filter((each) => each.pairId === pairId).map(positionOf),
    syncPlan,
    assignCapital,
    adopt,
    revokeLeftovers,
    recover,
    drain: async (timeoutMs) => {
      context.setDraining();
      const untilMono = deps.wall.monotonicMs() + timeoutMs;
      while (running.size > 0 && deps.wall.monotonicMs() < untilMono) {
        await Promise.race([...running.values(), context.sleep(untilMono - deps.wall.monotonicMs())]);
      }
    },
    close: () => context.close(),
    journalSeq: () => journal.log.lastSeq(),
    isRecovered: () => deps.chains.size === 0 || readyChains.size > 0,
    waitingChains: () => [...deps.chains.keys()].filter((chainId) => !readyChains.has(chainId)),
    endpointTroubles: () =>
      [...deps.chains.values()].flatMap((port) => {
        const { endpoints, disagreement } = port.endpoints();
        const aside = endpoints.filter(({ status }) => status !== "ok");
        if (disagreement === null && aside.length === 0) return [];
        const words = aside.map(({ label, status, detail }) => `${label} is ${status.replace("_", " ")}: ${detail}`);
        const text = [...(disagreement === null ? [] : [disagreement]), ...words].join("; ");
        return [{ chainId: port.chain.id, isHeld: disagreement !== null, text }];
      }),
  };
}
