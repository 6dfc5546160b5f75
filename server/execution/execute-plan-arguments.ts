// Arguments of each step at the moment it is begun: amounts from what is really there, quotes verified before anything is approved.
import { scaledMinimum } from "@/lib/actions/swap-decoder";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { err, ok, type Result } from "@/lib/errors/result";
import type { BridgeStep, MintStep, Step } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import { askQuotes, isHeldUsable, livePoolPrice, MAX_SWAP_FEE_FRAC } from "./execute-plan-quotes";
import {
  accountBalance,
  frameOn,
  readAllowance,
  sameAddress,
  smallest,
  stop,
  tokensOn,
  type Run,
  type StepEnd,
} from "./execute-plan-run";
import { approveForSwap, swapArguments } from "./execute-plan-swaps";

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
      if (user?.kind === "swap")
        return approveForSwap(run, { step: user, index: step.forStep, common, spender: step.spender });
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
    case "swap":
      return swapArguments(run, { step, index, common });
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
