// Start-up: the journal against the chain (safety.md section 3.7, R1 to R8); idempotent, so that a kill during it costs nothing.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { isSameAddress } from "@/lib/actions/erc20";
import { NATIVE_TOKEN, pairOfAccount, positionAccount, walletAccount } from "@/lib/ledger/accounts";
import { compareWithChain } from "@/lib/ledger/balance";
import { creditEntries, debitEntries, openingEntries, type Entry } from "@/lib/ledger/entries";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { OPEN_PLAN_STATUSES, type PlanStatus } from "@/lib/plan/plan-status";
import type { Address } from "@/lib/units";
import { readTokenBalance } from "@/server/signer/allowances";
import type { EngineContext } from "@/server/signer/context";
import { amountText, emptyOrphan, noteOrphan, takeInventory } from "@/server/signer/inventory";
import { compareNonces } from "@/server/signer/nonce";
import { SignerError, type BlockRef, type ChainPort, type RecoveryReport } from "@/server/signer/ports";
import { IN_FLIGHT_STATES, type OpRecord, type OwnedPosition } from "./projection";

export interface RecoverParts {
  readonly readyChains: Set<number>;
  readonly running: ReadonlyMap<string, Promise<void>>;
  start(op: OpRecord): void;
  setPlanStatus(planId: string, status: PlanStatus, reason: string): void;
  revokeLeftovers(): Promise<void>;
}

type ChainOutcome = RecoveryReport["chains"][number];

/** Reconciled within 60 s (promise 4): an operation that needs longer goes on in the background. */
const RESUME_WAIT_MS = 45_000;
/** R7: no next operation of an older plan. */
const MAX_INTERRUPTED_MS = 600_000;

export async function recoverChains(context: EngineContext, parts: RecoverParts): Promise<RecoveryReport> {
  const { wall, chains } = context.deps;
  const startedMono = wall.monotonicMs();
  const notes: string[] = [...context.journal.repairs];
  const outcomes: ChainOutcome[] = [];
  let needsAdopt = false;
  await Promise.all(
    [...chains.values()].map(async (port) => {
      if (parts.readyChains.has(port.chain.id)) {
        outcomes.push({ chainId: port.chain.id, outcome: "clean" });
        return;
      }
      try {
        const result = await recoverChain(context, port, parts, notes);
        outcomes.push({ chainId: port.chain.id, outcome: result.outcome });
        needsAdopt ||= result.needsAdopt;
      } catch (error) {
        if (!(error instanceof ChainError || error instanceof SignerError)) throw error;
        // No answer is no fact: this chain observes until a later call of recover() gets one.
        notes.push(`chain ${port.chain.id}: ${errorText(error)}`);
        outcomes.push({ chainId: port.chain.id, outcome: "observe" });
      }
    }),
  );
  endInterruptedPlans(context, parts, notes);
  if (context.deps.authority.walletHalt() === null && context.deps.authority.stopped() === null) {
    await parts.revokeLeftovers();
  }
  return { chains: outcomes, notes, needsAdopt, durationMs: Math.round(wall.monotonicMs() - startedMono) };
}

async function recoverChain(
  context: EngineContext,
  port: ChainPort,
  parts: RecoverParts,
  notes: string[],
): Promise<{ outcome: ChainOutcome["outcome"]; needsAdopt: boolean }> {
  const { key, authority } = context.deps;
  const chainId = port.chain.id;
  await port.checkEndpoints(0);
  const served = await port.readChainId();
  if (served !== chainId) {
    throw new ChainError({
      code: "wrong_chain",
      retryable: false,
      message: `the endpoint of chain ${chainId} serves chain ${served}; correct TG_RPC_${chainId}`,
    });
  }
  const journalNext = context.journal.state.nextNonce(chainId);
  const latest = await port.readNonce(key.address, "latest");
  if (journalNext === null) {
    await recordOpening(context, port, latest);
    // What the wallet had before the journal waits for a person too, in every DEX family.
    if (latest > 0) await takeInventory(context, port, { block: await latestBlock(port), notes });
    parts.readyChains.add(chainId);
    return { outcome: "clean", needsAdopt: latest > 0 };
  }
  const inFlight = inFlightOps(context, chainId);
  const verdict = compareNonces(journalNext, latest);
  if (verdict.kind === "foreign") {
    const reason = `the chain ${chainId} counts ${latest} transactions of ${key.address}, the journal ${journalNext}: another program signed with this key, or the journal is not the newest copy`;
    context.record({
      type: "FOREIGN",
      body: { opId: null, chainId, nonce: journalNext, reason, atMs: context.deps.wall.nowMs() },
    });
    authority.haltWallet(reason);
    return { outcome: "halted", needsAdopt: false };
  }
  if (verdict.kind === "chain_behind" && !isBehindExplained(context, chainId, verdict.lowestMissing)) {
    const reason = `chain ${chainId} counts ${latest} transactions, the journal has final ones up to ${journalNext - 1}: the chain is older than the journal; point to the right chain, or start with a fresh data directory`;
    authority.haltWallet(reason);
    notes.push(reason);
    return { outcome: "halted", needsAdopt: false };
  }
  for (const op of inFlight) parts.start(op);
  // The chain serves new operations from here on: they queue behind the resumed one in the chain's lock.
  await waitForAll(context, parts, inFlight);
  const isQuiet = inFlightOps(context, chainId).length === 0;
  if (isQuiet && verdict.kind === "use" && unsettledCount(context, chainId) === 0)
    await reconcile(context, port, notes);
  else if (isQuiet) await context.withChain(chainId, () => reconcileWhenSame(context, port, notes));
  parts.readyChains.add(chainId);
  return { outcome: inFlight.length > 0 ? "resumed" : "clean", needsAdopt: false };
}

export function inFlightOps(context: EngineContext, chainId: number): OpRecord[] {
  return [...context.journal.state.ops.values()]
    .filter((op) => op.chainId === chainId && IN_FLIGHT_STATES.includes(op.state))
    .toSorted((left, right) => (left.attempts.at(-1)?.nonce ?? 0) - (right.attempts.at(-1)?.nonce ?? 0));
}

/** A missing nonce is one of an operation that is not final: it is resent, by its own run or by the settle loop. */
function isBehindExplained(context: EngineContext, chainId: number, nonce: number): boolean {
  return [...context.journal.state.ops.values()].some(
    (op) =>
      op.chainId === chainId &&
      op.state !== "SETTLED" &&
      op.attempts.some((attempt) => attempt.nonce === nonce && attempt.raw !== null),
  );
}

function unsettledCount(context: EngineContext, chainId: number): number {
  return [...context.journal.state.ops.values()].filter((op) => op.chainId === chainId && op.state === "VERIFIED")
    .length;
}

async function waitForAll(context: EngineContext, parts: RecoverParts, ops: readonly OpRecord[]): Promise<void> {
  const runs = ops.flatMap((op) => parts.running.get(op.opId) ?? []);
  if (runs.length === 0) return;
  await Promise.race([Promise.all(runs), context.sleep(RESUME_WAIT_MS)]);
}

/** With unsettled operations the difference means something only while their blocks are still there. */
async function reconcileWhenSame(context: EngineContext, port: ChainPort, notes: string[]): Promise<void> {
  for (const op of context.journal.state.ops.values()) {
    if (op.chainId !== port.chain.id || op.state !== "VERIFIED" || op.included === null) continue;
    const block = await port.readBlock(op.included.blockNumber);
    // A gone block: the settle loop takes the operation back first; the next start or ledger.check compares.
    if (block === null || block.hash !== op.included.blockHash) return;
  }
  await reconcile(context, port, notes);
}

async function recordOpening(context: EngineContext, port: ChainPort, nonce: number): Promise<void> {
  const { key, registry, market } = context.deps;
  const block = await latestBlock(port);
  const entries: Entry[] = [];
  for (const token of registry.tokens.filter((each) => each.chainId === port.chain.id)) {
    entries.push(
      ...openingEntries(token.address, await readTokenBalance(port, token.address, key.address, block.number)),
    );
  }
  entries.push(...openingEntries(NATIVE_TOKEN, await port.readNativeBalance(key.address, block.number)));
  context.record({
    type: "OPENING",
    body: {
      chainId: port.chain.id,
      blockNumber: block.number,
      nonce,
      entries,
      lostPositionIds: [],
      marketAtMs: market.nowMs(),
    },
  });
}

/** R5 and R6: positions both ways, balances; a credit is booked apart, a debit halts with numbers. */
async function reconcile(context: EngineContext, port: ChainPort, notes: string[]): Promise<void> {
  const block = await latestBlock(port);
  await takeInventory(context, port, { block, notes });
  await checkBalances(context, port, block, notes);
}

async function checkBalances(context: EngineContext, port: ChainPort, block: BlockRef, notes: string[]): Promise<void> {
  const { registry, key } = context.deps;
  for (const token of registry.tokens.filter((each) => each.chainId === port.chain.id)) {
    const chainRaw = await readTokenBalance(port, token.address, key.address, block.number);
    compareToken(context, port, { token: token.address, chainRaw, block, notes });
  }
  const nativeRaw = await port.readNativeBalance(key.address, block.number);
  compareToken(context, port, { token: NATIVE_TOKEN, chainRaw: nativeRaw, block, notes });
}

/** One token of the wallet against the books: a credit is booked apart, a debit halts who holds the token. Inside the chain's lock. */
export function compareToken(
  context: EngineContext,
  port: ChainPort,
  input: { token: Address; chainRaw: bigint; block: BlockRef; notes: string[] },
): void {
  const { token, chainRaw, block, notes } = input;
  const chainId = port.chain.id;
  const ledgerRaw = context.journal.state.balances.walletTotal(chainId, token);
  const difference = compareWithChain(ledgerRaw, chainRaw);
  if (difference.kind === "equal") return;
  const numbers = `token ${token} on chain ${chainId} at block ${block.number}: ledger ${ledgerRaw}, chain ${chainRaw}`;
  if (difference.kind === "credit") {
    recordLedger(context, chainId, `unexplained credit; ${numbers}`, creditEntries(token, difference.amountRaw));
    notes.push(`unexplained credit of ${difference.amountRaw}; ${numbers}`);
    return;
  }
  if (token === NATIVE_TOKEN) {
    // Nonces agree, so no transaction is missing: only a fee that a rollup charged beside the receipt can explain it.
    recordLedger(
      context,
      chainId,
      `fee not in the receipts; ${numbers}`,
      debitEntries("gas", token, difference.amountRaw),
    );
    notes.push(`native coin: ${difference.amountRaw} wei of fees were not in the receipts; ${numbers}`);
    return;
  }
  haltForDebit(context, { chainId, token, amountRaw: difference.amountRaw, numbers });
  notes.push(`unexplained debit of ${difference.amountRaw}; ${numbers}`);
}

function haltForDebit(
  context: EngineContext,
  input: { chainId: number; token: Address; amountRaw: bigint; numbers: string },
): void {
  const { balances } = context.journal.state;
  const holders = context.deps.authority
    .pairIds()
    .filter((pairId) => balances.of(input.chainId, walletAccount(pairId), input.token) > 0n);
  const cause = `unexplained debit of ${input.amountRaw} of ${input.numbers}; find out what moved it, then adopt it (it is written off) and end the halt`;
  noteOrphan(context, {
    ...emptyOrphan(context, {
      orphanId: `debit:${input.chainId}:${input.token}`.toLowerCase(),
      kind: "debit",
      chainId: input.chainId,
    }),
    token: input.token,
    amountRaw: input.amountRaw,
    pairId: holders[0] ?? null,
    valueText: amountText(context, input.chainId, input.token, input.amountRaw),
    detail: cause,
  });
  if (holders.length === 0) context.deps.authority.haltWallet(cause);
  for (const pairId of holders) context.deps.authority.haltPair(pairId, cause);
}

/**
 * A person has looked at the difference and adopts it: nonce, missing positions and balances of the chain become the journal's.
 * Inside the chain's lock; nothing of ours may be under way. Returns what was adopted, one sentence each.
 */
export async function adoptChain(context: EngineContext, chainId: number): Promise<readonly string[]> {
  if (inFlightOps(context, chainId).length > 0) {
    throw SignerError.later("chain", `a transaction on chain ${chainId} is under way; adopt when it has ended`);
  }
  const { key, registry, market } = context.deps;
  const port = context.chain(chainId);
  const block = await latestBlock(port);
  const nonce = await port.readNonce(key.address, block.number);
  const lost = await lostPositions(context, port, block);
  const adopted = lost.map((position) => `position ${position.positionId} written off`);
  const entries: Entry[] = lost.flatMap((position) => [
    ...debitEntries(positionAccount(position.pairId, position.positionId), position.token0, position.amount0Raw),
    ...debitEntries(positionAccount(position.pairId, position.positionId), position.token1, position.amount1Raw),
  ]);
  const tokens = registry.tokens.filter((each) => each.chainId === chainId).map((each) => each.address);
  for (const token of tokens) {
    const chainRaw = await readTokenBalance(port, token, key.address, block.number);
    entries.push(...adoptBalance(context, { chainId, token, chainRaw, adopted }));
  }
  const nativeRaw = await port.readNativeBalance(key.address, block.number);
  entries.push(...adoptBalance(context, { chainId, token: NATIVE_TOKEN, chainRaw: nativeRaw, adopted }));
  const journalNext = context.journal.state.nextNonce(chainId);
  if (journalNext !== null && nonce > journalNext)
    adopted.push(`nonces ${journalNext} to ${nonce - 1} on chain ${chainId}`);
  if (adopted.length === 0) return adopted;
  context.record({
    type: "OPENING",
    body: {
      chainId,
      blockNumber: block.number,
      nonce,
      entries,
      lostPositionIds: lost.map((position) => position.positionId),
      marketAtMs: market.nowMs(),
    },
  });
  return adopted;
}

/** Known positions that the wallet does not own any more, with their tokens in pool order. */
async function lostPositions(context: EngineContext, port: ChainPort, block: BlockRef) {
  const { registry, key } = context.deps;
  const lost: (OwnedPosition & { token0: Address; token1: Address })[] = [];
  for (const position of context.journal.state.positions.values()) {
    if (position.chainId !== port.chain.id || findPoolRef(registry, position.chainId, position.pool) === null) continue;
    const { ref, reads } = context.pool(position.chainId, position.pool);
    const live = await reads.readPosition(port, ref, position.tokenId, block.number, key.address);
    if (live !== null && isSameAddress(live.owner, key.address)) continue;
    lost.push({ ...position, token0: ref.token0, token1: ref.token1 });
  }
  return lost;
}

/** A debit is taken from free funds first, then from the pairs that hold the token; a credit is booked apart. */
function adoptBalance(
  context: EngineContext,
  input: { chainId: number; token: Address; chainRaw: bigint; adopted: string[] },
): readonly Entry[] {
  const { balances } = context.journal.state;
  const { chainId, token } = input;
  const difference = compareWithChain(balances.walletTotal(chainId, token), input.chainRaw);
  if (difference.kind === "equal") return [];
  input.adopted.push(`${difference.kind} of ${difference.amountRaw} of token ${token} on chain ${chainId}`);
  if (difference.kind === "credit") return creditEntries(token, difference.amountRaw);
  if (token === NATIVE_TOKEN) return debitEntries("gas", token, difference.amountRaw);
  const entries: Entry[] = [];
  let leftRaw = difference.amountRaw;
  const sources = ["unassigned", "credit", ...context.deps.authority.pairIds().map(walletAccount)] as const;
  for (const account of sources) {
    const heldRaw = balances.of(chainId, account, token);
    const takenRaw = heldRaw < leftRaw ? heldRaw : leftRaw;
    if (takenRaw <= 0n) continue;
    entries.push(...debitEntries(account, token, takenRaw));
    leftRaw -= takenRaw;
  }
  return entries;
}

/** Books what the chain has more than the ledger on a quiet chain; inside the chain's lock. */
export async function bookCredits(context: EngineContext, chainId: number): Promise<void> {
  const { registry, key } = context.deps;
  if (inFlightOps(context, chainId).length > 0) return;
  const port = context.chain(chainId);
  const block = await latestBlock(port);
  for (const token of registry.tokens.filter((each) => each.chainId === chainId)) {
    const chainRaw = await readTokenBalance(port, token.address, key.address, block.number);
    const difference = compareWithChain(context.journal.state.balances.walletTotal(chainId, token.address), chainRaw);
    if (difference.kind !== "credit") continue;
    recordLedger(
      context,
      chainId,
      `credit found at block ${block.number}`,
      creditEntries(token.address, difference.amountRaw),
    );
  }
  const nativeRaw = await port.readNativeBalance(key.address, block.number);
  const native = compareWithChain(context.journal.state.balances.walletTotal(chainId, NATIVE_TOKEN), nativeRaw);
  if (native.kind === "credit") {
    recordLedger(
      context,
      chainId,
      `credit found at block ${block.number}`,
      creditEntries(NATIVE_TOKEN, native.amountRaw),
    );
  }
}

function recordLedger(context: EngineContext, chainId: number, note: string, entries: readonly Entry[]): void {
  const pairId = entries.map((entry) => pairOfAccount(entry.account)).find((each) => each !== null) ?? null;
  context.record({
    type: "LEDGER",
    body: { chainId, pairId, reference: null, note, entries: [...entries], marketAtMs: context.deps.market.nowMs() },
  });
}

/** R7: a plan that was interrupted for longer than ten minutes does not go on; what was signed is done, the rest is not started. */
function endInterruptedPlans(context: EngineContext, parts: RecoverParts, notes: string[]): void {
  const nowMs = context.deps.wall.nowMs();
  for (const entry of context.journal.state.plans.values()) {
    if (!OPEN_PLAN_STATUSES.includes(entry.status) || entry.status !== "executing") continue;
    const ops = entry.opIds.flatMap((opId) => context.journal.state.ops.get(opId) ?? []);
    if (ops.some((op) => IN_FLIGHT_STATES.includes(op.state))) continue;
    const lastMs = Math.max(entry.startedAtMs ?? entry.body.createdAtMs, ...ops.map((op) => op.stateAtMs));
    if (nowMs - lastMs <= MAX_INTERRUPTED_MS) continue;
    for (const op of ops) {
      if (op.state !== "INTENT" && op.state !== "PREPARED") continue;
      context.record({
        type: "EXPIRED",
        body: { opId: op.opId, reason: "interrupted for more than 10 min before it was signed", atMs: nowMs },
      });
    }
    parts.setPlanStatus(
      entry.body.planId,
      "partial",
      `interrupted for ${Math.round((nowMs - lastMs) / 60_000)} min; the remaining steps were not started`,
    );
    notes.push(`plan ${entry.body.planId} ended as partial after an interruption`);
  }
}

async function latestBlock(port: ChainPort): Promise<BlockRef> {
  const block = await port.readBlock("latest");
  if (block !== null) return block;
  throw new ChainError({
    code: "bad_data",
    retryable: true,
    message: `chain ${port.chain.id} answered no latest block`,
  });
}
