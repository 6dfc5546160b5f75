// The life of one operation: INTENT to VERIFIED (or an end) inside its chain's lock; safe to enter again after any crash.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { gasEntries } from "@/lib/ledger/entries";
import { humanAmount } from "@/lib/amm/human-units";
import type { OpArguments } from "@/lib/api/signer-contract";
import type { ApproveStep, BurnStep, RevokeStep } from "@/lib/plan/plan";
import { onJournalTrouble, type EngineContext } from "./context";
import { IN_FLIGHT_STATES, SUCCESS_OP_STATES, type OpRecord } from "./journal/projection";
import { JournalError } from "./journal/segment";
import { checkAuthority, checkCaps, checkPrice, dayStartMs, purposeKey } from "./policy";
import { bookedEntries, isOrdered, planOfOwn } from "./own-steps";
import { prepareOp, prepareRevoke, type PreparedTx } from "./prepare";
import { SignerError, type Receipt } from "./ports";
import { signFirst } from "./sender";
import { gasCostWei, verifyOp } from "./verify";
import { watch } from "./watcher";

/** Looks at the chain before an operation that was never signed is given up; wall time. */
const PREPARE_TRIES = 8;
const PREPARE_RETRY_MS = 500;
/** A simulation is a fact about one block: while the price moves it may fail at one and pass at the next. More than this is a refusal. */
const REVERT_TRIES = 4;
/** Share of the gas limit above which a reverted transaction is taken to have run out of it: the callee keeps at most 63 of 64 parts. */
const OUT_OF_GAS_FRAC = 63n;

/** `parked`: nothing was signed because of the fee or the wallet's native coin; to be tried again outside the chain's lock. */
export type RunEnd = "ended" | "parked";

/** Runs or resumes; returns when the operation is VERIFIED, at an end, or the engine closes. Call inside the chain's lock. */
export async function runOp(context: EngineContext, opId: string): Promise<RunEnd> {
  try {
    const op = context.op(opId);
    if (op.state === "INTENT" || op.state === "PREPARED") {
      const end = await prepareAndSign(context, opId);
      if (end === "parked") return end;
    }
    if (IN_FLIGHT_STATES.includes(context.op(opId).state)) await followToEnd(context, opId);
  } catch (error) {
    if (error instanceof JournalError) {
      // Nothing is recorded about it because nothing can be: the operation keeps its last state and is taken up again.
      context.deps.log.error("signer.journal-failed", { opId, message: onJournalTrouble(context, error) });
      return "ended";
    }
    throw error;
  }
  return "ended";
}

/** After SENT was recorded again for a gone block: look, resend, verify anew; signs nothing but a replacement of the same nonce. */
export async function followToEnd(context: EngineContext, opId: string): Promise<void> {
  const result = await watch(context, opId);
  if (result.kind === "ended") return;
  const op = context.op(opId);
  const { receipt } = result;
  const attempt = op.attempts.find((each) => each.hash === receipt.hash);
  if (receipt.status === "reverted" || attempt?.kind === "cancel") {
    const reason =
      attempt?.kind === "cancel"
        ? `cancelled: nonce ${attempt.nonce} was spent by a transfer of 0 to the wallet itself`
        : revertReason(receipt, attempt?.gas ?? 0n);
    context.record({
      type: attempt?.kind === "cancel" ? "CANCELLED" : "REVERTED",
      body: {
        opId,
        ...spentOf(context, op, receipt),
        reason,
        entries: [...gasEntries(gasCostWei(receipt))],
        ...times(context),
      },
    });
    return;
  }
  context.kill("confirmed-not-verified");
  await verifyUntilKnown(context, opId, receipt);
}

function revertReason(receipt: Receipt, gasLimit: bigint): string {
  const text = `transaction ${receipt.hash} reverted in block ${receipt.blockNumber}`;
  const isOut = gasLimit > 0n && receipt.gasUsed * (OUT_OF_GAS_FRAC + 1n) >= gasLimit * OUT_OF_GAS_FRAC;
  if (!isOut) return text;
  return `${text}: it ran out of gas (${receipt.gasUsed} of ${gasLimit}); one more try estimates anew with half as much again`;
}

/** Nodes keep the state of few blocks; a signer that was away longer asks for the newest one after this. Wall time, choice. */
const STATE_PATIENCE_MS = 10_000;

async function verifyUntilKnown(context: EngineContext, opId: string, receipt: Receipt): Promise<void> {
  const { wall } = context.deps;
  const startedMono = wall.monotonicMs();
  for (;;) {
    if (context.isClosing()) return;
    const op = context.op(opId);
    try {
      const isPatient = wall.monotonicMs() - startedMono < STATE_PATIENCE_MS;
      const verified = await verifyOp(context, op, { receipt, stateBlock: receipt.blockNumber }).catch(
        (error: unknown) => {
          if (isPatient || !(error instanceof ChainError) || !isNewestOp(context, op, receipt)) throw error;
          return verifyLater(context, op, receipt, error);
        },
      );
      if (!verified.ok) {
        context.record({
          type: "VERIFY_FAILED",
          body: { opId, reason: verified.reason, atMs: context.deps.wall.nowMs() },
        });
        context.deps.authority.haltPair(
          op.pairId,
          `${opId} (${op.purposeKey}) was mined in ${receipt.hash} but its result is not as expected: ${verified.reason}`,
        );
        return;
      }
      const { value } = verified;
      context.record({
        type: "VERIFIED",
        body: {
          opId,
          ...spentOf(context, op, receipt),
          deltas: [...value.deltas],
          opened: value.opened,
          closedPositionId: value.closedPositionId,
          changed: value.changed,
          transfer: value.transfer,
          entries: bookedEntries(op, value.entries),
          ...times(context),
        },
      });
      context.kill("verified-not-settled");
      return;
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      context.deps.log.warn("signer.verify-retried", { opId, message: errorText(error) });
      await context.sleep(context.pollMs(context.chain(op.chainId).chain));
    }
  }
}

/** Nothing else of ours happened on the chain since, or may happen now: what the operation left is still there. */
function isNewestOp(context: EngineContext, op: OpRecord, receipt: Receipt): boolean {
  return [...context.journal.state.ops.values()].every(
    (other) =>
      other.opId === op.opId ||
      other.chainId !== op.chainId ||
      (!IN_FLIGHT_STATES.includes(other.state) &&
        (other.included === null || other.included.blockNumber <= receipt.blockNumber)),
  );
}

async function verifyLater(
  context: EngineContext,
  op: OpRecord,
  receipt: Receipt,
  error: ChainError,
): Promise<Awaited<ReturnType<typeof verifyOp>>> {
  const head = await context.chain(op.chainId).readBlock("latest");
  if (head === null || head.number <= receipt.blockNumber) throw error;
  context.deps.log.warn("signer.verify-later", {
    opId: op.opId,
    blockNumber: String(receipt.blockNumber),
    stateBlock: String(head.number),
    message: errorText(error),
  });
  return verifyOp(context, op, { receipt, stateBlock: head.number });
}

/** What parked an operation and since when: its end names it too. */
const parked = new WeakMap<EngineContext, Map<string, { readonly sinceMono: number; readonly reason: string }>>();

async function prepareAndSign(context: EngineContext, opId: string): Promise<RunEnd> {
  const startedMono = context.deps.wall.monotonicMs();
  let reverts = 0;
  for (let tries = 1; ; tries += 1) {
    if (context.isDraining() || context.isClosing()) return "ended";
    const op = context.op(opId);
    try {
      await prepareOnce(context, op);
      parkedOf(context).delete(opId);
      return "ended";
    } catch (error) {
      if (error instanceof JournalError) throw error;
      const { state } = context.op(opId);
      if (IN_FLIGHT_STATES.includes(state) || state === "FOREIGN") return "ended";
      if (error instanceof SignerError && error.code === "gas" && error.retryable && !op.isOwn) {
        park(context, opId, error.message);
        return "parked";
      }
      const isRevert = isRevertError(error);
      if (isRevert) reverts += 1;
      const isTransient =
        (error instanceof ChainError && error.retryable) ||
        (error instanceof SignerError && error.retryable && error.code === "chain");
      const mayPass = (isTransient && tries < PREPARE_TRIES) || (isRevert && reverts < REVERT_TRIES);
      if (!mayPass) {
        const tookMs = context.deps.wall.monotonicMs() - startedMono;
        giveUp(context, opId, error, tries > 1 ? `; tried ${tries} times in ${(tookMs / 1_000).toFixed(1)} s` : "");
        return "ended";
      }
      context.deps.log.warn("signer.prepare-retried", { opId, tries, message: errorText(error) });
      const { chain } = context.chain(op.chainId);
      await context.sleep(
        isRevert ? Math.min(PREPARE_RETRY_MS * 4, chain.blockTimeMs / chain.timeScale) : PREPARE_RETRY_MS * tries,
      );
    }
  }
}

/** By the simulation, or by the estimate that follows it at the newest block. */
function isRevertError(error: unknown): boolean {
  return (error instanceof SignerError || error instanceof ChainError) && error.code === "reverted";
}

/** Never signed: the reason is what the plan's end says, so it is whole. */
function giveUp(context: EngineContext, opId: string, error: unknown, how: string): void {
  const isOurs = error instanceof ChainError || error instanceof SignerError;
  if (!isOurs) context.deps.log.error("signer.op-crashed", { opId, message: errorText(error) });
  const waited = parkedOf(context).get(opId);
  parkedOf(context).delete(opId);
  const waitedMs = waited === undefined ? 0 : context.deps.wall.monotonicMs() - waited.sinceMono;
  const before =
    waited === undefined ? "" : `; before that it waited ${Math.round(waitedMs / 1_000)} s, because ${waited.reason}`;
  const reason = `${isOurs ? error.code : "internal"}: ${errorText(error)}${how}${before}`;
  context.deps.log.warn("signer.op-given-up", { opId, reason });
  context.record({ type: "EXPIRED", body: { opId, reason, atMs: context.deps.wall.nowMs() } });
}

/** The fee or the wallet's native coin is in the way: shown on the operation, tried again until its price is too old or somebody ends it. */
function park(context: EngineContext, opId: string, reason: string): void {
  const known = parkedOf(context).get(opId);
  if (known === undefined) context.deps.log.warn("signer.op-parked", { opId, reason });
  parkedOf(context).set(opId, { sinceMono: known?.sinceMono ?? context.deps.wall.monotonicMs(), reason });
  context.op(opId).error = reason;
}

function parkedOf(context: EngineContext): Map<string, { readonly sinceMono: number; readonly reason: string }> {
  const known = parked.get(context) ?? new Map<string, { readonly sinceMono: number; readonly reason: string }>();
  parked.set(context, known);
  return known;
}

async function prepareOnce(context: EngineContext, op: OpRecord): Promise<void> {
  const plan = context.journal.state.plans.get(op.planId)?.plan;
  if (plan === undefined && !op.isOwn)
    throw SignerError.refuse("not_found", `plan ${op.planId} of ${op.opId} is not in the journal`);
  checkBeforeSigning(context, op);
  if (plan === undefined) return signWithoutPlan(context, op);
  const prepared = await prepareOp(context, op, plan);
  if (prepared.kind === "skip") {
    context.record({
      type: "SKIPPED",
      body: { opId: op.opId, reason: prepared.reason, atMs: context.deps.wall.nowMs() },
    });
    return;
  }
  if (prepared.kind === "revoke_first") {
    if (op.step.kind !== "approve") throw SignerError.refuse("internal", "only an approve can need a revoke first");
    const { chainId, token, spender } = op.step;
    await runOwnStep(context, {
      opId: `${op.opId}.revoke`,
      planId: op.planId,
      pairId: op.pairId,
      index: op.index,
      step: { kind: "revoke", chainId, token, spender },
      args: op.intent.args,
    });
    const again = await prepareOp(context, op, plan);
    if (again.kind !== "tx")
      throw SignerError.refuse(
        "policy",
        `an allowance of ${token} to ${spender} stands in the way and could not be revoked`,
      );
    return sign(context, op, again);
  }
  return sign(context, op, prepared);
}

function sign(context: EngineContext, op: OpRecord, prepared: PreparedTx): Promise<void> {
  const pair = context.deps.authority.pair(op.pairId);
  return signFirst(context, op, prepared, (gasUsd) => {
    checkBeforeSigning(context, op);
    if (pair === null) return;
    checkCaps({
      pair,
      step: op.step,
      notionalUsd: prepared.notionalUsd,
      planUsd: planUsd(context, op),
      today: context.journal.state.spentSince(op.pairId, dayStartMs(context.deps.wall.nowMs())),
      gasUsd,
    });
  });
}

/** Leftovers of plans that are no longer in memory, and the closing of an orphan, which never had one. */
async function signWithoutPlan(context: EngineContext, op: OpRecord): Promise<void> {
  const prepared =
    op.step.kind === "revoke" ? await prepareRevoke(context, op, op.step) : await prepareOp(context, op, planOfOwn(op));
  if (prepared.kind === "revoke_first") {
    throw SignerError.refuse("policy", `an allowance stands in the way of ${op.purposeKey}; revoke it first`);
  }
  if (prepared.kind === "tx") return sign(context, op, prepared);
  context.record({
    type: "SKIPPED",
    body: { opId: op.opId, reason: prepared.reason, atMs: context.deps.wall.nowMs() },
  });
}

/** Authority again, at the last moment: a stop or pause that came meanwhile wins; and inputs must still be fresh. */
function checkBeforeSigning(context: EngineContext, op: OpRecord): void {
  checkAuthority(context.deps.authority, op.pairId, op.step, isOrdered(context, op));
  const plan = context.journal.state.plans.get(op.planId)?.plan;
  if (plan !== undefined && !op.isOwn && op.step.kind !== "revoke") {
    checkPrice(plan, op.intent.args, context.deps.market.nowMs());
  }
}

function planUsd(context: EngineContext, op: OpRecord): number {
  let sum = 0;
  for (const other of context.journal.state.ops.values()) {
    const counts = other.planId === op.planId && other.opId !== op.opId && other.step.kind === op.step.kind;
    if (counts && other.attempts.length > 0) sum += other.prepared?.notionalUsd ?? 0;
  }
  return sum;
}

export interface OwnStep {
  readonly opId: string;
  readonly planId: string;
  readonly pairId: string;
  readonly index: number;
  readonly step: RevokeStep | ApproveStep | BurnStep;
  readonly args: OpArguments;
}

/** An operation the signer adds itself; inside the chain's lock. Joins an unfinished one of the same id; what was done is not repeated. */
export async function runOwnStep(context: EngineContext, own: OwnStep): Promise<OpRecord> {
  const done = context.journal.state.ops.get(own.opId);
  if (done !== undefined && SUCCESS_OP_STATES.includes(done.state)) return done;
  const existing = done;
  const isRunnable =
    existing !== undefined &&
    (IN_FLIGHT_STATES.includes(existing.state) || existing.state === "INTENT" || existing.state === "PREPARED");
  if (!isRunnable) {
    context.kill("before-intent");
    context.record({
      type: "INTENT",
      body: {
        opId: own.opId,
        planId: own.planId,
        pairId: own.pairId,
        index: own.index,
        chainId: own.step.chainId,
        purposeKey: purposeKey(own.planId, own.index, own.step),
        step: own.step,
        args: own.args,
        isOwn: true,
        atMs: context.deps.wall.nowMs(),
      },
    });
    context.kill("after-intent");
  }
  await runOp(context, own.opId);
  const op = context.op(own.opId);
  if (!SUCCESS_OP_STATES.includes(op.state)) {
    throw SignerError.later("policy", `${op.purposeKey} ended as ${op.state}: ${op.error ?? "unknown"}`);
  }
  return op;
}

function spentOf(
  context: EngineContext,
  op: OpRecord,
  receipt: Receipt,
): { gasUsed: bigint; gasCostWei: bigint; gasUsd: number } {
  const costWei = gasCostWei(receipt);
  const { nativeDecimals } = context.chain(op.chainId).chain;
  return {
    gasUsed: receipt.gasUsed,
    gasCostWei: costWei,
    gasUsd: humanAmount(costWei, nativeDecimals) * op.intent.args.nativeUsd,
  };
}

function times(context: EngineContext): { atMs: number; marketAtMs: number } {
  return { atMs: context.deps.wall.nowMs(), marketAtMs: context.deps.market.nowMs() };
}
