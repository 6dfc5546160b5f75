// Plan request: what a plan is asked for, what it is made from, and why there may be none.
import { err, type Result } from "@/lib/errors/result";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Evaluation, RangeShiftDecision, ReallocateDecision, StrategyParams } from "@/lib/strategy/index";
import type { Address, Hex, PositionId } from "@/lib/units";
import type { PlanOrigin, Step } from "./plan";
import type { PlanGrants } from "./plan-grants";

/** One position moved to ticks an operator chose. */
export interface ManualShift {
  readonly kind: "manual_shift";
  readonly positionId: PositionId;
  readonly tickLower: number;
  readonly tickUpper: number;
}

export type PlanRequest = RangeShiftDecision | ReallocateDecision | ManualShift;

export interface AccountBalance {
  readonly chainId: number;
  readonly token: Address;
  readonly amountRaw: bigint;
}

export interface BuildPlanInput {
  readonly request: PlanRequest;
  readonly snapshot: MarketSnapshot;
  readonly evaluation: Evaluation;
  /** Registry facts of every pool of the pair. */
  readonly pools: readonly ResolvedPool[];
  /** Free balances of the pair's own ledger account (the signer's `pair.state`), never a wallet's balanceOf. */
  readonly account: readonly AccountBalance[];
  /** Blocks the snapshot was read at. */
  readonly blocks: readonly { readonly chainId: number; readonly number: bigint; readonly hash: Hex }[];
  readonly params: StrategyParams;
  readonly origin: PlanOrigin;
  readonly configVersion: number;
  /** Rights each family asks for; missing: plain allowances to the position manager, and families that need others are refused. */
  readonly grants?: PlanGrants;
  /** Expected gas of a step, from measured and learnt units; missing: limits of blocks are left to the signer's estimate. */
  readonly stepGas?: (step: Step) => number;
  /** What bridges offered for the transfers of `wantedTransfers`; missing or empty: nothing moves between chains. */
  readonly bridgeOffers?: readonly BridgeOffer[];
  /** Best way found for the swap of a chain, by a first building of this plan; missing: the aggregator. */
  readonly swapRoutes?: readonly SwapRoute[];
}

/** Money of the pair that should be on another chain. */
export interface WantedTransfer {
  readonly fromChainId: number;
  readonly toChainId: number;
  readonly side: "base" | "quote";
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountInRaw: bigint;
  /** US dollars at the snapshot's price. */
  readonly valueUsd: number;
}

/** What a bridge takes and delivers for one wanted transfer, by a quote of now. */
export interface BridgeOffer {
  readonly fromChainId: number;
  readonly toChainId: number;
  readonly side: "base" | "quote";
  readonly amountInRaw: bigint;
  readonly router: Address;
  readonly expectedOutRaw: bigint;
  readonly minAmountOutRaw: bigint;
  /** Tools that may be used, by the provider's keys. */
  readonly bridges: readonly string[];
  /** Everything between what leaves and what arrives, US dollars, the fee in the native coin included. */
  readonly feeUsd: number;
  /** The part of it in the source chain's own coin, and the most that may go along for it; missing: none. */
  readonly nativeFeeUsd?: number;
  readonly nativeFeeMaxRaw?: bigint;
  /** Gas of its transactions on the source chain, US dollars. */
  readonly gasUsd: number;
  readonly expectedSec: number;
}

/** One way a swap may go. */
export interface SwapWay {
  readonly provider: "lifi" | "pool";
  readonly router: Address;
  readonly pool: string | null;
}

/** How the swap of one chain is made, and why. */
export interface SwapRoute {
  readonly chainId: number;
  readonly provider: "lifi" | "pool" | "none";
  /** Contract that takes the tokens; null with provider `none`. */
  readonly router: Address | null;
  /** Pool of a direct swap. */
  readonly pool: string | null;
  /** Second way that gives the plan's minimum, too; chosen again between both when the swap is made. */
  readonly other?: SwapWay | null;
  /** Everything the route takes of the swapped value, gas excluded, US dollars; null when it is not known better than the plan's own estimate. */
  readonly feeUsd: number | null;
  /** One sentence for the card. */
  readonly words: string;
}

const PLAN_REFUSALS = [
  "nothing_to_do",
  "unknown_pool",
  "unknown_position",
  "unsupported_range",
  "bad_ticks",
  "no_funds",
  "no_router",
  "no_price",
  "no_block",
  "no_grants",
  "too_much_gas",
  "too_many_steps",
] as const;
export type PlanRefusalCode = (typeof PLAN_REFUSALS)[number];

/** Why no plan could be made, with the values. */
export interface PlanRefusal {
  readonly code: PlanRefusalCode;
  readonly message: string;
}

export function refuse(code: PlanRefusalCode, message: string): Result<never, PlanRefusal> {
  return err({ code, message });
}
