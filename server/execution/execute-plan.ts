// Execute plan: drives the steps of one approved plan over the signer, in order, from wherever it stands, and reports what happened.
import { MAX_QUOTE_AGE_MS, scaledMinimum } from "@/lib/actions/swap-decoder";
import type { OpArguments, OpReport, PairState, PlanRecord, QuoteEvidence } from "@/lib/api/signer-contract";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice, type PriceFrame } from "@/lib/amm/sqrt-price";
import type { ExecutedOp, ExecutionReport } from "@/lib/epoch/execution-report";
import { err, ok, type Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import type { MintStep, Plan, Step, SwapStep } from "@/lib/plan/plan";
import type { OpState } from "@/lib/plan/plan-status";
import { swapMinimumOutRaw } from "@/lib/plan/slippage";
import { sizeSwap } from "@/lib/plan/swap-sizing";
import { findVoidReason } from "@/lib/plan/void-reasons";
import type { Address, Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { IntentClient } from "@/server/infra/signer-link/client";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { LiveReads } from "./live-reads";
import type { SwapQuotes } from "./swap-quotes";

/** Prices of this moment, each with its own source time checked by the caller. */
export interface LivePrices {
  /** CEX median, QUOTE per BASE. */
  readonly price: number;
  readonly priceAtMarketMs: number;
  /** US dollars per whole quote token. */
  readonly quoteUsd: number;
  /** US dollars per whole native token of the chain. */
  readonly nativeUsd: number;
}

export interface ExecutePlanDeps {
  readonly signer: Pick<IntentClient, "call">;
  readonly quotes: SwapQuotes;
  readonly reads: LiveReads;
  /** Fails when there is no price fresh enough to trade on. */
  readonly readPrices: (chainId: number) => Promise<Result<LivePrices, TidegateError>>;
  readonly wallet: Address;
  readonly wall: WallClock;
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly log: Logger;
}

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
/** A signer that does not answer for this long interrupts the run; the plan stays open and is resumed. */
const SIGNER_PATIENCE_MS = 60_000;
/** How often one op is begun before the plan is ended. */
const MAX_TRIES = 3;
/** Longest wait for the end of a plan, in which the signer takes leftover allowances back. */
const FINISH_TIMEOUT_MS = 60_000;
/** The first quote and three more. */
const MAX_QUOTES = 4;
const RETRY_MS = 1_000;
/** A quote held from before the approval is used while it has this much of its 30 s left to sign and send. */
const QUOTE_RESERVE_MS = 10_000;
/** Fees a quote may take beyond slippage: router and pool fee of the usual routes together stay below one percent. */
const MAX_SWAP_FEE_FRAC = 0.01;
/** Refusals that end when someone acts; the plan stays as it is. */
const INTERRUPTING = [
  "unavailable",
  "timeout",
  "stale_token",
  "paused",
  "stopped",
  "halted",
  "disk",
  "internal",
  "chain",
];

/** How one step ended. */
type StepEnd =
  | { readonly kind: "next" }
  | { readonly kind: "interrupted"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

interface HeldQuote {
  readonly index: number;
  readonly amountRaw: bigint;
  readonly evidence: QuoteEvidence;
}

interface Run {
  readonly deps: ExecutePlanDeps;
  readonly record: PlanRecord;
  readonly plan: Plan;
  readonly token: number;
  readonly shouldStop: () => boolean;
  readonly ops: Map<number, OpReport>;
  readonly notes: Map<number, string>;
  readonly durations: Map<number, number>;
  readonly quotes: Map<number, number>;
  held: HeldQuote | null;
  swapCostUsd: number;
  swappedUsd: number;
}

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
    swapCostUsd: 0,
    swappedUsd: 0,
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
  for (const [index, step] of run.plan.steps.entries()) {
    const startedMonoMs = run.deps.wall.monotonicMs();
    const end = await runStep(run, step, index);
    run.durations.set(index, run.deps.wall.monotonicMs() - startedMonoMs);
    if (end.kind !== "next") {
      run.notes.set(index, end.reason);
      return end;
    }
  }
  return { kind: "next" };
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
  const approvedAtMs = Math.max(run.record.createdAtMs, ...run.record.approvals.map((approval) => approval.atMs));
  const prices = await run.deps.readPrices(step.chainId);
  const families = new Map(
    run.plan.steps.flatMap((each) =>
      each.kind === "burn" || each.kind === "mint" ? [[each.pool.toLowerCase(), each] as const] : [],
    ),
  );
  const poolTicks: { pool: string; tick: number }[] = [];
  for (const { pool } of run.plan.bounds.poolTicks) {
    const owner = families.get(pool.toLowerCase());
    if (owner === undefined) continue;
    const live = await run.deps.reads.readPool({
      chainId: owner.chainId,
      family: owner.family,
      pool: asHex(pool),
    });
    if (live.ok) poolTicks.push({ pool, tick: live.value.tick });
  }
  const reason = findVoidReason(run.plan, {
    price: prices.ok ? prices.value.price : null,
    poolTicks,
    ageMs: run.deps.wall.nowMs() - approvedAtMs,
  });
  if (reason === null) return null;
  return { kind: "failed", reason: prices.ok ? reason.message : `${reason.message} ${prices.error.message}` };
}

async function prepareArguments(run: Run, step: Step, index: number): Promise<Result<OpArguments, StepEnd>> {
  const prices = await run.deps.readPrices(step.chainId);
  if (!prices.ok) return stop("failed", `no trusted price for step ${index}: ${prices.error.message}`);
  const common: OpArguments = { ...prices.value };
  switch (step.kind) {
    case "burn":
    case "decrease":
    case "revoke":
      return ok(common);
    case "bridge":
      return stop("failed", `step ${index} is a bridge, which cannot be carried out yet`);
    case "approve": {
      const user = run.plan.steps[step.forStep];
      if (user?.kind === "swap") return approveForSwap(run, { step: user, index: step.forStep, common });
      const balance = await accountBalance(run, step.chainId, step.token);
      if (!balance.ok) return balance;
      return ok({ ...common, amountRaw: smallest(step.amountRaw, balance.value) });
    }
    case "swap": {
      const allowance = await readAllowance(run, step.chainId, step.tokenIn, step.router);
      if (!allowance.ok) return allowance;
      const balance = await accountBalance(run, step.chainId, step.tokenIn);
      if (!balance.ok) return balance;
      const amountRaw = smallest(step.amountInRaw, allowance.value, balance.value);
      if (amountRaw === 0n) {
        run.notes.set(index, "nothing to swap: the tokens fit the ranges as they are");
        return ok({ ...common, amountRaw });
      }
      const quote = await quoteFor(run, { step, index, amountRaw, common });
      return quote.ok ? ok({ ...common, amountRaw, quote: quote.value }) : quote;
    }
    case "mint": {
      const desired0 = await desiredFor(run, step, step.token0, step.amount0MaxRaw);
      if (!desired0.ok) return desired0;
      const desired1 = await desiredFor(run, step, step.token1, step.amount1MaxRaw);
      if (!desired1.ok) return desired1;
      return ok({ ...common, amount0DesiredRaw: desired0.value, amount1DesiredRaw: desired1.value });
    }
  }
}

/** Verify, then approve, then send: the quote is here and checked before the router may take anything. */
async function approveForSwap(
  run: Run,
  input: { readonly step: SwapStep; readonly index: number; readonly common: OpArguments },
): Promise<Result<OpArguments, StepEnd>> {
  const amount = await chooseSwapAmount(run, input.step, input.common);
  if (!amount.ok) return amount;
  if (amount.value === 0n) return ok({ ...input.common, amountRaw: 0n });
  const quote = await quoteFor(run, { ...input, amountRaw: amount.value });
  return quote.ok ? ok({ ...input.common, amountRaw: amount.value }) : quote;
}

/**
 * How much to sell now: what the ranges need at live prices from what is really there, never more than the plan's cap. 0n when
 * the tokens fit as they are, or when more would have to be sold of the other side (the plan allows one direction).
 */
async function chooseSwapAmount(run: Run, step: SwapStep, common: OpArguments): Promise<Result<bigint, StepEnd>> {
  const { plan } = run;
  const balance = await accountBalance(run, step.chainId, step.tokenIn);
  if (!balance.ok) return balance;
  const mints = plan.steps.filter((each): each is MintStep => each.kind === "mint" && each.chainId === step.chainId);
  // A plan that closes and opens nothing swaps what came out to the mix it was made for: its own amount is the size.
  if (mints.length === 0) return ok(smallest(step.amountInRaw, balance.value));
  const funds = await fundsFor(run, step.chainId);
  if (!funds.ok) return funds;
  const frame = frameOn(plan, step.chainId);
  const targets = [];
  for (const mint of mints) {
    const live = await run.deps.reads.readPool({ chainId: mint.chainId, family: mint.family, pool: asHex(mint.pool) });
    if (!live.ok) return stop("failed", `the pool of a mint could not be read: ${live.error.message}`);
    const [baseMaxRaw, quoteMaxRaw] = frame.baseIsToken0
      ? [mint.amount0MaxRaw, mint.amount1MaxRaw]
      : [mint.amount1MaxRaw, mint.amount0MaxRaw];
    targets.push({
      sqrtPriceX96: live.value.sqrtPriceX96,
      tickLower: mint.tickLower,
      tickUpper: mint.tickUpper,
      frame,
      valueQuote: humanAmount(baseMaxRaw, frame.decBase) * common.price + humanAmount(quoteMaxRaw, frame.decQuote),
    });
  }
  const size = sizeSwap({
    targets,
    availableBase: humanAmount(funds.value.baseRaw, frame.decBase),
    availableQuote: humanAmount(funds.value.quoteRaw, frame.decQuote),
    price: common.price,
    costFrac: 0,
  });
  const sellsBase = sameAddress(step.tokenIn, tokensOn(plan, step.chainId, frame).base);
  if (size.sell !== (sellsBase ? "base" : "quote")) return ok(0n);
  const wanted = rawAmount(size.amountIn, sellsBase ? frame.decBase : frame.decQuote);
  return ok(smallest(step.amountInRaw, wanted, balance.value));
}

/** Tokens that may go into the ranges: for RS what its burns really paid, for PRA the whole account; never more than the account. */
async function fundsFor(
  run: Run,
  chainId: number,
): Promise<Result<{ readonly baseRaw: bigint; readonly quoteRaw: bigint }, StepEnd>> {
  const { base, quote } = tokensOn(run.plan, chainId, frameOn(run.plan, chainId));
  const free = await readAccount(run);
  if (!free.ok) return free;
  const baseFree = balanceIn(free.value, chainId, base);
  const quoteFree = balanceIn(free.value, chainId, quote);
  if (run.plan.kind === "PRA") return ok({ baseRaw: baseFree, quoteRaw: quoteFree });
  const burned = (token: Address): bigint =>
    run.plan.steps.reduce((sum, step, index) => {
      if (step.kind !== "burn" || step.chainId !== chainId) return sum;
      const delta = run.ops.get(index)?.deltas.find((each) => sameAddress(each.token, token));
      return sum + (delta === undefined ? 0n : BigInt(delta.amountRaw));
    }, 0n);
  return ok({ baseRaw: smallest(burned(base), baseFree), quoteRaw: smallest(burned(quote), quoteFree) });
}

async function quoteFor(
  run: Run,
  input: {
    readonly step: SwapStep;
    readonly index: number;
    readonly amountRaw: bigint;
    readonly common: OpArguments;
  },
): Promise<Result<QuoteEvidence, StepEnd>> {
  const { step, index, amountRaw, common } = input;
  const { held } = run;
  const isHeldUsable =
    held !== null &&
    held.index === index &&
    held.amountRaw === amountRaw &&
    run.deps.wall.nowMs() - held.evidence.fetchedAtMs < MAX_QUOTE_AGE_MS - QUOTE_RESERVE_MS;
  if (isHeldUsable) return ok(held.evidence);

  const poolPrice = await livePoolPrice(run, step.chainId);
  if (!poolPrice.ok) return poolPrice;
  const frame = frameOn(run.plan, step.chainId);
  const sellsBase = sameAddress(step.tokenIn, tokensOn(run.plan, step.chainId, frame).base);
  // Two minimums hold at once: the plan's own, scaled to the amount, and the one of the prices of this moment.
  const fromPlan = scaledMinimum(step.minAmountOutRaw, amountRaw, step.amountInRaw);
  const fromPrices = swapMinimumOutRaw({
    sellsBase,
    amountInRaw: amountRaw,
    decBase: frame.decBase,
    decQuote: frame.decQuote,
    cexPrice: common.price,
    poolPrice: poolPrice.value,
    feeFrac: MAX_SWAP_FEE_FRAC,
    slippageBps: run.plan.bounds.maxSlippageBps,
  });
  let lastReason = "";
  while ((run.quotes.get(index) ?? 0) < MAX_QUOTES) {
    run.quotes.set(index, (run.quotes.get(index) ?? 0) + 1);
    const quote = await run.deps.quotes.fetchQuote({
      chainId: step.chainId,
      router: step.router,
      wallet: run.deps.wallet,
      tokenIn: step.tokenIn,
      tokenOut: step.tokenOut,
      amountInRaw: amountRaw,
      minAmountOutRaw: fromPlan > fromPrices ? fromPlan : fromPrices,
      slippageBps: run.plan.bounds.maxSlippageBps,
      cexPrice: common.price,
      poolPrice: poolPrice.value,
    });
    if (quote.ok) {
      run.held = { index, amountRaw, evidence: quote.value };
      return quote;
    }
    lastReason = quote.error.message;
    run.deps.log.warn("execution.quote-refused", {
      planId: run.record.planId,
      index,
      code: quote.error.code,
      reason: lastReason,
    });
    if (!quote.error.retryable) break;
    if (run.shouldStop()) return stop("interrupted", "asked to stop before the next quote");
    await run.deps.sleep(RETRY_MS);
  }
  return stop("failed", `no usable swap quote after ${run.quotes.get(index) ?? 0} tries: ${lastReason}`);
}

async function livePoolPrice(run: Run, chainId: number): Promise<Result<number, StepEnd>> {
  const step = run.plan.steps.find(
    (each) => (each.kind === "mint" || each.kind === "burn") && each.chainId === chainId,
  );
  if (step === undefined || (step.kind !== "mint" && step.kind !== "burn")) {
    return stop("failed", `the plan names no pool on chain ${chainId} to compare a quote with`);
  }
  const live = await run.deps.reads.readPool({ chainId, family: step.family, pool: asHex(step.pool) });
  if (!live.ok) return stop("failed", `the pool's price could not be read: ${live.error.message}`);
  return ok(sqrtToPrice(live.value.sqrtPriceX96, frameOn(run.plan, chainId)));
}

/** Desired amount of one side of a mint: the plan's cap, what the account has, and what was approved; the smallest. */
async function desiredFor(run: Run, step: MintStep, token: Address, capRaw: bigint): Promise<Result<bigint, StepEnd>> {
  if (capRaw === 0n) return ok(0n);
  const balance = await accountBalance(run, step.chainId, token);
  if (!balance.ok) return balance;
  const allowance = await readAllowance(run, step.chainId, token, step.positionManager);
  if (!allowance.ok) return allowance;
  return ok(smallest(capRaw, balance.value, allowance.value));
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
  const outcome = end.kind === "next" ? "done" : hasMoved ? "partial" : "voided";
  const reason = end.kind === "next" ? "every step is verified" : end.reason;
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

async function revokeOpenAllowances(run: Run): Promise<void> {
  for (const [index, step] of run.plan.steps.entries()) {
    if (step.kind !== "revoke" || run.ops.has(index)) continue;
    const isOpen = run.plan.steps.some((each, at) => {
      const state = run.ops.get(at)?.state;
      return (
        each.kind === "approve" &&
        at < index &&
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

/** One call, repeated while the signer is away; every intent is the same when it arrives twice (opId, planId). */
async function callSigner<M extends "plan.get" | "pair.state" | "op.execute" | "op.wait" | "plan.finish">(
  run: Run,
  method: M,
  params: Parameters<typeof run.deps.signer.call<M>>[1],
  timeoutMs?: number,
): ReturnType<typeof run.deps.signer.call<M>> {
  const startedMonoMs = run.deps.wall.monotonicMs();
  for (;;) {
    const answer = await run.deps.signer.call(method, params, timeoutMs === undefined ? {} : { timeoutMs });
    if (answer.ok) return answer;
    const isAway = answer.error.code === "unavailable" || answer.error.code === "timeout";
    if (!isAway || run.shouldStop() || run.deps.wall.monotonicMs() - startedMonoMs > SIGNER_PATIENCE_MS) return answer;
    await run.deps.sleep(RETRY_MS);
  }
}

async function readAccount(run: Run): Promise<Result<PairState["account"], StepEnd>> {
  const state = await callSigner(run, "pair.state", { pairId: run.plan.pairId });
  return state.ok ? ok(state.value.account) : err(signerEnd(state.error));
}

async function accountBalance(run: Run, chainId: number, token: Address): Promise<Result<bigint, StepEnd>> {
  const account = await readAccount(run);
  return account.ok ? ok(balanceIn(account.value, chainId, token)) : account;
}

async function readAllowance(
  run: Run,
  chainId: number,
  token: Address,
  spender: Address,
): Promise<Result<bigint, StepEnd>> {
  const allowance = await run.deps.reads.readAllowance({ chainId, token, owner: run.deps.wallet, spender });
  return allowance.ok ? allowance : stop("failed", `an allowance could not be read: ${allowance.error.message}`);
}

function balanceIn(account: PairState["account"], chainId: number, token: Address): bigint {
  return account.find((each) => each.chainId === chainId && sameAddress(each.token, token))?.amountRaw ?? 0n;
}

function signerEnd(error: SignerError): StepEnd {
  return { kind: INTERRUPTING.includes(error.code) ? "interrupted" : "failed", reason: error.message };
}

function failedOp(op: OpReport): StepEnd {
  return {
    kind: "failed",
    reason: `step ${op.index} (${op.kind}) ended ${op.state}: ${op.error ?? "no reason given"}`,
  };
}

function stop(kind: "failed" | "interrupted", reason: string): Result<never, StepEnd> {
  return err({ kind, reason });
}

/** What was given up against the CEX price of that moment. */
function countSwap(run: Run, step: SwapStep, index: number, args: OpArguments): void {
  const deltas = run.ops.get(index)?.deltas ?? [];
  const delta = (token: Address): bigint =>
    BigInt(deltas.find((each) => sameAddress(each.token, token))?.amountRaw ?? "0");
  const frame = frameOn(run.plan, step.chainId);
  const { base, quote } = tokensOn(run.plan, step.chainId, frame);
  const valueUsd = (token: Address, amountRaw: bigint): number =>
    (sameAddress(token, base)
      ? humanAmount(amountRaw, frame.decBase) * args.price
      : humanAmount(amountRaw, frame.decQuote)) * args.quoteUsd;
  const sold = valueUsd(step.tokenIn, -delta(step.tokenIn));
  const bought = valueUsd(step.tokenOut, delta(sameAddress(step.tokenOut, base) ? base : quote));
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
    note: run.notes.get(index) ?? op?.error ?? null,
  };
}

/** The pair's tokens on one chain: the plan's own on its chain, the pool sides by order on any other. */
function tokensOn(plan: Plan, chainId: number, frame: PriceFrame): { readonly base: Address; readonly quote: Address } {
  const step = plan.steps.find((each) => (each.kind === "mint" || each.kind === "burn") && each.chainId === chainId);
  if (step === undefined || (step.kind !== "mint" && step.kind !== "burn")) {
    return { base: plan.base.address, quote: plan.quote.address };
  }
  return frame.baseIsToken0 ? { base: step.token0, quote: step.token1 } : { base: step.token1, quote: step.token0 };
}

/** Token order on the chain: by the plan's base address where it is one of the pool's tokens. */
function frameOn(plan: Plan, chainId: number): PriceFrame {
  const step = plan.steps.find((each) => (each.kind === "mint" || each.kind === "burn") && each.chainId === chainId);
  const baseIsToken0 =
    step !== undefined && (step.kind === "mint" || step.kind === "burn")
      ? sameAddress(step.token0, plan.base.address) || sameAddress(step.token1, plan.quote.address)
      : BigInt(plan.base.address) < BigInt(plan.quote.address);
  return { decBase: plan.base.decimals, decQuote: plan.quote.decimals, baseIsToken0 };
}

function smallest(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((least, amount) => (amount < least ? amount : least));
}

function sameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function asHex(pool: string): Hex {
  return `0x${pool.replace(/^0x/, "")}`;
}
