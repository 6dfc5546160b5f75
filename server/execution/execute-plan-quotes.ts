// Quotes of a run: asked for a few times, the usable one held until it is signed, and the pool price it is compared with.
import { MAX_QUOTE_AGE_MS } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Step } from "@/lib/plan/plan";
import { asHex, frameOn, poolSteps, RETRY_MS, stop, type Run, type StepEnd } from "./execute-plan-run";

/** The first quote and three more. */
export const MAX_QUOTES = 4;
/** A quote held from before the approval is used while it has this much of its 30 s left to sign and send. */
const QUOTE_RESERVE_MS = 10_000;
/** Fees a quote may take beyond slippage: router and pool fee of the usual routes together stay below one percent. */
export const MAX_SWAP_FEE_FRAC = 0.01;

/** The first usable quote; what was refused is told, and nothing is approved for it. */
export async function askQuotes(
  run: Run,
  index: number,
  amountRaw: bigint,
  ask: () => Promise<Result<QuoteEvidence, ExecutionError>>,
  /** Fewer where there is another way. */
  maxTries = MAX_QUOTES,
): Promise<Result<QuoteEvidence, StepEnd>> {
  const triedBefore = run.quotes.get(index) ?? 0;
  let lastReason = "";
  while ((run.quotes.get(index) ?? 0) < Math.min(MAX_QUOTES, triedBefore + maxTries)) {
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
    if (!quote.error.retryable || (run.quotes.get(index) ?? 0) >= triedBefore + maxTries) break;
    if (run.shouldStop()) return stop("interrupted", "asked to stop before the next quote");
    await run.deps.sleep(RETRY_MS);
  }
  const kind = run.plan.steps[index]?.kind ?? "swap";
  return stop("failed", `no usable ${kind} quote after ${run.quotes.get(index) ?? 0} tries: ${lastReason}`);
}

export function isHeldUsable(run: Run, index: number, amountRaw: bigint): boolean {
  const { held } = run;
  return (
    held !== null &&
    held.index === index &&
    held.amountRaw === amountRaw &&
    run.deps.wall.nowMs() - held.evidence.fetchedAtMs < MAX_QUOTE_AGE_MS - QUOTE_RESERVE_MS
  );
}

export async function livePoolPrice(run: Run, chainId: number): Promise<Result<number, StepEnd>> {
  const step = poolSteps(run.plan, chainId)[0];
  // A chain that only swaps and sends has no position in the plan: its swap's own pool says the price.
  const pool = step?.pool ?? run.plan.steps.flatMap((each) => swapPool(each, chainId))[0];
  if (pool === undefined) return stop("failed", `the plan names no pool on chain ${chainId} to compare a quote with`);
  const live = await run.deps.reads.readPool({
    chainId,
    ...(step === undefined ? {} : { family: step.family }),
    pool: asHex(pool),
  });
  if (!live.ok) return stop("failed", `the pool's price could not be read: ${live.error.message}`);
  return ok(sqrtToPrice(live.value.sqrtPriceX96, frameOn(run.plan, chainId)));
}

function swapPool(step: Step, chainId: number): readonly string[] {
  return step.kind === "swap" && step.chainId === chainId && step.pool !== undefined ? [step.pool] : [];
}
