// Direct swap: for each swap of a plan the aggregator's quote against the pair's own pools, the one that leaves more after gas, and why.
import { routerForms } from "@/lib/actions/pool-swap";
import { humanAmount } from "@/lib/amm/human-units";
import type { CallPort } from "@/lib/actions/family";
import { errorText } from "@/lib/errors/tidegate-error";
import type { SwapRoute } from "@/lib/plan/build-plan";
import { amountOutOverDepth } from "@/lib/plan/depth-swap";
import type { Plan, SwapStep } from "@/lib/plan/plan";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address } from "@/lib/units";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { FAMILY_ADAPTERS } from "./adapters/registry";
import type { SwapQuotes } from "./swap-quotes";

/** Gas of a swap through one pool, and through an aggregator's contract (usual values; only their difference matters). */
const POOL_SWAP_GAS = 170_000;
const AGGREGATOR_SWAP_GAS = 320_000;
/** How far around the price the depth of a pool is read, ticks: more than a plan's price may move. */
const DEPTH_WINDOW_TICKS = 600;

export interface DirectSwapDeps {
  readonly quotes: SwapQuotes;
  /** Reads of one chain; null when it is not served. */
  readonly portOf: (chainId: number) => CallPort | null;
  readonly wallet: Address;
  readonly log: Logger;
}

export interface SwapChoiceInput {
  readonly plan: Plan;
  /** Every pool of the pair. */
  readonly pools: readonly ResolvedPool[];
  /** QUOTE per BASE, and US dollars per whole QUOTE. */
  readonly price: number;
  readonly quoteUsd: number;
  /** US dollars of one unit of gas per chain; missing: gas is not weighed. */
  readonly gasUnitUsd: ReadonlyMap<number, number>;
}

interface Offer {
  readonly provider: "lifi" | "pool";
  readonly name: string;
  readonly router: Address;
  readonly pool: string | null;
  readonly outRaw: bigint;
  readonly outUsd: number;
  readonly gasUsd: number;
}

/** One route per swap of the plan; `none` where neither the aggregator nor a pool gives the plan's minimum. */
export async function chooseSwapRoutes(deps: DirectSwapDeps, input: SwapChoiceInput): Promise<readonly SwapRoute[]> {
  const swaps = input.plan.steps.filter((step): step is SwapStep => step.kind === "swap");
  return Promise.all(swaps.map((step) => chooseRoute(deps, input, step)));
}

async function chooseRoute(deps: DirectSwapDeps, input: SwapChoiceInput, step: SwapStep): Promise<SwapRoute> {
  const here = input.pools.filter((pool) => pool.chain.id === step.chainId);
  const [aggregated, ...direct] = await Promise.all([
    aggregatorOffer(deps, input, step, here),
    ...here.map((pool) => poolOffer(deps, input, step, pool)),
  ]);
  const good = [aggregated, ...direct].filter(
    (offer): offer is Offer => typeof offer !== "string" && offer.outRaw >= step.minAmountOutRaw,
  );
  const [best, second] = good.toSorted((left, right) => netUsd(right) - netUsd(left));
  const failure = typeof aggregated === "string" ? aggregated : null;
  if (best === undefined) {
    return {
      chainId: step.chainId,
      provider: "none",
      router: null,
      pool: null,
      feeUsd: null,
      words: `No swap on chain ${step.chainId}: ${failure ?? "the aggregator pays less than the plan's minimum"}, and no pool of the pair pays it either; the ranges are filled with what is there.`,
    };
  }
  return {
    chainId: step.chainId,
    provider: best.provider,
    router: best.router,
    pool: best.pool,
    feeUsd: Math.max(0, inputUsd(input, step, here) - best.outUsd),
    words: wordsFor(best, second, failure),
  };
}

function wordsFor(best: Offer, second: Offer | undefined, failure: string | null): string {
  const what = `The swap goes through ${best.name}: ${best.outUsd.toFixed(2)} USD less ${best.gasUsd.toFixed(2)} USD gas`;
  const other =
    second === undefined ? "" : `, against ${netUsd(second).toFixed(2)} USD after gas through ${second.name}`;
  const missing = failure === null ? "" : `; the aggregator had no quote (${failure})`;
  return `${what}${other}${missing}.`;
}

function netUsd({ outUsd, gasUsd }: Offer): number {
  return outUsd - gasUsd;
}

async function aggregatorOffer(
  deps: DirectSwapDeps,
  input: SwapChoiceInput,
  step: SwapStep,
  here: readonly ResolvedPool[],
): Promise<Offer | string> {
  const router = here[0]?.chain.lifiDiamond ?? null;
  if (router === null) return `no aggregator contract is registered for chain ${step.chainId}`;
  const slippageBps = input.plan.bounds.maxSlippageBps;
  const quote = await deps.quotes.fetchQuote({
    chainId: step.chainId,
    router,
    wallet: deps.wallet,
    tokenIn: step.tokenIn,
    tokenOut: step.tokenOut,
    amountInRaw: step.amountInRaw,
    minAmountOutRaw: step.minAmountOutRaw,
    slippageBps,
    cexPrice: input.price,
    poolPrice: input.price,
  });
  if (!quote.ok) return quote.error.message;
  // The quote's minimum is its expectation less the slippage it was asked for.
  const outRaw = (quote.value.toAmountMinRaw * 10_000n) / BigInt(10_000 - slippageBps);
  return {
    provider: "lifi",
    name: `the aggregator (${quote.value.tool})`,
    router,
    pool: null,
    outRaw,
    outUsd: outputUsd(input, step, here, outRaw),
    gasUsd: AGGREGATOR_SWAP_GAS * (input.gasUnitUsd.get(step.chainId) ?? 0),
  };
}

async function poolOffer(
  deps: DirectSwapDeps,
  input: SwapChoiceInput,
  step: SwapStep,
  pool: ResolvedPool,
): Promise<Offer | string> {
  const ref = poolRefOf(pool);
  const router = ref.contracts.swapRouter;
  const port = deps.portOf(step.chainId);
  if (routerForms(ref).length === 0 || router === null || port === null) return "no router";
  try {
    const { reads } = FAMILY_ADAPTERS[ref.family];
    const live = await reads.readPool(port, ref, "latest");
    const window = { tickLower: live.tick - DEPTH_WINDOW_TICKS, tickUpper: live.tick + DEPTH_WINDOW_TICKS };
    const depth = await reads.readDepth(port, ref, window, "latest");
    const zeroForOne = ref.token0.toLowerCase() === step.tokenIn.toLowerCase();
    const outRaw = amountOutOverDepth({
      sqrtPriceX96: live.sqrtPriceX96,
      depth,
      amountInRaw: step.amountInRaw,
      zeroForOne,
      feePips: zeroForOne ? live.fee0Pips : live.fee1Pips,
    });
    if (outRaw === null) return "the pool is too shallow";
    return {
      provider: "pool",
      name: `${pool.dex.name}'s own pool ${pool.pool.id.slice(0, 10)}`,
      router,
      pool: pool.pool.id,
      outRaw,
      outUsd: outputUsd(input, step, [pool], outRaw),
      gasUsd: POOL_SWAP_GAS * (input.gasUnitUsd.get(step.chainId) ?? 0),
    };
  } catch (error) {
    // A pool that cannot be read is no offer; the others are still weighed.
    deps.log.warn("execution.direct-swap-unread", { pool: pool.pool.id, reason: errorText(error) });
    return errorText(error);
  }
}

function inputUsd(input: SwapChoiceInput, step: SwapStep, here: readonly ResolvedPool[]): number {
  return tokenUsd(input, here, step.tokenIn, step.amountInRaw);
}

function outputUsd(input: SwapChoiceInput, step: SwapStep, here: readonly ResolvedPool[], outRaw: bigint): number {
  return tokenUsd(input, here, step.tokenOut, outRaw);
}

function tokenUsd(input: SwapChoiceInput, here: readonly ResolvedPool[], token: Address, raw: bigint): number {
  const pool = here[0];
  if (pool === undefined) return 0;
  const isBase = pool.base.address.toLowerCase() === token.toLowerCase();
  const amount = humanAmount(raw, isBase ? pool.base.decimals : pool.quote.decimals);
  return amount * (isBase ? input.price : 1) * input.quoteUsd;
}
