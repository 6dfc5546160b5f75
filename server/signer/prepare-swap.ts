// Swaps and the source side of bridges: our own minimum from two prices, quotes checked on their decoded bytes, exact allowance, simulation.
import { verifyBridgeCalldata } from "@/lib/actions/bridge-decoder";
import { isSameAddress } from "@/lib/actions/erc20";
import { decodePoolSwapResult, encodePoolSwap, routerForms } from "@/lib/actions/pool-swap";
import { scaledMinimum, verifySwapCalldata, MAX_QUOTE_AGE_MS } from "@/lib/actions/swap-decoder";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import type { BridgeStep, Plan, Step, SwapStep } from "@/lib/plan/plan";
import { MAX_PRICE_GAP_FRAC } from "@/lib/plan/slippage";
import { MAX_NATIVE_FEE_USD } from "@/lib/plan/transfers";
import type { Token } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { readAllowance } from "./allowances";
import type { EngineContext } from "./context";
import { checkPoolTick, valueUsd } from "./policy";
import {
  checkFunds,
  checkWithinCap,
  deadlineOf,
  freeBalance,
  simulate,
  type Preparation,
  type PrepareInput,
  type PreparedTx,
} from "./prepare-common";
import { SignerError } from "./ports";
import { lookAgain } from "./second-look";

/** How far a quote's minimum may lie below our two prices beyond the plan's slippage: pool fee and aggregator fee; choice. */
const SWAP_FEE_ALLOWANCE_BPS = 100n;
const BPS = 10_000n;
const PIPS = 1_000_000n;

interface Evidence {
  readonly plan: Plan;
  readonly args: OpArguments;
  readonly amountInRaw: bigint;
}

/** A swap or bridge with evidence: the transaction that may be signed, and the least that must come out. */
export interface CheckedQuote {
  readonly to: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
  readonly minimumRaw: bigint;
}

/** All of safety.md section 3.9 that needs no chain; run when the intent arrives, before anything else happens, and again when it is prepared. */
export function checkEvidence(context: EngineContext, step: Step, input: Omit<Evidence, "amountInRaw">): void {
  if (step.kind !== "swap" && step.kind !== "bridge") return;
  const amountInRaw = input.args.amountRaw ?? step.amountInRaw;
  // An amount of 0 is the recorded way to skip what is not needed any more.
  if (amountInRaw === 0n) return;
  if (step.kind === "bridge") checkBridgeQuote(context, step, { ...input, amountInRaw });
  else if (step.provider === "lifi") checkSwapQuote(context, step, { ...input, amountInRaw });
}

export async function prepareSwap(input: PrepareInput, step: SwapStep): Promise<Preparation> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  const amountInRaw = args.amountRaw ?? step.amountInRaw;
  if (amountInRaw === 0n) return { kind: "skip", reason: "nothing to swap: the tokens fit the ranges as they are" };
  checkWithinCap(step.amountInRaw, amountInRaw, "amountIn");
  checkFunds(op, step.tokenIn, amountInRaw, freeBalance(context, op, step.tokenIn));
  await checkAllowance(input, step, amountInRaw);
  if (step.provider === "pool") return preparePoolSwap(input, step, amountInRaw);
  const quote = checkSwapQuote(context, step, { plan, args, amountInRaw });
  const { to, data, valueRaw } = quote;
  await simulate(port, { from: wallet, to, data, valueRaw }, block.number);
  return spend(input, step, { to, data, valueRaw, amountInRaw, minimumRaw: quote.minimumRaw });
}

/** The bytes are ours: the pool's own router, exact amount in, the minimum from the pool's price and the exchanges' at this block. */
async function preparePoolSwap(input: PrepareInput, step: SwapStep, amountInRaw: bigint): Promise<PreparedTx> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  if (step.pool === undefined) throw SignerError.refuse("policy", "a swap through a pool must name it");
  const { ref, reads } = context.pool(step.chainId, step.pool);
  const live = await reads.readPool(port, ref, block.number);
  checkPoolTick(plan, step.pool, live.tick);
  const tokenOf = (address: Address): Token => tokenAt(context, step.chainId, address);
  const [token0, token1] = [tokenOf(ref.token0), tokenOf(ref.token1)];
  const isBase0 = token0.symbol === plan.base.symbol;
  const [base, quote] = isBase0 ? [token0, token1] : [token1, token0];
  const poolPrice = sqrtToPrice(live.sqrtPriceX96, {
    decBase: base.decimals,
    decQuote: quote.decimals,
    baseIsToken0: isBase0,
  });
  checkPriceGap("pool price", poolPrice, "price", args.price);
  const isZeroIn = isSameAddress(step.tokenIn, ref.token0);
  const feePips = BigInt(isZeroIn ? live.fee0Pips : live.fee1Pips);
  const floor = valueFloor(context, plan, step, { amountInRaw, prices: [args.price, poolPrice] });
  const ownFloor = (floor * (BPS - BigInt(plan.bounds.maxSlippageBps)) * (PIPS - feePips)) / BPS / PIPS;
  const minimumRaw = larger(ownFloor, scaledMinimum(step.minAmountOutRaw, amountInRaw, step.amountInRaw));
  if (minimumRaw === 0n) throw SignerError.refuse("policy", "the swap is too small to pay one unit; leave it out");
  const deadlineSec = BigInt(deadlineOf(input));
  const { tokenIn, tokenOut } = step;
  const forms = routerForms(ref);
  let failure: unknown = null;
  for (const form of forms) {
    const tx = encodePoolSwap(ref, {
      form,
      tokenIn,
      tokenOut,
      recipient: wallet,
      amountInRaw,
      amountOutMinRaw: minimumRaw,
      deadlineSec,
    });
    if (tx === null) continue;
    try {
      const answer = await simulate(port, { from: wallet, ...tx }, block.number);
      const outRaw = decodePoolSwapResult(form, answer);
      if (outRaw !== null && outRaw >= minimumRaw) return spend(input, step, { ...tx, amountInRaw, minimumRaw });
      failure = new Error(`its router answered ${outRaw ?? "something else than an amount"}`);
    } catch (error) {
      // Another shape of router: the next form is tried; a failed read is not a revert and goes on as an error.
      if (!(error instanceof SignerError && error.code === "reverted")) throw error;
      failure = error;
    }
  }
  if (failure instanceof SignerError) throw failure;
  throw SignerError.refuse(
    "policy",
    `pool ${step.pool} of ${ref.dexId} cannot be swapped through directly${failure instanceof Error ? `: ${failure.message}` : ""}; plan again with the aggregator`,
  );
}

export async function prepareBridge(input: PrepareInput, step: BridgeStep): Promise<Preparation> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  const amountInRaw = args.amountRaw ?? step.amountInRaw;
  if (amountInRaw === 0n) return { kind: "skip", reason: "nothing to bridge any more" };
  checkWithinCap(step.amountInRaw, amountInRaw, "amountIn");
  checkFunds(op, step.tokenIn, amountInRaw, freeBalance(context, op, step.tokenIn));
  await checkAllowance(input, step, amountInRaw);
  const quote = checkBridgeQuote(context, step, { plan, args, amountInRaw });
  const { to, data, valueRaw } = quote;
  await simulate(port, { from: wallet, to, data, valueRaw }, block.number);
  return spend(input, step, { to, data, valueRaw, amountInRaw, minimumRaw: quote.minimumRaw });
}

/** Exactly what is spent, so that nothing is left afterwards whatever the far side does. */
async function checkAllowance(input: PrepareInput, step: SwapStep | BridgeStep, amountInRaw: bigint): Promise<void> {
  const { port, block, wallet } = input;
  const key = { token: step.tokenIn, spender: step.router, owner: wallet };
  const allowance = await readAllowance(port, key, block.number);
  if (allowance === amountInRaw) return;
  throw SignerError.refuse(
    "policy",
    `the allowance of ${step.tokenIn} to ${step.router} is ${allowance}, exactly ${amountInRaw} is needed: run the approve step first`,
  );
}

/**
 * Tried once more at another endpoint first. Bytes of a quote have no deadline of their own; ours still ends the waiting: a stuck
 * one is cancelled then.
 */
async function spend(
  input: PrepareInput,
  step: SwapStep | BridgeStep,
  tx: {
    readonly to: Address;
    readonly data: Hex;
    readonly valueRaw: bigint;
    readonly amountInRaw: bigint;
    readonly minimumRaw: bigint;
  },
): Promise<PreparedTx> {
  const { context, block, plan, op } = input;
  const { to, data, valueRaw, amountInRaw, minimumRaw } = tx;
  const secondLook = await lookAgain(input, { step, tx: { to, data, valueRaw }, amountInRaw, minimumRaw });
  return {
    kind: "tx",
    secondLook,
    block,
    to: tx.to,
    data: tx.data,
    valueRaw: tx.valueRaw,
    position: null,
    expected: [{ token: step.tokenIn, amountRaw: -tx.amountInRaw }],
    minimums: [{ token: step.tokenOut, amountRaw: tx.minimumRaw }],
    deadlineSec: deadlineOf(input),
    notionalUsd: valueUsd(context.deps.registry, plan, op.intent.args, [
      { chainId: op.chainId, token: step.tokenIn, amountRaw: tx.amountInRaw },
    ]),
  };
}

function checkSwapQuote(context: EngineContext, step: SwapStep, input: Evidence): CheckedQuote {
  const { plan, args, amountInRaw } = input;
  const quote = quoteOf(args, "swap");
  checkPrices(args, quote);
  const value = valueFloor(context, plan, step, { amountInRaw, prices: [quote.cexPrice, quote.poolPrice] });
  const ownFloor = lessSlippage(plan, value);
  const minimumRaw = larger(ownFloor, scaledMinimum(step.minAmountOutRaw, amountInRaw, step.amountInRaw));
  const verified = verifySwapCalldata(
    {
      chainId: step.chainId,
      router: context.chain(step.chainId).chain.lifiDiamond ?? "0x",
      wallet: context.deps.key.address,
      tokenIn: step.tokenIn,
      tokenOut: step.tokenOut,
      amountInRaw,
      minAmountOutRaw: minimumRaw,
      nowMs: context.deps.wall.nowMs(),
      maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
    },
    {
      chainId: step.chainId,
      to: quote.to,
      approvalAddress: quote.approvalAddress,
      data: quote.data,
      valueRaw: quote.valueRaw,
      fetchedAtMs: quote.fetchedAtMs,
    },
  );
  if (!verified.ok) throw refusedQuote(verified.error);
  return { to: quote.to, data: quote.data, valueRaw: 0n, minimumRaw };
}

/** Amount and least output are the same token of the pair on two chains, whose decimals may differ; both prices must be sane all the same. */
function checkBridgeQuote(context: EngineContext, step: BridgeStep, input: Evidence): CheckedQuote {
  const { plan, args, amountInRaw } = input;
  const { deps } = context;
  const quote = quoteOf(args, "bridge");
  checkPrices(args, quote);
  const tokenIn = tokenAt(context, step.chainId, step.tokenIn);
  const tokenOut = tokenAt(context, step.toChainId, step.tokenOut);
  if (tokenIn.symbol !== tokenOut.symbol) {
    throw SignerError.refuse("policy", `a bridge of ${tokenIn.symbol} cannot pay out ${tokenOut.symbol}`);
  }
  const { chain } = context.chain(step.chainId);
  // The far end must be served too: what cannot be watched is not sent.
  context.chain(step.toChainId);
  const ownFloor = lessSlippage(plan, toDecimals(amountInRaw, tokenIn.decimals, tokenOut.decimals));
  const minAmountOutRaw = larger(ownFloor, scaledMinimum(step.minAmountOutRaw, amountInRaw, step.amountInRaw));
  const verified = verifyBridgeCalldata(
    {
      chainId: step.chainId,
      toChainId: step.toChainId,
      router: chain.lifiDiamond ?? "0x",
      wallet: deps.key.address,
      tokenIn: step.tokenIn,
      tokenOut: step.tokenOut,
      amountInRaw,
      minAmountOutRaw,
      bridges: step.bridges,
      maxValueRaw: smaller(
        rawAmount(MAX_NATIVE_FEE_USD / args.nativeUsd, chain.nativeDecimals),
        step.nativeFeeMaxRaw ?? 0n,
      ),
      nowMs: deps.wall.nowMs(),
      maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
    },
    {
      chainId: step.chainId,
      toChainId: quote.toChainId ?? 0,
      bridge: quote.bridge ?? quote.tool,
      to: quote.to,
      approvalAddress: quote.approvalAddress,
      data: quote.data,
      valueRaw: quote.valueRaw,
      fetchedAtMs: quote.fetchedAtMs,
    },
  );
  if (!verified.ok) throw refusedQuote(verified.error);
  const { minAmountOutRaw: minimumRaw } = verified.value;
  return { to: quote.to, data: quote.data, valueRaw: quote.valueRaw, minimumRaw };
}

function toDecimals(amountRaw: bigint, from: number, to: number): bigint {
  return to >= from ? amountRaw * 10n ** BigInt(to - from) : amountRaw / 10n ** BigInt(from - to);
}

function quoteOf(args: OpArguments, what: string): QuoteEvidence {
  if (args.quote !== undefined) return args.quote;
  throw SignerError.refuse(
    "quote_refused",
    `a ${what} needs a quote as evidence; fetch one and execute the step with it`,
  );
}

function checkPrices(args: OpArguments, quote: QuoteEvidence): void {
  checkPriceGap("CEX price", quote.cexPrice, "pool price", quote.poolPrice);
  checkPriceGap("CEX price", quote.cexPrice, "price", args.price);
}

function checkPriceGap(leftName: string, left: number, rightName: string, right: number): void {
  if (Math.abs(left / right - 1) <= MAX_PRICE_GAP_FRAC) return;
  throw SignerError.later(
    "drift",
    `${leftName} ${left} and ${rightName} ${right} differ by more than ${MAX_PRICE_GAP_FRAC * 100} %`,
  );
}

/** What the smaller of the prices gives: a plan with a careless minimum does not lower it. */
function valueFloor(
  context: EngineContext,
  plan: Plan,
  step: SwapStep,
  input: { readonly amountInRaw: bigint; readonly prices: readonly number[] },
): bigint {
  const tokenIn = tokenAt(context, step.chainId, step.tokenIn);
  const tokenOut = tokenAt(context, step.chainId, step.tokenOut);
  const amount = humanAmount(input.amountInRaw, tokenIn.decimals);
  const isSell = tokenIn.symbol === plan.base.symbol;
  const outs = input.prices.map((price) => (isSell ? amount * price : amount / price));
  return rawAmount(Math.min(...outs), tokenOut.decimals);
}

function lessSlippage(plan: Plan, outRaw: bigint): bigint {
  return (outRaw * (BPS - BigInt(plan.bounds.maxSlippageBps) - SWAP_FEE_ALLOWANCE_BPS)) / BPS;
}

function tokenAt(context: EngineContext, chainId: number, address: Address): Token {
  const found = context.deps.registry.tokens.find(
    (each) => each.chainId === chainId && isSameAddress(each.address, address),
  );
  if (found !== undefined) return found;
  throw SignerError.refuse("policy", `token ${address} on chain ${chainId} is not in the registry`);
}

function refusedQuote(refusal: {
  readonly message: string;
  readonly reason: string;
  readonly expected: string;
  readonly found: string;
}): SignerError {
  const { message, reason, expected, found } = refusal;
  return SignerError.refuse("quote_refused", message, { reason, expected, found });
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
