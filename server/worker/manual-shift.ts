// A range shift that an operator signed: the plan is built from live state, with the chosen ticks or the strategy's target.
import { commandParamsSchemas, type CommandRecord } from "@/lib/api/commands";
import type { ManualShift } from "@/lib/plan/build-plan";
import type { Plan } from "@/lib/plan/plan";
import { err, ok, type Result } from "@/lib/errors/result";
import type { LiveInputs } from "./live-inputs";
import type { CycleDeps } from "./ports";
import type { StrategyMemory } from "@/lib/strategy/index";
import { computeInForce, type Computed } from "./steps/compute";
import { planInput, planWithOffers } from "./steps/decide";
import { fetchSnapshot, type Fetched } from "./steps/fetch";

export interface ShiftInput {
  readonly command: CommandRecord;
  readonly epoch: number;
  readonly live: LiveInputs;
  /** The target a person asks for is made of the parameters in force; a search is for the next cycle. */
  readonly memory: StrategyMemory;
}

/** error: why there is no plan, for the operator. */
export async function buildManualShift(deps: CycleDeps, input: ShiftInput): Promise<Result<Plan, string>> {
  const params = commandParamsSchemas["range.shift"].safeParse(input.command.params);
  if (!params.success) return err(`the command's parameters are not those of a range shift: ${params.error.message}`);
  const fetched = await fetchSnapshot(deps, { ...input, epochNetUsd: [], suppressUntilEpoch: 0 });
  if (!fetched.ok) return err(fetched.error.message);
  const bad = fetched.value.snapshot.freshness.find((entry) => !entry.ok && entry.isAdvisory !== true);
  if (bad !== undefined) return err(`${bad.input} cannot be trusted now (${bad.rule}): ${bad.detail}`);
  const computed = computeInForce({
    snapshot: fetched.value.snapshot,
    pairState: fetched.value.pairState,
    isPegged: deps.isPegged,
    memory: input.memory,
  });
  const request = toRequest(params.data, fetched.value, computed);
  if (!request.ok) return request;
  const plan = await planWithOffers(deps, fetched.value, {
    ...planInput(deps, fetched.value, computed),
    request: request.value,
    origin: { kind: "command", commandId: input.command.commandId },
  });
  return plan.ok ? plan : err(plan.error.message);
}

function toRequest(
  params: {
    readonly positionId: string;
    readonly ticks: { readonly tickLower: number; readonly tickUpper: number } | null;
  },
  fetched: Fetched,
  computed: Computed,
): Result<ManualShift, string> {
  const position = fetched.snapshot.positions.find((each) => each.positionId === params.positionId);
  if (position === undefined) {
    return err(`position ${params.positionId} is not open any more; the pair has ${fetched.snapshot.positions.length}`);
  }
  const evaluated = computed.evaluation.positions.find((each) => each.positionId === position.positionId);
  const target = evaluated?.target ?? null;
  const ticks = params.ticks ?? (target?.range.kind === "ticks" ? target.range : null);
  if (ticks === null) return err("the strategy has no target range for this position now; choose the ticks by hand");
  const income = params.ticks === null ? (evaluated?.incomeAtTarget ?? null) : null;
  const inRangeFrac =
    computed.evaluation.pools.find((pool) => pool.poolKey === position.poolKey)?.terms?.inRangeFrac ?? 1;
  return ok({
    kind: "manual_shift",
    positionId: position.positionId,
    tickLower: ticks.tickLower,
    tickUpper: ticks.tickUpper,
    incomeAfter:
      income === null
        ? null
        : {
            feesUsdPerYear: income.feesUsdPerYear,
            lvrUsdPerYear: income.lvrUsdPerYear,
            netUsdPerYear: income.netUsdPerYear,
            inRangeFrac,
          },
  });
}
