// Swap quotes from LI.FI: asked for only when a swap is about to be made, and verified on the decoded bytes before anyone relies on them.
import { MAX_QUOTE_AGE_MS, verifySwapCalldata } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";
import { askForQuote, evidenceOf, refusedBytes, type StepAsk, type StepPrices } from "./lifi-step";
import { createQuoteService, refused, type QuoteService, type QuoteServiceSettings } from "./swap-quotes-service";

export interface SwapQuoteRequest extends Omit<StepAsk, "fromChainId" | "toChainId">, StepPrices {
  readonly chainId: number;
  readonly router: Address;
  /** Our own minimum from two prices for exactly this amount. */
  readonly minAmountOutRaw: bigint;
}

export interface SwapQuotes {
  /** A quote that passed every check; `quote_refused` when one came and lied, `quote_unavailable` when none came. */
  fetchQuote(request: SwapQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>>;
}

export type LifiSettings = QuoteServiceSettings;

export function createLifiQuotes(settings: LifiSettings): SwapQuotes {
  return createSwapQuotes(createQuoteService(settings));
}

/** Same-chain quotes of one service; its request limits are shared with everything else that asks it. */
export function createSwapQuotes(service: QuoteService): SwapQuotes {
  return {
    async fetchQuote(request) {
      const { chainId } = request;
      const stated = await askForQuote(service, "swap", { ...request, fromChainId: chainId, toChainId: chainId });
      if (!stated.ok) return stated;
      const verified = verifySwapCalldata(
        { ...request, nowMs: service.wallNowMs(), maxQuoteAgeMs: MAX_QUOTE_AGE_MS },
        stated.value.answer,
      );
      if (!verified.ok) return refusedBytes(verified.error);
      return ok(evidenceOf(stated.value, request, verified.value.minAmountOutRaw));
    },
  };
}

/** The first service that has a usable quote; a quote that lied is an answer, and the next service is asked all the same. */
export function firstOf(services: readonly SwapQuotes[]): SwapQuotes {
  return {
    async fetchQuote(request) {
      let last: Result<QuoteEvidence, ExecutionError> | null = null;
      for (const service of services) {
        last = await service.fetchQuote(request);
        if (last.ok) return last;
      }
      return last ?? refused("no quote service is configured; set TG_LIFI_URL", { reason: "none" });
    },
  };
}
