// What a confirmed transaction did: postcondition at the pinned block, wallet deltas and ledger entries from logs of expected contracts.
import { isSameAddress, walletDeltas } from "@/lib/actions/erc20";
import { decodeBurnReceipt, decodeMintReceipt } from "@/lib/actions/uniswap-v3";
import type { KnownPosition } from "@/lib/api/signer-contract";
import { burnEntries, gasEntries, mintEntries, swapEntries, type Entry } from "@/lib/ledger/entries";
import type { BurnStep, MintStep, SwapStep } from "@/lib/plan/plan";
import { positionId, type Address } from "@/lib/units";
import { readAllowance } from "./allowances";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import type { EntryOf } from "./journal/records";
import type { Receipt } from "./ports";

export interface Verified {
  readonly deltas: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  readonly entries: readonly Entry[];
  readonly opened: KnownPosition | null;
  readonly closedPositionId: string | null;
  /** A position of which a part was taken out, as it is now. */
  readonly changed?: KnownPosition | null;
  /** What a bridge took, for the journal's transfer. */
  readonly transfer?: EntryOf<"VERIFIED">["transfer"];
}

export type VerifyResult =
  { readonly ok: true; readonly value: Verified } | { readonly ok: false; readonly reason: string };

export async function verifyOp(context: EngineContext, op: OpRecord, receipt: Receipt): Promise<VerifyResult> {
  const gas = gasEntries(gasCostWei(receipt));
  const { step } = op;
  switch (step.kind) {
    case "approve":
    case "revoke":
      return verifyAllowance(context, op, receipt, gas);
    case "burn":
      return verifyBurn(context, op, step, receipt, gas);
    case "mint":
      return verifyMint(context, op, step, receipt, gas);
    case "decrease":
    case "bridge":
      return fail(`this version does not verify a ${step.kind} yet`);
    case "swap":
      return verifySwap(context, op, step, receipt, gas);
  }
}

export function gasCostWei(receipt: Receipt): bigint {
  return receipt.gasUsed * receipt.effectiveGasPriceWei + receipt.l1FeeWei;
}

async function verifyAllowance(
  context: EngineContext,
  op: OpRecord,
  receipt: Receipt,
  gas: readonly Entry[],
): Promise<VerifyResult> {
  const { step } = op;
  if (step.kind !== "approve" && step.kind !== "revoke") return fail("the step is no approval");
  const wanted = step.kind === "approve" ? (op.intent.args.amountRaw ?? step.amountRaw) : 0n;
  const found = await readAllowance(
    context.chain(op.chainId),
    { token: step.token, spender: step.spender, owner: context.deps.key.address },
    receipt.blockNumber,
  );
  if (found !== wanted) return fail(`the allowance is ${found} at block ${receipt.blockNumber}, expected ${wanted}`);
  return done({ deltas: [], entries: gas, opened: null, closedPositionId: null });
}

async function verifyBurn(
  context: EngineContext,
  op: OpRecord,
  step: BurnStep,
  receipt: Receipt,
  gas: readonly Entry[],
): Promise<VerifyResult> {
  const wallet = context.deps.key.address;
  const facts = decodeBurnReceipt(receipt.logs, step.positionManager, step.tokenId);
  if (facts === null) return fail(`the receipt has no Collect of token ${step.tokenId} from ${step.positionManager}`);
  const live = await context
    .family(step.family)
    .readPosition(context.chain(op.chainId), step.positionManager, step.tokenId, receipt.blockNumber);
  if (live !== null && (live.liquidityRaw !== 0n || live.owed0Raw !== 0n || live.owed1Raw !== 0n)) {
    return fail(
      `token ${step.tokenId} still has liquidity ${live.liquidityRaw}, owed ${live.owed0Raw} and ${live.owed1Raw}`,
    );
  }
  const deltas = walletDeltas(receipt.logs, [step.token0, step.token1], wallet);
  const paid0 = deltaOf(deltas, step.token0);
  const paid1 = deltaOf(deltas, step.token1);
  // A token that takes a fee on transfer arrives short: what arrived is booked, the difference is shown.
  if (paid0 > facts.paid0Raw || paid1 > facts.paid1Raw || paid0 < 0n || paid1 < 0n) {
    return fail(
      `the wallet's transfers (${paid0}, ${paid1}) do not fit the manager's Collect (${facts.paid0Raw}, ${facts.paid1Raw})`,
    );
  }
  const closedId = positionId(op.chainId, step.family, step.positionManager, step.tokenId);
  const known = context.journal.state.positions.get(closedId);
  const entries = burnEntries({
    pairId: op.pairId,
    token0: step.token0,
    token1: step.token1,
    positionId: closedId,
    booked0Raw: known?.amount0Raw ?? 0n,
    booked1Raw: known?.amount1Raw ?? 0n,
    principal0Raw: smaller(facts.principal0Raw, paid0),
    principal1Raw: smaller(facts.principal1Raw, paid1),
    paid0Raw: paid0,
    paid1Raw: paid1,
  });
  return done({ deltas: listed(deltas), entries: [...entries, ...gas], opened: null, closedPositionId: closedId });
}

async function verifyMint(
  context: EngineContext,
  op: OpRecord,
  step: MintStep,
  receipt: Receipt,
  gas: readonly Entry[],
): Promise<VerifyResult> {
  const wallet = context.deps.key.address;
  const facts = decodeMintReceipt(receipt.logs, step.positionManager, wallet);
  if (facts === null) return fail(`the receipt has no position minted to ${wallet} by ${step.positionManager}`);
  const live = await context
    .family(step.family)
    .readPosition(context.chain(op.chainId), step.positionManager, facts.tokenId, receipt.blockNumber);
  if (live === null || !isSameAddress(live.owner, wallet)) {
    return fail(`token ${facts.tokenId} is owned by ${live?.owner ?? "nobody"} at block ${receipt.blockNumber}`);
  }
  if (
    live.liquidityRaw !== facts.liquidityRaw ||
    live.tickLower !== step.tickLower ||
    live.tickUpper !== step.tickUpper
  ) {
    return fail(
      `token ${facts.tokenId} has liquidity ${live.liquidityRaw} in ${live.tickLower}..${live.tickUpper}, the receipt says ${facts.liquidityRaw}`,
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
    tickLower: step.tickLower,
    tickUpper: step.tickUpper,
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
  return done({ deltas: listed(deltas), entries: [...entries, ...gas], opened, closedPositionId: null });
}

async function verifySwap(
  context: EngineContext,
  op: OpRecord,
  step: SwapStep,
  receipt: Receipt,
  gas: readonly Entry[],
): Promise<VerifyResult> {
  const wallet = context.deps.key.address;
  const amountInRaw = op.intent.args.amountRaw ?? step.amountInRaw;
  const deltas = walletDeltas(receipt.logs, [step.tokenIn, step.tokenOut], wallet);
  const paid = -deltaOf(deltas, step.tokenIn);
  const got = deltaOf(deltas, step.tokenOut);
  const minimum = op.prepared?.minimums[0]?.amountRaw ?? 0n;
  if (paid > amountInRaw || paid < 0n) return fail(`the swap took ${paid}, at most ${amountInRaw} were allowed`);
  if (got < minimum) return fail(`the swap paid ${got}, at least ${minimum} was promised`);
  const left = await readAllowance(
    context.chain(op.chainId),
    { token: step.tokenIn, spender: step.router, owner: wallet },
    receipt.blockNumber,
  );
  const isExplained = left === amountInRaw - paid;
  if (!isExplained) return fail(`after the swap the allowance is ${left}, expected ${amountInRaw - paid}`);
  const entries = swapEntries({
    pairId: op.pairId,
    tokenIn: step.tokenIn,
    tokenOut: step.tokenOut,
    amountInRaw: paid,
    amountOutRaw: got,
  });
  return done({ deltas: listed(deltas), entries: [...entries, ...gas], opened: null, closedPositionId: null });
}

function deltaOf(deltas: ReadonlyMap<Address, bigint>, token: Address): bigint {
  for (const [key, amount] of deltas) if (isSameAddress(key, token)) return amount;
  return 0n;
}

function listed(deltas: ReadonlyMap<Address, bigint>): { token: Address; amountRaw: bigint }[] {
  return [...deltas].map(([token, amountRaw]) => ({ token, amountRaw }));
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function done(value: Verified): VerifyResult {
  return { ok: true, value };
}

function fail(reason: string): VerifyResult {
  return { ok: false, reason };
}
