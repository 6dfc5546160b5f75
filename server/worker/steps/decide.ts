// Decide: the strategy's decision and, when it wants to act, the plan that would do it.
import { buildPlan, type BuildPlanInput } from "@/lib/plan/build-plan";
import type { Plan } from "@/lib/plan/plan";
import { decide, type Decision } from "@/lib/strategy/index";
import type { CycleDeps } from "@/server/worker/ports";
import type { Computed } from "./compute";
import type { Fetched } from "./fetch";

export interface Decided {
  readonly decision: Decision;
  readonly plan: Plan | null;
  /** Why a decision to act gave no plan. */
  readonly planRefusal: string | null;
}

export function decideAndPlan(deps: CycleDeps, fetched: Fetched, computed: Computed): Decided {
  const decision = decide({ snapshot: fetched.snapshot, evaluation: computed.evaluation, params: computed.params });
  if (decision.kind === "HOLD") return { decision, plan: null, planRefusal: null };
  const plan = buildPlan({ ...planInput(deps, fetched, computed), request: decision, origin: { kind: "strategy" } });
  return plan.ok
    ? { decision, plan: plan.value, planRefusal: null }
    : { decision, plan: null, planRefusal: plan.error.message };
}

/** Everything of a plan but what is wanted and by whom. */
export function planInput(
  deps: CycleDeps,
  fetched: Fetched,
  computed: Computed,
): Omit<BuildPlanInput, "request" | "origin"> {
  return {
    snapshot: fetched.snapshot,
    evaluation: computed.evaluation,
    pools: deps.pools,
    account: fetched.pairState.account,
    blocks: fetched.views.map(({ chainId, block }) => ({ chainId, number: block.number, hash: block.hash })),
    params: computed.params,
    configVersion: fetched.pairState.configVersion,
  };
}
