// Signing and sending: the SIGNED record with the raw bytes is on the disk before any endpoint sees them.
import { keccak256 } from "viem";
import { SignerError } from "./ports";
import type { FeePair, SendAnswer, UnsignedTx } from "./ports";
import type { EngineContext } from "./context";
import type { Attempt, OpRecord } from "./journal/projection";
import { bumpFees, cancelFees, feeCeilingWei, gasLimitOf, readFees, readL1FeeWei } from "./gas";
import { compareNonces } from "./nonce";
import { checkSigned } from "./policy";
import type { PreparedTx } from "./prepare";

/** Gas of a plain transfer to self. */
const CANCEL_GAS = 21_000n;
/** Attempts for one nonce before the cancel (safety.md section 3.5). */
export const MAX_ATTEMPTS = 6;

/** Highest fee per gas: the chain's cap or the plan's, whichever is lower. */
export function feeCapWei(context: EngineContext, op: OpRecord): bigint {
  const chainCap = BigInt(context.chain(op.chainId).chain.maxFeePerGasWei);
  const plan = context.journal.state.plans.get(op.planId)?.plan;
  const planCap = plan?.bounds.maxFeePerGasWei.find((each) => each.chainId === op.chainId)?.wei;
  return planCap !== undefined && planCap < chainCap ? planCap : chainCap;
}

/** First attempt: nonce, fees, PREPARED, SIGNED, SENT. Runs inside the chain's lock. `mayStillSign` is asked right before the key is used. */
export async function signFirst(
  context: EngineContext,
  op: OpRecord,
  tx: PreparedTx,
  mayStillSign: (gasUsd: number) => void,
): Promise<void> {
  const port = context.chain(op.chainId);
  const wallet = context.deps.key.address;
  const failedGas = op.attempts.findLast((each) => each.kind === "action")?.gas;
  const estimate = await port.estimateGas({ from: wallet, to: tx.to, data: tx.data, valueRaw: tx.valueRaw });
  const gas = gasLimitOf(estimate, port.chain, failedGas);
  const fees = await readFees(port, tx.block, feeCapWei(context, op));
  const nativeWei = await port.readNativeBalance(wallet, "latest");
  const worstWei = gas * feeCeilingWei(fees) + (await readL1FeeWei(port, tx.data)) + tx.valueRaw;
  if (nativeWei < worstWei) {
    throw SignerError.later(
      "gas",
      `the wallet has ${nativeWei} wei on ${port.chain.name}, the transaction may need ${worstWei}; waiting for some ${port.chain.nativeSymbol}`,
    );
  }
  const latest = await port.readNonce(wallet, "latest");
  const verdict = compareNonces(context.journal.state.nextNonce(op.chainId), latest);
  if (verdict.kind === "foreign") {
    const reason = `nonce ${verdict.journalNonce} of ${wallet} on chain ${op.chainId} was used by something that is not in the journal (the chain counts ${verdict.chainNonce})`;
    context.record({
      type: "FOREIGN",
      body: {
        opId: op.opId,
        chainId: op.chainId,
        nonce: verdict.journalNonce,
        reason,
        atMs: context.deps.wall.nowMs(),
      },
    });
    context.deps.authority.haltWallet(reason);
    throw SignerError.refuse("halted", reason);
  }
  if (verdict.kind === "chain_behind") {
    throw SignerError.later(
      "chain",
      `chain ${op.chainId} counts ${latest} transactions, the journal ${verdict.lowestMissing} or more; the missing ones are sent again first`,
    );
  }
  context.record({
    type: "PREPARED",
    body: {
      opId: op.opId,
      blockNumber: tx.block.number,
      blockHash: tx.block.hash,
      to: tx.to,
      data: tx.data,
      ...(tx.valueRaw === 0n ? {} : { valueRaw: tx.valueRaw }),
      gas,
      expected: [...tx.expected],
      minimums: [...tx.minimums],
      deadlineSec: tx.deadlineSec,
      notionalUsd: tx.notionalUsd,
      ...(tx.secondLook === undefined ? {} : { secondLook: tx.secondLook }),
    },
  });
  context.kill("after-prepared");
  const gasUsd = (Number(worstWei / 1_000_000_000n) / 1e9) * op.intent.args.nativeUsd;
  await signAndSend(
    context,
    op,
    { kind: "action", to: tx.to, data: tx.data, valueRaw: tx.valueRaw, nonce: verdict.nonce, gas, fees },
    () => mayStillSign(gasUsd),
  );
}

/** Same nonce, +20 % on both fees, same calldata. False when the cap or the number of attempts is reached. */
export async function signBump(context: EngineContext, op: OpRecord, mayStillSign: () => void): Promise<boolean> {
  const last = lastAttempt(op);
  const sameNonce = op.attempts.filter((each) => each.nonce === last.nonce);
  const fees = bumpFees(last.fees, feeCapWei(context, op));
  if (fees === null || sameNonce.length >= MAX_ATTEMPTS || op.prepared === null) return false;
  const { nonce, gas, kind } = last;
  const {
    to,
    data,
    valueRaw = 0n,
  } = kind === "cancel" ? { to: context.deps.key.address, data: "0x" as const } : op.prepared;
  await signAndSend(context, op, { kind, to, data, valueRaw, nonce, gas, fees }, mayStillSign);
  return true;
}

/** 0 to self with the same nonce; whichever of the two is mined decides. */
export async function signCancel(context: EngineContext, op: OpRecord, mayStillSign: () => void): Promise<void> {
  const last = lastAttempt(op);
  const fees = cancelFees(last.fees, feeCapWei(context, op));
  await signAndSend(
    context,
    op,
    {
      kind: "cancel",
      to: context.deps.key.address,
      data: "0x",
      valueRaw: 0n,
      nonce: last.nonce,
      gas: CANCEL_GAS,
      fees,
    },
    mayStillSign,
  );
}

/** The same bytes of every attempt of the newest nonce again: never signs. */
export async function resend(
  context: EngineContext,
  op: OpRecord,
  reason: "resent" | "block_gone" | "first",
): Promise<void> {
  const last = lastAttempt(op);
  const attempts = op.attempts.filter((each) => each.nonce === last.nonce && each.raw !== null);
  for (const attempt of attempts.toReversed()) {
    if (attempt.raw === null) continue;
    const answers = await context.chain(op.chainId).sendRaw(attempt.raw);
    if (attempt === last) recordSent(context, op, attempt.hash, reason, answers);
  }
}

export function lastAttempt(op: OpRecord): Attempt {
  const last = op.attempts[op.attempts.length - 1];
  if (last === undefined) throw SignerError.refuse("internal", `operation ${op.opId} has no signed attempt`);
  return last;
}

async function signAndSend(
  context: EngineContext,
  op: OpRecord,
  draft: {
    kind: "action" | "cancel";
    to: UnsignedTx["to"];
    data: UnsignedTx["data"];
    valueRaw: bigint;
    nonce: number;
    gas: bigint;
    fees: FeePair;
  },
  mayStillSign: () => void,
): Promise<void> {
  const { deps } = context;
  const tx: UnsignedTx = {
    chainId: op.chainId,
    nonce: draft.nonce,
    to: draft.to,
    data: draft.data,
    valueRaw: draft.valueRaw,
    gas: draft.gas,
    fees: draft.fees,
  };
  mayStillSign();
  if (context.isClosing()) throw SignerError.later("internal", "the signer is closing; nothing was signed");
  const raw = await deps.key.sign(tx);
  await checkSigned(raw, tx, deps.key.address);
  // A stop that came while the key worked still wins: unsent bytes that are not in the journal do not exist.
  mayStillSign();
  context.kill("signed-not-written");
  const hash = keccak256(raw);
  context.record({
    type: "SIGNED",
    body: {
      opId: op.opId,
      attempt: op.attempts.length + 1,
      kind: draft.kind,
      nonce: draft.nonce,
      gas: draft.gas,
      fees: draft.fees,
      hash,
      raw,
      atMs: deps.wall.nowMs(),
    },
  });
  context.kill("written-not-sent");
  const answers = await context.chain(op.chainId).sendRaw(raw);
  context.kill("sent-no-answer");
  recordSent(context, context.op(op.opId), hash, "first", answers);
  context.kill("after-sent");
}

function recordSent(
  context: EngineContext,
  op: OpRecord,
  hash: `0x${string}`,
  reason: "first" | "resent" | "block_gone",
  answers: readonly SendAnswer[],
): void {
  context.record({
    type: "SENT",
    body: { opId: op.opId, hash, atMs: context.deps.wall.nowMs(), reason, answers: [...answers] },
  });
  context.deps.log.info("signer.tx-sent", {
    opId: op.opId,
    chainId: op.chainId,
    txHash: hash,
    reason,
    accepted: answers.filter((each) => each.accepted).length,
    endpoints: answers.length,
  });
}
