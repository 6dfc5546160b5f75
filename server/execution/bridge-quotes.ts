// Bridge quotes of LI.FI's shape: offers while a plan is made, verified bytes when it is carried out, and where a transfer stands.
import { z } from "zod";
import { BRIDGE_KEYS, verifyBridgeCalldata } from "@/lib/actions/bridge-decoder";
import { MAX_QUOTE_AGE_MS } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { excerpt } from "@/server/infra/http";
import { refused, unavailable, type QuoteService } from "./swap-quotes-service";

export interface BridgeAsk {
  readonly fromChainId: number;
  readonly toChainId: number;
  readonly wallet: Address;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  readonly slippageBps: number;
}

export interface BridgeQuoteRequest extends BridgeAsk {
  readonly router: Address;
  /** Our own minimum for exactly this amount, in the destination token's units. */
  readonly minAmountOutRaw: bigint;
  readonly bridges: readonly string[];
  /** QUOTE per BASE; both prices go with the evidence. */
  readonly cexPrice: number;
  readonly poolPrice: number;
}

/** What one bridge would take and deliver; nothing that can be signed. */
export interface BridgeOfferAnswer {
  readonly bridge: string;
  readonly expectedOutRaw: bigint;
  readonly minAmountOutRaw: bigint;
  readonly gasUsd: number;
  readonly expectedSec: number;
}

/** What the service says of a transfer; a hint, never a proof. */
export interface BridgeStatus {
  readonly status: "NOT_FOUND" | "INVALID" | "PENDING" | "DONE" | "FAILED";
  readonly substatus: string;
  /** The transaction that is said to have paid out or back. */
  readonly paid: { readonly chainId: number; readonly txHash: Hex } | null;
  readonly detail: string;
}

export interface BridgeQuotes {
  /** The best offer of an allowlisted bridge; asked for while a plan is made. */
  fetchOffer(ask: BridgeAsk): Promise<Result<BridgeOfferAnswer, ExecutionError>>;
  /** A quote that passed every check; `quote_refused` when one came and lied, `quote_unavailable` when none came. */
  fetchQuote(request: BridgeQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>>;
  readStatus(input: {
    readonly txHash: Hex;
    readonly fromChainId: number;
    readonly toChainId: number;
    readonly bridge: string;
  }): Promise<Result<BridgeStatus, ExecutionError>>;
}

const integerText = z.string().regex(/^(0x[0-9a-fA-F]+|\d+)$/);
const stepSchema = z.object({
  tool: z.string().max(80),
  action: z.object({
    fromChainId: z.number().int(),
    toChainId: z.number().int(),
    fromToken: z.object({ address: addressSchema }),
    toToken: z.object({ address: addressSchema }),
    fromAmount: integerText,
  }),
  estimate: z.object({
    toAmount: integerText,
    toAmountMin: integerText,
    approvalAddress: addressSchema,
    executionDuration: z.number().min(0).optional(),
    gasCosts: z.array(z.object({ amountUSD: z.string().optional() })).optional(),
  }),
});
type LifiStep = z.infer<typeof stepSchema>;
const quoteSchema = stepSchema.extend({
  transactionRequest: z.object({
    from: addressSchema.optional(),
    to: addressSchema,
    chainId: z.number().int(),
    data: hexSchema,
    value: integerText.optional(),
  }),
});
const routesSchema = z.object({
  routes: z.array(z.object({ steps: z.array(z.unknown()) })),
  unavailableRoutes: z.unknown().optional(),
});
const statusSchema = z.object({
  status: z.enum(["NOT_FOUND", "INVALID", "PENDING", "DONE", "FAILED"]),
  substatus: z.string().default(""),
  substatusMessage: z.string().optional(),
  receiving: z.object({ txHash: bytes32Schema.optional(), chainId: z.number().int().optional() }).optional(),
});

export function createBridgeQuotes(service: QuoteService): BridgeQuotes {
  return {
    async fetchOffer(ask) {
      const body = await service.post("/advanced/routes", routesBody(service.integrator, ask));
      if (!body.ok) return body;
      const parsed = routesSchema.safeParse(body.value);
      if (!parsed.success) return noShape(service, "list of routes", parsed.error, body.value);
      const offers = parsed.data.routes.flatMap(({ steps }) => {
        // One transaction, one bridge: a route of several steps leaves money at a stop in between.
        const step = steps.length === 1 ? stepSchema.safeParse(steps[0]) : null;
        return step?.success === true && isAsked(ask, step.data) ? [offerOf(step.data)] : [];
      });
      const best = offers.toSorted((left, right) => (left.minAmountOutRaw > right.minAmountOutRaw ? -1 : 1))[0];
      if (best !== undefined) return ok(best);
      return unavailable(
        `${service.name} has no route over ${BRIDGE_KEYS.join(" or ")} for ${ask.amountInRaw} of ${ask.tokenIn} from chain ${ask.fromChainId} to chain ${ask.toChainId} (${parsed.data.routes.length} routes came): ${excerpt(JSON.stringify(parsed.data.unavailableRoutes ?? ""))}`,
        false,
        { routes: parsed.data.routes.length },
      );
    },
    async fetchQuote(request) {
      const fetchedAtMs = service.wallNowMs();
      const body = await service.get("/quote", quoteQuery(service.integrator, request));
      if (!body.ok) return body;
      const parsed = quoteSchema.safeParse(body.value);
      if (!parsed.success) return noShape(service, "quote", parsed.error, body.value);
      return verifyQuote({ request, quote: parsed.data, fetchedAtMs, nowMs: service.wallNowMs() });
    },
    async readStatus({ txHash, fromChainId, toChainId, bridge }) {
      const query = new URLSearchParams({
        txHash,
        fromChain: String(fromChainId),
        toChain: String(toChainId),
        bridge,
      });
      const body = await service.get("/status", query);
      if (!body.ok) return body;
      const parsed = statusSchema.safeParse(body.value);
      if (!parsed.success) return noShape(service, "status", parsed.error, body.value);
      const { status, substatus, substatusMessage, receiving } = parsed.data;
      const paid =
        receiving?.txHash === undefined || receiving.chainId === undefined
          ? null
          : { chainId: receiving.chainId, txHash: receiving.txHash };
      return ok({ status, substatus, paid, detail: excerpt(substatusMessage ?? `${status} ${substatus}`) });
    },
  };
}

function noShape(service: QuoteService, what: string, error: z.ZodError, body: unknown) {
  const issue = error.issues[0];
  return refused(
    `${service.name}'s answer is no ${what}: ${issue?.path.map(String).join(".") ?? ""} ${issue?.message ?? ""}; came ${excerpt(JSON.stringify(body))}`,
    { reason: "shape" },
  );
}

function quoteQuery(integrator: string, request: BridgeQuoteRequest): URLSearchParams {
  return new URLSearchParams({
    fromChain: String(request.fromChainId),
    toChain: String(request.toChainId),
    fromToken: request.tokenIn,
    toToken: request.tokenOut,
    fromAmount: request.amountInRaw.toString(),
    fromAddress: request.wallet,
    toAddress: request.wallet,
    slippage: String(request.slippageBps / 10_000),
    order: "CHEAPEST",
    allowBridges: request.bridges.join(","),
    integrator,
  });
}

function routesBody(integrator: string, ask: BridgeAsk): unknown {
  return {
    fromChainId: ask.fromChainId,
    fromTokenAddress: ask.tokenIn,
    fromAmount: ask.amountInRaw.toString(),
    fromAddress: ask.wallet,
    toChainId: ask.toChainId,
    toTokenAddress: ask.tokenOut,
    toAddress: ask.wallet,
    options: {
      slippage: ask.slippageBps / 10_000,
      order: "CHEAPEST",
      integrator,
      allowSwitchChain: false,
      bridges: { allow: BRIDGE_KEYS },
    },
  };
}

function isAsked(ask: BridgeAsk, { tool, action }: LifiStep): boolean {
  return (
    BRIDGE_KEYS.includes(tool) &&
    action.fromChainId === ask.fromChainId &&
    action.toChainId === ask.toChainId &&
    action.fromToken.address.toLowerCase() === ask.tokenIn.toLowerCase() &&
    action.toToken.address.toLowerCase() === ask.tokenOut.toLowerCase() &&
    BigInt(action.fromAmount) === ask.amountInRaw
  );
}

function offerOf({ tool, estimate }: LifiStep): BridgeOfferAnswer {
  return {
    bridge: tool,
    expectedOutRaw: BigInt(estimate.toAmount),
    minAmountOutRaw: BigInt(estimate.toAmountMin),
    gasUsd: (estimate.gasCosts ?? []).reduce((sum, { amountUSD }) => sum + usdOf(amountUSD), 0),
    expectedSec: estimate.executionDuration ?? 0,
  };
}

function usdOf(text: string | undefined): number {
  const amount = Number(text ?? "0");
  return Number.isFinite(amount) && amount > 0 ? amount : 0;
}

/** The stated fields first, then the bytes: what would be signed must be what was asked for. */
function verifyQuote(input: {
  readonly request: BridgeQuoteRequest;
  readonly quote: z.infer<typeof quoteSchema>;
  readonly fetchedAtMs: number;
  readonly nowMs: number;
}): Result<QuoteEvidence, ExecutionError> {
  const { request, quote, fetchedAtMs, nowMs } = input;
  const { action, estimate, transactionRequest: tx } = quote;
  const stated: readonly (readonly [field: string, expected: string, found: string])[] = [
    ["action.fromChainId", String(request.fromChainId), String(action.fromChainId)],
    ["action.toChainId", String(request.toChainId), String(action.toChainId)],
    ["action.fromToken", request.tokenIn, action.fromToken.address],
    ["action.toToken", request.tokenOut, action.toToken.address],
    ["action.fromAmount", request.amountInRaw.toString(), BigInt(action.fromAmount).toString()],
    ["transactionRequest.from", request.wallet, tx.from ?? request.wallet],
  ];
  for (const [field, expected, found] of stated) {
    if (expected.toLowerCase() === found.toLowerCase()) continue;
    return refused(`bridge quote refused: ${field} is ${found}, expected ${expected}; nothing was approved`, {
      reason: field,
      expected,
      found,
    });
  }
  const valueRaw = BigInt(tx.value ?? "0");
  const verified = verifyBridgeCalldata(
    {
      chainId: request.fromChainId,
      toChainId: request.toChainId,
      router: request.router,
      wallet: request.wallet,
      tokenIn: request.tokenIn,
      tokenOut: request.tokenOut,
      amountInRaw: request.amountInRaw,
      minAmountOutRaw: request.minAmountOutRaw,
      bridges: request.bridges,
      nowMs,
      maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
    },
    {
      chainId: tx.chainId,
      toChainId: action.toChainId,
      bridge: quote.tool,
      to: tx.to,
      approvalAddress: estimate.approvalAddress,
      data: tx.data,
      valueRaw,
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
    valueRaw,
    toAmountMinRaw: verified.value.minAmountOutRaw,
    toChainId: request.toChainId,
    bridge: quote.tool,
    cexPrice: request.cexPrice,
    poolPrice: request.poolPrice,
  });
}
