// Swap quotes from LI.FI: asked for only when a swap is about to be made, and verified on the decoded bytes before anyone relies on them.
import { z } from "zod";
import { MAX_QUOTE_AGE_MS, verifySwapCalldata } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { ExecutionError, type ErrorDetails, type SourceError } from "@/lib/errors/tidegate-error";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { excerpt, fetchJsonAnswer, resetMs, type JsonAnswer } from "@/server/infra/http";

const DEFAULT_TIMEOUT_MS = 12_000;
/** How long nothing is asked after a rate limit without a stated wait (services.md section 5: counted over two hours). */
const DEFAULT_RATE_WAIT_MS = 60_000;
const INTEGRATOR = "tidegate";

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

export interface LifiSettings {
  /** For example `https://li.quest/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly wallNowMs: () => number;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

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

const errorSchema = z.object({
  message: z.string().optional(),
  code: z.union([z.number(), z.string()]).optional(),
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
});

/** Codes after which the same question may be asked again: rate limit, server, slippage, third party, timeout, rpc. */
const RETRYABLE_CODES: readonly number[] = [1005, 1006, 1007, 1008, 1009, 1012];
const RATE_LIMIT_CODE = 1005;

export function createLifiQuotes(settings: LifiSettings): SwapQuotes {
  let blockedUntilMs = 0;

  function block(answer: JsonAnswer): void {
    const waitMs = answer.rateLimit.retryAfterMs ?? resetMs(answer.rateLimit);
    const isLimited = answer.status === 429 || answer.rateLimit.remaining === 0;
    if (isLimited) blockedUntilMs = settings.wallNowMs() + (waitMs ?? DEFAULT_RATE_WAIT_MS);
  }

  async function fetchQuote(request: SwapQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>> {
    const fetchedAtMs = settings.wallNowMs();
    if (fetchedAtMs < blockedUntilMs) {
      return unavailable(
        `LI.FI's request limit is used up for another ${Math.ceil((blockedUntilMs - fetchedAtMs) / 1000)} s; set TG_LIFI_API_KEY for a higher one`,
        true,
        { retryAfterMs: blockedUntilMs - fetchedAtMs },
      );
    }
    const answer = await fetchJsonAnswer({
      url: quoteUrl(settings.baseUrl, request),
      timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      headers: {
        "x-lifi-integrator": INTEGRATOR,
        ...(settings.apiKey === null ? {} : { "x-lifi-api-key": settings.apiKey }),
      },
      ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
    });
    if (!answer.ok) return err(fromSource(answer.error));
    block(answer.value);
    if (answer.value.status < 200 || answer.value.status >= 300) return err(serviceError(answer.value));
    const parsed = quoteSchema.safeParse(answer.value.body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return refused(
        `LI.FI's answer is no quote: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}; came ${excerpt(JSON.stringify(answer.value.body))}`,
        { reason: "shape" },
      );
    }
    return verifyQuote({ request, quote: parsed.data, fetchedAtMs, nowMs: settings.wallNowMs() });
  }
  return { fetchQuote };
}

function quoteUrl(baseUrl: string, request: SwapQuoteRequest): string {
  const query = new URLSearchParams({
    fromChain: String(request.chainId),
    toChain: String(request.chainId),
    fromToken: request.tokenIn,
    toToken: request.tokenOut,
    fromAmount: request.amountInRaw.toString(),
    fromAddress: request.wallet,
    toAddress: request.wallet,
    slippage: String(request.slippageBps / 10_000),
    order: "CHEAPEST",
    integrator: INTEGRATOR,
  });
  return `${baseUrl.replace(/\/+$/, "")}/quote?${query.toString()}`;
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

function serviceError(answer: JsonAnswer): ExecutionError {
  const parsed = errorSchema.safeParse(answer.body);
  const code = Number(parsed.success ? (parsed.data.code ?? 0) : 0);
  const tool = parsed.success ? parsed.data.errors?.map((each) => each.code ?? each.message ?? "").join(", ") : "";
  const text = excerpt(parsed.success ? (parsed.data.message ?? "") : JSON.stringify(answer.body));
  const isRetryable = RETRYABLE_CODES.includes(code) || answer.status === 429 || answer.status >= 500;
  return new ExecutionError({
    code: "quote_unavailable",
    retryable: isRetryable,
    message: `LI.FI gave no quote (status ${answer.status}, code ${code}${code === RATE_LIMIT_CODE ? ", request limit" : ""}): ${text}${tool === "" || tool === undefined ? "" : ` [${excerpt(tool)}]`}`,
    details: { status: answer.status, lifiCode: code, retryAfterMs: answer.rateLimit.retryAfterMs },
  });
}

function fromSource(error: SourceError): ExecutionError {
  return new ExecutionError({
    code: "quote_unavailable",
    retryable: error.retryable || error.code === "bad_data",
    message: `no swap quote: ${error.message}`,
    details: { ...error.details, sourceCode: error.code },
    cause: error,
  });
}

function unavailable(message: string, retryable: boolean, details: ErrorDetails): Result<never, ExecutionError> {
  return err(new ExecutionError({ code: "quote_unavailable", retryable, message, details }));
}

/** A quote that lies may be honest the next time: asking again is allowed, using it is not. */
function refused(message: string, details: ErrorDetails): Result<never, ExecutionError> {
  return err(new ExecutionError({ code: "quote_refused", retryable: true, message, details }));
}
