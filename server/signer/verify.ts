// What a confirmed transaction did: postcondition at the pinned block, wallet deltas and ledger entries from logs of expected contracts.
import { walletDeltas } from "@/lib/actions/erc20";
import { bridgeOutEntries, gasEntries, swapEntries, type Entry } from "@/lib/ledger/entries";
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import type { ApproveStep, BridgeStep, RevokeStep, SwapStep } from "@/lib/plan/plan";
import { decodeGrant, describeGrant, grantOf, readAllowance, readGrant } from "./allowances";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import type { Receipt } from "./ports";
import { deltaOf, done, fail, listed, type VerifyResult } from "./verify-common";
import { verifyExit, verifyMint, type VerifyInput } from "./verify-positions";

export type { StartedTransfer, Verified, VerifyResult } from "./verify-common";

/** Every fact is one that prices and other people's swaps leave as it is, so `stateBlock` may be later than the receipt's while ours is the newest operation. */
export async function verifyOp(
  context: EngineContext,
  op: OpRecord,
  at: { readonly receipt: Receipt; readonly stateBlock: bigint },
): Promise<VerifyResult> {
  const { receipt } = at;
  const input: VerifyInput = { context, op, ...at, gas: gasEntries(gasCostWei(receipt)) };
  const { step } = op;
  switch (step.kind) {
    case "approve":
    case "revoke":
      return verifyRight(input, step);
    case "burn":
    case "decrease":
      return verifyExit(input, step);
    case "mint":
      return verifyMint(input, step);
    case "swap":
      return verifySwap(input, step);
    case "bridge":
      return verifyBridge(input, step);
  }
}

export function gasCostWei(receipt: Receipt): bigint {
  return receipt.gasUsed * receipt.effectiveGasPriceWei + receipt.l1FeeWei;
}

/** Amount, and inside Permit2 the expiration too, exactly as the signed bytes set them. */
async function verifyRight(input: VerifyInput, step: ApproveStep | RevokeStep): Promise<VerifyResult> {
  const { context, op, stateBlock, gas } = input;
  const grant = grantOf(step);
  const { prepared } = op;
  const tx = prepared === null ? null : { to: prepared.to, data: prepared.data, valueRaw: 0n };
  const wanted = tx === null ? null : decodeGrant(context.deps.registry, { chainId: op.chainId, grant, tx });
  if (wanted === null) return fail("the signed bytes cannot be decoded any more; the registry entry was changed");
  const place = { owner: context.deps.key.address, block: stateBlock };
  const found = await readGrant(context.chain(op.chainId), grant, place);
  if (found.amountRaw !== wanted.amountRaw) {
    return fail(`${describeGrant(grant)} is ${found.amountRaw} at block ${stateBlock}, expected ${wanted.amountRaw}`);
  }
  if (wanted.amountRaw > 0n && found.expirationSec !== wanted.expirationSec) {
    return fail(`${describeGrant(grant)} ends at ${found.expirationSec}, expected ${wanted.expirationSec}`);
  }
  return done({ deltas: [], entries: gas });
}

async function verifySwap(input: VerifyInput, step: SwapStep): Promise<VerifyResult> {
  const { context, op, receipt, stateBlock, gas } = input;
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
    stateBlock,
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
  return done({ deltas: listed(deltas), entries: [...entries, ...gas] });
}

/** Source side only: exactly the amount left the wallet and no right is left. What arrives is another chain's receipt. */
async function verifyBridge(input: VerifyInput, step: BridgeStep): Promise<VerifyResult> {
  const { context, op, receipt, stateBlock, gas } = input;
  const wallet = context.deps.key.address;
  const amountInRaw = op.intent.args.amountRaw ?? step.amountInRaw;
  const deltas = walletDeltas(receipt.logs, [step.tokenIn], wallet);
  const paid = -deltaOf(deltas, step.tokenIn);
  if (paid !== amountInRaw) return fail(`the bridge took ${paid}, exactly ${amountInRaw} was sent`);
  const key = { token: step.tokenIn, spender: step.router, owner: wallet };
  const left = await readAllowance(context.chain(op.chainId), key, stateBlock);
  if (left !== 0n) return fail(`after the bridge the allowance is still ${left}, expected 0`);
  const { opId: transferId, pairId } = op;
  return done({
    deltas: listed(deltas),
    entries: [
      ...bridgeOutEntries({ pairId, transferId, token: step.tokenIn, amountRaw: paid }),
      ...nativeFeeEntries(op.prepared?.valueRaw ?? 0n),
      ...gas,
    ],
    transfer: {
      bridge: op.intent.args.quote?.bridge ?? op.intent.args.quote?.tool ?? "unknown",
      toChainId: step.toChainId,
      tokenOut: step.tokenOut,
      amountInRaw: paid,
      minAmountOutRaw: op.prepared?.minimums[0]?.amountRaw ?? step.minAmountOutRaw,
      sourceTxHash: receipt.hash,
    },
  });
}

/** A bridge's own fee in the native coin, beside gas. */
function nativeFeeEntries(valueRaw: bigint): readonly Entry[] {
  if (valueRaw === 0n) return [];
  return [
    { account: "gas", token: NATIVE_TOKEN, amountRaw: -valueRaw, kind: "bridge" },
    { account: "external", token: NATIVE_TOKEN, amountRaw: valueRaw, kind: "bridge" },
  ];
}
