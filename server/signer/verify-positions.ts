// What a confirmed mint, burn or decrease did, for any DEX family: the position at the receipt's block, the wallet's transfers, the entries.
import { isSameAddress, walletDeltas } from "@/lib/actions/erc20";
import type { LivePosition, MintCall, RangeIndexes } from "@/lib/actions/family";
import type { KnownPosition } from "@/lib/api/signer-contract";
import { ChainError } from "@/lib/errors/tidegate-error";
import { burnEntries, mintEntries, type Entry } from "@/lib/ledger/entries";
import type { BurnStep, DecreaseStep, MintStep } from "@/lib/plan/plan";
import { positionId, type Address } from "@/lib/units";
import type { EngineContext, PoolPart } from "./context";
import type { OpRecord } from "./journal/projection";
import type { ChainPort, Receipt } from "./ports";
import { deltaOf, done, fail, listed, type VerifyResult } from "./verify-common";

export interface VerifyInput {
  readonly context: EngineContext;
  readonly op: OpRecord;
  readonly receipt: Receipt;
  /** Where positions and rights are read: the receipt's block, or a later one before which nothing else of ours happened. */
  readonly stateBlock: bigint;
  readonly gas: readonly Entry[];
}

export async function verifyExit(input: VerifyInput, step: BurnStep | DecreaseStep): Promise<VerifyResult> {
  const { context, op, receipt, stateBlock, gas } = input;
  const wallet = context.deps.key.address;
  const part = context.pool(step.chainId, step.pool);
  const port = context.chain(op.chainId);
  const before = await readBefore(part, port, { tokenId: step.tokenId, receipt, wallet });
  const facts = part.actions.decodeExitReceipt(part.ref, receipt.logs, { tokenId: step.tokenId, wallet, before });
  if (facts === null) {
    return fail(`the receipt has no payment for token ${step.tokenId} by ${step.positionManager}`);
  }
  const id = positionId(op.chainId, step.family, step.positionManager, step.tokenId);
  const known = context.journal.state.positions.get(id) ?? null;
  const live = await part.reads.readPosition(port, part.ref, step.tokenId, stateBlock, wallet);
  const wrong =
    step.kind === "burn" ? notEmpty(live) : notReduced({ live, known, before, takenRaw: facts.liquidityRaw, step });
  if (wrong !== null) return fail(`token ${step.tokenId} ${wrong}`);
  const deltas = walletDeltas(receipt.logs, [step.token0, step.token1], wallet);
  const paid0 = deltaOf(deltas, step.token0);
  const paid1 = deltaOf(deltas, step.token1);
  // A token that takes a fee on transfer arrives short: what arrived is booked, the difference is shown.
  if (paid0 > facts.paid0Raw || paid1 > facts.paid1Raw || paid0 < 0n || paid1 < 0n) {
    return fail(
      `the wallet's transfers (${paid0}, ${paid1}) do not fit what ${step.positionManager} paid (${facts.paid0Raw}, ${facts.paid1Raw})`,
    );
  }
  const least0 = op.prepared?.minimums.find((each) => isSameAddress(each.token, step.token0))?.amountRaw ?? 0n;
  const least1 = op.prepared?.minimums.find((each) => isSameAddress(each.token, step.token1))?.amountRaw ?? 0n;
  const booked = bookedPart(step, known, facts.liquidityRaw);
  const entries = burnEntries({
    pairId: op.pairId,
    token0: step.token0,
    token1: step.token1,
    positionId: id,
    booked0Raw: booked.amount0Raw,
    booked1Raw: booked.amount1Raw,
    principal0Raw: smaller(facts.principal0Raw, paid0),
    principal1Raw: smaller(facts.principal1Raw, paid1),
    paid0Raw: paid0,
    paid1Raw: paid1,
  });
  const shortfall = paid0 < least0 || paid1 < least1 ? "a token arrived below the minimum the manager promised" : null;
  if (shortfall !== null && paid0 === facts.paid0Raw && paid1 === facts.paid1Raw) {
    return fail(`${shortfall}: ${paid0} and ${paid1}, at least ${least0} and ${least1}`);
  }
  return done({
    deltas: listed(deltas),
    entries: [...entries, ...gas],
    closedPositionId: step.kind === "burn" ? id : null,
    changed:
      step.kind === "decrease" && known !== null && live !== null ? reduced(known, live.liquidityRaw, booked) : null,
  });
}

/**
 * The position as the exit found it, from which families that do not log fees apart tell principal and fees: exactly where the family can
 * tell (swaps earlier in the same block included), else as of one block before; null when that state is not served any more (then all
 * of it counts as the family says without it).
 */
async function readBefore(
  part: PoolPart,
  port: ChainPort,
  at: { readonly tokenId: bigint; readonly receipt: Receipt; readonly wallet: Address },
): Promise<LivePosition | null> {
  const { tokenId, wallet, receipt } = at;
  try {
    if (part.reads.readBeforeExit !== undefined) {
      const { blockNumber: receiptBlock, logs } = receipt;
      return await part.reads.readBeforeExit(port, part.ref, { tokenId, wallet, receiptBlock, logs });
    }
    return await part.reads.readPosition(port, part.ref, tokenId, receipt.blockNumber - 1n, wallet);
  } catch (error) {
    if (error instanceof ChainError) return null;
    throw error;
  }
}

function notEmpty(live: LivePosition | null): string | null {
  if (live === null || (live.liquidityRaw === 0n && live.fees0Raw === 0n && live.fees1Raw === 0n)) {
    const left = live?.bins?.find((bin) => bin.sharesRaw > 0n);
    return left === undefined ? null : `still has ${left.sharesRaw} shares in bin ${left.binId}`;
  }
  return `still has liquidity ${live.liquidityRaw}, fees ${live.fees0Raw} and ${live.fees1Raw}`;
}

function notReduced(input: {
  readonly live: LivePosition | null;
  readonly known: KnownPosition | null;
  readonly before: LivePosition | null;
  readonly takenRaw: bigint;
  readonly step: BurnStep | DecreaseStep;
}): string | null {
  const { live, known, before, takenRaw, step } = input;
  if (live === null) return "is gone, though only a part was to be taken out";
  // Bins that would pay nothing are left out of a part.
  const isTaken = live.bins === null ? takenRaw === step.liquidityRaw : takenRaw <= step.liquidityRaw;
  if (!isTaken) return `lost liquidity ${takenRaw}, the step takes ${step.liquidityRaw}`;
  const wasRaw = before?.liquidityRaw ?? known?.liquidityRaw;
  if (wasRaw === undefined || live.liquidityRaw === wasRaw - takenRaw) return null;
  return `has liquidity ${live.liquidityRaw}, expected ${wasRaw - takenRaw}`;
}

interface Booked {
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
}

/** Of what went in at the mint: all at the end, a part in proportion to the liquidity before. */
function bookedPart(step: BurnStep | DecreaseStep, known: KnownPosition | null, takenRaw: bigint): Booked {
  if (known === null) return { amount0Raw: 0n, amount1Raw: 0n };
  if (step.kind === "burn") return { amount0Raw: known.amount0Raw, amount1Raw: known.amount1Raw };
  if (known.liquidityRaw === 0n) return { amount0Raw: 0n, amount1Raw: 0n };
  return {
    amount0Raw: (known.amount0Raw * takenRaw) / known.liquidityRaw,
    amount1Raw: (known.amount1Raw * takenRaw) / known.liquidityRaw,
  };
}

function reduced(
  known: KnownPosition & { readonly pairId?: string },
  liquidityRaw: bigint,
  taken: Booked,
): KnownPosition {
  const { pairId: _pairId, ...position } = known;
  return {
    ...position,
    liquidityRaw,
    amount0Raw: known.amount0Raw - taken.amount0Raw,
    amount1Raw: known.amount1Raw - taken.amount1Raw,
  };
}

export async function verifyMint(input: VerifyInput, step: MintStep): Promise<VerifyResult> {
  const { context, op, receipt, stateBlock, gas } = input;
  const wallet = context.deps.key.address;
  const { ref, actions, reads } = context.pool(step.chainId, step.pool);
  const { prepared } = op;
  const call =
    prepared === null ? null : actions.decodeMint(ref, { to: prepared.to, data: prepared.data, valueRaw: 0n });
  if (call === null) return fail("the mint's own bytes cannot be decoded any more; the registry entry was changed");
  const facts = actions.decodeMintReceipt(ref, receipt.logs, wallet, call);
  if (facts === null) return fail(`the receipt has no position minted to ${wallet} by ${step.positionManager}`);
  const live = await reads.readPosition(context.chain(op.chainId), ref, facts.tokenId, stateBlock, wallet);
  if (live === null || !isSameAddress(live.owner, wallet)) {
    return fail(`token ${facts.tokenId} is owned by ${live?.owner ?? "nobody"} at block ${stateBlock}`);
  }
  if (
    live.otherPool !== undefined ||
    live.liquidityRaw !== facts.liquidityRaw ||
    live.tickLower !== facts.tickLower ||
    live.tickUpper !== facts.tickUpper ||
    !isRangeAsked(facts, call)
  ) {
    return fail(
      `token ${facts.tokenId} has liquidity ${live.liquidityRaw} in ${live.tickLower}..${live.tickUpper}${live.otherPool === undefined ? "" : ` of pool ${live.otherPool}`}, the receipt says ${facts.liquidityRaw}`,
    );
  }
  if (call.liquidityRaw !== null && call.liquidityRaw !== facts.liquidityRaw) {
    return fail(`the mint made liquidity ${facts.liquidityRaw}, its bytes ask for ${call.liquidityRaw}`);
  }
  if (facts.amount0Raw > call.amount0DesiredRaw || facts.amount1Raw > call.amount1DesiredRaw) {
    return fail(
      `the mint took ${facts.amount0Raw} and ${facts.amount1Raw}, at most ${call.amount0DesiredRaw} and ${call.amount1DesiredRaw} were allowed`,
    );
  }
  const deltas = walletDeltas(receipt.logs, [step.token0, step.token1], wallet);
  if (deltaOf(deltas, step.token0) !== -facts.amount0Raw || deltaOf(deltas, step.token1) !== -facts.amount1Raw) {
    return fail(
      `the wallet paid ${-deltaOf(deltas, step.token0)} and ${-deltaOf(deltas, step.token1)}, the manager counted ${facts.amount0Raw} and ${facts.amount1Raw}`,
    );
  }
  const openedId = positionId(op.chainId, step.family, step.positionManager, facts.tokenId);
  const opened: KnownPosition = {
    positionId: openedId,
    chainId: op.chainId,
    pool: step.pool,
    positionManager: step.positionManager,
    tokenId: facts.tokenId,
    tickLower: facts.tickLower,
    tickUpper: facts.tickUpper,
    liquidityRaw: facts.liquidityRaw,
    amount0Raw: facts.amount0Raw,
    amount1Raw: facts.amount1Raw,
    openedAtMarketMs: context.deps.market.nowMs(),
    openedAtMs: context.deps.wall.nowMs(),
    mintTxHash: receipt.hash,
    planId: op.planId,
  };
  const entries = mintEntries({
    pairId: op.pairId,
    token0: step.token0,
    token1: step.token1,
    positionId: openedId,
    amount0Raw: facts.amount0Raw,
    amount1Raw: facts.amount1Raw,
  });
  return done({ deltas: listed(deltas), entries: [...entries, ...gas], opened });
}

/** Exactly the range of the bytes; bins may have moved together with the active one as far as the bytes allow. */
function isRangeAsked(facts: RangeIndexes, call: MintCall): boolean {
  const moved = facts.tickLower - call.tickLower;
  const isWhole = facts.tickUpper - call.tickUpper === moved;
  return isWhole && Math.abs(moved) <= (call.bins?.idSlippage ?? 0);
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
