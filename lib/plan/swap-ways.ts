// Swap ways: the one or two ways a swap of a plan may go, and which of them was taken.
import type { Address } from "@/lib/units";
import type { SwapStep } from "./plan";

/** The step as each of its ways would make it, the planned one first; bounds and amounts are the same. */
export function swapWays(step: SwapStep): readonly SwapStep[] {
  const { provider: _provider, router: _router, pool: _pool, other, ...bounds } = step;
  const { other: _other, ...planned } = step;
  return other === undefined ? [planned] : [planned, { ...bounds, ...other }];
}

/** The way that was taken: with a quote the aggregator's, without one the pool's; the planned one where there is no choice. */
export function takenWay(step: SwapStep, taken: { readonly hasQuote: boolean }): SwapStep {
  const [planned = step, ...others] = swapWays(step);
  const wanted = taken.hasQuote ? "lifi" : "pool";
  return [planned, ...others].find(({ provider }) => provider === wanted) ?? planned;
}

/** Contracts that may be allowed the sold token, each once. */
export function swapSpenders(step: SwapStep): readonly Address[] {
  const routers = swapWays(step).map(({ router }) => router);
  return routers.filter(
    (router, index) => routers.findIndex((each) => each.toLowerCase() === router.toLowerCase()) === index,
  );
}
