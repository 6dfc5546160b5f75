// Bridge offers for a plan that is being made: one question per wanted transfer, each answer weighed by our own prices.
import { toBridgeOffer, type BridgeOffer, type BuildPlanInput, type WantedTransfer } from "@/lib/plan/build-plan";
import type { BridgeTerms } from "@/lib/market/snapshot";
import type { Address } from "@/lib/units";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { BridgeQuotes } from "./bridge-quotes";

/** What a way costs by an offer for it, for decisions to come: the part kept of the amount, and gas with the native fee. */
export function bridgeTermsOf(
  offers: readonly BridgeOffer[],
  wanted: readonly WantedTransfer[],
): readonly BridgeTerms[] {
  return offers.flatMap(({ fromChainId, toChainId, side, amountInRaw, feeUsd, nativeFeeUsd = 0, gasUsd }) => {
    const moved = wanted.find(
      (each) =>
        each.fromChainId === fromChainId &&
        each.toChainId === toChainId &&
        each.side === side &&
        each.amountInRaw === amountInRaw,
    );
    if (moved === undefined || !(moved.valueUsd > 0)) return [];
    return [
      { fromChainId, toChainId, feeFrac: (feeUsd - nativeFeeUsd) / moved.valueUsd, fixedUsd: nativeFeeUsd + gasUsd },
    ];
  });
}

/** In the order of the wanted transfers; one without a usable answer is missing, and the plan says so. */
export async function offerBridges(
  deps: {
    readonly bridges: Pick<BridgeQuotes, "fetchOffer">;
    readonly wallet: Address;
    /** US dollars of a chain's own coin by our own prices; null when it is not known. */
    readonly nativeUsdOf: (chainId: number) => number | null;
    readonly log: Logger;
  },
  wanted: readonly WantedTransfer[],
  { pools, params }: Pick<BuildPlanInput, "pools" | "params">,
): Promise<readonly BridgeOffer[]> {
  const offers: BridgeOffer[] = [];
  // One after the other: the service counts its requests.
  for (const each of wanted) {
    const from = pools.find(({ chain }) => chain.id === each.fromChainId);
    const to = pools.find(({ chain }) => chain.id === each.toChainId);
    const router = from?.chain.lifiDiamond ?? null;
    if (from === undefined || to === undefined || router === null) continue;
    const { fromChainId, toChainId, tokenIn, tokenOut, amountInRaw } = each;
    const { slippageBps } = params;
    const answer = await deps.bridges.fetchOffer({
      fromChainId,
      toChainId,
      wallet: deps.wallet,
      tokenIn,
      tokenOut,
      amountInRaw,
      slippageBps,
    });
    const offer = answer.ok
      ? toBridgeOffer({
          wanted: each,
          answer: answer.value,
          router,
          nativeDecimals: from.chain.nativeDecimals,
          nativeUsd: deps.nativeUsdOf(fromChainId),
          decimalsIn: from[each.side].decimals,
          decimalsOut: to[each.side].decimals,
          slippageBps,
        })
      : null;
    if (offer !== null) offers.push(offer);
    else {
      deps.log.warn("execution.bridge-offer-missing", {
        fromChainId,
        toChainId,
        reason: answer.ok
          ? `${answer.value.bridge} would deliver at least ${answer.value.minAmountOutRaw} and take ${answer.value.nativeFeeRaw} wei beside it: it keeps too much`
          : answer.error.message,
      });
    }
  }
  return offers;
}
