// Arguments of each step at the moment it is begun: amounts from what is really there, quotes verified before anything is approved.
import { MAX_QUOTE_AGE_MS, scaledMinimum } from "@/lib/actions/swap-decoder";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { err, ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import type { BridgeStep, MintStep, Step, SwapStep } from "@/lib/plan/plan";
import { swapMinimumOutRaw } from "@/lib/plan/slippage";
import { sizeSwap } from "@/lib/plan/swap-sizing";
import type { Address } from "@/lib/units";
import {
  accountBalance,
  asHex,
  balanceIn,
  frameOn,
  poolSteps,
  readAccount,
  readAllowance,
  RETRY_MS,
  sameAddress,
  smallest,
  stop,
  tokensOn,
  type Run,
  type StepEnd,
} from "./execute-plan-run";

/** The first quote and three more. */
export const MAX_QUOTES = 4;
/** A quote held from before the approval is used while it has this much of its 30 s left to sign and send. */
const QUOTE_RESERVE_MS = 10_000;
/** Fees a quote may take beyond slippage: router and pool fee of the usual routes together stay below one percent. */
const MAX_SWAP_FEE_FRAC = 0.01;
/** A mint below this value is not worth its transactions; the least of a plan. */
const MIN_MINT_USD = 10;

export async function prepareArguments(run: Run, step: Step, index: number): Promise<Result<OpArguments, StepEnd>> {
  const prices = await run.deps.readPrices(step.chainId);
  if (!prices.ok) return stop("failed", `no trusted price for step ${index}: ${prices.error.message}`);
  const common: OpArguments = { ...prices.value };
  switch (step.kind) {
    case "burn":
    case "decrease":
    case "revoke":
      return ok(common);
    case "approve": {
      const user = run.plan.steps[step.forStep];
      if (user?.kind === "swap") return approveForSwap(run, { step: user, index: step.forStep, common });
      if (user?.kind === "bridge") return approveForBridge(run, { step: user, index: step.forStep, common });
      if (step.grant === "operator") return ok({ ...common, amountRaw: step.amountRaw });
      if (user?.kind === "mint") {
        const hopeless = await hopelessMint(run, user, step.forStep, common);
        if (!hopeless.ok) return hopeless;
        if (hopeless.value) return ok({ ...common, amountRaw: 0n });
        const share = await mintShare(run, user, { token: step.token, capRaw: step.amountRaw, index: step.forStep });
        return share.ok ? ok({ ...common, amountRaw: share.value }) : share;
      }
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
      // A swap through a pool is encoded by the signer itself.
      if (step.provider === "pool") return ok({ ...common, amountRaw });
      const quote = await quoteFor(run, { step, index, amountRaw, common });
      return quote.ok ? ok({ ...common, amountRaw, quote: quote.value }) : quote;
    }
    case "bridge": {
      const allowance = await readAllowance(run, step.chainId, step.tokenIn, step.router);
      if (!allowance.ok) return allowance;
      const balance = await accountBalance(run, step.chainId, step.tokenIn);
      if (!balance.ok) return balance;
      const amountRaw = smallest(step.amountInRaw, allowance.value, balance.value);
      if (amountRaw === 0n) return ok({ ...common, amountRaw });
      const quote = await bridgeQuoteFor(run, { step, index, amountRaw, common });
      return quote.ok ? ok({ ...common, amountRaw, quote: quote.value }) : quote;
    }
    case "mint": {
      const hopeless = await hopelessMint(run, step, index, common);
      if (!hopeless.ok) return hopeless;
      if (hopeless.value) return err({ kind: "next" });
      const desired0 = await desiredFor(run, step, index, { token: step.token0, capRaw: step.amount0MaxRaw });
      if (!desired0.ok) return desired0;
      const desired1 = await desiredFor(run, step, index, { token: step.token1, capRaw: step.amount1MaxRaw });
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
  if (input.step.provider === "pool") return ok({ ...input.common, amountRaw: amount.value });
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
      ...(mint.family === "liquidity-book" ? { activeBinId: live.value.tick } : {}),
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
  const sellsBase = sameAddress(step.tokenIn, tokensOn(plan, step.chainId).base.address);
  if (size.sell !== (sellsBase ? "base" : "quote")) return ok(0n);
  const wanted = rawAmount(size.amountIn, sellsBase ? frame.decBase : frame.decQuote);
  return ok(smallest(step.amountInRaw, wanted, balance.value));
}

/** Tokens that may go into the ranges: for RS what its burns really paid, for PRA the whole account; never more than the account. */
async function fundsFor(
  run: Run,
  chainId: number,
): Promise<Result<{ readonly baseRaw: bigint; readonly quoteRaw: bigint }, StepEnd>> {
  const { base, quote } = tokensOn(run.plan, chainId);
  const free = await readAccount(run);
  if (!free.ok) return free;
  const baseFree = balanceIn(free.value, chainId, base.address);
  const quoteFree = balanceIn(free.value, chainId, quote.address);
  if (run.plan.kind === "PRA") return ok({ baseRaw: baseFree, quoteRaw: quoteFree });
  const burned = (token: Address): bigint =>
    run.plan.steps.reduce((sum, step, index) => {
      if ((step.kind !== "burn" && step.kind !== "decrease") || step.chainId !== chainId) return sum;
      const delta = run.ops.get(index)?.deltas.find((each) => sameAddress(each.token, token));
      return sum + (delta === undefined ? 0n : BigInt(delta.amountRaw));
    }, 0n);
  return ok({
    baseRaw: smallest(burned(base.address), baseFree),
    quoteRaw: smallest(burned(quote.address), quoteFree),
  });
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
  if (isHeldUsable(run, index, amountRaw) && run.held !== null) return ok(run.held.evidence);

  const poolPrice = await livePoolPrice(run, step.chainId);
  if (!poolPrice.ok) return poolPrice;
  const frame = frameOn(run.plan, step.chainId);
  const sellsBase = sameAddress(step.tokenIn, tokensOn(run.plan, step.chainId).base.address);
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
  return askQuotes(run, index, amountRaw, () =>
    run.deps.quotes.fetchQuote({
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
    }),
  );
}

/** The first usable quote; what was refused is told, and nothing is approved for it. */
async function askQuotes(
  run: Run,
  index: number,
  amountRaw: bigint,
  ask: () => Promise<Result<QuoteEvidence, ExecutionError>>,
): Promise<Result<QuoteEvidence, StepEnd>> {
  let lastReason = "";
  while ((run.quotes.get(index) ?? 0) < MAX_QUOTES) {
    run.quotes.set(index, (run.quotes.get(index) ?? 0) + 1);
    const quote = await ask();
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
  const kind = run.plan.steps[index]?.kind ?? "swap";
  return stop("failed", `no usable ${kind} quote after ${run.quotes.get(index) ?? 0} tries: ${lastReason}`);
}

function isHeldUsable(run: Run, index: number, amountRaw: bigint): boolean {
  const { held } = run;
  return (
    held !== null &&
    held.index === index &&
    held.amountRaw === amountRaw &&
    run.deps.wall.nowMs() - held.evidence.fetchedAtMs < MAX_QUOTE_AGE_MS - QUOTE_RESERVE_MS
  );
}

async function livePoolPrice(run: Run, chainId: number): Promise<Result<number, StepEnd>> {
  const step = poolSteps(run.plan, chainId)[0];
  if (step === undefined) return stop("failed", `the plan names no pool on chain ${chainId} to compare a quote with`);
  const live = await run.deps.reads.readPool({ chainId, family: step.family, pool: asHex(step.pool) });
  if (!live.ok) return stop("failed", `the pool's price could not be read: ${live.error.message}`);
  return ok(sqrtToPrice(live.value.sqrtPriceX96, frameOn(run.plan, chainId)));
}

/** Desired amount of one side of a mint: the plan's cap, what the account has, and what was approved; the smallest. */
async function desiredFor(
  run: Run,
  step: MintStep,
  index: number,
  side: { readonly token: Address; readonly capRaw: bigint },
): Promise<Result<bigint, StepEnd>> {
  if (side.capRaw === 0n) return ok(0n);
  const balance = await accountBalance(run, step.chainId, side.token);
  if (!balance.ok) return balance;
  // Where the manager pulls through Permit2, the token's own allowance is Permit2's.
  const approval = run.plan.steps.find(
    (each) =>
      each.kind === "approve" &&
      each.forStep === index &&
      each.grant === undefined &&
      sameAddress(each.token, side.token),
  );
  const spender = approval?.kind === "approve" ? approval.spender : step.positionManager;
  const allowance = await readAllowance(run, step.chainId, side.token, spender);
  if (!allowance.ok) return allowance;
  return ok(smallest(side.capRaw, balance.value, allowance.value));
}

/** What a mint may take of one token: its cap, or its part of what is there when less came over a bridge than was planned. */
async function mintShare(
  run: Run,
  step: MintStep,
  side: { readonly token: Address; readonly capRaw: bigint; readonly index: number },
): Promise<Result<bigint, StepEnd>> {
  const balance = await accountBalance(run, step.chainId, side.token);
  if (!balance.ok) return balance;
  if (!isShort(run, step.chainId)) return ok(smallest(side.capRaw, balance.value));
  const openRaw = run.plan.steps.reduce((sum, each, index) => {
    if (each.kind !== "mint" || each.chainId !== step.chainId || index < side.index) return sum;
    return sum + (sameAddress(each.token0, side.token) ? each.amount0MaxRaw : each.amount1MaxRaw);
  }, 0n);
  if (openRaw <= balance.value || openRaw === 0n) return ok(smallest(side.capRaw, balance.value));
  return ok((balance.value * side.capRaw) / openRaw);
}

/** Less arrived on a chain than the plan counted on: a transfer came back, came short or was never sent. */
function isShort(run: Run, chainId: number): boolean {
  return run.plan.steps.some((step, index) => {
    if (step.kind !== "bridge" || step.toChainId !== chainId) return false;
    const op = run.ops.get(index);
    if (op === undefined || op.state === "SKIPPED" || run.leftOut.has(index)) return true;
    const transfer = run.transfers.find((each) => each.transferId === op.opId);
    return transfer !== undefined && transfer.state !== "done";
  });
}

/** A mint for which next to nothing is left is not made; remembered, so that its approvals and itself agree. */
async function hopelessMint(
  run: Run,
  step: MintStep,
  index: number,
  common: OpArguments,
): Promise<Result<boolean, StepEnd>> {
  if (run.leftOut.has(index)) return ok(true);
  if (!isShort(run, step.chainId)) return ok(false);
  const frame = frameOn(run.plan, step.chainId);
  const sideUsd = async (token: Address, capRaw: bigint, isBase: boolean): Promise<Result<number, StepEnd>> => {
    if (capRaw === 0n) return ok(0);
    const share = await mintShare(run, step, { token, capRaw, index });
    if (!share.ok) return share;
    const amount = humanAmount(share.value, isBase ? frame.decBase : frame.decQuote);
    return ok((isBase ? amount * common.price : amount) * common.quoteUsd);
  };
  const first = await sideUsd(step.token0, step.amount0MaxRaw, frame.baseIsToken0);
  if (!first.ok) return first;
  const second = await sideUsd(step.token1, step.amount1MaxRaw, !frame.baseIsToken0);
  if (!second.ok) return second;
  const haveUsd = first.value + second.value;
  if (haveUsd >= MIN_MINT_USD) return ok(false);
  const reason = `the mint on chain ${step.chainId} is left out: only ${haveUsd.toFixed(2)} USD of its tokens are there, because less arrived than was planned`;
  run.leftOut.set(index, reason);
  run.shortfalls.add(reason);
  return ok(true);
}

/** Verify, then approve, then send; a bridge without a usable quote is left out and the money stays where it is. */
async function approveForBridge(
  run: Run,
  input: { readonly step: BridgeStep; readonly index: number; readonly common: OpArguments },
): Promise<Result<OpArguments, StepEnd>> {
  const { step, index, common } = input;
  const balance = await accountBalance(run, step.chainId, step.tokenIn);
  if (!balance.ok) return balance;
  const amountRaw = smallest(step.amountInRaw, balance.value);
  if (amountRaw === 0n) return ok({ ...common, amountRaw });
  const quote = await bridgeQuoteFor(run, { step, index, amountRaw, common });
  if (quote.ok) return ok({ ...common, amountRaw });
  if (quote.error.kind === "interrupted") return quote;
  const reason = `the bridge from chain ${step.chainId} to chain ${step.toChainId} is left out: ${"reason" in quote.error ? quote.error.reason : ""}`;
  run.notes.set(index, reason);
  run.shortfalls.add(reason);
  return ok({ ...common, amountRaw: 0n });
}

async function bridgeQuoteFor(
  run: Run,
  input: {
    readonly step: BridgeStep;
    readonly index: number;
    readonly amountRaw: bigint;
    readonly common: OpArguments;
  },
): Promise<Result<QuoteEvidence, StepEnd>> {
  const { step, index, amountRaw, common } = input;
  const { bridges } = run.deps;
  if (bridges === undefined) return stop("failed", "no bridge service is configured here");
  if (isHeldUsable(run, index, amountRaw) && run.held !== null) return ok(run.held.evidence);
  const poolPrice = await livePoolPrice(run, step.chainId);
  const [tokensIn, tokensOut] = [tokensOn(run.plan, step.chainId), tokensOn(run.plan, step.toChainId)];
  const side = sameAddress(step.tokenIn, tokensIn.base.address) ? "base" : "quote";
  const amount = humanAmount(amountRaw, tokensIn[side].decimals);
  const keptFrac = 1 - run.plan.bounds.maxSlippageBps / 10_000 - MAX_SWAP_FEE_FRAC;
  const fromAmount = rawAmount(amount * keptFrac, tokensOut[side].decimals);
  const fromPlan = scaledMinimum(step.minAmountOutRaw, amountRaw, step.amountInRaw);
  return askQuotes(run, index, amountRaw, () =>
    bridges.fetchQuote({
      fromChainId: step.chainId,
      toChainId: step.toChainId,
      router: step.router,
      wallet: run.deps.wallet,
      tokenIn: step.tokenIn,
      tokenOut: step.tokenOut,
      amountInRaw: amountRaw,
      minAmountOutRaw: fromPlan > fromAmount ? fromPlan : fromAmount,
      bridges: step.bridges,
      nativeFeeMaxRaw: step.nativeFeeMaxRaw ?? 0n,
      slippageBps: run.plan.bounds.maxSlippageBps,
      cexPrice: common.price,
      // A bridge changes no price: where no pool of the chain is part of the plan, the exchanges' price stands for both.
      poolPrice: poolPrice.ok ? poolPrice.value : common.price,
    }),
  );
}
