// Swaps of a run: how much is sold now, which of the plan's ways it goes, and the quote that is checked before anything is approved.
import { scaledMinimum } from "@/lib/actions/swap-decoder";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { ok, type Result } from "@/lib/errors/result";
import type { MintStep, SwapStep } from "@/lib/plan/plan";
import { MAX_PRICE_GAP_FRAC, swapMinimumOutRaw } from "@/lib/plan/slippage";
import { sizeSwap } from "@/lib/plan/swap-sizing";
import { swapWays } from "@/lib/plan/swap-ways";
import type { OpState } from "@/lib/plan/plan-status";
import type { Address } from "@/lib/units";
import { expectedOutRaw, SWAP_GAS_UNITS } from "./direct-swap";
import { askQuotes, isHeldUsable, livePoolPrice, MAX_QUOTES, MAX_SWAP_FEE_FRAC } from "./execute-plan-quotes";
import {
  accountBalance,
  asHex,
  balanceIn,
  frameOn,
  readAccount,
  readAllowance,
  RETRY_MS,
  sameAddress,
  smallest,
  stop,
  tokensOn,
  type Run,
  type StepEnd,
  type SwapChoice,
} from "./execute-plan-run";

/** Looks at a pool that is away from the exchanges before the swap is given up: an arbitrage takes seconds. */
const GAP_TRIES = 5;

interface SwapNow {
  readonly step: SwapStep;
  readonly index: number;
  readonly common: OpArguments;
}

/** Verify, then approve, then send: the way is chosen and its quote checked before its router, and no other, may take anything. */
export async function approveForSwap(
  run: Run,
  input: SwapNow & { readonly spender: Address },
): Promise<Result<OpArguments, StepEnd>> {
  const { index, common, spender } = input;
  const known = run.swaps.get(index);
  const choice = known === undefined ? await chooseSwap(run, input) : ok(known);
  if (!choice.ok) return choice;
  run.swaps.set(index, choice.value);
  const { way, amountRaw } = choice.value;
  if (amountRaw === 0n || !sameAddress(way.router, spender)) return ok({ ...common, amountRaw: 0n });
  const gap = await findPriceGap(run, input);
  if (gap !== null) return gap;
  if (way.provider === "pool") return ok({ ...common, amountRaw });
  const quote = await quoteFor(run, { ...input, step: way, amountRaw });
  return quote.ok ? ok({ ...common, amountRaw }) : quote;
}

/** A pool that is away from the exchanges is one that somebody has moved: the signer would refuse the swap after its approval. */
async function findPriceGap(run: Run, { step, common }: SwapNow): Promise<Result<never, StepEnd> | null> {
  let words = "";
  for (let tries = 0; tries < GAP_TRIES; tries += 1) {
    if (tries > 0) await run.deps.sleep(RETRY_MS);
    const poolPrice = await livePoolPrice(run, step.chainId);
    if (!poolPrice.ok) return poolPrice;
    if (Math.abs(poolPrice.value / common.price - 1) <= MAX_PRICE_GAP_FRAC) return null;
    words = `the pool's price ${poolPrice.value} and the exchanges' ${common.price}`;
  }
  return stop(
    "failed",
    `HOLD_STALE: ${words} differ by more than ${MAX_PRICE_GAP_FRAC * 100} %; nothing was approved for the swap`,
  );
}

/** What was approved, through the way it was approved for; a swap through a pool is encoded by the signer itself. */
export async function swapArguments(run: Run, input: SwapNow): Promise<Result<OpArguments, StepEnd>> {
  const { step, index, common } = input;
  const balance = await accountBalance(run, step.chainId, step.tokenIn);
  if (!balance.ok) return balance;
  for (const way of swapWays(step)) {
    const allowance = await readAllowance(run, way.chainId, way.tokenIn, way.router);
    if (!allowance.ok) return allowance;
    const amountRaw = smallest(way.amountInRaw, allowance.value, balance.value);
    if (amountRaw === 0n) continue;
    if (way.provider === "pool") return ok({ ...common, amountRaw });
    const quote = await quoteFor(run, { ...input, step: way, amountRaw });
    return quote.ok ? ok({ ...common, amountRaw, quote: quote.value }) : quote;
  }
  run.notes.set(index, "nothing to swap: the tokens fit the ranges as they are");
  return ok({ ...common, amountRaw: 0n });
}

async function chooseSwap(run: Run, input: SwapNow): Promise<Result<SwapChoice, StepEnd>> {
  const amount = await chooseSwapAmount(run, input.step, input.common);
  if (!amount.ok) return amount;
  const amountRaw = amount.value;
  const [planned = input.step, ...others] = openWays(run, input);
  if (amountRaw === 0n || others.length === 0) return ok({ way: planned, amountRaw });
  const way = await chooseWay(run, { ...input, amountRaw }, [planned, ...others]);
  return way.ok ? ok({ way: way.value, amountRaw }) : way;
}

/** Ways that can still be taken: after a restart the one that was approved, and none whose approval was passed over. */
function openWays(run: Run, { step, index }: SwapNow): readonly SwapStep[] {
  const stateOf = (way: SwapStep): OpState | undefined => {
    const at = run.plan.steps.findIndex(
      (each) => each.kind === "approve" && each.forStep === index && sameAddress(each.spender, way.router),
    );
    return run.ops.get(at)?.state;
  };
  const ways = swapWays(step);
  const approved = ways.filter((way) => ["VERIFIED", "SETTLED"].includes(stateOf(way) ?? ""));
  return approved.length > 0 ? approved : ways.filter((way) => stateOf(way) !== "SKIPPED");
}

interface Offer {
  readonly way: SwapStep;
  readonly name: string;
  readonly netUsd: number;
}

/** The way that leaves more after gas at this moment, within the plan's bounds; the other one where only it answers. */
async function chooseWay(
  run: Run,
  input: SwapNow & { readonly amountRaw: bigint },
  ways: readonly SwapStep[],
): Promise<Result<SwapStep, StepEnd>> {
  const reasons: string[] = [];
  const offers: Offer[] = [];
  // One after the other: the service counts its requests.
  for (const way of ways) {
    const out = await offeredOut(run, { ...input, step: way });
    if (!out.ok) {
      if (out.error.kind === "interrupted") return out;
      reasons.push("reason" in out.error ? out.error.reason : "");
      continue;
    }
    const unitUsd = (await run.deps.gasUnitUsd?.(way.chainId)) ?? 0;
    const gasUsd = SWAP_GAS_UNITS[way.provider] * unitUsd;
    offers.push({ way, name: wayName(way), netUsd: outUsd(run, input, out.value) - gasUsd });
  }
  const [best, second] = offers.toSorted((left, right) => right.netUsd - left.netUsd);
  if (best !== undefined) {
    run.notes.set(
      input.index,
      `swapped through ${best.name}: ${best.netUsd.toFixed(2)} USD after gas, ${
        second === undefined
          ? `no other way (${reasons.join("; ")})`
          : `${second.netUsd.toFixed(2)} USD through ${second.name}`
      }`,
    );
    return ok(best.way);
  }
  // Nothing at the first try: the aggregator may be asked again.
  const asked = ways.find(({ provider }) => provider === "lifi");
  if (asked === undefined) return stop("failed", `no way to swap within the plan's bounds: ${reasons.join("; ")}`);
  const quote = await quoteFor(run, { ...input, step: asked });
  return quote.ok ? ok(asked) : quote;
}

/** What a way is expected to pay, not below the least that the plan and the prices of this moment ask for. */
async function offeredOut(run: Run, input: SwapNow & { readonly amountRaw: bigint }): Promise<Result<bigint, StepEnd>> {
  const { step, amountRaw } = input;
  if (step.provider === "lifi") {
    const quote = await quoteFor(run, input, 1);
    // The quote's minimum is its expectation less the slippage it was asked for.
    return quote.ok ? ok(expectedOutRaw(quote.value.toAmountMinRaw, run.plan.bounds.maxSlippageBps)) : quote;
  }
  const { readPoolOut } = run.deps;
  if (readPoolOut === undefined || step.pool === undefined) return stop("failed", "pools cannot be compared here");
  const least = await minimumNow(run, input);
  if (!least.ok) return least;
  const { chainId, pool, tokenIn } = step;
  const out = await readPoolOut({ chainId, pool, tokenIn, amountInRaw: amountRaw });
  if (typeof out === "string") return stop("failed", `${wayName(step)}: ${out}`);
  if (out >= least.value.minimumRaw) return ok(out);
  return stop("failed", `${wayName(step)} would pay ${out}, at least ${least.value.minimumRaw} is needed`);
}

function wayName(way: SwapStep): string {
  return way.provider === "lifi" ? "the aggregator" : `the pool ${(way.pool ?? "").slice(0, 10)}`;
}

function outUsd(run: Run, { step, common }: SwapNow, outRaw: bigint): number {
  const frame = frameOn(run.plan, step.chainId);
  return sameAddress(step.tokenOut, tokensOn(run.plan, step.chainId).base.address)
    ? humanAmount(outRaw, frame.decBase) * common.price * common.quoteUsd
    : humanAmount(outRaw, frame.decQuote) * common.quoteUsd;
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
  input: SwapNow & { readonly amountRaw: bigint },
  maxTries = MAX_QUOTES,
): Promise<Result<QuoteEvidence, StepEnd>> {
  const { step, index, amountRaw, common } = input;
  if (isHeldUsable(run, index, amountRaw) && run.held !== null) return ok(run.held.evidence);
  const least = await minimumNow(run, input);
  if (!least.ok) return least;
  const { minimumRaw, poolPrice } = least.value;
  return askQuotes(
    run,
    index,
    amountRaw,
    () =>
      run.deps.quotes.fetchQuote({
        chainId: step.chainId,
        router: step.router,
        wallet: run.deps.wallet,
        tokenIn: step.tokenIn,
        tokenOut: step.tokenOut,
        amountInRaw: amountRaw,
        minAmountOutRaw: minimumRaw,
        slippageBps: run.plan.bounds.maxSlippageBps,
        cexPrice: common.price,
        poolPrice,
      }),
    maxTries,
  );
}

/** Two minimums hold at once: the plan's own, scaled to the amount, and the one of the prices of this moment. */
async function minimumNow(
  run: Run,
  input: SwapNow & { readonly amountRaw: bigint },
): Promise<Result<{ readonly minimumRaw: bigint; readonly poolPrice: number }, StepEnd>> {
  const { step, amountRaw, common } = input;
  const poolPrice = await livePoolPrice(run, step.chainId);
  if (!poolPrice.ok) return poolPrice;
  const frame = frameOn(run.plan, step.chainId);
  const sellsBase = sameAddress(step.tokenIn, tokensOn(run.plan, step.chainId).base.address);
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
  return ok({ minimumRaw: fromPlan > fromPrices ? fromPlan : fromPrices, poolPrice: poolPrice.value });
}
