// Swap quotes from LI.FI: asked for only when a swap is about to be made, and verified on the decoded bytes before anyone relies on them.
import { z } from "zod";
import { MAX_QUOTE_AGE_MS, verifySwapCalldata } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { excerpt } from "@/server/infra/http";
import { createQuoteService, refused, type QuoteService, type QuoteServiceSettings } from "./swap-quotes-service";

export interface SwapQuoteRequest {
  readonly chainId: number;
  readonly router: Address;
  readonly wallet: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** Our own minimum from two prices for exactly this amount. */
  readonly minAmountOutRaw: bigint;
  readonly slippageBps: number;
  /** QUOTE per BASE, the two prices the minimum was made from. */
  readonly cexPrice: number;
  readonly poolPrice: number;
}

export interface SwapQuotes {
  /** A quote that passed every check; `quote_refused` when one came and lied, `quote_unavailable` when none came. */
  fetchQuote(request: SwapQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>>;
}

export type LifiSettings = QuoteServiceSettings;

const integerText = z.string().regex(/^(0x[0-9a-fA-F]+|\d+)$/);
const quoteSchema = z.object({
  tool: z.string().max(80),
  action: z.object({
    fromChainId: z.number().int(),
    toChainId: z.number().int(),
    fromToken: z.object({ address: addressSchema }),
    toToken: z.object({ address: addressSchema }),
    fromAmount: integerText,
  }),
  estimate: z.object({ toAmountMin: integerText, approvalAddress: addressSchema }),
  transactionRequest: z.object({
    from: addressSchema.optional(),
    to: addressSchema,
    chainId: z.number().int(),
    data: hexSchema,
    value: integerText.optional(),
  }),
});
type LifiQuote = z.infer<typeof quoteSchema>;

export function createLifiQuotes(settings: LifiSettings): SwapQuotes {
  return createSwapQuotes(createQuoteService(settings));
}

/** Same-chain quotes of one service; its request limits are shared with everything else that asks it. */
export function createSwapQuotes(service: QuoteService): SwapQuotes {
  async function fetchQuote(request: SwapQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>> {
    const fetchedAtMs = service.wallNowMs();
    const body = await service.get("/quote", quoteQuery(service.integrator, request));
    if (!body.ok) return body;
    const parsed = quoteSchema.safeParse(body.value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return refused(
        `${service.name}'s answer is no quote: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}; came ${excerpt(JSON.stringify(body.value))}`,
        { reason: "shape" },
      );
    }
    return verifyQuote({ request, quote: parsed.data, fetchedAtMs, nowMs: service.wallNowMs() });
  }
  return { fetchQuote };
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

function quoteQuery(integrator: string, request: SwapQuoteRequest): URLSearchParams {
  return new URLSearchParams({
    fromChain: String(request.chainId),
    toChain: String(request.chainId),
    fromToken: request.tokenIn,
    toToken: request.tokenOut,
    fromAmount: request.amountInRaw.toString(),
    fromAddress: request.wallet,
    toAddress: request.wallet,
    slippage: String(request.slippageBps / 10_000),
    order: "CHEAPEST",
    integrator,
  });
}

/** The stated fields first, then the bytes: what would be signed must be what was asked for. */
function verifyQuote(input: {
  readonly request: SwapQuoteRequest;
  readonly quote: LifiQuote;
  readonly fetchedAtMs: number;
  readonly nowMs: number;
}): Result<QuoteEvidence, ExecutionError> {
  const { request, quote, fetchedAtMs, nowMs } = input;
  const { action, estimate, transactionRequest: tx } = quote;
  const stated: readonly (readonly [field: string, expected: string, found: string])[] = [
    ["action.fromChainId", String(request.chainId), String(action.fromChainId)],
    ["action.toChainId", String(request.chainId), String(action.toChainId)],
    ["action.fromToken", request.tokenIn, action.fromToken.address],
    ["action.toToken", request.tokenOut, action.toToken.address],
    ["action.fromAmount", request.amountInRaw.toString(), BigInt(action.fromAmount).toString()],
    ["transactionRequest.from", request.wallet, tx.from ?? request.wallet],
  ];
  for (const [field, expected, found] of stated) {
    if (expected.toLowerCase() === found.toLowerCase()) continue;
    return refused(`swap quote refused: ${field} is ${found}, expected ${expected}; nothing was approved`, {
      reason: field,
      expected,
      found,
    });
  }
  const verified = verifySwapCalldata(
    { ...request, nowMs, maxQuoteAgeMs: MAX_QUOTE_AGE_MS },
    {
      chainId: tx.chainId,
      to: tx.to,
      approvalAddress: estimate.approvalAddress,
      data: tx.data,
      valueRaw: BigInt(tx.value ?? "0"),
      fetchedAtMs,
    },
  );
  if (!verified.ok) {
    const { reason, expected, found, message } = verified.error;
    return refused(message, { reason, expected, found });
  }
  return ok({
    fetchedAtMs,
    tool: quote.tool,
    to: tx.to,
    approvalAddress: estimate.approvalAddress,
    data: tx.data,
    valueRaw: BigInt(tx.value ?? "0"),
    toAmountMinRaw: verified.value.minAmountOutRaw,
    cexPrice: request.cexPrice,
    poolPrice: request.poolPrice,
  });
}
