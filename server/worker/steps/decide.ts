// Decide: the strategy's decision and, when it wants to act, the plan that would do it.
import { buildPlan, planTransfers, type BuildPlanInput } from "@/lib/plan/build-plan";
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

export async function decideAndPlan(deps: CycleDeps, fetched: Fetched, computed: Computed): Promise<Decided> {
  const decision = decide({ snapshot: fetched.snapshot, evaluation: computed.evaluation, params: computed.params });
  if (decision.kind === "HOLD") return { decision, plan: null, planRefusal: null };
  const plan = await planWithOffers(deps, fetched, {
    ...planInput(deps, fetched, computed),
    request: decision,
    origin: { kind: "strategy" },
  });
  return plan.ok
    ? { decision, plan: plan.value, planRefusal: null }
    : { decision, plan: null, planRefusal: plan.error.message };
}

/** The plan with what bridges and pools offer now; services are asked only for plans that may be proposed. */
export async function planWithOffers(
  deps: CycleDeps,
  fetched: Pick<Fetched, "pairState" | "snapshot">,
  input: BuildPlanInput,
): Promise<ReturnType<typeof buildPlan>> {
  const { planning } = deps;
  const { pairState, snapshot } = fetched;
  const isShownOnly =
    pairState.mode === "observe" ||
    pairState.openPlanId !== null ||
    pairState.paused !== null ||
    pairState.stopped !== null;
  if (planning === undefined || isShownOnly) return buildPlan(input);
  const wanted = planTransfers(input);
  const bridgeOffers = wanted.length === 0 ? [] : await planning.offerBridges(wanted, input);
  const drafted = buildPlan({ ...input, bridgeOffers });
  if (!drafted.ok || !drafted.value.steps.some((step) => step.kind === "swap")) return drafted;
  const { price, quoteUsd } = snapshot;
  const swapRoutes = await planning.chooseSwaps(drafted.value, {
    price,
    quoteUsd,
    pools: snapshot.pools.map((pool) => pool.poolKey),
  });
  return buildPlan({ ...input, bridgeOffers, swapRoutes });
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
    ...(deps.planning === undefined ? {} : { grants: deps.planning.grants, stepGas: deps.planning.stepGas }),
  };
}
