// From SENT to CONFIRMED: look at the chain, never at error texts; resend, raise, cancel; a gone block goes back to SENT.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { EngineContext } from "./context";
import { onJournalTrouble } from "./context";
import type { OpRecord } from "./journal/projection";
import { JournalError } from "./journal/segment";
import { isOrdered } from "./own-steps";
import { isExitStep } from "./policy";
import { SignerError, type ChainPort, type Receipt } from "./ports";
import { lastAttempt, resend, signBump, signCancel } from "./sender";

/** First resend of the same bytes, then as often; wall time; choice below the first bump. */
const RESEND_AFTER_MS = 5_000;
/** Not before three blocks, and not before 30 s on a real chain or 20 s on a local one (safety.md section 3.5); wall time. */
const BUMP_AFTER_MS = 30_000;
const BUMP_AFTER_LOCAL_MS = 20_000;
const BUMP_AFTER_BLOCKS = 3;
/** A spent nonce whose hashes no endpoint knows: this long before it counts as foreign. */
const FOREIGN_AFTER_MS = 15_000;
const DISK_RETRY_MS = 1_000;

export type WatchResult =
  | { readonly kind: "confirmed"; readonly receipt: Receipt }
  /** Closing, or halted by a foreign transaction: recorded as such. */
  | { readonly kind: "ended" };

/** Until one attempt is included and confirmed. Reads that fail are tried again; a full disk waits. */
export async function watch(context: EngineContext, opId: string): Promise<WatchResult> {
  const state = {
    lastActionAtMs: context.deps.wall.monotonicMs(),
    foreignSinceMs: null as number | null,
    resent: null as string | null,
  };
  for (;;) {
    if (context.isClosing()) return { kind: "ended" };
    const op = context.op(opId);
    const port = context.chain(op.chainId);
    try {
      const result = await look(context, op, port, state);
      if (result !== null) return result;
    } catch (error) {
      if (error instanceof JournalError && error.code !== "disk_full") {
        onJournalTrouble(context, error);
        return { kind: "ended" };
      }
      if (!(error instanceof ChainError || error instanceof JournalError || error instanceof SignerError)) throw error;
      // Nothing is decided from a failed read: the transaction stays watched, its bytes are in the journal.
      if (context.op(opId).state === "FOREIGN") return { kind: "ended" };
      context.deps.log.warn("signer.watch-retried", { opId, message: errorText(error) });
      if (error instanceof JournalError) await context.sleep(DISK_RETRY_MS);
    }
    await context.sleep(context.pollMs(port.chain));
  }
}

interface WatchState {
  lastActionAtMs: number;
  foreignSinceMs: number | null;
  /** Newest attempt whose same bytes were sent again in this watch: only then may a raise follow. */
  resent: string | null;
}

async function look(
  context: EngineContext,
  op: OpRecord,
  port: ChainPort,
  state: WatchState,
): Promise<WatchResult | null> {
  if (op.state === "INCLUDED" || op.state === "CONFIRMED") return followIncluded(context, op, port);
  const receipt = await findReceipt(port, op);
  if (receipt !== null) {
    context.kill("included-not-written");
    recordIncluded(context, op, receipt);
    return followIncluded(context, context.op(op.opId), port);
  }
  await pushForward(context, op, port, state);
  return null;
}

/** Any attempt of the newest nonce may be the one that was mined. */
async function findReceipt(port: ChainPort, op: OpRecord): Promise<Receipt | null> {
  const { nonce } = lastAttempt(op);
  for (const attempt of op.attempts) {
    if (attempt.nonce !== nonce) continue;
    const receipt = await port.readReceipt(attempt.hash);
    if (receipt !== null) return receipt;
  }
  return null;
}

function recordIncluded(context: EngineContext, op: OpRecord, receipt: Receipt): void {
  context.record({
    type: "INCLUDED",
    body: {
      opId: op.opId,
      hash: receipt.hash,
      blockNumber: receipt.blockNumber,
      blockHash: receipt.blockHash,
      status: receipt.status,
      atMs: context.deps.wall.nowMs(),
    },
  });
}

async function followIncluded(context: EngineContext, op: OpRecord, port: ChainPort): Promise<WatchResult | null> {
  const { included } = op;
  if (included === null) return null;
  const receipt = await port.readReceipt(included.hash);
  const block = await port.readBlock(included.blockNumber);
  const isGone = receipt === null || receipt.blockHash !== included.blockHash;
  if (isGone) {
    // A lagging endpoint also answers "none": gone only when that height has another block or the hash moved.
    if (receipt === null && block !== null && block.hash === included.blockHash) return null;
    if (receipt === null && block === null) {
      const head = await port.readBlock("latest");
      if (head === null || head.number < included.blockNumber) await resendGone(context, op);
      return null;
    }
    if (receipt !== null) {
      recordIncluded(context, op, receipt);
      return null;
    }
    await resendGone(context, op);
    return null;
  }
  if (op.state === "INCLUDED") {
    const head = await port.readBlock("latest");
    if (head === null || head.number < included.blockNumber + BigInt(port.chain.softDepth)) return null;
    context.record({
      type: "CONFIRMED",
      body: {
        opId: op.opId,
        blockNumber: included.blockNumber,
        blockHash: included.blockHash,
        atMs: context.deps.wall.nowMs(),
      },
    });
  }
  return { kind: "confirmed", receipt };
}

async function resendGone(context: EngineContext, op: OpRecord): Promise<void> {
  context.deps.log.warn("signer.block-gone", {
    opId: op.opId,
    chainId: op.chainId,
    blockNumber: op.included?.blockNumber.toString() ?? null,
  });
  await resend(context, op, "block_gone");
}

async function pushForward(context: EngineContext, op: OpRecord, port: ChainPort, state: WatchState): Promise<void> {
  const { wall, key } = context.deps;
  const last = lastAttempt(op);
  const nowMono = wall.monotonicMs();
  const chainNonce = await port.readNonce(key.address, "latest");
  if (chainNonce > last.nonce) {
    // Spent: by one of our hashes that an endpoint does not show yet, or by a stranger.
    state.foreignSinceMs ??= nowMono;
    const isDue = nowMono - state.foreignSinceMs >= FOREIGN_AFTER_MS;
    // One that lags keeps a receipt from being agreed for as long as it lags: that is no stranger.
    if (isDue && !(await isOurs(port, op))) haltForeign(context, op, last.nonce, chainNonce);
    return;
  }
  state.foreignSinceMs = null;
  const isStopped = !maySign(context, op);
  const head = await port.readBlock("latest");
  const deadlineSec = op.prepared?.deadlineSec ?? null;
  const isPastDeadline = head !== null && deadlineSec !== null && head.timestampSec > deadlineSec;
  if (isPastDeadline && last.kind === "action" && !isStopped) {
    await signCancel(context, op, () => assertMaySign(context, op));
    state.lastActionAtMs = nowMono;
    return;
  }
  const sinceMs = nowMono - state.lastActionAtMs;
  const { chain } = port;
  const bumpAfterMs = Math.max(
    chain.isLocal ? BUMP_AFTER_LOCAL_MS : BUMP_AFTER_MS,
    (BUMP_AFTER_BLOCKS * chain.blockTimeMs) / chain.timeScale,
  );
  const ageMs = wall.nowMs() - (last.sentAtMs ?? last.signedAtMs);
  const isResent = state.resent === last.hash;
  if (chain.bumpAllowed && !isStopped && isResent && ageMs >= bumpAfterMs && sinceMs >= RESEND_AFTER_MS) {
    const isBumped = await signBump(context, op, () => assertMaySign(context, op));
    if (!isBumped && last.kind === "action") await signCancel(context, op, () => assertMaySign(context, op));
    else if (!isBumped) await resend(context, op, "resent");
    state.lastActionAtMs = nowMono;
    return;
  }
  if (last.sentAtMs === null || sinceMs >= RESEND_AFTER_MS) {
    await resend(context, op, last.sentAtMs === null ? "first" : "resent");
    state.resent = last.hash;
    state.lastActionAtMs = nowMono;
  }
}

async function isOurs(port: ChainPort, op: OpRecord): Promise<boolean> {
  for (const { hash } of op.attempts) if (await port.hasReceipt(hash)) return true;
  return false;
}

function haltForeign(context: EngineContext, op: OpRecord, nonce: number, chainNonce: number): void {
  const reason = `nonce ${nonce} on chain ${op.chainId} is spent (the chain counts ${chainNonce}) and none of the ${op.attempts.length} hashes of ${op.opId} was mined: another program signs with this key`;
  context.record({
    type: "FOREIGN",
    body: { opId: op.opId, chainId: op.chainId, nonce, reason, atMs: context.deps.wall.nowMs() },
  });
  context.deps.authority.haltWallet(reason);
  throw SignerError.refuse("halted", reason);
}

/** Replacements sign too: not while stopped or halted. Watching and resending go on. */
function assertMaySign(context: EngineContext, op: OpRecord): void {
  if (!maySign(context, op))
    throw SignerError.later("stopped", `no replacement of ${op.opId} is signed while stopped or halted`);
}

function maySign(context: EngineContext, op: OpRecord): boolean {
  const { authority } = context.deps;
  if (authority.stopped() !== null || authority.walletHalt() !== null) return false;
  const pair = authority.pair(op.pairId);
  return pair !== null && (pair.paused?.kind !== "no_transactions" || isExitStep(op.step) || isOrdered(context, op));
}
