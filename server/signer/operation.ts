// The life of one operation: INTENT to VERIFIED (or an end) inside its chain's lock; safe to enter again after any crash.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { gasEntries } from "@/lib/ledger/entries";
import { humanAmount } from "@/lib/amm/human-units";
import type { OpArguments } from "@/lib/api/signer-contract";
import type { RevokeStep } from "@/lib/plan/plan";
import { onJournalTrouble, type EngineContext } from "./context";
import { IN_FLIGHT_STATES, SUCCESS_OP_STATES, type OpRecord } from "./journal/projection";
import { JournalError } from "./journal/segment";
import { checkAuthority, checkCaps, checkPrice, dayStartMs, purposeKey } from "./policy";
import { prepareOp, prepareRevoke, type PreparedTx } from "./prepare";
import { SignerError, type Receipt } from "./ports";
import { signFirst } from "./sender";
import { gasCostWei, verifyOp } from "./verify";
import { watch } from "./watcher";

/** Looks at the chain before an operation that was never signed is given up; wall time. */
const PREPARE_TRIES = 8;
const PREPARE_RETRY_MS = 500;

/** Runs or resumes; returns when the operation is VERIFIED, at an end, or the engine closes. Call inside the chain's lock. */
export async function runOp(context: EngineContext, opId: string): Promise<void> {
  try {
    const op = context.op(opId);
    if (op.state === "INTENT" || op.state === "PREPARED") await prepareAndSign(context, opId);
    if (IN_FLIGHT_STATES.includes(context.op(opId).state)) await followToEnd(context, opId);
  } catch (error) {
    if (error instanceof JournalError) {
      // Nothing is recorded about it because nothing can be: the operation keeps its last state and is taken up again.
      context.deps.log.error("signer.journal-failed", { opId, message: onJournalTrouble(context, error) });
      return;
    }
    throw error;
  }
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
        : `transaction ${receipt.hash} reverted in block ${receipt.blockNumber}`;
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

async function verifyUntilKnown(context: EngineContext, opId: string, receipt: Receipt): Promise<void> {
  for (;;) {
    if (context.isClosing()) return;
    const op = context.op(opId);
    try {
      const verified = await verifyOp(context, op, receipt);
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
          entries: [...value.entries],
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

async function prepareAndSign(context: EngineContext, opId: string): Promise<void> {
  for (let tryIndex = 0; ; tryIndex += 1) {
    if (context.isDraining() || context.isClosing()) return;
    const op = context.op(opId);
    try {
      await prepareOnce(context, op);
      return;
    } catch (error) {
      if (error instanceof JournalError) throw error;
      const { state } = context.op(opId);
      if (IN_FLIGHT_STATES.includes(state) || state === "FOREIGN") return;
      const isTransient =
        (error instanceof ChainError && error.retryable) ||
        (error instanceof SignerError && error.retryable && error.code === "chain");
      if (!isTransient || tryIndex + 1 >= PREPARE_TRIES) {
        if (!(error instanceof ChainError || error instanceof SignerError)) {
          context.deps.log.error("signer.op-crashed", { opId, message: errorText(error) });
        }
        const code = error instanceof SignerError || error instanceof ChainError ? error.code : "internal";
        context.record({
          type: "EXPIRED",
          body: { opId, reason: `${code}: ${errorText(error)}`, atMs: context.deps.wall.nowMs() },
        });
        return;
      }
      await context.sleep(PREPARE_RETRY_MS * (tryIndex + 1));
    }
  }
}

async function prepareOnce(context: EngineContext, op: OpRecord): Promise<void> {
  const plan = context.journal.state.plans.get(op.planId)?.plan;
  if (plan === undefined && !op.isOwn)
    throw SignerError.refuse("not_found", `plan ${op.planId} of ${op.opId} is not in the journal`);
  checkBeforeSigning(context, op);
  if (plan === undefined) return signRevokeWithoutPlan(context, op);
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
    await runOwnRevoke(context, {
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

/** Leftovers of plans that are no longer in memory. */
async function signRevokeWithoutPlan(context: EngineContext, op: OpRecord): Promise<void> {
  if (op.step.kind !== "revoke") throw SignerError.refuse("internal", "only a revoke may run without a plan");
  const prepared = await prepareRevoke(context, op, op.step);
  if (prepared.kind === "skip") {
    context.record({
      type: "SKIPPED",
      body: { opId: op.opId, reason: prepared.reason, atMs: context.deps.wall.nowMs() },
    });
    return;
  }
  if (prepared.kind === "tx") await sign(context, op, prepared);
}

/** Authority again, at the last moment: a stop or pause that came meanwhile wins; and inputs must still be fresh. */
function checkBeforeSigning(context: EngineContext, op: OpRecord): void {
  checkAuthority(context.deps.authority, op.pairId, op.step);
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

export interface OwnRevoke {
  readonly opId: string;
  readonly planId: string;
  readonly pairId: string;
  readonly index: number;
  readonly step: RevokeStep;
  readonly args: OpArguments;
}

/** A revoke the signer adds itself; inside the chain's lock. Joins an unfinished one of the same id. */
export async function runOwnRevoke(context: EngineContext, revoke: OwnRevoke): Promise<OpRecord> {
  const existing = context.journal.state.ops.get(revoke.opId);
  const isRunnable =
    existing !== undefined &&
    (IN_FLIGHT_STATES.includes(existing.state) || existing.state === "INTENT" || existing.state === "PREPARED");
  if (!isRunnable) {
    context.kill("before-intent");
    context.record({
      type: "INTENT",
      body: {
        opId: revoke.opId,
        planId: revoke.planId,
        pairId: revoke.pairId,
        index: revoke.index,
        chainId: revoke.step.chainId,
        purposeKey: purposeKey(revoke.planId, revoke.index, revoke.step),
        step: revoke.step,
        args: revoke.args,
        isOwn: true,
        atMs: context.deps.wall.nowMs(),
      },
    });
    context.kill("after-intent");
  }
  await runOp(context, revoke.opId);
  const op = context.op(revoke.opId);
  if (!SUCCESS_OP_STATES.includes(op.state)) {
    throw SignerError.later(
      "policy",
      `the revoke of ${revoke.step.token} for ${revoke.step.spender} ended as ${op.state}: ${op.error ?? "unknown"}`,
    );
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
