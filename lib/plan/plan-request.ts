// Plan request: what a plan is asked for, what it is made from, and why there may be none.
import { err, type Result } from "@/lib/errors/result";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Evaluation, RangeShiftDecision, ReallocateDecision, StrategyParams } from "@/lib/strategy/index";
import type { Address, Hex, PositionId } from "@/lib/units";
import type { PlanOrigin } from "./plan";

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
  "several_chains",
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
