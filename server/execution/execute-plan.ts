// Execute plan: drives the steps of one approved plan over the signer, in order, from wherever it stands, and reports what happened.
import { isOpenTransfer } from "./bridge-arrival";
import type { OpArguments, OpReport, PlanRecord } from "@/lib/api/signer-contract";
import { humanAmount } from "@/lib/amm/human-units";
import type { ExecutedOp, ExecutionReport } from "@/lib/epoch/execution-report";
import type { Plan, Step, SwapStep } from "@/lib/plan/plan";
import type { OpState } from "@/lib/plan/plan-status";
import { swapWays } from "@/lib/plan/swap-ways";
import { findVoidReason } from "@/lib/plan/void-reasons";
import type { Address } from "@/lib/units";
import { prepareArguments } from "./execute-plan-arguments";
import { MAX_QUOTES } from "./execute-plan-quotes";
import {
  asHex,
  callSigner,
  frameOn,
  poolSteps,
  readAccount,
  RETRY_MS,
  sameAddress,
  SIGNER_PATIENCE_MS,
  signerEnd,
  tokensOn,
  type ExecutePlanDeps,
  type Run,
  type StepEnd,
} from "./execute-plan-run";

export type { ExecutePlanDeps, LivePrices } from "./execute-plan-run";

export interface ExecutePlanInput {
  readonly record: PlanRecord;
  /** Fencing token of the pair's lease. */
  readonly token: number;
  /** Asked before each op: true ends the run cleanly between two ops; the plan stays open and is resumed. */
  readonly shouldStop: () => boolean;
}

const FINISHED: readonly OpState[] = ["VERIFIED", "SETTLED", "SKIPPED"];
const FAILED: readonly OpState[] = ["REVERTED", "CANCELLED", "EXPIRED", "FOREIGN", "VERIFY_FAILED"];
/** Ends after which the signer may be asked again: never signed, or its nonce is spent without effect. It counts and refuses itself. */
const REPEATABLE: readonly OpState[] = ["EXPIRED", "REVERTED", "CANCELLED"];
/** Written down but perhaps worked on by nobody since a restart: executing the step again takes it up. */
const IDLE: readonly OpState[] = ["PLANNED", "INTENT", "PREPARED"];
const WAIT_MS = 2_000;
const WAIT_CALL_TIMEOUT_MS = 10_000;
/** How often one op is begun before the plan is ended. */
const MAX_TRIES = 3;
/** Longest wait for the end of a plan, in which the signer takes leftover allowances back. */
const FINISH_TIMEOUT_MS = 60_000;

/** Never throws for what the outside did; a resumed plan continues at its first step that is not finished. */
export async function executePlan(deps: ExecutePlanDeps, input: ExecutePlanInput): Promise<ExecutionReport> {
  const { record } = input;
  const startedAtMs = deps.wall.nowMs();
  const startedMonoMs = deps.wall.monotonicMs();
  const run: Run = {
    deps,
    record,
    plan: record.plan,
    token: input.token,
    shouldStop: input.shouldStop,
    ops: new Map(record.ops.map((op) => [op.index, op])),
    notes: new Map(),
    durations: new Map(),
    quotes: new Map(),
    held: null,
    swaps: new Map(),
    swapCostUsd: 0,
    swappedUsd: 0,
    transfers: [],
    shortfalls: new Set(),
    leftOut: new Map(),
  };
  const end = await runSteps(run);
  const { outcome, reason } = await endPlan(run, end);
  deps.log.info("execution.ended", { planId: record.planId, pairId: run.plan.pairId, outcome, reason });
  return {
    version: 1,
    planId: record.planId,
    pairId: run.plan.pairId,
    kind: run.plan.kind,
    outcome,
    reason,
    ops: run.plan.steps.map((step, index) => executedOp(run, step, index)),
    gasUsd: [...run.ops.values()].reduce((sum, op) => sum + (op.gasUsd ?? 0), 0),
    gasUsedUnits: [...run.ops.values()].reduce((sum, op) => sum + (op.gasUsed ?? 0n), 0n).toString(),
    swapCostUsd: run.swapCostUsd,
    swappedUsd: run.swappedUsd,
    startedAtMs,
    durationMs: deps.wall.monotonicMs() - startedMonoMs,
  };
}

async function runSteps(run: Run): Promise<StepEnd> {
  const fresh = await callSigner(run, "plan.get", { planId: run.record.planId });
  if (!fresh.ok) return signerEnd(fresh.error);
  for (const op of fresh.value.ops) run.ops.set(op.index, op);
  // Nothing was begun: every bound holds now, the balances too, or nothing is approved at all.
  const [first] = run.plan.steps;
  const bound = run.ops.size === 0 && first !== undefined && !run.shouldStop() ? await findBoundLeft(run, first) : null;
  if (bound !== null) return bound;
  const ended = new Set<number>();
  for (;;) {
    const waiting = await runPass(run, ended);
    if ("kind" in waiting) return waiting;
    if (waiting.chains.size === 0) return { kind: "next" };
    if (run.shouldStop()) return { kind: "interrupted", reason: "asked to stop while transfers are under way" };
    if (isPlanOld(run)) {
      return {
        kind: "failed",
        reason: `transfers to ${[...waiting.chains].map((chainId) => `chain ${chainId}`).join(" and ")} are still under way after the plan's time; they are followed on, and what arrives is planned anew`,
      };
    }
    await run.deps.sleep(WAIT_MS);
  }
}

/** Every step that can be done now, in the plan's order; a chain that waits for its transfers is passed over, the others go on. */
async function runPass(run: Run, ended: Set<number>): Promise<StepEnd | { readonly chains: ReadonlySet<number> }> {
  const chains = new Set<number>();
  for (const [index, step] of run.plan.steps.entries()) {
    if (ended.has(index) || chains.has(step.chainId)) continue;
    if (spendsArrivals(run, step) && (await hasTransferTo(run, step.chainId, index))) {
      chains.add(step.chainId);
      continue;
    }
    const startedMonoMs = run.deps.wall.monotonicMs();
    const end = await runStep(run, step, index);
    run.durations.set(index, run.deps.wall.monotonicMs() - startedMonoMs);
    if (end.kind !== "next") {
      run.notes.set(index, end.reason);
      if (step.kind !== "bridge" || end.kind !== "failed" || !isSpent(run, index)) return end;
      // It never left: the money is where it was, the rest of the plan goes on without it.
      run.leftOut.set(index, end.reason);
      run.shortfalls.add(`the bridge to chain ${step.toChainId} was not made: ${end.reason}`);
    }
    ended.add(index);
  }
  return { chains };
}

/** Swaps and mints, and what is approved for them, use what bridges bring; exits and revocations do not. */
function spendsArrivals(run: Run, step: Step): boolean {
  if (step.kind === "approve") {
    const user = run.plan.steps[step.forStep];
    return user?.kind === "swap" || user?.kind === "mint";
  }
  return step.kind === "swap" || step.kind === "mint";
}

/** A bridge to this chain before this step is under way; every look asks for news. */
async function hasTransferTo(run: Run, chainId: number, before: number): Promise<boolean> {
  const sent = run.plan.steps.flatMap((step, index) => {
    const op = run.ops.get(index);
    const isSent = op !== undefined && (op.state === "VERIFIED" || op.state === "SETTLED");
    return step.kind === "bridge" && step.toChainId === chainId && index < before && isSent ? [op.opId] : [];
  });
  if (sent.length === 0) return false;
  await lookAtTransfers(run);
  return sent.some((opId) => {
    const transfer = run.transfers.find((each) => each.transferId === opId);
    if (transfer === undefined) return true;
    if (isOpenTransfer(transfer) && transfer.state === "pending") return true;
    if (transfer.state !== "done") {
      run.shortfalls.add(
        `the transfer from chain ${transfer.fromChainId} to chain ${transfer.toChainId} ended ${transfer.state}: ${transfer.detail}`,
      );
    }
    return false;
  });
}

async function lookAtTransfers(run: Run): Promise<void> {
  const { transfers: tracker } = run.deps;
  const seen =
    tracker === undefined
      ? await run.deps.signer.call("transfers.list", { pairId: run.plan.pairId })
      : await tracker.look({ pairId: run.plan.pairId, token: run.token });
  if (!seen.ok) {
    run.deps.log.warn("execution.transfers-unread", { planId: run.record.planId, reason: seen.error.message });
    return;
  }
  const list = "transfers" in seen.value ? seen.value.transfers : seen.value;
  run.transfers = list.filter((each) => each.planId === run.record.planId);
}

function isSpent(run: Run, index: number): boolean {
  const state = run.ops.get(index)?.state;
  return state === undefined || REPEATABLE.includes(state);
}

function approvedAtMs(run: Run): number {
  return Math.max(run.record.createdAtMs, ...run.record.approvals.map((approval) => approval.atMs));
}

function isPlanOld(run: Run): boolean {
  return run.deps.wall.nowMs() - approvedAtMs(run) > run.plan.bounds.maxPlanAgeMs;
}

async function runStep(run: Run, step: Step, index: number): Promise<StepEnd> {
  const known = run.ops.get(index);
  if (known !== undefined && FINISHED.includes(known.state)) return { kind: "next" };
  if (known !== undefined && FAILED.includes(known.state) && !REPEATABLE.includes(known.state)) return failedOp(known);
  const isOpen = known !== undefined && !IDLE.includes(known.state) && !REPEATABLE.includes(known.state);
  if (known !== undefined && isOpen) return waitForOp(run, known);
  if (run.shouldStop()) return { kind: "interrupted", reason: "asked to stop before the next step" };
  const bound = await checkBounds(run, step);
  if (bound !== null) return bound;

  let end: StepEnd = { kind: "failed", reason: `step ${index} (${step.kind}) was not begun` };
  const startedMonoMs = run.deps.wall.monotonicMs();
  for (let tries = 0; tries < MAX_TRIES;) {
    if (run.leftOut.has(index)) return { kind: "next" };
    const args = await prepareArguments(run, step, index);
    if (!args.ok) return args.error;
    const op = await callSigner(run, "op.execute", {
      pairId: run.plan.pairId,
      token: run.token,
      planId: run.record.planId,
      index,
      args: args.value,
    });
    if (op.ok) {
      tries += 1;
      end = await waitForOp(run, op.value, args.value);
      if (end.kind === "next" && step.kind === "swap") countSwap(run, step, index, args.value);
      const ended = run.ops.get(index)?.state;
      if (end.kind !== "failed" || ended === undefined || !REPEATABLE.includes(ended)) return end;
    } else {
      end = signerEnd(op.error);
      run.deps.log.warn("execution.op-refused", {
        planId: run.record.planId,
        index,
        kind: step.kind,
        code: op.error.code,
        reason: op.error.message,
      });
      const isQuote = op.error.code === "quote_refused" && (run.quotes.get(index) ?? 0) < MAX_QUOTES;
      if (!isQuote && !op.error.retryable) return end;
      if (run.deps.wall.monotonicMs() - startedMonoMs > SIGNER_PATIENCE_MS) return end;
    }
    run.held = null;
    if (run.shouldStop()) return { kind: "interrupted", reason: "asked to stop before the next try" };
    await run.deps.sleep(RETRY_MS);
  }
  return end;
}

/** Steps that take new risk are not begun outside the plan's bounds; approvals and revocations move no value. */
async function checkBounds(run: Run, step: Step): Promise<StepEnd | null> {
  if (step.kind === "approve" || step.kind === "revoke") return null;
  return findBoundLeft(run, step);
}

/** Pools that are swapped through directly. */
function swapPools(
  plan: Plan,
): readonly { readonly chainId: number; readonly pool: string; readonly family?: undefined }[] {
  return plan.steps
    .flatMap((each) => (each.kind === "swap" ? swapWays(each) : []))
    .flatMap(({ chainId, pool }) => (pool === undefined ? [] : [{ chainId, pool }]));
}

async function findBoundLeft(run: Run, step: Step): Promise<StepEnd | null> {
  const prices = await run.deps.readPrices(step.chainId);
  const owners = new Map(
    [...swapPools(run.plan), ...poolSteps(run.plan)].map((each) => [each.pool.toLowerCase(), each]),
  );
  const poolTicks: { pool: string; tick: number }[] = [];
  const poolLiquidity: { pool: string; liquidityRaw: bigint }[] = [];
  for (const { pool } of run.plan.bounds.poolTicks) {
    const owner = owners.get(pool.toLowerCase());
    if (owner === undefined) continue;
    const live = await run.deps.reads.readPool({
      chainId: owner.chainId,
      ...(owner.family === undefined ? {} : { family: owner.family }),
      pool: asHex(pool),
    });
    if (!live.ok) continue;
    poolTicks.push({ pool, tick: live.value.tick });
    poolLiquidity.push({ pool, liquidityRaw: live.value.liquidityRaw });
  }
  const isFirst = run.ops.size === 0 && (run.plan.bounds.balances ?? []).length > 0;
  const account = isFirst ? await readAccount(run) : null;
  if (account !== null && !account.ok) return account.error;
  const reason = findVoidReason(run.plan, {
    price: prices.ok ? prices.value.price : null,
    poolTicks,
    poolLiquidity,
    ...(account === null ? {} : { balances: account.value }),
    ageMs: run.deps.wall.nowMs() - approvedAtMs(run),
  });
  if (reason === null) return null;
  return { kind: "failed", reason: prices.ok ? reason.message : `${reason.message} ${prices.error.message}` };
}

/** Until the op is verified or has ended; a stop request waits for it, since the signer finishes an open op anyway. */
async function waitForOp(run: Run, first: OpReport, args?: OpArguments): Promise<StepEnd> {
  let op = first;
  for (;;) {
    run.ops.set(op.index, op);
    if (FINISHED.includes(op.state)) return { kind: "next" };
    if (FAILED.includes(op.state)) return failedOp(op);
    const stopping = run.shouldStop();
    const next = await callSigner(run, "op.wait", { opId: op.opId, waitMs: WAIT_MS }, WAIT_MS + WAIT_CALL_TIMEOUT_MS);
    if (!next.ok) return signerEnd(next.error);
    const isIdle = next.value.state === op.state && IDLE.includes(op.state) && op.state !== "PLANNED";
    op = next.value;
    // The signer answers at once for an op that nobody works on (it restarted): execute takes it up again.
    if (isIdle && !stopping && args !== undefined) {
      const again = await callSigner(run, "op.execute", {
        pairId: run.plan.pairId,
        token: run.token,
        planId: run.record.planId,
        index: op.index,
        args,
      });
      if (!again.ok && !again.error.retryable) return signerEnd(again.error);
      if (!again.ok) await run.deps.sleep(RETRY_MS);
    }
    if (stopping && !FINISHED.includes(op.state) && !FAILED.includes(op.state)) {
      run.ops.set(op.index, op);
      return {
        kind: "interrupted",
        reason: `asked to stop while step ${op.index} is ${op.state}; the signer finishes it`,
      };
    }
  }
}

/** Ends the plan at the signer with what is true; after a failure allowances that are open are taken back first. */
async function endPlan(
  run: Run,
  end: StepEnd,
): Promise<{ readonly outcome: ExecutionReport["outcome"]; readonly reason: string }> {
  if (end.kind === "interrupted") return { outcome: "interrupted", reason: end.reason };
  if (end.kind === "failed") await revokeOpenAllowances(run);
  const hasMoved = [...run.ops.values()].some((op) => op.state === "VERIFIED" || op.state === "SETTLED");
  if (end.kind === "next" && hasSentBridges(run)) {
    await lookAtTransfers(run);
    noteTransfers(run);
  }
  const isWhole = end.kind === "next" && run.shortfalls.size === 0;
  const outcome = isWhole ? "done" : hasMoved ? "partial" : "voided";
  const words = [...run.shortfalls, ...(end.kind === "next" ? [] : [end.reason])];
  const reason = isWhole ? "every step is verified" : words.join("; ");
  const startedMonoMs = run.deps.wall.monotonicMs();
  const finish = () =>
    callSigner(
      run,
      "plan.finish",
      {
        pairId: run.plan.pairId,
        token: run.token,
        planId: run.record.planId,
        outcome,
        reason: reason.slice(0, 400),
      },
      FINISH_TIMEOUT_MS,
    );
  let finished = await finish();
  while (!finished.ok && finished.error.retryable && !run.shouldStop()) {
    if (run.deps.wall.monotonicMs() - startedMonoMs > SIGNER_PATIENCE_MS) break;
    await run.deps.sleep(RETRY_MS);
    finished = await finish();
  }
  if (finished.ok) return { outcome, reason };
  return {
    outcome: "interrupted",
    reason: `${reason}; the end could not be recorded yet (${finished.error.message}) and is tried again`,
  };
}

function hasSentBridges(run: Run): boolean {
  return run.plan.steps.some((step, index) => {
    const state = run.ops.get(index)?.state;
    return step.kind === "bridge" && (state === "VERIFIED" || state === "SETTLED");
  });
}

/** Transfers whose chain had nothing left to do with them: they may still be under way when the steps are done. */
function noteTransfers(run: Run): void {
  for (const transfer of run.transfers) {
    if (transfer.state === "done") continue;
    run.shortfalls.add(
      `the transfer from chain ${transfer.fromChainId} to chain ${transfer.toChainId} is ${transfer.state}: ${transfer.detail}`,
    );
  }
}

async function revokeOpenAllowances(run: Run): Promise<void> {
  for (const [index, step] of run.plan.steps.entries()) {
    if (step.kind !== "revoke" || run.ops.has(index)) continue;
    const isOpen = run.plan.steps.some((each, at) => {
      const state = run.ops.get(at)?.state;
      return (
        each.kind === "approve" &&
        at < index &&
        each.chainId === step.chainId &&
        sameAddress(each.token, step.token) &&
        sameAddress(each.spender, step.spender) &&
        (state === "VERIFIED" || state === "SETTLED")
      );
    });
    if (!isOpen) continue;
    const end = await runStep(run, step, index);
    // Going on is safe: the signer takes back leftovers itself at the end of a plan and at every start.
    if (end.kind !== "next") run.notes.set(index, `not taken back here: ${end.reason}`);
  }
}

function failedOp(op: OpReport): StepEnd {
  return {
    kind: "failed",
    reason: `step ${op.index} (${op.kind}) ended ${op.state}: ${op.error ?? "no reason given"}`,
  };
}

/** What was given up against the CEX price of that moment. */
function countSwap(run: Run, step: SwapStep, index: number, args: OpArguments): void {
  const deltas = run.ops.get(index)?.deltas ?? [];
  const delta = (token: Address): bigint =>
    BigInt(deltas.find((each) => sameAddress(each.token, token))?.amountRaw ?? "0");
  const frame = frameOn(run.plan, step.chainId);
  const { base } = tokensOn(run.plan, step.chainId);
  const valueUsd = (token: Address, amountRaw: bigint): number =>
    (sameAddress(token, base.address)
      ? humanAmount(amountRaw, frame.decBase) * args.price
      : humanAmount(amountRaw, frame.decQuote)) * args.quoteUsd;
  const sold = valueUsd(step.tokenIn, -delta(step.tokenIn));
  const bought = valueUsd(step.tokenOut, delta(step.tokenOut));
  run.swappedUsd += sold;
  run.swapCostUsd += sold - bought;
}

function executedOp(run: Run, step: Step, index: number): ExecutedOp {
  const op = run.ops.get(index);
  return {
    index,
    kind: step.kind,
    state: op?.state ?? null,
    txHash: op?.txHash ?? null,
    gasUsd: op?.gasUsd ?? null,
    durationMs: run.durations.get(index) ?? 0,
    quotesCount: run.quotes.get(index) ?? 0,
    note: run.notes.get(index) ?? run.leftOut.get(index) ?? op?.error ?? null,
  };
}
