// Bridge quotes of LI.FI's shape: offers while a plan is made, verified bytes when it is carried out, and where a transfer stands.
import * as z from "zod";
import { BRIDGE_KEYS, verifyBridgeCalldata } from "@/lib/actions/bridge-decoder";
import { MAX_QUOTE_AGE_MS } from "@/lib/actions/swap-decoder";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { ok, type Result } from "@/lib/errors/result";
import type { ExecutionError } from "@/lib/errors/tidegate-error";
import { bytes32Schema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { excerpt } from "@/server/infra/http";
import {
  askForQuote,
  evidenceOf,
  isStepAsked,
  lifiStepSchema,
  nativeFeeOf,
  noShape,
  refusedBytes,
  type LifiStep,
  type StepAsk,
  type StepPrices,
} from "./lifi-step";
import { refused, unavailable, type QuoteService } from "./swap-quotes-service";

export interface BridgeQuoteRequest extends StepAsk, StepPrices {
  readonly router: Address;
  /** Our own minimum for exactly this amount, in the destination token's units. */
  readonly minAmountOutRaw: bigint;
  readonly bridges: readonly string[];
  /** Most of the source chain's own coin that may go along as the bridge's fee; 0 when the plan has none. */
  readonly nativeFeeMaxRaw: bigint;
}

/** What one bridge would take and deliver; nothing that can be signed. */
export interface BridgeOfferAnswer {
  readonly bridge: string;
  readonly expectedOutRaw: bigint;
  readonly minAmountOutRaw: bigint;
  /** Fee in the source chain's own coin, beside gas and beside what is kept of the token. */
  readonly nativeFeeRaw: bigint;
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
  fetchOffer(ask: StepAsk): Promise<Result<BridgeOfferAnswer, ExecutionError>>;
  /** A quote that passed every check; `quote_refused` when one came and lied, `quote_unavailable` when none came. */
  fetchQuote(request: BridgeQuoteRequest): Promise<Result<QuoteEvidence, ExecutionError>>;
  readStatus(input: {
    readonly txHash: Hex;
    readonly fromChainId: number;
    readonly toChainId: number;
    readonly bridge: string;
  }): Promise<Result<BridgeStatus, ExecutionError>>;
}

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
        const step = steps.length === 1 ? lifiStepSchema.safeParse(steps[0]) : null;
        if (step?.success !== true || !BRIDGE_KEYS.includes(step.data.tool)) return [];
        return isStepAsked(ask, step.data.action) ? [offerOf(step.data)] : [];
      });
      const best = offers.toSorted(byDelivery)[0];
      if (best !== undefined) return ok(best);
      return unavailable(
        `${service.name} has no route over ${BRIDGE_KEYS.join(" or ")} for ${ask.amountInRaw} of ${ask.tokenIn} from chain ${ask.fromChainId} to chain ${ask.toChainId} (${parsed.data.routes.length} routes came): ${excerpt(JSON.stringify(parsed.data.unavailableRoutes ?? ""))}`,
        false,
        { routes: parsed.data.routes.length },
      );
    },
    async fetchQuote(request) {
      const stated = await askForQuote(service, "bridge", request, { allowBridges: request.bridges.join(",") });
      if (!stated.ok) return stated;
      const { quote, valueRaw, answer } = stated.value;
      const feeRaw = nativeFeeOf(quote);
      // Native coin goes along only as the fee that the quote itself states, and only as far as the plan allows.
      if (valueRaw !== feeRaw) {
        return refused(
          `bridge quote refused (value): the transaction sends ${valueRaw} wei along, the quote states a native fee of ${feeRaw}; nothing was approved`,
          { reason: "value", expected: feeRaw.toString(), found: valueRaw.toString() },
        );
      }
      const verified = verifyBridgeCalldata(
        {
          ...request,
          chainId: request.fromChainId,
          maxValueRaw: request.nativeFeeMaxRaw,
          nowMs: service.wallNowMs(),
          maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
        },
        { ...answer, toChainId: quote.action.toChainId, bridge: quote.tool },
      );
      if (!verified.ok) return refusedBytes(verified.error);
      return ok({
        ...evidenceOf(stated.value, request, verified.value.minAmountOutRaw),
        toChainId: request.toChainId,
        bridge: quote.tool,
      });
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

function routesBody(integrator: string, ask: StepAsk): unknown {
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

/** More delivered for sure first; with the same, the smaller fee beside it. */
function byDelivery(left: BridgeOfferAnswer, right: BridgeOfferAnswer): number {
  if (left.minAmountOutRaw !== right.minAmountOutRaw) return left.minAmountOutRaw > right.minAmountOutRaw ? -1 : 1;
  if (left.nativeFeeRaw === right.nativeFeeRaw) return 0;
  return left.nativeFeeRaw < right.nativeFeeRaw ? -1 : 1;
}

function offerOf(step: LifiStep): BridgeOfferAnswer {
  const { tool, estimate } = step;
  return {
    bridge: tool,
    expectedOutRaw: BigInt(estimate.toAmount ?? estimate.toAmountMin),
    minAmountOutRaw: BigInt(estimate.toAmountMin),
    nativeFeeRaw: nativeFeeOf(step),
    gasUsd: (estimate.gasCosts ?? []).reduce((sum, { amountUSD }) => sum + usdOf(amountUSD), 0),
    expectedSec: estimate.executionDuration ?? 0,
  };
}

function usdOf(text: string | undefined): number {
  const amount = Number(text ?? "0");
  return Number.isFinite(amount) && amount > 0 ? amount : 0;
}
