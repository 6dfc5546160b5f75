// Direct swap: for each swap of a plan the aggregator's quote against the pair's own pools, the one that leaves more after gas, and why.
import { routerForms } from "@/lib/actions/pool-swap";
import { humanAmount } from "@/lib/amm/human-units";
import type { CallPort } from "@/lib/actions/family";
import { errorText } from "@/lib/errors/tidegate-error";
import type { SwapRoute, SwapWay } from "@/lib/plan/build-plan";
import { amountOutOverDepth } from "@/lib/plan/depth-swap";
import type { Plan, SwapStep } from "@/lib/plan/plan";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Address } from "@/lib/units";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { FAMILY_ADAPTERS } from "./adapters/registry";
import type { SwapQuotes } from "./swap-quotes";

/** Gas of a swap through one pool, and through an aggregator's contract (usual values; only their difference matters). */
export const SWAP_GAS_UNITS = { pool: 170_000, lifi: 320_000 } as const;
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
  const tokens = [step.tokenIn, step.tokenOut].map((token) => token.toLowerCase());
  const here = input.pools.filter(
    ({ chain, base, quote }) =>
      chain.id === step.chainId && [base, quote].every(({ address }) => tokens.includes(address.toLowerCase())),
  );
  const [aggregated, ...direct] = await Promise.all([
    aggregatorOffer(deps, input, step, here),
    ...here.map((pool) => poolOffer(deps, input, step, pool)),
  ]);
  const good = [aggregated, ...direct].filter(
    (offer): offer is Offer => typeof offer !== "string" && offer.outRaw >= step.minAmountOutRaw,
  );
  const [best, ...others] = good.toSorted((left, right) => netUsd(right) - netUsd(left));
  const failure = typeof aggregated === "string" ? aggregated : null;
  if (failure !== null) deps.log.warn("execution.quote-refused", { chainId: step.chainId, reason: failure });
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
  const other = others.find(({ provider }) => provider !== best.provider);
  return {
    chainId: step.chainId,
    provider: best.provider,
    router: best.router,
    pool: best.pool,
    // The best of the other kind may still be better when the swap is made.
    other: wayOf(other),
    feeUsd: Math.max(0, inputUsd(input, step, here) - best.outUsd),
    words: wordsFor(best, { second: others[0], hasOther: other !== undefined, failure }),
  };
}

function wayOf(offer: Offer | undefined): SwapWay | null {
  return offer === undefined ? null : { provider: offer.provider, router: offer.router, pool: offer.pool };
}

function wordsFor(
  best: Offer,
  {
    second,
    hasOther,
    failure,
  }: { readonly second: Offer | undefined; readonly hasOther: boolean; readonly failure: string | null },
): string {
  const what = `The swap goes through ${best.name}: ${best.outUsd.toFixed(2)} USD less ${best.gasUsd.toFixed(2)} USD gas`;
  const other =
    second === undefined ? "" : `, against ${netUsd(second).toFixed(2)} USD after gas through ${second.name}`;
  const missing = failure === null ? "" : `; the aggregator had no quote (${failure})`;
  const again = hasOther ? "; pool or aggregator is chosen again when the swap is made" : "";
  return `${what}${other}${again}${missing}.`;
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
  const outRaw = expectedOutRaw(quote.value.toAmountMinRaw, slippageBps);
  return {
    provider: "lifi",
    name: `the aggregator (${quote.value.tool})`,
    router,
    pool: null,
    outRaw,
    outUsd: outputUsd(input, step, here, outRaw),
    gasUsd: SWAP_GAS_UNITS.lifi * (input.gasUnitUsd.get(step.chainId) ?? 0),
  };
}

/** A quote's minimum is its expectation less the slippage it was asked for. */
export function expectedOutRaw(toAmountMinRaw: bigint, slippageBps: number): bigint {
  return (toAmountMinRaw * 10_000n) / BigInt(10_000 - slippageBps);
}

async function poolOffer(
  deps: DirectSwapDeps,
  input: SwapChoiceInput,
  step: SwapStep,
  pool: ResolvedPool,
): Promise<Offer | string> {
  const router = pool.contracts.swapRouter;
  if (router === null) return "no router";
  const outRaw = await readPoolOut(deps, pool, step);
  if (typeof outRaw === "string") return outRaw;
  return {
    provider: "pool",
    name: `${pool.dex.name}'s own pool ${pool.pool.id.slice(0, 10)}`,
    router,
    pool: pool.pool.id,
    outRaw,
    outUsd: outputUsd(input, step, [pool], outRaw),
    gasUsd: SWAP_GAS_UNITS.pool * (input.gasUnitUsd.get(step.chainId) ?? 0),
  };
}

/** What is sold to which pool. */
export interface PoolOutInput {
  readonly chainId: number;
  readonly pool: string;
  readonly tokenIn: Address;
  readonly amountInRaw: bigint;
}

/** What the pool pays by its own maths over its liquidity at the head; a sentence where it cannot be used. */
export async function readPoolOut(
  deps: Pick<DirectSwapDeps, "portOf" | "log">,
  pool: ResolvedPool,
  sale: Pick<PoolOutInput, "tokenIn" | "amountInRaw">,
): Promise<bigint | string> {
  const ref = poolRefOf(pool);
  const port = deps.portOf(pool.chain.id);
  if (routerForms(ref).length === 0 || ref.contracts.swapRouter === null || port === null) return "no router";
  try {
    const { reads } = FAMILY_ADAPTERS[ref.family];
    const live = await reads.readPool(port, ref, "latest");
    const window = { tickLower: live.tick - DEPTH_WINDOW_TICKS, tickUpper: live.tick + DEPTH_WINDOW_TICKS };
    const depth = await reads.readDepth(port, ref, window, "latest");
    const zeroForOne = ref.token0.toLowerCase() === sale.tokenIn.toLowerCase();
    const outRaw = amountOutOverDepth({
      sqrtPriceX96: live.sqrtPriceX96,
      depth,
      amountInRaw: sale.amountInRaw,
      zeroForOne,
      feePips: zeroForOne ? live.fee0Pips : live.fee1Pips,
    });
    return outRaw ?? "the pool is too shallow";
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
