// One step of LI.FI's wire format: how a quote is asked for, what its fields must say, and the evidence that a verified one becomes.
import * as z from "zod";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { excerpt } from "@/server/infra/http";
import { refused, type QuoteService } from "./swap-quotes-service";

/** One token against another, from our wallet to our wallet; both chains are the same for a swap. */
export interface StepAsk {
  readonly fromChainId: number;
  readonly toChainId: number;
  readonly wallet: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  readonly slippageBps: number;
}

/** QUOTE per BASE, the two prices our own minimum was made from; they go with the evidence. */
export interface StepPrices {
  readonly cexPrice: number;
  readonly poolPrice: number;
}

/** The service's name of a chain's own coin. */
const NATIVE_TOKEN = "0x0000000000000000000000000000000000000000";
const integerText = z.string().regex(/^(0x[0-9a-fA-F]+|\d+)$/);

const actionSchema = z.object({
  fromChainId: z.number().int(),
  toChainId: z.number().int(),
  fromToken: z.object({ address: addressSchema }),
  toToken: z.object({ address: addressSchema }),
  fromAmount: integerText,
});
const feeCostSchema = z.object({
  amount: integerText.optional(),
  included: z.boolean().optional(),
  token: z.object({ address: z.string().optional(), chainId: z.number().optional() }).optional(),
});
const estimateSchema = z.object({
  toAmount: integerText.optional(),
  toAmountMin: integerText,
  approvalAddress: addressSchema,
  executionDuration: z.number().min(0).optional(),
  feeCosts: z.array(feeCostSchema).optional(),
  gasCosts: z.array(z.object({ amountUSD: z.string().optional() })).optional(),
});
export const lifiStepSchema = z.object({ tool: z.string().max(80), action: actionSchema, estimate: estimateSchema });
export type LifiStep = z.infer<typeof lifiStepSchema>;

const lifiQuoteSchema = lifiStepSchema.extend({
  transactionRequest: z.object({
    from: addressSchema.optional(),
    to: addressSchema,
    chainId: z.number().int(),
    data: hexSchema,
    value: integerText.optional(),
  }),
});
type LifiQuote = z.infer<typeof lifiQuoteSchema>;

/** A quote whose stated fields are those of the question; its bytes are still to be verified. */
export interface StatedQuote {
  readonly quote: LifiQuote;
  /** Wall time just before the question. */
  readonly fetchedAtMs: number;
  readonly valueRaw: bigint;
  /** What the quote's bytes must be compared with, as both decoders take it. */
  readonly answer: {
    readonly chainId: number;
    readonly to: Address;
    readonly approvalAddress: Address;
    readonly data: LifiQuote["transactionRequest"]["data"];
    readonly valueRaw: bigint;
    readonly fetchedAtMs: number;
  };
}

/** Asks for one quote with calldata; refused when it is no quote or its fields are not those of the question. */
export async function askForQuote(
  service: QuoteService,
  what: "swap" | "bridge",
  ask: StepAsk,
  further: Readonly<Record<string, string>> = {},
): Promise<Result<StatedQuote, ExecutionError>> {
  const fetchedAtMs = service.wallNowMs();
  const body = await service.get("/quote", quoteQuery(service.integrator, ask, further));
  if (!body.ok) return body;
  const parsed = lifiQuoteSchema.safeParse(body.value);
  if (!parsed.success) return noShape(service, "quote", parsed.error, body.value);
  const { action, estimate, transactionRequest: tx } = parsed.data;
  const stated: readonly (readonly [field: string, expected: string, found: string])[] = [
    ...actionFields(ask, action),
    ["transactionRequest.from", ask.wallet, tx.from ?? ask.wallet],
  ];
  const wrong = stated.find(([, expected, found]) => expected.toLowerCase() !== found.toLowerCase());
  if (wrong !== undefined) {
    const [field, expected, found] = wrong;
    return refused(`${what} quote refused: ${field} is ${found}, expected ${expected}; nothing was approved`, {
      reason: field,
      expected,
      found,
    });
  }
  const valueRaw = BigInt(tx.value ?? "0");
  const { to, chainId, data } = tx;
  const { approvalAddress } = estimate;
  return ok({
    quote: parsed.data,
    fetchedAtMs,
    valueRaw,
    answer: { chainId, to, approvalAddress, data, valueRaw, fetchedAtMs },
  });
}

/** The fields that say what a step moves, each with what it must be. */
function actionFields(
  ask: StepAsk,
  action: LifiStep["action"],
): readonly (readonly [field: string, expected: string, found: string])[] {
  return [
    ["action.fromChainId", String(ask.fromChainId), String(action.fromChainId)],
    ["action.toChainId", String(ask.toChainId), String(action.toChainId)],
    ["action.fromToken", ask.tokenIn, action.fromToken.address],
    ["action.toToken", ask.tokenOut, action.toToken.address],
    ["action.fromAmount", ask.amountInRaw.toString(), BigInt(action.fromAmount).toString()],
  ];
}

export function isStepAsked(ask: StepAsk, action: LifiStep["action"]): boolean {
  return actionFields(ask, action).every(([, expected, found]) => expected.toLowerCase() === found.toLowerCase());
}

/** What is to be paid in the source chain's own coin beside what leaves in the token: the step's fees that it does not include. */
export function nativeFeeOf({ action, estimate }: LifiStep): bigint {
  return (estimate.feeCosts ?? []).reduce((sum, { amount, included, token }) => {
    const isNative = token?.address === NATIVE_TOKEN && (token.chainId ?? action.fromChainId) === action.fromChainId;
    return isNative && included === false ? sum + BigInt(amount ?? "0") : sum;
  }, 0n);
}

/** The evidence of a quote whose bytes were verified. */
export function evidenceOf({ quote, answer }: StatedQuote, prices: StepPrices, minAmountOutRaw: bigint): QuoteEvidence {
  const { fetchedAtMs, to, approvalAddress, data, valueRaw } = answer;
  return {
    fetchedAtMs,
    tool: quote.tool,
    to,
    approvalAddress,
    data,
    valueRaw,
    toAmountMinRaw: minAmountOutRaw,
    cexPrice: prices.cexPrice,
    poolPrice: prices.poolPrice,
  };
}

/** A decoder's refusal as the error that ends this quote. */
export function refusedBytes(refusal: {
  readonly reason: string;
  readonly expected: string;
  readonly found: string;
  readonly message: string;
}): Result<never, ExecutionError> {
  const { reason, expected, found, message } = refusal;
  return refused(message, { reason, expected, found });
}

export function noShape(
  service: QuoteService,
  what: string,
  error: z.ZodError,
  body: unknown,
): Result<never, ExecutionError> {
  const issue = error.issues[0];
  return refused(
    `${service.name}'s answer is no ${what}: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}; came ${excerpt(JSON.stringify(body))}`,
    { reason: "shape" },
  );
}

function quoteQuery(integrator: string, ask: StepAsk, further: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams({
    fromChain: String(ask.fromChainId),
    toChain: String(ask.toChainId),
    fromToken: ask.tokenIn,
    toToken: ask.tokenOut,
    fromAmount: ask.amountInRaw.toString(),
    fromAddress: ask.wallet,
    toAddress: ask.wallet,
    slippage: String(ask.slippageBps / 10_000),
    order: "CHEAPEST",
    ...further,
    integrator,
  });
}
