// Planning port: what a plan needs to know of services and families while it is made.
import type { BridgeOffer, BuildPlanInput, SwapRoute, WantedTransfer } from "@/lib/plan/build-plan";
import type { Plan, Step } from "@/lib/plan/plan";
import type { PlanGrants } from "@/lib/plan/plan-grants";
import type { PoolKey } from "@/lib/units";

export interface PlanningPort {
  readonly grants: PlanGrants;
  /** Expected gas of a step, from measured and learnt units. */
  stepGas(step: Step): number;
  /** One offer per wanted transfer that a bridge would make now; never throws, what fails is left out. */
  offerBridges(
    wanted: readonly WantedTransfer[],
    input: Pick<BuildPlanInput, "pools" | "params">,
  ): Promise<readonly BridgeOffer[]>;
  /** The best way for each swap of a drafted plan, by the aggregator or one of `pools`: those whose price the plan can bind. */
  chooseSwaps(
    plan: Plan,
    now: { readonly price: number; readonly quoteUsd: number; readonly pools: readonly PoolKey[] },
  ): Promise<readonly SwapRoute[]>;
}
