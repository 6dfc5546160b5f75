// The signer's engine: plans, operations and the projection, between the sockets and the chains.
import { errorText } from "@/lib/errors/tidegate-error";
import { walletAccount } from "@/lib/ledger/accounts";
import { assignEntries } from "@/lib/ledger/entries";
import type { OpArguments, PlanRecord } from "@/lib/api/signer-contract";
import { opId as makeOpId, planHash, planId as makePlanId, type Step } from "@/lib/plan/plan";
import { OPEN_PLAN_STATUSES, type PlanStatus } from "@/lib/plan/plan-status";
import type { Address } from "@/lib/units";
import { readAllowance, readOpenAllowances, readTokenBalance } from "./allowances";
import { createContext, type EngineDeps } from "./context";
import { openJournal } from "./journal/journal";
import {
  IN_FLIGHT_STATES,
  OPEN_OP_STATES,
  SUCCESS_OP_STATES,
  positionOf,
  type OpRecord,
  type PlanEntry,
} from "./journal/projection";
import { adoptChain, bookCredits, recoverChains } from "./journal/recover";
import { runOp, runOwnRevoke } from "./operation";
import { checkAuthority, checkCaps, checkPlan, checkPrice, dayStartMs, purposeKey, valueUsd } from "./policy";
import { SignerError, type Engine, type LedgerCheck } from "./ports";
import { checkQuote } from "./prepare";
import { reportOp, reportPair, reportPlan } from "./report";
import { settleOnce } from "./settle";

export type { EngineDeps } from "./context";

/** Between two looks at what is not final yet; wall time. */
const SETTLE_MS = 500;
/** A purpose may be tried again once after a revert or a cancel, then a person looks (safety.md T8, T9). */
const MAX_NONCES_PER_OP = 2;
/** plan.finish waits this long for its own revokes; the socket's longest wait is 60 s. */
const FINISH_WAIT_MS = 45_000;

const refuse = SignerError.refuse;

export function createEngine(deps: EngineDeps): Engine {
  const journal = openJournal({ dir: deps.journalDir, nowMs: deps.wall.nowMs });
  const context = createContext(deps, journal);
  const running = new Map<string, Promise<void>>();
  const readyChains = new Set<number>();
  let isSettling = false;

  function track(opId: string, run: Promise<void>): void {
    const tracked = run
      .catch((error: unknown) => {
        deps.log.error("signer.op-crashed", { opId, message: errorText(error) });
      })
      .finally(() => {
        if (running.get(opId) === tracked) running.delete(opId);
      });
    running.set(opId, tracked);
  }

  function start(op: OpRecord): void {
    if (running.has(op.opId)) return;
    track(
      op.opId,
      context.withChain(op.chainId, () => runOp(context, op.opId)),
    );
  }

  /** A run whose operation has ended is about to return: wait for that instead of taking it for work under way. */
  async function leaveRun(opId: string): Promise<void> {
    const op = journal.state.ops.get(opId);
    if (op !== undefined && !OPEN_OP_STATES.includes(op.state)) await running.get(opId);
  }

  async function settleForever(): Promise<void> {
    if (isSettling) return;
    isSettling = true;
    while (!context.isClosing()) {
      try {
        await settleOnce(context, (opId, run) => {
          if (!running.has(opId)) track(opId, run);
        });
        expirePlans();
      } catch (error) {
        deps.log.error("signer.settle-failed", { message: errorText(error) });
      }
      await context.sleep(SETTLE_MS);
    }
  }

  function checkFence(pairId: string, token: number): void {
    const newest = journal.state.fenceOf(pairId);
    if (token === newest && newest > 0) return;
    throw refuse(
      "stale_token",
      `the fencing token ${token} of ${pairId} is not the newest (${newest}); another worker has taken over, or lease one first`,
      {
        newest,
      },
    );
  }

  function planEntry(planId: string): PlanEntry {
    const entry = journal.state.plans.get(planId);
    if (entry === undefined) throw refuse("not_found", `plan ${planId} is not in the journal`);
    return entry;
  }

  function setPlanStatus(planId: string, status: PlanStatus, reason: string): void {
    context.record({
      type: "PLAN_STATUS",
      body: { planId, status, reason, atMs: deps.wall.nowMs(), marketAtMs: deps.market.nowMs() },
    });
  }

  /** Waiting plans: rejected, expired or approved, from the authority's records. */
  function syncPlan(planId: string): PlanRecord {
    const entry = planEntry(planId);
    if (entry.status === "waiting_approval") {
      const rejection = deps.authority.rejection(planId);
      const { expiresAtMs, approvalsNeeded } = entry.body;
      const approvals = deps.authority
        .approvals(planId)
        .filter((each) => expiresAtMs === null || each.atMs <= expiresAtMs);
      const approvers = new Set(approvals.map((each) => each.address.toLowerCase()));
      if (rejection !== null)
        setPlanStatus(planId, "rejected", `rejected by ${rejection.address}: ${rejection.reason}`);
      else if (approvers.size >= approvalsNeeded)
        setPlanStatus(planId, "approved", `approved by ${approvers.size} of ${approvalsNeeded}`);
      else if (expiresAtMs !== null && deps.wall.nowMs() > expiresAtMs) {
        setPlanStatus(
          planId,
          "expired",
          `no sufficient approval (${approvers.size} of ${approvalsNeeded}) before it expired`,
        );
      }
    } else if (entry.status === "approved" && isTooOld(entry)) {
      setPlanStatus(
        planId,
        "expired",
        `not started within ${entry.plan.bounds.maxPlanAgeMs / 1000} s after it was allowed`,
      );
    } else if (entry.status === "approved") {
      const rejection = deps.authority.rejection(planId);
      if (rejection !== null)
        setPlanStatus(planId, "rejected", `rejected by ${rejection.address}: ${rejection.reason}`);
    }
    return reportPlan(context, planEntry(planId));
  }

  /** Bound maxPlanAgeMs, wall time since the last approval, or since the proposal where none was needed. */
  function isTooOld(entry: PlanEntry): boolean {
    const lastApprovalMs = Math.max(0, ...deps.authority.approvals(entry.body.planId).map((each) => each.atMs));
    const sinceMs = Math.max(entry.body.createdAtMs, lastApprovalMs, entry.startedAtMs ?? 0);
    return deps.wall.nowMs() - sinceMs > entry.plan.bounds.maxPlanAgeMs;
  }

  function expirePlans(): void {
    for (const pairId of deps.authority.pairIds()) {
      const open = journal.state.openPlanOf(pairId);
      if (open !== null && (open.status === "waiting_approval" || open.status === "approved"))
        syncPlan(open.body.planId);
    }
  }

  const proposePlan: Engine["proposePlan"] = async (input) => {
    const { plan, pairId } = input;
    checkFence(pairId, input.token);
    if (plan.pairId !== pairId)
      throw refuse("bad_request", `the plan is for ${plan.pairId}, the request for ${pairId}`);
    const planId = makePlanId(deps.deploymentId, plan);
    const same = journal.state.plans.get(planId);
    if (same !== undefined) {
      if (OPEN_PLAN_STATUSES.includes(same.status)) return syncPlan(planId);
      throw refuse(
        "policy",
        `this plan ended as ${same.status} (${same.statusReason}); a plan is executed once, make a new one in the next epoch`,
      );
    }
    if (context.isDraining())
      throw SignerError.later("stopped", "the signer is shutting down; propose again after its restart");
    const pair = checkAuthority(deps.authority, pairId, "plan");
    checkRecovered(plan.steps.map((step) => step.chainId));
    expirePlans();
    const open = journal.state.openPlanOf(pairId);
    if (open !== null) {
      throw refuse(
        "plan_open",
        `${pairId} has the open plan ${open.body.planId} (${open.status}); finish or reject it first`,
        {
          planId: open.body.planId,
        },
      );
    }
    const nowMs = deps.wall.nowMs();
    checkPlan({
      plan,
      pair,
      registry: deps.registry,
      positions: [...journal.state.positions.values()],
      usedTodayUsd: journal.state.spentSince(pairId, dayStartMs(nowMs)).usd,
    });
    const needed = pair.mode === "auto" ? 0 : deps.authority.approvalsNeeded(pairId, plan);
    context.record({
      type: "PLAN",
      body: {
        planId,
        planHash: planHash(plan),
        plan,
        mode: pair.mode,
        status: needed === 0 ? "approved" : "waiting_approval",
        statusReason:
          needed === 0
            ? `mode ${pair.mode} needs no approval`
            : `waits for ${needed} approval${needed === 1 ? "" : "s"}`,
        createdAtMs: nowMs,
        createdAtMarketMs: input.marketAtMs,
        expiresAtMs: nowMs + (needed === 0 ? plan.bounds.maxPlanAgeMs : pair.settings.planExpiryMs),
        proposedBy: input.proposedBy,
        approvalsNeeded: needed,
      },
    });
    return reportPlan(context, planEntry(planId));
  };

  function checkRecovered(chainIds: readonly number[]): void {
    const missing = chainIds.find((chainId) => !readyChains.has(chainId));
    if (missing === undefined) return;
    throw SignerError.later("chain", `chain ${missing} is not reconciled yet; nothing is signed there before it is`, {
      chainId: missing,
    });
  }

  const executeOp: Engine["executeOp"] = async (input) => {
    const { pairId, planId, index, args } = input;
    checkFence(pairId, input.token);
    const entry = planEntry(planId);
    const { plan } = entry;
    if (plan.pairId !== pairId)
      throw refuse("bad_request", `plan ${planId} belongs to ${plan.pairId}, not to ${pairId}`);
    const step = plan.steps[index];
    if (step === undefined)
      throw refuse("bad_request", `plan ${planId} has ${plan.steps.length} steps, there is no step ${index}`);
    const opId = makeOpId(planId, index);
    await leaveRun(opId);
    const existing = journal.state.ops.get(opId);
    if (existing !== undefined && isRejoin(existing)) return reportOp(existing);
    if (existing !== undefined) checkRetry(existing);
    // A halt says more than "not reconciled", which is often its consequence.
    const pair = checkAuthority(deps.authority, pairId, step);
    checkRecovered([step.chainId]);
    if (context.isDraining())
      throw SignerError.later("stopped", "the signer is shutting down; execute again after its restart");
    if (entry.status === "waiting_approval" || entry.status === "approved") syncPlan(planId);
    checkExecutable(entry, index);
    if (step.kind !== "revoke") checkPrice(plan, args, deps.market.nowMs());
    // An amount of 0 is the recorded way to skip a swap that is not needed any more.
    if (step.kind === "swap" && args.amountRaw !== 0n) {
      checkQuote(context, {
        op: { chainId: step.chainId },
        plan,
        step,
        args,
        amountInRaw: args.amountRaw ?? step.amountInRaw,
      });
    }
    const today = journal.state.spentSince(pairId, dayStartMs(deps.wall.nowMs()));
    checkCaps({ pair, step, notionalUsd: estimateUsd(entry, step, args), planUsd: 0, today, gasUsd: 0 });
    checkPurposeFree(purposeKey(planId, index, step), opId);
    if (existing !== undefined && (existing.state === "INTENT" || existing.state === "PREPARED")) {
      start(existing);
      return reportOp(existing);
    }
    context.kill("before-intent");
    if (entry.status === "approved") setPlanStatus(planId, "executing", `step ${index} (${step.kind}) started`);
    context.record({
      type: "INTENT",
      body: {
        opId,
        planId,
        pairId,
        index,
        chainId: step.chainId,
        purposeKey: purposeKey(planId, index, step),
        step,
        args,
        isOwn: false,
        atMs: deps.wall.nowMs(),
      },
    });
    context.kill("after-intent");
    start(context.op(opId));
    return reportOp(context.op(opId));
  };

  /** Being worked on, or done: the caller gets its state and nothing starts. */
  function isRejoin(op: OpRecord): boolean {
    return running.has(op.opId) || IN_FLIGHT_STATES.includes(op.state) || SUCCESS_OP_STATES.includes(op.state);
  }

  function checkExecutable(entry: PlanEntry, index: number): void {
    const { planId } = entry.body;
    if (entry.status === "waiting_approval") {
      throw refuse(
        "not_approved",
        `plan ${planId} waits for ${entry.body.approvalsNeeded} approvals; it has ${deps.authority.approvals(planId).length}`,
      );
    }
    if (entry.status === "expired") throw refuse("plan_expired", `plan ${planId} expired: ${entry.statusReason}`);
    if (entry.status !== "approved" && entry.status !== "executing") {
      throw refuse("plan_expired", `plan ${planId} ended as ${entry.status}: ${entry.statusReason}`);
    }
    if (isTooOld(entry) && !isExit(entry, index)) {
      throw refuse(
        "plan_expired",
        `bound maxPlanAgeMs: plan ${planId} is older than ${entry.plan.bounds.maxPlanAgeMs / 1000} s; finish it as partial and plan again`,
      );
    }
    const chainId = entry.plan.steps[index]?.chainId;
    for (const opId of entry.opIds) {
      const op = journal.state.ops.get(opId);
      if (op === undefined || op.chainId !== chainId || op.index === index) continue;
      if (OPEN_OP_STATES.includes(op.state)) {
        throw SignerError.later(
          "policy",
          `step ${op.index} of plan ${planId} is still ${op.state}; wait for it before step ${index}`,
        );
      }
      if (op.state === "VERIFY_FAILED" || op.state === "FOREIGN") {
        throw refuse("halted", `step ${op.index} of plan ${planId} ended as ${op.state}: ${op.error ?? ""}`);
      }
    }
  }

  function estimateUsd(entry: PlanEntry, step: Step, args: OpArguments): number {
    const { chainId } = step;
    if (step.kind === "swap") {
      return valueUsd(deps.registry, entry.plan, args, [
        { chainId, token: step.tokenIn, amountRaw: args.amountRaw ?? step.amountInRaw },
      ]);
    }
    if (step.kind === "mint") {
      return valueUsd(deps.registry, entry.plan, args, [
        { chainId, token: step.token0, amountRaw: args.amount0DesiredRaw ?? 0n },
        { chainId, token: step.token1, amountRaw: args.amount1DesiredRaw ?? 0n },
      ]);
    }
    return 0;
  }

  function checkPurposeFree(key: string, opId: string): void {
    for (const op of journal.state.ops.values()) {
      if (op.purposeKey === key && op.opId !== opId && OPEN_OP_STATES.includes(op.state)) {
        throw SignerError.later("policy", `${key} is being done by ${op.opId} (${op.state}); wait for it`);
      }
    }
  }

  const waitOp: Engine["waitOp"] = async ({ opId, waitMs }) => {
    const untilMono = deps.wall.monotonicMs() + waitMs;
    for (;;) {
      const op = context.op(opId);
      const leftMs = untilMono - deps.wall.monotonicMs();
      const isIdle = (op.state === "INTENT" || op.state === "PREPARED") && !running.has(opId);
      if (!OPEN_OP_STATES.includes(op.state) || isIdle || leftMs <= 0 || context.isClosing()) return reportOp(op);
      await context.nextChange(leftMs);
    }
  };

  const finishPlan: Engine["finishPlan"] = async (input) => {
    checkFence(input.pairId, input.token);
    const entry = planEntry(input.planId);
    if (entry.plan.pairId !== input.pairId)
      throw refuse("bad_request", `plan ${input.planId} belongs to ${entry.plan.pairId}`);
    if (!OPEN_PLAN_STATUSES.includes(entry.status)) return reportPlan(context, entry);
    for (const opId of entry.opIds) await leaveRun(opId);
    const ops = entry.opIds.flatMap((opId) => journal.state.ops.get(opId) ?? []);
    const inFlight = ops.find((op) => IN_FLIGHT_STATES.includes(op.state) || running.has(op.opId));
    if (inFlight !== undefined) {
      throw SignerError.later("plan_open", `${inFlight.opId} is ${inFlight.state}; wait for it, then finish the plan`);
    }
    if (input.outcome === "done") checkAllDone(entry);
    const left = await revokeOfPlan(entry);
    if (left !== null && input.outcome === "done") {
      throw SignerError.later("plan_open", `the plan is not done while an allowance stands: ${left}`);
    }
    for (const op of ops) {
      if (op.state !== "INTENT" && op.state !== "PREPARED") continue;
      context.record({
        type: "EXPIRED",
        body: { opId: op.opId, reason: `the plan ended as ${input.outcome}`, atMs: deps.wall.nowMs() },
      });
    }
    setPlanStatus(
      input.planId,
      input.outcome,
      left === null ? input.reason : `${input.reason} (allowance left: ${left})`,
    );
    return reportPlan(context, planEntry(input.planId));
  };

  function checkAllDone(entry: PlanEntry): void {
    entry.plan.steps.forEach((step, index) => {
      const state = journal.state.ops.get(makeOpId(entry.body.planId, index))?.state ?? "PLANNED";
      // Revokes that were not asked for are done below when they are needed.
      if (SUCCESS_OP_STATES.includes(state) || (step.kind === "revoke" && state === "PLANNED")) return;
      throw refuse("policy", `step ${index} (${step.kind}) is ${state}; the plan can end as partial, not as done`);
    });
  }

  /** Takes back every allowance the plan gave. Null when none is left, else what is. */
  async function revokeOfPlan(entry: PlanEntry): Promise<string | null> {
    const grants = journal.state.grants().filter((grant) => grant.planId === entry.body.planId);
    for (const grant of grants) {
      const left = await revokeGrant(grant, lastArgs(entry.plan.pairId));
      if (left !== null) return left;
    }
    return null;
  }

  async function revokeGrant(
    grant: { chainId: number; token: Address; spender: Address; pairId: string; planId: string },
    args: OpArguments,
  ): Promise<string | null> {
    const port = context.chain(grant.chainId);
    const name = `${grant.token} to ${grant.spender} on chain ${grant.chainId}`;
    const run = context.withChain(grant.chainId, async (): Promise<string | null> => {
      const key = { token: grant.token, spender: grant.spender, owner: deps.key.address };
      if ((await readAllowance(port, key, "latest")) === 0n) return null;
      const { chainId, token, spender } = grant;
      await runOwnRevoke(context, {
        opId: `${grant.planId}/revoke-${journal.log.lastSeq()}`,
        planId: grant.planId,
        pairId: grant.pairId,
        index: 63,
        step: { kind: "revoke", chainId, token, spender },
        args,
      });
      return null;
    });
    const timeout = context.sleep(FINISH_WAIT_MS).then(() => `${name} (its revoke is under way)`);
    try {
      return await Promise.race([run, timeout]);
    } catch (error) {
      deps.log.warn("signer.revoke-failed", { token: grant.token, spender: grant.spender, message: errorText(error) });
      return `${name} (${errorText(error)})`;
    }
  }

  /** Prices for the gas value of the signer's own revokes: those of the pair's newest operation. */
  function lastArgs(pairId: string): OpArguments {
    let newest: OpRecord | null = null;
    for (const op of journal.state.ops.values()) {
      if (op.pairId === pairId && (newest === null || op.intent.atMs >= newest.intent.atMs)) newest = op;
    }
    const {
      quote: _quote,
      amountRaw: _a,
      amount0DesiredRaw: _b,
      amount1DesiredRaw: _c,
      ...prices
    } = newest?.intent.args ?? {
      price: 1,
      priceAtMarketMs: deps.market.nowMs(),
      nativeUsd: 1,
      quoteUsd: 1,
    };
    return prices;
  }

  const revokeLeftovers: Engine["revokeLeftovers"] = async () => {
    const openPlanIds = new Set(
      deps.authority.pairIds().flatMap((pairId) => journal.state.openPlanOf(pairId)?.body.planId ?? []),
    );
    for (const grant of journal.state.grants()) {
      if (openPlanIds.has(grant.planId) || !readyChains.has(grant.chainId)) continue;
      await revokeGrant(grant, lastArgs(grant.pairId));
    }
  };

  const checkLedger: Engine["checkLedger"] = async () => {
    const blocks: { chainId: number; number: bigint }[] = [];
    const rows: LedgerCheck["rows"][number][] = [];
    const openAllowances: LedgerCheck["openAllowances"][number][] = [];
    for (const chainId of deps.chains.keys()) {
      await context.withChain(chainId, async () => {
        const port = context.chain(chainId);
        const block = await port.readBlock("latest");
        if (block === null) throw SignerError.later("chain", `chain ${chainId} answered no latest block`);
        blocks.push({ chainId, number: block.number });
        const add = (token: Address, chainRaw: bigint): void => {
          const ledgerRaw = journal.state.balances.walletTotal(chainId, token);
          const differenceRaw = (chainRaw - ledgerRaw).toString();
          rows.push({ chainId, token, ledgerRaw: ledgerRaw < 0n ? 0n : ledgerRaw, chainRaw, differenceRaw });
        };
        for (const token of deps.registry.tokens.filter((each) => each.chainId === chainId)) {
          add(token.address, await readTokenBalance(port, token.address, deps.key.address, block.number));
        }
        add("0x0000000000000000000000000000000000000000", await port.readNativeBalance(deps.key.address, block.number));
        openAllowances.push(...(await readOpenAllowances(context, chainId, block.number)));
      });
    }
    return { checkedAtMs: deps.wall.nowMs(), blocks, rows, openAllowances };
  };

  const assignCapital: Engine["assignCapital"] = (input) =>
    context.withChain(input.chainId, async () => {
      if (journal.state.hasReference(input.commandId)) return;
      await bookCredits(context, input.chainId);
      const { balances } = journal.state;
      const entries = assignEntries({
        pairId: input.pairId,
        token: input.token,
        amountRaw: input.amountRaw,
        unassignedRaw: balances.of(input.chainId, "unassigned", input.token),
        creditRaw: balances.of(input.chainId, "credit", input.token),
      });
      if (entries === null) {
        const free =
          balances.of(input.chainId, "unassigned", input.token) + balances.of(input.chainId, "credit", input.token);
        throw refuse(
          "insufficient",
          `${input.amountRaw} of ${input.token} on chain ${input.chainId} were asked for, ${free} are free; ${walletAccount(input.pairId)} keeps what it has`,
        );
      }
      context.record({
        type: "LEDGER",
        body: {
          chainId: input.chainId,
          pairId: input.pairId,
          reference: input.commandId,
          note: "capital assigned by signed command",
          entries: [...entries],
          marketAtMs: deps.market.nowMs(),
        },
      });
    });

  const adopt: Engine["adopt"] = async () => {
    const adopted: string[] = [];
    for (const chainId of deps.chains.keys()) {
      adopted.push(...(await context.withChain(chainId, () => adoptChain(context, chainId))));
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
    listPlans: ({ pairId, open, limit }) =>
      [...journal.state.plans.values()]
        .filter((entry) => pairId === undefined || entry.plan.pairId === pairId)
        .filter((entry) => open === undefined || OPEN_PLAN_STATUSES.includes(entry.status) === open)
        .toReversed()
        .slice(0, limit)
        .map((entry) => reportPlan(context, entry)),
    listLedger: ({ pairId, sinceSeq, limit }) =>
      journal.state
        .ledgerLines()
        .filter((line) => line.seq > sinceSeq && (pairId === undefined || line.pairId === pairId))
        .slice(0, limit),
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
    isRecovered: () => [...deps.chains.keys()].every((chainId) => readyChains.has(chainId)),
  };
}

function checkRetry(op: OpRecord): void {
  if (op.state === "INTENT" || op.state === "PREPARED" || op.state === "EXPIRED") return;
  const nonces = new Set(op.attempts.map((attempt) => attempt.nonce)).size;
  if ((op.state === "REVERTED" || op.state === "CANCELLED") && nonces < MAX_NONCES_PER_OP) return;
  const code = op.state === "REVERTED" ? "reverted" : "halted";
  throw refuse(code, `${op.opId} ended as ${op.state}: ${op.error ?? "no reason recorded"}; it is not tried again`);
}

function isExit(entry: PlanEntry, index: number): boolean {
  return entry.plan.steps[index]?.kind === "revoke";
}
